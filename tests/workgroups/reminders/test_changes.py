from __future__ import annotations

import datetime as dt
from itertools import count

import pytest

from correspondence.reminders import Wanted
from hubs import tenancy
from hubs.models import Hub, Membership
from tests import work
from tests.workgroups.reminders.conftest import (
    JOINED,
    assert_as_many_queries,
    at,
    cancel,
    change,
    followed_by,
    joins_on,
    moves_on,
    wishes,
)
from workgroups.models import MasterySpecialist, Meeting, Participant, Place, WorkGroup
from workgroups.reminders.changes import MEETING_CHANGED

MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
# A Saturday evening: news waits for no morning.
NOW = at(11, 7, 21)


@pytest.fixture
def meeting(group: WorkGroup, place: Place) -> Meeting:
    """Planned long ago for a Wednesday in November."""
    return work.make_meeting(group, starts_at=at(11, 18, 13, 30), made_at=JOINED, venue="Town hall")


def news(hub: Hub, now: dt.datetime) -> Wanted:
    found = wishes(MEETING_CHANGED, hub, now)
    assert len({one.subject for one in found}) == 1
    return found[-1]


def test_a_moved_meeting_is_told_a_few_minutes_later_to_all_who_take_part(
    hub: Hub, meeting: Meeting, place: Place, ada: Membership
) -> None:
    change(meeting, ada, NOW, starts_at=at(11, 19, 9), venue="Library")

    found = wishes(MEETING_CHANGED, hub, NOW)

    with tenancy.use(hub):
        teachers = [teacher.email for teacher in place.participants.all()]
    assert [one.recipient for one in found] == ["mina@people.example", *teachers]
    assert {one.due_at for one in found} == {NOW + 5 * MINUTE}
    assert {one.subject for one in found} == {"Moved to Thursday 19 November 2026, 9am: TRG meeting of Ash Group"}
    assert {one.because for one in found} == {
        "The meeting of Ash Group on 18 November 2026 is now on Thursday 19 November 2026, 9am."
    }
    assert "When: Thursday 19 November 2026, 9am to midday\nWhere: Library\n" in found[1].text
    assert "Before: Wednesday 18 November 2026, 1:30pm, Town hall\n" in found[1].text
    assert f"/console/northvale/groups/meetings/{meeting.pk}/" in found[0].text


def test_a_cancelled_meeting_is_told_with_the_reason(hub: Hub, meeting: Meeting, ada: Membership) -> None:
    cancel(meeting, ada, NOW)

    one = news(hub, NOW)

    assert one.subject == "Cancelled: TRG meeting on Wednesday 18 November 2026, Ash Group"
    assert "on Wednesday 18 November 2026, 1:30pm is cancelled." in one.text
    assert "The host’s boiler is broken." in one.text


@pytest.mark.parametrize(
    ("field", "because"),
    [({"venue": "Library"}, "is elsewhere"), ({"online_link": "https://meet.example/new"}, "has another link")],
)
def test_another_place_or_link_is_told_as_well(
    hub: Hub, meeting: Meeting, ada: Membership, field: dict[str, str], because: str
) -> None:
    with tenancy.use(hub):
        Meeting.objects.filter(pk=meeting.pk).update(format="hybrid", online_link="https://meet.example/old")
    change(meeting, ada, NOW, **field)

    one = news(hub, NOW)

    assert one.subject == "Changed: TRG meeting on Wednesday 18 November 2026, Ash Group"
    assert next(iter(field.values())) in one.text
    assert one.because == f"The meeting of Ash Group on 18 November 2026 {because}."


def test_what_is_no_news_is_not_told(hub: Hub, meeting: Meeting, ada: Membership) -> None:
    change(meeting, ada, NOW, agenda="Fractions", half_days=2)

    assert wishes(MEETING_CHANGED, hub, NOW) == []


# --- Several changes --------------------------------------------------------------------------


def test_a_slip_that_is_corrected_at_once_is_one_mail_about_both(hub: Hub, meeting: Meeting, ada: Membership) -> None:
    change(meeting, ada, NOW, starts_at=at(11, 20, 9))
    change(meeting, ada, NOW + 4 * MINUTE, starts_at=at(11, 19, 9))

    one = news(hub, NOW + 4 * MINUTE)

    assert (one.occurrence, one.due_at) == ("2", NOW + 9 * MINUTE)
    assert "Moved to Thursday 19 November" in one.subject
    assert "Before: Wednesday 18 November" in one.text


def test_a_later_change_says_what_was_told_before(hub: Hub, meeting: Meeting, ada: Membership) -> None:
    change(meeting, ada, NOW, starts_at=at(11, 20, 9))
    change(meeting, ada, NOW + 6 * MINUTE, starts_at=at(11, 19, 9))

    assert "Before: Friday 20 November" in news(hub, NOW + 6 * MINUTE).text


def test_what_is_put_back_at_once_is_told_to_nobody(hub: Hub, meeting: Meeting, ada: Membership) -> None:
    change(meeting, ada, NOW, starts_at=at(11, 20, 9))
    change(meeting, ada, NOW + MINUTE, starts_at=at(11, 18, 13, 30))
    assert wishes(MEETING_CHANGED, hub, NOW + MINUTE) == []

    # Told already, it is news.
    change(meeting, ada, NOW + DAY, starts_at=at(11, 20, 9))
    change(meeting, ada, NOW + DAY + 6 * MINUTE, starts_at=at(11, 18, 13, 30))
    assert "Moved to Wednesday 18 November" in news(hub, NOW + DAY + 6 * MINUTE).subject


def test_what_was_told_before_stays_to_be_told_when_a_later_slip_is_put_right(
    hub: Hub, meeting: Meeting, ada: Membership
) -> None:
    change(meeting, ada, NOW, starts_at=at(11, 20, 9))
    change(meeting, ada, NOW + 10 * MINUTE, starts_at=at(11, 21, 9))
    change(meeting, ada, NOW + 12 * MINUTE, starts_at=at(11, 20, 9))

    one = news(hub, NOW + 12 * MINUTE)

    assert (one.occurrence, one.due_at) == ("1", NOW + 5 * MINUTE)
    assert "Moved to Friday 20 November" in one.subject


def test_another_link_is_told_although_the_time_is_put_back(hub: Hub, meeting: Meeting, ada: Membership) -> None:
    with tenancy.use(hub):
        Meeting.objects.filter(pk=meeting.pk).update(format="hybrid", online_link="https://meet.example/old")
    change(meeting, ada, NOW, starts_at=at(11, 20, 9), online_link="https://meet.example/new")
    change(meeting, ada, NOW + MINUTE, starts_at=at(11, 18, 13, 30))
    assert "https://meet.example/new" in news(hub, NOW + MINUTE).text

    change(meeting, ada, NOW + 2 * MINUTE, online_link="https://meet.example/old")
    assert wishes(MEETING_CHANGED, hub, NOW + 2 * MINUTE) == []


def test_moved_and_then_cancelled_is_cancelled(hub: Hub, meeting: Meeting, ada: Membership) -> None:
    change(meeting, ada, NOW, starts_at=at(11, 20, 9))
    cancel(meeting, ada, NOW + 2 * MINUTE)

    assert news(hub, NOW + 2 * MINUTE).subject == "Cancelled: TRG meeting on Wednesday 18 November 2026, Ash Group"


def test_nobody_knows_of_what_was_planned_a_moment_before(hub: Hub, group: WorkGroup, ada: Membership) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30), made_at=NOW - 5 * MINUTE)
    change(meeting, ada, NOW, starts_at=at(11, 20, 9))
    assert wishes(MEETING_CHANGED, hub, NOW) == []

    cancel(meeting, ada, NOW + 10 * MINUTE)
    assert len(wishes(MEETING_CHANGED, hub, NOW + 10 * MINUTE)) == 1


# --- When it is of use, and to whom -----------------------------------------------------------


@pytest.mark.parametrize(
    ("meets_at", "now", "wanted"),
    [
        (at(11, 18, 14, 30), NOW + 7 * DAY - MINUTE, True),
        (at(11, 18, 14, 30), NOW + 7 * DAY, False),
        (at(11, 9, 9), at(11, 9, 8, 59), True),
        (at(11, 9, 9), at(11, 9, 9), False),
        # It is put right on which day it was.
        (at(11, 4, 9), NOW, False),
    ],
)
def test_it_is_told_for_a_week_and_until_the_meeting(
    hub: Hub, meeting: Meeting, ada: Membership, meets_at: dt.datetime, now: dt.datetime, wanted: bool
) -> None:
    change(meeting, ada, NOW, starts_at=meets_at)

    assert bool(wishes(MEETING_CHANGED, hub, now)) == wanted


def test_a_meeting_cancelled_after_its_time_is_told_to_nobody(hub: Hub, meeting: Meeting, ada: Membership) -> None:
    cancel(meeting, ada, at(11, 18, 13, 31))

    assert wishes(MEETING_CHANGED, hub, at(11, 18, 13, 31)) == []


def test_who_came_or_left_around_the_change(
    hub: Hub, meeting: Meeting, place: Place, ada: Membership, mastery: MasterySpecialist
) -> None:
    change(meeting, ada, NOW, venue="Library")
    with tenancy.use(hub):
        first, second = place.participants.all()
        Participant.objects.filter(pk=first.pk).update(ends_on=NOW.date())
        # Who follows is known from that day on at the earliest.
        Participant.objects.filter(pk=second.pk).update(starts_on=NOW.date() + DAY)
        MasterySpecialist.objects.filter(pk=mastery.pk).update(ends_on=NOW.date())
    assert wishes(MEETING_CHANGED, hub, NOW) == []

    with tenancy.use(hub):
        Participant.objects.filter(pk=second.pk).update(starts_on=NOW.date())
    assert [one.recipient for one in wishes(MEETING_CHANGED, hub, NOW)] == [second.email]


@pytest.mark.parametrize(("recorded_at", "told"), [(NOW, 2), (NOW + MINUTE, 0), (NOW + 3 * DAY, 0)])
def test_a_school_whose_joining_is_recorded_only_after_the_change_knows_no_other_date(
    hub: Hub, meeting: Meeting, place: Place, ada: Membership, recorded_at: dt.datetime, told: int
) -> None:
    change(meeting, ada, NOW, starts_at=at(11, 20, 9))
    joins_on(place, NOW.date(), recorded_at=recorded_at)

    specialist, *teachers = wishes(MEETING_CHANGED, hub, NOW + 3 * DAY)

    assert (specialist.recipient, len(teachers)) == ("mina@people.example", told)


def test_a_lead_teacher_who_follows_after_the_change_knows_no_other_date(
    hub: Hub, meeting: Meeting, place: Place, ada: Membership
) -> None:
    change(meeting, ada, NOW, starts_at=at(11, 20, 9))
    with tenancy.use(hub):
        first, second = place.participants.all()
    followed_by(first, NOW.date() + 3 * DAY)

    _, *teachers = wishes(MEETING_CHANGED, hub, NOW + 3 * DAY)

    assert [one.recipient for one in teachers] == [first.email, second.email]


@pytest.mark.parametrize(
    ("joins", "told"), [(dt.date(2026, 11, 18), 2), (dt.date(2026, 11, 20), 2), (dt.date(2026, 11, 21), 0)]
)
def test_a_school_that_is_to_join_is_told_where_it_takes_part_on_the_old_day_or_the_new_one(
    hub: Hub, meeting: Meeting, place: Place, ada: Membership, joins: dt.date, told: int
) -> None:
    joins_on(place, joins)
    change(meeting, ada, NOW, starts_at=at(11, 20, 9))

    specialist, *teachers = wishes(MEETING_CHANGED, hub, NOW)

    assert (specialist.recipient, len(teachers)) == ("mina@people.example", told)


def test_a_school_that_is_to_be_moved_is_told_of_what_lies_before(
    hub: Hub, meeting: Meeting, place: Place, ada: Membership
) -> None:
    moves_on(place, dt.date(2026, 11, 21), work.make_group(hub, stage_year=place.stage_year))
    change(meeting, ada, NOW, starts_at=at(11, 20, 9))

    assert len(wishes(MEETING_CHANGED, hub, NOW)) == 3


def test_as_many_queries_for_three_changes_as_for_one(hub: Hub, ada: Membership) -> None:
    numbers = count(1)

    def one_more() -> None:
        group = work.make_group(hub, stage_year=work.stage_year_of(year=2026))
        work.make_school_link(work.make_place(hub, group=group, accepted_at=JOINED))
        changed = work.make_meeting(group, starts_at=at(11, 10 + next(numbers), 9), made_at=JOINED)
        change(changed, ada, NOW, venue="Library")

    assert_as_many_queries(MEETING_CHANGED, hub, NOW, one_more)

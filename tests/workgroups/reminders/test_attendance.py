from __future__ import annotations

import datetime as dt
from itertools import count

import pytest

from hubs import tenancy
from hubs.models import Hub, Membership, User
from tests import work
from tests.workgroups.reminders.conftest import assert_as_many_queries, at, due, wishes
from workgroups.models import MasterySpecialist, Meeting, MeetingState, WorkGroup
from workgroups.reminders.attendance import ATTENDANCE_MISSING, ATTENDANCE_TO_RECORD

OCTOBER = at(10, 1, 12)


@pytest.mark.parametrize(
    ("met_at", "half_days", "asked", "missed"),
    [
        (at(11, 18, 13, 30), 1, "Thu 19 Nov 07:30", "Thu 26 Nov 07:30"),
        # On a Friday and a Saturday: no mail at the weekend.
        (at(11, 20, 9), 1, "Mon 23 Nov 07:30", "Mon 30 Nov 07:30"),
        (at(11, 21, 9), 1, "Mon 23 Nov 07:30", "Mon 30 Nov 07:30"),
        # Over the change of the clocks, and into the half-term holiday.
        (at(10, 23, 9), 2, "Mon 26 Oct 07:30", "Mon 02 Nov 07:30"),
        # Its end counts.
        (at(11, 18, 20, 0), 2, "Fri 20 Nov 07:30", "Fri 27 Nov 07:30"),
    ],
)
def test_when_it_goes_out(
    hub: Hub, lead: User, group: WorkGroup, met_at: dt.datetime, half_days: int, asked: str, missed: str
) -> None:
    work.make_meeting(group, starts_at=met_at, half_days=half_days)
    hers, leads = f"specialist-{group.specialist_id}", f"member-{lead.pk}"

    assert due(ATTENDANCE_TO_RECORD, hub, OCTOBER) == {hers: asked}
    assert due(ATTENDANCE_MISSING, hub, OCTOBER) == {hers: missed, leads: missed}


@pytest.mark.parametrize(
    ("now", "first", "second"),
    [
        (at(11, 26, 7, 29), True, True),
        (at(11, 26, 7, 30), False, True),
        (at(12, 24, 7, 29), False, True),
        (at(12, 24, 7, 30), False, False),
    ],
)
def test_until_when_it_is_of_use(hub: Hub, group: WorkGroup, now: dt.datetime, first: bool, second: bool) -> None:
    work.make_meeting(group, starts_at=at(11, 18, 13, 30))

    assert bool(wishes(ATTENDANCE_TO_RECORD, hub, now)) == first
    assert bool(wishes(ATTENDANCE_MISSING, hub, now)) == second


@pytest.mark.parametrize("state", [MeetingState.HELD, MeetingState.CANCELLED])
def test_it_goes_when_the_meeting_is_recorded_or_cancelled(hub: Hub, group: WorkGroup, state: MeetingState) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30))
    now = at(11, 19, 12)
    assert wishes(ATTENDANCE_TO_RECORD, hub, now) and wishes(ATTENDANCE_MISSING, hub, now)

    values = {"held_recorded_at": now} if state == MeetingState.HELD else {"cancelled_reason": "Snow."}
    with tenancy.use(hub):
        Meeting.objects.filter(pk=meeting.pk).update(state=state, **values)

    assert wishes(ATTENDANCE_TO_RECORD, hub, now) == wishes(ATTENDANCE_MISSING, hub, now) == []


def test_it_follows_a_meeting_that_is_moved(hub: Hub, group: WorkGroup) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30))
    [before] = wishes(ATTENDANCE_TO_RECORD, hub, OCTOBER)
    with tenancy.use(hub):
        Meeting.objects.filter(pk=meeting.pk).update(starts_at=at(11, 25, 13, 30))

    [after] = wishes(ATTENDANCE_TO_RECORD, hub, OCTOBER)

    assert (before.slot, before.occurrence) == (after.slot, "2026-11-18")
    assert after.occurrence == "2026-11-25"


def test_without_a_lead_the_administrators_are_told_and_each_person_once(
    hub: Hub, administrator: User, specialist: User, group: WorkGroup, lead: User
) -> None:
    work.make_meeting(group, starts_at=at(11, 18, 13, 30))
    assert [one.recipient for one in wishes(ATTENDANCE_MISSING, hub, OCTOBER)] == ["mina@people.example", lead.email]

    Membership.objects.filter(user=lead).update(ends_on=dt.date(2026, 9, 30))
    assert [one.recipient for one in wishes(ATTENDANCE_MISSING, hub, OCTOBER)] == [
        "mina@people.example",
        administrator.email,
    ]

    with tenancy.use(hub):
        MasterySpecialist.objects.filter(pk=group.specialist_id).update(email=administrator.email)
    assert [one.recipient for one in wishes(ATTENDANCE_MISSING, hub, OCTOBER)] == [administrator.email]


def test_what_it_says(hub: Hub, group: WorkGroup, lead: User) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30))

    [first] = wishes(ATTENDANCE_TO_RECORD, hub, OCTOBER)
    _, second = wishes(ATTENDANCE_MISSING, hub, OCTOBER)

    assert first.subject == second.subject == "Who came on Wednesday 18 November 2026? Ash Group"
    assert first.because == "Attendance at the meeting of Ash Group on 18 November 2026 is to be recorded."
    for letter in (first, second):
        assert f"/console/northvale/groups/meetings/{meeting.pk}/hold/" in letter.text
        assert f"/console/northvale/groups/meetings/{meeting.pk}/cancel/" in letter.text
    assert "Dear Mina Mastery," in first.text
    assert "Dear Leo Lead," in second.text
    assert "Mina Mastery leads the group and has been asked." in second.text


@pytest.mark.parametrize("rule", [ATTENDANCE_TO_RECORD, ATTENDANCE_MISSING])
def test_as_many_queries_for_three_meetings_as_for_one(hub: Hub, lead: User, rule: object) -> None:
    numbers = count(1)

    def one_more() -> None:
        group = work.make_group(hub, stage_year=work.stage_year_of(year=2026))
        work.make_meeting(group, starts_at=at(11, next(numbers), 9))

    assert_as_many_queries(rule, hub, OCTOBER, one_more)  # type: ignore[arg-type]

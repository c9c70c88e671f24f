from __future__ import annotations

import datetime as dt
from itertools import count

import pytest
from django.conf import settings

from correspondence.reminders import Rule, Wanted
from hubs import tenancy
from hubs.links import without_tokens
from hubs.models import Hub, Membership, User
from programmes.models import StageYear
from tests import factories, work
from tests.workgroups.reminders.conftest import (
    JOINED,
    assert_as_many_queries,
    at,
    cancel,
    change,
    due,
    followed_by,
    joins_on,
    moves_on,
    wishes,
)
from workgroups.models import (
    MasterySpecialist,
    Meeting,
    MeetingChange,
    MeetingState,
    Participant,
    Place,
    PlaceState,
    WorkGroup,
)
from workgroups.reminders.changes import MEETING_CHANGED
from workgroups.reminders.meetings import IN_TEN_DAYS, IN_TWO_DAYS

OCTOBER = at(10, 1, 12)


@pytest.mark.parametrize(
    ("meets_at", "ten_days_before", "two_days_before"),
    [
        (at(11, 18, 13, 30), "Fri 06 Nov 07:30", "Mon 16 Nov 07:30"),
        (at(11, 19, 13, 30), "Mon 09 Nov 07:30", "Tue 17 Nov 07:30"),
        # Of a Monday and a Tuesday: not at the weekend.
        (at(11, 23, 9, 0), "Fri 13 Nov 07:30", "Fri 20 Nov 07:30"),
        (at(11, 24, 9, 0), "Fri 13 Nov 07:30", "Fri 20 Nov 07:30"),
        # The clocks change in between: on 25 October and on 28 March.
        (at(10, 27, 9, 0), "Fri 16 Oct 07:30", "Fri 23 Oct 07:30"),
        (at(10, 29, 9, 0), "Mon 19 Oct 07:30", "Tue 27 Oct 07:30"),
        (at(3, 30, 9, 0), "Fri 19 Mar 07:30", "Fri 26 Mar 07:30"),
        # In the half-term holiday, when somebody plans it there.
        (at(10, 28, 9, 0), "Fri 16 Oct 07:30", "Mon 26 Oct 07:30"),
        # In the evening it is another day in UTC in winter.
        (at(12, 9, 23, 30), "Fri 27 Nov 07:30", "Mon 07 Dec 07:30"),
    ],
)
def test_when_it_goes_out(
    hub: Hub, group: WorkGroup, meets_at: dt.datetime, ten_days_before: str, two_days_before: str
) -> None:
    work.make_meeting(group, starts_at=meets_at)

    assert list(due(IN_TEN_DAYS, hub, OCTOBER).values()) == [ten_days_before]
    assert list(due(IN_TWO_DAYS, hub, OCTOBER).values()) == [two_days_before]


def test_it_goes_to_the_specialist_and_the_lead_teachers_of_that_day(hub: Hub, group: WorkGroup, place: Place) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30))
    left = work.make_place(hub, group=group, accepted_at=JOINED)
    other_group = work.make_place(hub, group=work.make_group(hub), accepted_at=JOINED)
    with tenancy.use(hub):
        Place.objects.filter(pk=left.pk).update(state=PlaceState.LEFT, group=None, specialist_school=None)
        first, second = place.participants.all()
        # The second one is replaced the day before the meeting.
        Participant.objects.filter(pk=second.pk).update(ends_on=dt.date(2026, 11, 17))
        third = Participant.objects.create(
            hub=hub, place=place, position=2, name="Nia New", role="Teacher", email="nia@school.example",
            starts_on=dt.date(2026, 11, 17),
        )  # fmt: skip

    for rule in (IN_TEN_DAYS, IN_TWO_DAYS):
        found = {one.slot: one.recipient for one in wishes(rule, hub, OCTOBER)}
        assert found == {
            f"{rule.kind}:{meeting.pk}:specialist-{group.specialist_id}": "mina@people.example",
            f"{rule.kind}:{meeting.pk}:participant-{first.pk}": first.email,
            f"{rule.kind}:{meeting.pk}:participant-{third.pk}": "nia@school.example",
        }
    assert other_group.state == PlaceState.IN_GROUP


def test_a_specialist_who_has_stopped_is_not_reminded(hub: Hub, group: WorkGroup, mastery: MasterySpecialist) -> None:
    work.make_meeting(group, starts_at=at(11, 18, 13, 30))
    with tenancy.use(hub):
        MasterySpecialist.objects.filter(pk=mastery.pk).update(ends_on=dt.date(2026, 11, 18))
    assert wishes(IN_TEN_DAYS, hub, OCTOBER) == []

    with tenancy.use(hub):
        MasterySpecialist.objects.filter(pk=mastery.pk).update(ends_on=dt.date(2026, 11, 19))
    assert len(wishes(IN_TEN_DAYS, hub, OCTOBER)) == 1


def test_two_teachers_who_share_an_address_get_one_mail(hub: Hub, group: WorkGroup, place: Place) -> None:
    work.make_meeting(group, starts_at=at(11, 18, 13, 30))
    with tenancy.use(hub):
        first, second = place.participants.all()
        Participant.objects.filter(pk=second.pk).update(ends_on=dt.date(2027, 8, 31), email=first.email.upper())

    assert [one.recipient for one in wishes(IN_TWO_DAYS, hub, OCTOBER)] == ["mina@people.example", first.email]


@pytest.mark.parametrize(
    ("now", "ten", "two"),
    [
        (at(11, 6, 7, 30), True, True),
        # Late, and of use until the next one is due.
        (at(11, 16, 7, 29), True, True),
        (at(11, 16, 7, 30), False, True),
        (at(11, 18, 13, 29), False, True),
        (at(11, 18, 13, 30), False, False),
    ],
)
def test_until_when_it_is_of_use(hub: Hub, group: WorkGroup, now: dt.datetime, ten: bool, two: bool) -> None:
    work.make_meeting(group, starts_at=at(11, 18, 13, 30))

    assert bool(wishes(IN_TEN_DAYS, hub, now)) == ten
    assert bool(wishes(IN_TWO_DAYS, hub, now)) == two


@pytest.mark.parametrize("state", [MeetingState.HELD, MeetingState.CANCELLED])
def test_it_goes_when_the_meeting_is_held_or_cancelled(hub: Hub, group: WorkGroup, state: MeetingState) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30))
    values = {"held_recorded_at": OCTOBER} if state == MeetingState.HELD else {"cancelled_reason": "Snow."}
    with tenancy.use(hub):
        Meeting.objects.filter(pk=meeting.pk).update(state=state, **values)

    assert wishes(IN_TEN_DAYS, hub, OCTOBER) == wishes(IN_TWO_DAYS, hub, OCTOBER) == []


def test_another_day_is_another_occurrence_and_another_hour_is_not(hub: Hub, group: WorkGroup) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30))

    def only_when(starts_at: dt.datetime) -> Wanted:
        with tenancy.use(hub):
            Meeting.objects.filter(pk=meeting.pk).update(starts_at=starts_at)
        [one] = wishes(IN_TEN_DAYS, hub, OCTOBER)
        return one

    first, another_hour, another_day = (
        only_when(starts_at) for starts_at in (at(11, 18, 13, 30), at(11, 18, 9, 0), at(11, 25, 13, 30))
    )
    assert first.key == another_hour.key
    assert "1:30pm to 4:30pm" in first.text
    assert "9am to midday" in another_hour.text
    assert (another_day.slot, another_day.occurrence) == (first.slot, "2026-11-25")


@pytest.mark.parametrize(
    ("changed_at", "wanted"),
    [(at(11, 16, 7, 29), True), (at(11, 16, 7, 30), False), (at(11, 17, 12), False)],
)
def test_who_was_told_of_a_change_since_it_was_due_needs_no_reminder(
    hub: Hub, group: WorkGroup, lead: User, changed_at: dt.datetime, wanted: bool
) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30))
    with tenancy.use(hub):
        MeetingChange.objects.create(
            hub=hub, meeting=meeting, kind="moved", sequence=1, starts_at_before=at(11, 19, 9),
            changed_at=changed_at, changed_by=lead,
        )  # fmt: skip

    assert bool(wishes(IN_TWO_DAYS, hub, at(11, 17, 12))) == wanted


# --- Changed shortly before: one of the two letters goes, and not both ------------------------


MINUTE = dt.timedelta(minutes=1)
# After the reminder of two days before, of a meeting on Wednesday 18 November, is due.
LATE = at(11, 16, 12)


def recipients(rule: Rule, hub: Hub, now: dt.datetime) -> list[str]:
    return [one.recipient for one in wishes(rule, hub, now)]


def test_a_correction_of_what_was_planned_a_moment_before_is_reminded_of(
    hub: Hub, group: WorkGroup, place: Place, ada: Membership
) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30), made_at=LATE)
    change(meeting, ada, LATE + 3 * MINUTE, starts_at=at(11, 18, 9))

    assert wishes(MEETING_CHANGED, hub, LATE + 3 * MINUTE) == []
    found = wishes(IN_TWO_DAYS, hub, LATE + 3 * MINUTE)
    assert [len(found), {one.due_at for one in found}] == [3, {LATE + 8 * MINUTE}]
    assert "9am to midday" in found[0].text


def test_what_is_planned_late_is_reminded_of_once_slips_would_have_been_seen(hub: Hub, group: WorkGroup) -> None:
    work.make_meeting(group, starts_at=at(11, 18, 13, 30), made_at=LATE)

    assert [one.due_at for one in wishes(IN_TWO_DAYS, hub, LATE)] == [LATE + 5 * MINUTE]


def test_what_is_planned_as_the_next_reminder_comes_due_is_reminded_of_once(hub: Hub, group: WorkGroup) -> None:
    work.make_meeting(group, starts_at=at(11, 18, 13, 30), made_at=at(11, 16, 7, 28))

    assert wishes(IN_TEN_DAYS, hub, at(11, 16, 7, 28)) == []
    assert due(IN_TWO_DAYS, hub, at(11, 16, 7, 28)).popitem()[1] == "Mon 16 Nov 07:33"


def test_what_is_put_right_at_once_is_reminded_of(hub: Hub, group: WorkGroup, place: Place, ada: Membership) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30), made_at=JOINED)
    change(meeting, ada, LATE, starts_at=at(11, 18, 9))
    assert [len(recipients(rule, hub, LATE)) for rule in (MEETING_CHANGED, IN_TWO_DAYS)] == [3, 0]

    change(meeting, ada, LATE + 2 * MINUTE, starts_at=at(11, 18, 13, 30))
    assert [len(recipients(rule, hub, LATE + 2 * MINUTE)) for rule in (MEETING_CHANGED, IN_TWO_DAYS)] == [0, 3]


def test_a_slip_just_before_the_reminder_is_put_right_before_it_goes(
    hub: Hub, group: WorkGroup, ada: Membership
) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30), made_at=JOINED)
    change(meeting, ada, at(11, 16, 7, 28), starts_at=at(11, 18, 9))
    assert due(IN_TWO_DAYS, hub, at(11, 16, 7, 28)).popitem()[1] == "Mon 16 Nov 07:33"

    change(meeting, ada, at(11, 16, 7, 31), starts_at=at(11, 18, 13, 30))
    assert due(IN_TWO_DAYS, hub, at(11, 16, 7, 31)).popitem()[1] == "Mon 16 Nov 07:36"


def test_a_change_of_which_people_are_told_stands_for_the_reminder_although_a_later_slip_is_put_right(
    hub: Hub, group: WorkGroup, ada: Membership
) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30), made_at=JOINED)
    change(meeting, ada, LATE, starts_at=at(11, 18, 9))
    change(meeting, ada, LATE + 10 * MINUTE, starts_at=at(11, 18, 10))
    change(meeting, ada, LATE + 11 * MINUTE, starts_at=at(11, 18, 9))

    now = LATE + 11 * MINUTE
    assert [len(recipients(rule, hub, now)) for rule in (MEETING_CHANGED, IN_TWO_DAYS)] == [1, 0]


def test_who_came_only_after_a_change_is_reminded_although_the_others_were_told(
    hub: Hub, group: WorkGroup, place: Place, ada: Membership
) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30), made_at=JOINED)
    later = work.make_place(hub, group=group, accepted_at=JOINED)
    joins_on(later, LATE.date(), recorded_at=LATE + 10 * MINUTE)
    change(meeting, ada, LATE, starts_at=at(11, 18, 9))
    with tenancy.use(hub):
        first, second = place.participants.all()
        newly = [teacher.email for teacher in later.participants.all()]
    following = followed_by(first, LATE.date() + dt.timedelta(days=1))

    now = LATE + dt.timedelta(days=1)
    assert recipients(MEETING_CHANGED, hub, now) == ["mina@people.example", first.email, second.email]
    assert recipients(IN_TWO_DAYS, hub, now) == [following.email, *newly]


def test_cancelled_is_told_and_not_reminded_of(hub: Hub, group: WorkGroup, ada: Membership) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30), made_at=JOINED)
    change(meeting, ada, LATE, starts_at=at(11, 18, 9))
    cancel(meeting, ada, LATE + MINUTE)

    now = LATE + MINUTE
    assert [len(recipients(rule, hub, now)) for rule in (MEETING_CHANGED, IN_TWO_DAYS)] == [1, 0]


# --- Schools that are to join or to be moved on a day ahead -----------------------------------


@pytest.mark.parametrize(("joins", "reminded"), [(dt.date(2026, 11, 18), 2), (dt.date(2026, 11, 19), 0)])
def test_a_school_is_reminded_of_what_lies_after_its_joining(
    hub: Hub, group: WorkGroup, place: Place, joins: dt.date, reminded: int
) -> None:
    work.make_meeting(group, starts_at=at(11, 18, 13, 30))
    joins_on(place, joins)

    for rule in (IN_TEN_DAYS, IN_TWO_DAYS):
        specialist, *teachers = recipients(rule, hub, OCTOBER)
        assert (specialist, len(teachers)) == ("mina@people.example", reminded)


def test_a_school_that_is_to_be_moved_is_reminded_by_the_group_that_it_is_in_on_the_day(
    hub: Hub, group: WorkGroup, place: Place
) -> None:
    other = work.make_group(hub, "Other Group", stage_year=place.stage_year)
    moves_on(place, dt.date(2026, 12, 1), other)
    for one in (group, other):
        work.make_meeting(one, starts_at=at(11, 18, 13, 30))
        work.make_meeting(one, starts_at=at(12, 9, 13, 30))

    taught = [one for one in wishes(IN_TEN_DAYS, hub, OCTOBER) if "participant" in one.slot]

    assert [one.because for one in taught] == [
        *["The meeting of Ash Group is on 18 November 2026."] * 2,
        *["The meeting of Other Group is on 9 December 2026."] * 2,
    ]


# --- What it says -----------------------------------------------------------------------------


def test_a_lead_teacher_reads_when_where_and_what_and_has_her_own_way_to_the_page(
    hub: Hub, group: WorkGroup, place: Place
) -> None:
    work.make_meeting(
        group,
        starts_at=at(11, 18, 13, 30),
        host_school=place.school,
        venue="hall",
        format="hybrid",
        online_link="https://meet.example/ash",
        to_be_confirmed=True,
        agenda="Fractions {in} Year 4",
    )
    with tenancy.use(hub):
        teacher = place.participants.get(position=1)
    work.make_school_link(place, teacher.name, teacher.email.upper())

    _, letter, without_link = wishes(IN_TEN_DAYS, hub, OCTOBER)

    assert letter.subject == "TRG meeting on Wednesday 18 November 2026: Ash Group"
    assert letter.because == "The meeting of Ash Group is on 18 November 2026."
    text = without_tokens(letter.text)
    assert text == (
        f"Dear {teacher.name},\n\n"
        "Ash Group has its next TRG meeting on Wednesday 18 November 2026.\n\n"
        "When: Wednesday 18 November 2026, 1:30pm to 4:30pm\n"
        "Where: Ash Lane Primary School, hall and online\n"
        "Online: https://meet.example/ash\n\n"
        "This is still to be confirmed: we write to you if it changes.\n\n"
        "Agenda\nFractions {in} Year 4\n\n"
        "Your school's page has all dates, notes and what was agreed. You need no password for it, so please keep "
        f"this link to yourself:\n{settings.PUBLIC_URL}/school/(the link is in the message only)/\n\n"
        "If you cannot come, reply to this message and say whom your school sends instead.\n\n"
        "Northvale Maths Hub\n"
    )
    assert "/school/" not in without_link.text


def test_the_specialist_reads_where_to_record_who_came(hub: Hub, group: WorkGroup) -> None:
    meeting = work.make_meeting(group, starts_at=at(11, 18, 13, 30), venue="")

    [letter] = wishes(IN_TWO_DAYS, hub, OCTOBER)

    assert "Where: not known yet" in letter.text
    assert f"/console/northvale/groups/meetings/{meeting.pk}/" in letter.text
    assert letter.about == meeting


def test_the_host_is_named_as_it_is_today(hub: Hub, group: WorkGroup, place: Place) -> None:
    work.make_meeting(group, starts_at=at(11, 18, 13, 30), host_school=place.school, venue="")
    factories.go_on_as(place.school, factories.make_school("Birch Academy"))

    assert "Where: Birch Academy\n" in wishes(IN_TWO_DAYS, hub, OCTOBER)[0].text


@pytest.mark.parametrize("rule", [IN_TEN_DAYS, IN_TWO_DAYS])
def test_as_many_queries_for_three_meetings_as_for_one(hub: Hub, rule: object) -> None:
    numbers = count(1)
    stage_year = StageYear.objects.select_related("stage").get(stage__slug="primary-developing", year=2026)

    def one_more() -> None:
        group = work.make_group(hub, stage_year=stage_year)
        place = work.make_place(hub, group=group, accepted_at=JOINED)
        work.make_school_link(place)
        work.make_meeting(group, starts_at=at(11, next(numbers), 9), host_school=place.school)

    assert_as_many_queries(rule, hub, OCTOBER, one_more)  # type: ignore[arg-type]

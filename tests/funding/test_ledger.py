from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funding import ledger
from funding.ledger import Account, InSchool
from funding.models import ReleaseEntry
from hubs import tenancy, timeline
from hubs.models import Hub, Membership, Role
from hubs.permissions import NotAllowed
from tests import factories, work
from tests.funding.conftest import YEAR
from tests.locks import begin_meanwhile
from tests.workgroups.meetings import RECORD, marks_of
from tests.workgroups.visits import a_log
from workgroups import forming, happenings, holding, visiting
from workgroups.models import (
    Attendance,
    MasterySpecialist,
    Meeting,
    MeetingState,
    Place,
    PlaceState,
    Visit,
    VisitState,
    WorkGroup,
)

Mark = Attendance.Mark


@pytest.fixture
def meeting(group: WorkGroup, now: dt.datetime) -> Meeting:
    """A meeting of a whole day that was held last week."""
    held = {"state": MeetingState.HELD, "held_recorded_at": now}
    return work.make_meeting(group, starts_at=now - dt.timedelta(days=7), half_days=2, **held)


@pytest.fixture
def visit(place: Place, now: dt.datetime) -> Visit:
    """A visit that was held last week."""
    held: dict[str, Any] = {
        "state": VisitState.HELD,
        "held_recorded_at": now,
        "met": "The head",
        "shared_note": "Well done.",
    }
    return work.make_visit(place, starts_at=now - dt.timedelta(days=6), half_days=1, teachers_half_days=2, **held)


def mark(meeting: Meeting, place: Place, *marks: Attendance.Mark) -> list[Attendance]:
    """Write down who of a school's two lead teachers came, as the verb does that tells of it."""
    found = []
    with tenancy.use(place.hub_id):
        for participant, one in zip(place.participants.order_by("position"), marks, strict=True):
            name = "Sub Stitute" if one == Mark.SUBSTITUTE else ""
            values = {"mark": one, "substitute_name": name, "recorded_at": meeting.starts_at}
            attendance, _ = Attendance.objects.update_or_create(
                hub_id=place.hub_id, meeting=meeting, participant=participant, defaults=values
            )
            found.append(attendance)
    return found


def tell_attendance(
    meeting: Meeting, place: Place, actor: Membership, now: dt.datetime, *marks: Attendance.Mark, reason: str = ""
) -> None:
    attendance = mark(meeting, place, *marks)
    with tenancy.use(place.hub_id):
        happenings.attendance_marked.tell(happenings.AttendanceMarked(meeting, attendance, actor, now, reason))


def tell_visit(visit: Visit, actor: Membership, now: dt.datetime, *, reason: str = "", **lengths: int) -> None:
    with tenancy.use(visit.hub_id):
        Visit.objects.filter(pk=visit.pk).update(**lengths)
        happenings.visit_held.tell(happenings.VisitHeld(visit, actor, now, reason))


def move_visit(visit: Visit, actor: Membership, now: dt.datetime, to: dt.datetime, reason: str, **lengths: int) -> None:
    with tenancy.use(visit.hub_id):
        Visit.objects.filter(pk=visit.pk).update(starts_at=to)
    tell_visit(visit, actor, now, reason=reason, **lengths)


def tell_meeting(meeting: Meeting, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(meeting.hub_id):
        happenings.meeting_held.tell(happenings.MeetingHeld(meeting, actor, now))


def rows(account: Account) -> list[tuple[str, int, str]]:
    """What an account says: kind, half-days and words of each row, in the order of recording."""
    with tenancy.use(account.hub_id):
        owner = "place" if isinstance(account, Place) else "specialist"
        found = ReleaseEntry.objects.filter(**{owner: account.pk}).order_by("pk")
        return [(entry.kind, entry.half_days, entry.words) for entry in found]


def by_day(account: Account) -> dict[tuple[int, dt.date], int]:
    """What an account comes to, by academic year and day; days that come to nothing are left out."""
    with tenancy.use(account.hub_id):
        owner = "place" if isinstance(account, Place) else "specialist"
        summed: Counter[tuple[int, dt.date]] = Counter()
        for entry in ReleaseEntry.objects.filter(**{owner: account.pk}):
            summed[entry.year, entry.worked_on] += entry.half_days
        return {day: half_days for day, half_days in summed.items() if half_days}


def day_in_school(now: dt.datetime, half_days: int = 1, **values: Any) -> InSchool:
    first = {"on": now.date() - dt.timedelta(days=3), "words": "Planning together", "key": uuid.uuid4()}
    return InSchool(half_days=half_days, **{**first, **values})


def log(account: Account, actor: Membership | str, now: dt.datetime, *args: Any, **values: Any) -> ReleaseEntry:
    with tenancy.use(account.hub_id):
        return ledger.log_in_school(account=account, logged=day_in_school(now, *args, **values), actor=actor, now=now)


def correct(entry: ReleaseEntry, actor: Membership, now: dt.datetime, reason: str = "Logged twice.") -> ReleaseEntry:
    with tenancy.use(entry.hub_id):
        return ledger.correct_entry(entry=entry, reason=reason, actor=actor, now=now)


# --- Attendance ------------------------------------------------------------------------------------


def test_who_came_counts_the_meetings_length_for_the_school_and_who_did_not_counts_nothing(
    meeting: Meeting, place: Place, as_mina: Membership, now: dt.datetime
) -> None:
    tell_attendance(meeting, place, as_mina, now, Mark.PRESENT, Mark.ABSENT)

    with tenancy.use(place.hub_id):
        entry = ReleaseEntry.objects.get()
    assert (entry.place_id, entry.specialist_id, entry.kind, entry.half_days) == (place.pk, None, "meeting", 2)
    assert (entry.year, entry.worked_on) == (YEAR, dt.date(2026, 11, 14))
    assert (entry.recorded_by, entry.recorded_name, entry.recorded_at) == (as_mina.user, "Mina Specialist", now)


def test_a_substitute_counts_as_the_teacher_does(
    meeting: Meeting, place: Place, as_mina: Membership, now: dt.datetime
) -> None:
    tell_attendance(meeting, place, as_mina, now, Mark.SUBSTITUTE, Mark.PRESENT)

    assert rows(place) == [("meeting", 2, ""), ("meeting", 2, "")]


def test_attendance_told_again_is_counted_once(
    meeting: Meeting, place: Place, as_mina: Membership, now: dt.datetime
) -> None:
    for _ in range(2):
        tell_attendance(meeting, place, as_mina, now, Mark.PRESENT, Mark.ABSENT)

    assert rows(place) == [("meeting", 2, "")]


def test_attendance_put_right_is_counted_back_with_the_reason_and_forth_again(
    meeting: Meeting, place: Place, as_mina: Membership, now: dt.datetime
) -> None:
    tell_attendance(meeting, place, as_mina, now, Mark.PRESENT, Mark.ABSENT)
    tell_attendance(meeting, place, as_mina, now, Mark.ABSENT, Mark.PRESENT, reason="Names mixed up.")
    tell_attendance(meeting, place, as_mina, now, Mark.PRESENT, Mark.PRESENT, reason="Both came.")

    assert rows(place) == [
        ("meeting", 2, ""),
        ("correction", -2, "Attendance put right: Names mixed up."),
        ("meeting", 2, ""),
        ("correction", 2, "Attendance put right: Both came."),
    ]


@pytest.mark.parametrize("half_days", [1, 3, 4])
def test_each_length_of_a_meeting_counts_as_it_is(
    group: WorkGroup, place: Place, as_mina: Membership, now: dt.datetime, half_days: int
) -> None:
    meeting = work.make_meeting(group, starts_at=now - dt.timedelta(days=1), half_days=half_days)
    tell_attendance(meeting, place, as_mina, now, Mark.PRESENT, Mark.PRESENT)

    assert [row[1] for row in rows(place)] == [half_days, half_days]


# --- Meetings and visits ---------------------------------------------------------------------------


def test_a_held_meeting_counts_for_its_specialist_once(
    meeting: Meeting, mina: MasterySpecialist, leo: Membership, now: dt.datetime
) -> None:
    for _ in range(2):
        tell_meeting(meeting, leo, now)

    assert rows(mina) == [("meeting", 2, "")]


def test_a_held_meeting_stays_hers_who_held_it_when_the_group_gets_another_specialist(
    meeting: Meeting, mina: MasterySpecialist, leo: Membership, now: dt.datetime
) -> None:
    tell_meeting(meeting, leo, now)
    other = work.make_specialist(meeting.hub)
    with tenancy.use(meeting.hub_id):
        WorkGroup.objects.filter(pk=meeting.group_id).update(specialist=other, specialist_school=other.school_id)

    tell_meeting(meeting, leo, now)

    assert (rows(mina), rows(other)) == ([("meeting", 2, "")], [])


def test_what_was_before_a_group_was_given_away_counts_for_her_who_led_it_though_recorded_afterwards(
    group: WorkGroup, place: Place, mina: MasterySpecialist, leo: Membership, now: dt.datetime
) -> None:
    nora, then = work.make_specialist(group.hub, "Nora"), now - dt.timedelta(days=3)
    meeting = work.make_meeting(group, starts_at=then)
    work.make_visit(place, starts_at=then)
    marks = marks_of(meeting)
    with tenancy.use(group.hub):
        forming.change_group(
            group=group, name=group.name, specialist=nora, size_limit=group.size_limit, actor=leo, now=now
        )
        holding.hold_meeting(meeting=meeting, marks=marks, record=RECORD, internal_note="", actor=leo, now=now)
        visiting.log_visit(place=place, term=1, number=1, log=a_log(starts_at=then), actor=leo, now=now)

    assert rows(mina) == [("meeting", 1, ""), ("visit", 1, "")]
    assert rows(nora) == []


def test_a_visit_counts_for_the_specialist_and_for_the_school(
    visit: Visit, place: Place, mina: MasterySpecialist, as_mina: Membership, now: dt.datetime
) -> None:
    for _ in range(2):
        tell_visit(visit, as_mina, now)

    assert rows(mina) == [("visit", 1, "")]
    assert rows(place) == [("visit", 2, "")]


def test_a_visit_put_right_counts_the_difference_with_the_reason(
    visit: Visit, place: Place, mina: MasterySpecialist, as_mina: Membership, now: dt.datetime
) -> None:
    tell_visit(visit, as_mina, now, teachers_half_days=0)
    tell_visit(visit, as_mina, now, half_days=2, teachers_half_days=1, reason="It took all day.")
    tell_visit(visit, as_mina, now, half_days=1, teachers_half_days=0, reason="It did not.")

    assert rows(mina) == [
        ("visit", 1, ""),
        ("correction", 1, "Visit put right: It took all day."),
        ("correction", -1, "Visit put right: It did not."),
    ]
    assert rows(place) == [("visit", 1, ""), ("correction", -1, "Visit put right: It did not.")]


def test_a_visit_put_right_to_another_day_counts_on_that_day_and_in_its_year(
    visit: Visit, place: Place, mina: MasterySpecialist, as_mina: Membership, now: dt.datetime
) -> None:
    visited_on = dt.date(2026, 11, 15)
    august = visit.starts_at.replace(month=8, day=27)
    tell_visit(visit, as_mina, now)

    move_visit(visit, as_mina, now, august, "It was before the year began.")
    assert by_day(mina) == {(2025, august.date()): 1}
    assert by_day(place) == {(YEAR, august.date()): 2}

    move_visit(visit, as_mina, now, visit.starts_at, "It was not.", half_days=2)
    assert by_day(mina) == {(YEAR, visited_on): 2}
    assert rows(mina) == [
        ("visit", 1, ""),
        ("correction", -1, "Visit put right: It was before the year began."),
        ("correction", 1, "Visit put right: It was before the year began."),
        ("correction", -1, "Visit put right: It was not."),
        ("correction", 2, "Visit put right: It was not."),
    ]
    with tenancy.use(place.hub_id):
        assert ledger.used_by_specialists([mina], year=YEAR) == {mina.pk: 2}


@pytest.mark.django_db(transaction=True)
def test_one_attendance_told_by_two_at_once_is_counted_once(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    leo = factories.membership_of(factories.make_member(hub, Role.HUB_LEAD, "Leo Lead"), hub)
    group = work.make_group(hub)
    place, meeting = work.make_place(hub, group=group), work.make_meeting(group)
    visit = work.make_visit(place, teachers_half_days=1)
    attendance = mark(meeting, place, Mark.PRESENT, Mark.PRESENT)

    def tell() -> None:
        with tenancy.use(hub):
            happenings.attendance_marked.tell(happenings.AttendanceMarked(meeting, attendance, leo, now))
            happenings.meeting_held.tell(happenings.MeetingHeld(meeting, leo, now))
            happenings.visit_held.tell(happenings.VisitHeld(visit, leo, now))

    with tenancy.use(hub):
        tell()
        other = begin_meanwhile(tell)
        assert other.is_alive()
    other.join()

    assert rows(place) == [("meeting", 1, ""), ("meeting", 1, ""), ("visit", 1, "")]
    assert rows(group.specialist) == [("meeting", 1, ""), ("visit", 1, "")]


# --- In school -------------------------------------------------------------------------------------


def test_days_in_school_are_logged_with_who_when_and_what_for(
    place: Place, as_mina: Membership, now: dt.datetime
) -> None:
    entry = log(place, as_mina, now, 3, words=" Planning together ")

    assert (entry.kind, entry.half_days, entry.words, entry.year) == ("in_school", 3, "Planning together", YEAR)
    assert (entry.worked_on, entry.recorded_by, entry.recorded_name) == (
        dt.date(2026, 11, 18),
        as_mina.user,
        "Mina Specialist",
    )
    with tenancy.use(place.hub_id):
        assert timeline.entries_of(place)[0].text == ("1½ days in school on 18 November 2026 logged: Planning together")


def test_a_school_logs_by_its_link_under_the_persons_name(place: Place, now: dt.datetime) -> None:
    entry = log(place, "Hana Head", now)

    assert (entry.recorded_by, entry.recorded_name) == (None, "Hana Head")


def test_a_specialist_logs_for_herself_in_the_academic_year_of_the_day(
    mina: MasterySpecialist, as_mina: Membership, now: dt.datetime
) -> None:
    entry = log(mina, as_mina, now, on=dt.date(2026, 8, 31))

    assert (entry.specialist, entry.place_id, entry.year) == (mina, None, 2025)


def test_a_form_sent_twice_is_one_row(place: Place, as_mina: Membership, now: dt.datetime) -> None:
    key = uuid.uuid4()

    assert log(place, as_mina, now, key=key) == log(place, as_mina, now, key=key)
    assert len(rows(place)) == 1


@pytest.mark.parametrize("other", [{"half_days": 3}, {"on": dt.date(2026, 11, 17)}, {"words": "Another thing"}])
def test_a_form_sent_again_with_something_else_in_it_is_not_taken_for_logged(
    place: Place, as_mina: Membership, now: dt.datetime, other: dict[str, Any]
) -> None:
    key = uuid.uuid4()
    log(place, as_mina, now, key=key)

    with pytest.raises(ledger.CannotLog) as refusal:
        log(place, as_mina, now, **{"key": key, **other})

    assert str(refusal.value) == (
        "This form has logged ½ day of 18 November 2026 already: Planning together. Open it anew to log something else."
    )
    assert rows(place) == [("in_school", 1, "Planning together")]


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_once_is_one_row(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    leo = factories.membership_of(factories.make_member(hub, Role.HUB_LEAD, "Leo Lead"), hub)
    place = work.make_place(hub, group=work.make_group(hub, stage_year=work.stage_year_of(year=YEAR)))
    logged = day_in_school(now)
    seen: list[ReleaseEntry] = []

    def send() -> None:
        with tenancy.use(hub):
            seen.append(ledger.log_in_school(account=place, logged=logged, actor=leo, now=now))

    with tenancy.use(hub):
        send()
        other = begin_meanwhile(send)
        assert other.is_alive()
    other.join()

    assert len(seen) == 2 and seen[0] == seen[1]
    assert len(rows(place)) == 1


def test_one_form_is_not_for_two_accounts(
    hub: Hub, other_hub: Hub, place: Place, mina: MasterySpecialist, leo: Membership, now: dt.datetime
) -> None:
    elsewhere = work.make_place(other_hub, group=work.make_group(other_hub, stage_year=work.stage_year_of(year=YEAR)))
    key = log(elsewhere, "Hana Head", now).entry_key

    with pytest.raises(ledger.CannotLog, match="sent before"):
        log(place, leo, now, key=key)
    key = log(place, leo, now).entry_key
    with pytest.raises(ledger.CannotLog, match="another account"):
        log(mina, leo, now, key=key)
    assert (len(rows(place)), rows(mina)) == (1, [])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"on": dt.date(2026, 11, 22)}, "22 November 2026 is still to come"),
        ({"on": dt.date(2026, 8, 31)}, "Enter a date in 2026/27"),
        ({"half_days": 5}, "Log from ½ day to 2 days for one date"),
        ({"half_days": 0}, "Log from ½ day to 2 days for one date"),
    ],
)
def test_odd_days_of_a_school_are_refused(
    place: Place, leo: Membership, now: dt.datetime, values: dict[str, Any], said: str
) -> None:
    with pytest.raises(ledger.CannotLog, match=said):
        log(place, leo, now, **values)
    assert rows(place) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"on": dt.date(2020, 8, 31)}, "Enter a date on which Mina Specialist works for the hub"),
        ({"half_days": 3}, "Log from ½ day to 1 day for one date"),
    ],
)
def test_odd_days_of_a_specialist_are_refused(
    mina: MasterySpecialist, leo: Membership, now: dt.datetime, values: dict[str, Any], said: str
) -> None:
    with pytest.raises(ledger.CannotLog, match=said):
        log(mina, leo, now, **values)


def test_a_date_has_no_more_days_than_there_are_people(place: Place, leo: Membership, now: dt.datetime) -> None:
    entry = log(place, leo, now, 2)

    with pytest.raises(ledger.CannotLog, match="1 day of 18 November 2026 is in the ledger already"):
        log(place, "Hana Head", now, 3)
    correct(entry, leo, now)
    log(place, "Hana Head", now, 4)


def test_what_the_days_were_for_is_said(place: Place, leo: Membership, now: dt.datetime) -> None:
    with pytest.raises(ValueError, match="what they were for"):
        log(place, leo, now, words=" ")


def test_a_school_that_has_left_logs_no_more_but_the_hub_may(place: Place, leo: Membership, now: dt.datetime) -> None:
    with tenancy.use(place.hub_id):
        Place.objects.filter(pk=place.pk).update(state=PlaceState.LEFT, group=None, specialist_school=None)

    with pytest.raises(ledger.CannotLog, match="no longer takes part"):
        log(place, "Hana Head", now)
    log(place, leo, now)


# --- Corrections -----------------------------------------------------------------------------------


def test_what_was_logged_is_taken_back_once_by_a_counter_row_with_the_reason(
    place: Place, as_mina: Membership, leo: Membership, now: dt.datetime
) -> None:
    entry = log(place, as_mina, now, 3)

    first = correct(entry, leo, now, " It was the week before. ")
    again = correct(entry, as_mina, now, "Once more.")

    assert first == again
    assert (first.worked_on, first.year, first.corrects, first.recorded_by) == (
        entry.worked_on,
        entry.year,
        entry,
        leo.user,
    )
    assert rows(place) == [("in_school", 3, "Planning together"), ("correction", -3, "It was the week before.")]


@pytest.mark.django_db(transaction=True)
def test_two_who_take_one_row_back_at_once_add_one_counter_row(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    leo = factories.membership_of(factories.make_member(hub, Role.HUB_LEAD, "Leo Lead"), hub)
    specialist = work.make_specialist(hub)
    entry = log(specialist, leo, now)

    def take_back() -> None:
        correct(entry, leo, now)

    with tenancy.use(hub):
        take_back()
        other = begin_meanwhile(take_back)
        assert other.is_alive()
    other.join()

    assert [row[1] for row in rows(specialist)] == [1, -1]


def test_rows_of_meetings_visits_and_corrections_are_put_right_at_their_source(
    meeting: Meeting, visit: Visit, place: Place, mina: MasterySpecialist, as_mina: Membership, now: dt.datetime
) -> None:
    tell_attendance(meeting, place, as_mina, now, Mark.PRESENT, Mark.ABSENT)
    tell_attendance(meeting, place, as_mina, now, Mark.ABSENT, Mark.ABSENT, reason="Ill.")
    tell_meeting(meeting, as_mina, now)
    tell_visit(visit, as_mina, now)
    correct(log(place, as_mina, now), as_mina, now)
    with tenancy.use(place.hub_id):
        entries = list(ReleaseEntry.objects.exclude(kind="in_school"))
    before = len(rows(place)) + len(rows(mina))

    refused = []
    for entry in entries:
        with pytest.raises(ledger.CannotCorrect) as refusal:
            correct(entry, as_mina, now)
        refused.append(str(refusal.value))

    assert len(refused) == 6
    assert {words.partition(".")[0] for words in refused} == {
        "This row is counted from the attendance at a meeting",
        "This row is counted from a support visit",
        "This row is counted from a meeting that was held",
        "This row is itself a correction",
    }
    assert len(rows(place)) + len(rows(mina)) == before


def test_a_correction_says_why(place: Place, leo: Membership, now: dt.datetime) -> None:
    entry = log(place, leo, now)

    with pytest.raises(ValueError, match="says why"):
        correct(entry, leo, now, "  ")


# --- Who may ---------------------------------------------------------------------------------------


def test_a_specialist_logs_and_corrects_only_for_herself_and_her_own_schools(
    hub: Hub, place: Place, as_mina: Membership, leo: Membership, now: dt.datetime
) -> None:
    others = work.make_group(hub, stage_year=work.stage_year_of(year=YEAR))
    theirs = work.make_place(hub, group=others)
    log(place, as_mina, now)
    log(as_mina_account(as_mina), as_mina, now)

    for account in (theirs, others.specialist):
        with pytest.raises(NotAllowed, match="for yourself and for the schools in your Work Groups"):
            log(account, as_mina, now)
        entry = log(account, leo, now)
        with pytest.raises(NotAllowed):
            correct(entry, as_mina, now)
        assert len(rows(account)) == 1


def as_mina_account(actor: Membership) -> MasterySpecialist:
    with tenancy.use(actor.hub):
        return MasterySpecialist.objects.who_is(actor.user).get()


def test_a_finance_officer_logs_and_corrects_nothing(
    place: Place, mina: MasterySpecialist, leo: Membership, fola: Membership, now: dt.datetime
) -> None:
    entry = log(place, leo, now)

    for account in (place, mina):
        with pytest.raises(NotAllowed, match="cannot lead Work Groups"):
            log(account, fola, now)
    with pytest.raises(NotAllowed):
        correct(entry, fola, now)


def test_a_school_by_its_link_logs_for_no_specialist(mina: MasterySpecialist, now: dt.datetime) -> None:
    with pytest.raises(NotAllowed):
        log(mina, "Hana Head", now)


def test_a_member_of_another_hub_logs_nothing(place: Place, other_hub: Hub, now: dt.datetime) -> None:
    stranger = factories.membership_of(factories.make_member(other_hub, Role.ADMINISTRATOR, "Stan"), other_hub)

    with pytest.raises(tenancy.AnotherHubActive):
        log(place, stranger, now)


# --- Sums ------------------------------------------------------------------------------------------


def test_sums_are_of_the_rows_and_of_the_year_in_one_query(
    hub: Hub, place: Place, mina: MasterySpecialist, leo: Membership, now: dt.datetime
) -> None:
    other = work.make_place(hub, group=work.make_group(hub))
    log(place, leo, now, 3)
    log(mina, leo, now, 2)
    log(mina, leo, now, 1, on=dt.date(2026, 8, 31))

    with tenancy.use(hub), CaptureQueriesContext(connection) as captured:
        places = ledger.used_by_places([place, other])
        specialists = [ledger.used_by_specialists([mina], year=year) for year in (2025, 2026, 2027)]
    assert places == {place.pk: 3, other.pk: 0}
    assert specialists == [{mina.pk: 1}, {mina.pk: 2}, {mina.pk: 0}]
    assert len(captured) == 4


def test_the_evidence_for_completion_says_how_much_of_the_promise_is_used(
    place: Place, leo: Membership, now: dt.datetime
) -> None:
    log(place, leo, now, 3)

    with tenancy.use(place.hub_id):
        assert ledger.evidence_of(place) == ["Release time used: 1½ days of the 10 days promised."]
        place.stage_year.release_half_days = 0
        assert ledger.evidence_of(place) == ["Release time used: 1½ days."]


# --- For good --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement", ["UPDATE funding_releaseentry SET half_days = 1", "DELETE FROM funding_releaseentry"]
)
def test_the_application_can_neither_change_nor_remove_a_row(
    place: Place, leo: Membership, now: dt.datetime, statement: str
) -> None:
    log(place, leo, now)

    refused = pytest.raises(ProgrammingError, match="permission denied")
    with refused, tenancy.use(place.hub_id), connection.cursor() as cursor:
        cursor.execute(statement)
    assert len(rows(place)) == 1


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("attendance"), st.sampled_from(list(Mark)), st.sampled_from(list(Mark))),
        st.tuples(st.just("visit"), st.integers(1, 4), st.integers(0, 8)),
        st.tuples(st.just("meeting")),
        st.tuples(st.just("log school"), st.integers(1, 4), st.integers(0, 6)),
        st.tuples(st.just("log specialist"), st.integers(1, 2), st.integers(0, 6)),
        st.tuples(st.just("correct"), st.integers(0, 9)),
    ),
    max_size=14,
)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_a_balance_is_the_sum_of_what_its_sources_are_worth(
    steps: list[tuple[Any, ...]],
    meeting: Meeting,
    visit: Visit,
    place: Place,
    mina: MasterySpecialist,
    as_mina: Membership,
    now: dt.datetime,
) -> None:
    with tenancy.use(place.hub_id), transaction.atomic():
        logged: dict[Account, list[ReleaseEntry]] = {place: [], mina: []}
        taken_back: set[int] = set()
        for step in steps:
            match step:
                case ("attendance", first, second):
                    tell_attendance(meeting, place, as_mina, now, first, second, reason="Put right.")
                case ("visit", half_days, of_teachers):
                    tell_visit(visit, as_mina, now, half_days=half_days, teachers_half_days=of_teachers)
                case ("meeting",):
                    tell_meeting(meeting, as_mina, now)
                case (("log school" | "log specialist") as what, half_days, back):
                    account: Account = place if what == "log school" else mina
                    try:
                        # Neither the meeting nor the visit was on one of these dates.
                        on = now.date() - dt.timedelta(days=14 + back)
                        logged[account].append(log(account, as_mina, now, half_days, on=on))
                    except ledger.CannotLog:
                        continue
                case ("correct", number):
                    everything = logged[place] + logged[mina]
                    if everything:
                        entry = everything[number % len(everything)]
                        correct(entry, as_mina, now)
                        taken_back.add(entry.pk)
            _balances_hold(place, mina, meeting, visit, logged, taken_back)
        transaction.set_rollback(True)


def _balances_hold(
    place: Place,
    mina: MasterySpecialist,
    meeting: Meeting,
    visit: Visit,
    logged: dict[Account, list[ReleaseEntry]],
    taken_back: set[int],
) -> None:
    """The balance by the ledger, by adding up the rows, and by the facts that they come from, are the same."""
    came = sum(one.somebody_came for one in Attendance.objects.filter(meeting=meeting))
    visited = ReleaseEntry.objects.filter(visit=visit).exists()
    held = ReleaseEntry.objects.filter(meeting=meeting).exists()
    lengths = Visit.objects.get(pk=visit.pk)
    in_school = {
        account: sum(entry.half_days for entry in entries if entry.pk not in taken_back)
        for account, entries in logged.items()
    }
    of_school = came * meeting.half_days + (lengths.teachers_half_days if visited else 0) + in_school[place]
    of_specialist = (meeting.half_days if held else 0) + (lengths.half_days if visited else 0) + in_school[mina]
    assert sum(row[1] for row in rows(place)) == of_school == ledger.used_by_places([place])[place.pk]
    assert sum(row[1] for row in rows(mina)) == of_specialist
    assert ledger.used_by_specialists([mina], year=YEAR) == {mina.pk: of_specialist}
    for account in (place, mina):
        assert min([row[1] for row in rows(account) if row[0] != "correction"], default=1) > 0


def test_a_school_that_logs_the_same_twice_is_told(place: Place, as_mina: Membership, now: dt.datetime) -> None:
    first = log(place, "Hana Head", now)
    with pytest.raises(ledger.CannotLog, match="½ day of 18 November 2026 for “Planning together” is logged already"):
        log(place, as_mina, now)
    log(place, as_mina, now, words="Watching a lesson")
    correct(first, as_mina, now)
    log(place, "Hana Head", now)


def test_a_school_takes_back_its_own_days_by_its_own_link_alone(
    place: Place, as_mina: Membership, now: dt.datetime
) -> None:
    hers, hubs = log(place, "Hana Head", now), log(place, as_mina, now, words="Watching a lesson")
    own, foreign = work.make_school_link(place), work.make_school_link(work.make_place(place.hub))
    with tenancy.use(place.hub_id):
        for entry, link in ((hubs, own), (hers, foreign)):
            with pytest.raises(NotAllowed, match="what it has logged itself"):
                ledger.correct_entry(entry=entry, reason="A slip.", actor=link, now=now)
        assert ledger.correct_entry(entry=hers, reason="A slip.", actor=own, now=now).recorded_name == own.name

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError

from hubs import tenancy, timeline
from hubs.models import Hub, Membership, Role, User
from hubs.permissions import NotAllowed
from tests import factories
from tests.workgroups.meetings import RECORD, TUESDAY, held, make_group, make_member_school, marks_of, planned
from workgroups import happenings
from workgroups.happenings import AttendanceMarked, MeetingHeld
from workgroups.holding import (
    CannotHold,
    Marked,
    MarksIncomplete,
    MeetingRecord,
    NotHeld,
    hold_meeting,
    internal_note_of,
    put_right_attendance,
    who_is_marked,
    write_up_meeting,
)
from workgroups.models import Attendance, InternalNote, Meeting, MeetingState, Participant, PlaceEvent, WorkGroup
from workgroups.planning import cancel_meeting

EVENING = TUESDAY + dt.timedelta(hours=4)
LATER = TUESDAY + dt.timedelta(days=7)


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    """A group with one school, and so two lead teachers."""
    group = make_group(hub, led_by=specialist)
    make_member_school(group)
    return group


@pytest.fixture
def leader(specialist: User, hub: Hub) -> Membership:
    return factories.membership_of(specialist, hub)


@pytest.fixture
def meeting(group: WorkGroup, leader: Membership, now: dt.datetime) -> Meeting:
    return planned(group, leader, now)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[MeetingHeld | AttendanceMarked]:
    """What the rooms above are told."""
    facts: list[MeetingHeld | AttendanceMarked] = []
    monkeypatch.setattr(happenings.meeting_held, "_listeners", [facts.append])
    monkeypatch.setattr(happenings.attendance_marked, "_listeners", [facts.append])
    return facts


def marks_in(meeting: Meeting) -> list[tuple[str, str]]:
    with tenancy.use(meeting.hub_id):
        rows = meeting.attendance.order_by("participant__place", "participant__position")
        return list(rows.values_list("mark", "substitute_name"))


def last_told(meeting: Meeting) -> str:
    with tenancy.use(meeting.hub_id):
        entry = timeline.entries_of(meeting).first()
        assert entry
        return entry.text


# --- Held ------------------------------------------------------------------------------------------


def test_a_meeting_is_recorded_with_who_came_and_what_was_said(
    meeting: Meeting, leader: Membership, told: list[MeetingHeld | AttendanceMarked]
) -> None:
    recorded = held(meeting, leader, EVENING, note="The head is leaving.", p1="Sami Substitute")
    assert (recorded.state, recorded.held_recorded_at, recorded.changed_at) == ("held", EVENING, EVENING)
    assert (recorded.observed_lesson, recorded.agreed_actions) == (RECORD.observed_lesson, RECORD.agreed_actions)
    assert marks_in(meeting) == [("present", ""), ("substitute", "Sami Substitute")]
    assert last_told(meeting) == "Held. 2 of 2 came, 1 of them as a substitute."
    first, second = told
    assert isinstance(first, MeetingHeld)
    assert first.meeting == meeting
    assert isinstance(second, AttendanceMarked)
    assert [row.somebody_came for row in second.attendance] == [True, True]
    with tenancy.use(meeting.hub):
        note = internal_note_of(meeting)
        assert note
        assert (note.text, note.written_by) == ("The head is leaving.", leader.user)


def test_recorded_twice_it_is_held_once(
    meeting: Meeting, leader: Membership, told: list[MeetingHeld | AttendanceMarked]
) -> None:
    marks = marks_of(meeting)
    held(meeting, leader, EVENING, note="Once.")
    assert len(marks) == 2
    again = held(meeting, leader, LATER, note="Twice.", p0="absent")
    assert again.held_recorded_at == EVENING
    assert marks_in(meeting) == [("present", "")] * 2
    assert len(told) == 2
    with tenancy.use(meeting.hub):
        assert InternalNote.objects.get().text == "Once."


def test_without_an_internal_note_there_is_none(meeting: Meeting, leader: Membership) -> None:
    held(meeting, leader, EVENING)
    with tenancy.use(meeting.hub):
        assert internal_note_of(meeting) is None


def test_a_time_that_was_to_be_confirmed_is_certain_once_it_was_held(
    group: WorkGroup, leader: Membership, now: dt.datetime
) -> None:
    tentative = planned(group, leader, now, to_be_confirmed=True)
    recorded = held(tentative, leader, EVENING)
    assert (recorded.to_be_confirmed, recorded.sequence) == (False, 1)


def test_a_certain_one_looks_the_same_in_a_calendar_once_it_was_held(meeting: Meeting, leader: Membership) -> None:
    assert held(meeting, leader, EVENING).sequence == 0


def test_nobody_records_a_meeting_before_it_begins(meeting: Meeting, leader: Membership, now: dt.datetime) -> None:
    with pytest.raises(CannotHold, match="has not begun yet"):
        held(meeting, leader, TUESDAY - dt.timedelta(minutes=1))
    assert held(meeting, leader, TUESDAY).state == MeetingState.HELD


def test_a_cancelled_meeting_was_not_held(meeting: Meeting, leader: Membership, now: dt.datetime) -> None:
    with tenancy.use(meeting.hub):
        cancel_meeting(meeting=meeting, reason="Snow.", actor=leader, now=now)
    with pytest.raises(CannotHold, match="was cancelled"):
        held(meeting, leader, EVENING)
    assert marks_in(meeting) == []


def test_what_a_room_above_refuses_is_not_recorded(
    meeting: Meeting, leader: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(facts: AttendanceMarked) -> None:
        raise RuntimeError("No.")

    monkeypatch.setattr(happenings.attendance_marked, "_listeners", [refuse])
    with pytest.raises(RuntimeError):
        held(meeting, leader, EVENING)
    with tenancy.use(meeting.hub):
        assert Meeting.objects.get().state == MeetingState.PLANNED
    assert marks_in(meeting) == []


@pytest.mark.parametrize("marks", ["none", "one", "twice", "stranger", "nameless", "named"])
def test_each_who_took_part_is_marked_once_and_nobody_else(
    meeting: Meeting, leader: Membership, hub: Hub, marks: str
) -> None:
    first, second = marks_of(meeting)
    stranger = make_member_school(make_group(hub, name="Mill Road")).participants
    with tenancy.use(hub):
        other = Marked(stranger.get(position=1), "present")
    given = {
        "none": [],
        "one": [first],
        "twice": [first, first],
        "stranger": [first, second, other],
        "nameless": [first, Marked(second.participant, "substitute", " ")],
        "named": [first, Marked(second.participant, "absent", "Sami")],
    }[marks]
    with tenancy.use(hub), pytest.raises(MarksIncomplete):
        hold_meeting(meeting=meeting, marks=given, record=RECORD, internal_note="", actor=leader, now=EVENING)
    assert marks_in(meeting) == []


def test_another_specialist_records_nothing(meeting: Meeting, leader: Membership, hub: Hub) -> None:
    other = factories.membership_of(factories.make_member(hub, Role.MASTERY_SPECIALIST, "Olga Other"), hub)
    with pytest.raises(NotAllowed):
        held(meeting, other, EVENING)
    held(meeting, leader, EVENING)
    with tenancy.use(hub), pytest.raises(NotAllowed):
        put_right_attendance(meeting=meeting, marks=[], reason="Wrong.", actor=other, now=LATER)
    with tenancy.use(hub), pytest.raises(NotAllowed):
        write_up_meeting(meeting=meeting, record=MeetingRecord(), internal_note="", actor=other, now=LATER)


# --- Put right -------------------------------------------------------------------------------------


def test_attendance_is_put_right_with_a_reason(
    meeting: Meeting, leader: Membership, told: list[MeetingHeld | AttendanceMarked]
) -> None:
    held(meeting, leader, EVENING)
    marks = marks_of(meeting, p1="absent")
    with tenancy.use(meeting.hub):
        [row] = put_right_attendance(meeting=meeting, marks=marks, reason=" She was ill. ", actor=leader, now=LATER)
    assert marks_in(meeting) == [("present", ""), ("absent", "")]
    assert last_told(meeting) == "Attendance put right. Teacher 2: absent, not present. Reason: She was ill."
    facts = told[-1]
    assert isinstance(facts, AttendanceMarked)
    assert (facts.attendance, facts.reason) == ([row], "She was ill.")


def test_put_right_to_what_it_is_nothing_happens(
    meeting: Meeting, leader: Membership, told: list[MeetingHeld | AttendanceMarked]
) -> None:
    held(meeting, leader, EVENING, p0="Sami Substitute")
    before = last_told(meeting)
    marks = marks_of(meeting, p0="Sami Substitute")
    with tenancy.use(meeting.hub):
        assert put_right_attendance(meeting=meeting, marks=marks, reason="Check.", actor=leader, now=LATER) == []
    assert (last_told(meeting), len(told)) == (before, 2)


def test_nobody_puts_attendance_right_without_a_reason(meeting: Meeting, leader: Membership) -> None:
    held(meeting, leader, EVENING)
    with tenancy.use(meeting.hub), pytest.raises(ValueError, match="with a reason"):
        put_right_attendance(meeting=meeting, marks=marks_of(meeting), reason=" ", actor=leader, now=LATER)


def test_only_a_meeting_that_was_held_is_put_right_and_written_up(meeting: Meeting, leader: Membership) -> None:
    with tenancy.use(meeting.hub):
        with pytest.raises(NotHeld, match="is planned"):
            put_right_attendance(meeting=meeting, marks=[], reason="Wrong.", actor=leader, now=LATER)
        with pytest.raises(NotHeld):
            write_up_meeting(meeting=meeting, record=RECORD, internal_note="", actor=leader, now=LATER)


# --- Who is marked ---------------------------------------------------------------------------------


def test_marks_of_a_teacher_who_is_replaced_stay_hers(meeting: Meeting, group: WorkGroup, leader: Membership) -> None:
    held(meeting, leader, EVENING)
    with tenancy.use(group.hub):
        old = Participant.objects.get(position=1)
        Participant.objects.filter(pk=old.pk).update(ends_on=LATER.date())
        new = Participant.objects.create(
            hub=group.hub,
            place=old.place,
            position=1,
            name="Nia New",
            role="Teacher",
            email="nia@school.example",
            starts_on=LATER.date(),
        )
        assert new not in who_is_marked(meeting)
        assert old in who_is_marked(meeting)
    after = planned(group, leader, LATER, starts_at=LATER + dt.timedelta(days=14))
    with tenancy.use(group.hub):
        assert [one.name for one in who_is_marked(after)] == ["Nia New", "Teacher 2"]
        assert Attendance.objects.get(participant=old).mark == Attendance.Mark.PRESENT


def test_whoever_is_marked_stays_in_the_list_of_a_meeting_that_was_held(
    meeting: Meeting, group: WorkGroup, leader: Membership
) -> None:
    meeting = held(meeting, leader, EVENING)
    with tenancy.use(group.hub):
        # As if somebody had found out since that they had never been in the group.
        assert len(who_is_marked(meeting)) == 2
        place = Participant.objects.get(position=1).place
        PlaceEvent.objects.create(
            hub=group.hub,
            place=place,
            kind="left",
            group=group,
            happened_on=dt.date(2026, 12, 1),
            reason="Left.",
            recorded_at=LATER,
        )
        assert [one.name for one in who_is_marked(meeting)] == ["Teacher 1", "Teacher 2"]


# --- Written up ------------------------------------------------------------------------------------


def test_a_meeting_is_written_up_later_with_the_note_apart(meeting: Meeting, leader: Membership) -> None:
    held(meeting, leader, EVENING)
    record = MeetingRecord(discussion="Concrete first.")
    with tenancy.use(meeting.hub):
        assert write_up_meeting(meeting=meeting, record=record, internal_note="Marker note.", actor=leader, now=LATER)
        found = Meeting.objects.get()
        note = internal_note_of(found)
    assert (found.discussion, found.observed_lesson, found.sequence) == ("Concrete first.", "", 0)
    assert note
    assert note.text == "Marker note."
    assert last_told(meeting) == "The write-up was changed. The internal note was changed."


def test_an_internal_note_is_changed_and_taken_away(meeting: Meeting, leader: Membership, hub: Hub) -> None:
    held(meeting, leader, EVENING, note="First.")
    with tenancy.use(hub):
        for text, expected in [("Second.", ["Second."]), ("", [])]:
            assert write_up_meeting(meeting=meeting, record=RECORD, internal_note=text, actor=leader, now=LATER)
            assert [note.text for note in InternalNote.objects.all()] == expected
            assert last_told(meeting) == "The internal note was changed."


def test_written_as_it_is_nothing_happens(meeting: Meeting, leader: Membership) -> None:
    held(meeting, leader, EVENING, note="First.")
    before = last_told(meeting)
    with tenancy.use(meeting.hub):
        assert not write_up_meeting(meeting=meeting, record=RECORD, internal_note="First.", actor=leader, now=LATER)
    assert last_told(meeting) == before


def test_what_the_hub_alone_reads_is_on_no_timeline(meeting: Meeting, leader: Membership) -> None:
    held(meeting, leader, EVENING, note="Marker ZEBRA.")
    with tenancy.use(meeting.hub):
        write_up_meeting(meeting=meeting, record=RECORD, internal_note="ZEBRA two.", actor=leader, now=LATER)
        assert InternalNote.objects.get().text == "ZEBRA two."
        assert not any("ZEBRA" in entry.text for entry in timeline.entries_of(meeting))


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"mark": "late"}, "attendance_known"),
        ({"mark": "substitute"}, "substitute_has_a_name"),
        ({"substitute_name": "Sami"}, "substitute_has_a_name"),
    ],
)
def test_the_database_holds_what_a_mark_is(
    meeting: Meeting, leader: Membership, fields: dict[str, str], constraint: str
) -> None:
    held(meeting, leader, EVENING)
    with pytest.raises(IntegrityError, match=constraint), tenancy.use(meeting.hub):
        Attendance.objects.update(**fields)


def test_the_database_marks_each_once(meeting: Meeting, leader: Membership) -> None:
    held(meeting, leader, EVENING)
    with tenancy.use(meeting.hub):
        row = Attendance.objects.all()[0]
    row.pk = None
    with pytest.raises(IntegrityError, match="attendance_once"), tenancy.use(meeting.hub):
        row.save(force_insert=True)

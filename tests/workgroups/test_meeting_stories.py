"""Whatever is done with a meeting in whatever order: what calendars, letters and release time build on holds."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from hubs import tenancy
from hubs.models import Hub, Membership, User
from tests import factories
from tests.workgroups.meetings import TUESDAY, held, make_group, make_member_school, marks_of, planned
from workgroups.calendars import calendar_of_group
from workgroups.holding import CannotHold, NotHeld, put_right_attendance
from workgroups.models import Attendance, Meeting, MeetingState, WorkGroup
from workgroups.planning import (
    CannotCancel,
    CannotPlan,
    cancel_meeting,
    change_meeting,
    details_of,
)

AN_HOUR = dt.timedelta(hours=1)
REFUSALS = (CannotPlan, CannotCancel, CannotHold, NotHeld)
STEPS = st.one_of(
    st.tuples(st.just("move"), st.integers(0, 5)),
    st.tuples(st.just("place"), st.sampled_from(["Town hall", "Library"])),
    st.tuples(st.just("agenda"), st.sampled_from(["", "Fractions", "Subtraction"])),
    st.tuples(st.just("confirm"), st.booleans()),
    st.tuples(st.just("cancel"), st.just(None)),
    st.tuples(st.just("hold"), st.sampled_from(["present", "absent", "Sami Substitute"])),
    st.tuples(st.just("put right"), st.sampled_from(["present", "absent", "Sami Substitute"])),
)
Step = tuple[str, object]


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    group = make_group(hub, led_by=specialist)
    make_member_school(group)
    return group


@pytest.fixture
def leader(specialist: User, hub: Hub) -> Membership:
    return factories.membership_of(specialist, hub)


def take(step: Step, meeting: Meeting, leader: Membership, now: dt.datetime) -> None:
    """Do what the step says to the meeting as it is; raises what its verb refuses with."""
    what, value = step
    details = details_of(meeting)
    if what == "move":
        details = replace(details, starts_at=TUESDAY - int(str(value)) * AN_HOUR)
    elif what == "place":
        details = replace(details, venue=str(value))
    elif what == "agenda":
        details = replace(details, agenda=str(value))
    elif what == "confirm":
        details = replace(details, to_be_confirmed=bool(value))
    elif what == "cancel":
        cancel_meeting(meeting=meeting, reason="Snow.", actor=leader, now=now)
        return
    elif what == "hold":
        held(meeting, leader, now, p0=str(value))
        return
    else:
        marks = marks_of(meeting, p0=str(value))
        put_right_attendance(meeting=meeting, marks=marks, reason="Found out.", actor=leader, now=now)
        return
    change_meeting(meeting=meeting, details=details, actor=leader, now=now)


def shown(group: WorkGroup) -> bytes:
    """What a calendar shows of the meeting, its number and the time of its change left away."""
    [event] = Calendar.from_ical(calendar_of_group(group, today=TUESDAY.date()).body).walk("VEVENT")
    for name in ("SEQUENCE", "DTSTAMP", "LAST-MODIFIED"):
        del event[name]
    return bytes(event.to_ical())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=12))
def test_numbers_rise_changes_are_kept_and_what_is_over_stays(
    group: WorkGroup, leader: Membership, steps: list[Step]
) -> None:
    # Each example begins with a meeting of its own, and leaves nothing behind.
    with tenancy.use(group.hub), transaction.atomic():
        _tell(group, leader, steps)
        transaction.set_rollback(True)


def _tell(group: WorkGroup, leader: Membership, steps: list[Step]) -> None:
    now = TUESDAY
    meeting = planned(group, leader, now)
    uid = meeting.uuid
    wanted: list[tuple[str, int, dt.datetime, str]] = []
    for step in steps:
        now += AN_HOUR
        before, seen = Meeting.objects.get(), shown(group)
        with suppress(*REFUSALS):
            take(step, before, leader, now)
        after = Meeting.objects.get()

        # A calendar that shows something else has another number, and a number rises for nothing else.
        assert after.uuid == uid
        assert after.sequence - before.sequence == (shown(group) != seen)
        assert after.sequence == before.sequence or after.changed_at == now
        # Whoever is to come is told of another time or place, and that it is cancelled.
        if after.state == MeetingState.CANCELLED != before.state:
            wanted.append(("cancelled", after.sequence, before.starts_at, before.where))
        elif (after.starts_at, after.where) != (before.starts_at, before.where):
            wanted.append(("moved", after.sequence, before.starts_at, before.where))
        fields = ("kind", "sequence", "starts_at_before", "where_before")
        assert list(after.changes.values_list(*fields)) == wanted
        # What is over stays so; who came is known of what was held, and of nothing else.
        assert before.state == MeetingState.PLANNED or after.state == before.state
        assert Attendance.objects.count() == (2 if after.state == MeetingState.HELD else 0)
        if before.state == MeetingState.HELD and step[0] == "put right":
            mark = Attendance.objects.get(participant__position=1)
            assert step[1] in (mark.mark, mark.substitute_name)

"""What the pages on meetings need, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Case, Count, F, IntegerField, Q, Value, When
from django.db.models.functions import Abs, Extract
from django.utils import timezone

from hubs.years import academic_year_of
from workgroups.models import Attendance, Meeting, MeetingState, WorkGroup
from workgroups.models.meetings import MeetingQuerySet

_CAME = ~Q(attendance__mark=Attendance.Mark.ABSENT)


@dataclass(frozen=True)
class MeetingRow:
    """A meeting in a list, as of a moment."""

    meeting: Meeting
    # Of those who were marked, how many came.
    came: int
    marked: int
    is_to_record: bool
    # Whether it is to come, at a school that has left the group.
    host_gone: bool = False

    @property
    def state(self) -> str:
        """What its tag's colour goes by."""
        if self.is_to_record:
            return "overdue"
        return "pending" if self.is_tentative else self.meeting.state

    @property
    def state_in_words(self) -> str:
        """What its tag says: one that is over and waits for its record says so, and one to be confirmed."""
        if self.is_to_record:
            return "To record"
        return "To be confirmed" if self.is_tentative else self.meeting.get_state_display()

    @property
    def is_tentative(self) -> bool:
        """Whether it is planned, and its time or place may still be another."""
        return self.meeting.to_be_confirmed and self.meeting.state == MeetingState.PLANNED

    @property
    def attendance(self) -> str:
        """How many came: "5 of 6"; nothing before that is known."""
        return f"{self.came} of {self.marked}" if self.marked else ""


def meetings_of_group(group: WorkGroup, *, now: dt.datetime) -> list[MeetingRow]:
    """A group's meetings in the order of time, in two queries: what `workgroups/group_meetings.html` shows."""
    found = _counted(Meeting.objects.filter(group=group).with_host_now().with_host_gone(now=now))
    return rows_of(found.order_by("starts_at", "pk"), now=now)


def listed(meetings: MeetingQuerySet, *, when: str, group: int | None, now: dt.datetime) -> MeetingQuerySet:
    """Of these meetings those to come or, as `when` says, others; what is next comes first.

    "record" are those that wait for it, "held" those that this year's groups held; then there are "past" and "all".
    """
    if group:
        meetings = meetings.filter(group=group)
    found = _counted(meetings.with_group().with_host_now())
    if when == "record":
        return found.filter(state=MeetingState.PLANNED, starts_at__lte=now).order_by("starts_at", "pk")
    if when == "held":
        return found.filter(_held_this_year(now)).order_by("-starts_at", "-pk")
    if when == "past":
        return found.filter(starts_at__lte=now).order_by("-starts_at", "-pk")
    if when == "all":
        is_over = Case(When(starts_at__lte=now, then=1), default=0, output_field=IntegerField())
        distance = Abs(Extract(F("starts_at") - Value(now), "epoch"))
        return found.order_by(is_over, distance, "pk")
    return found.filter(starts_at__gt=now).order_by("starts_at", "pk")


def counts(meetings: MeetingQuerySet, *, group: int | None, now: dt.datetime) -> dict[str, int]:
    """How many of these meetings `listed` finds for each `when`, in one query; "" are those to come."""
    if group:
        meetings = meetings.filter(group=group)
    is_over = Q(starts_at__lte=now)
    found = meetings.aggregate(
        coming=Count("pk", filter=~is_over),
        record=Count("pk", filter=is_over & Q(state=MeetingState.PLANNED)),
        held=Count("pk", filter=_held_this_year(now)),
        past=Count("pk", filter=is_over),
        all=Count("pk"),
    )
    return {"": found.pop("coming"), **found}


def rows_of(meetings: MeetingQuerySet, *, now: dt.datetime) -> list[MeetingRow]:
    """The rows of counted meetings; who asked for `host_gone` has it."""
    return [
        MeetingRow(
            meeting=meeting,
            came=meeting.came,  # type: ignore[attr-defined]  # counted in the query
            marked=meeting.marked,  # type: ignore[attr-defined]
            is_to_record=is_to_record(meeting, now=now),
            host_gone=getattr(meeting, "host_gone", False),
        )
        for meeting in meetings
    ]


def attendance_of(meeting: Meeting) -> list[Attendance]:
    """Who was marked at a meeting, by the school's name of today, in two queries."""
    rows = meeting.attendance.select_related("participant__place__school")
    return sorted(rows.prefetch_related("participant__place__school__now"), key=_by_school)


def is_to_record(meeting: Meeting, *, now: dt.datetime) -> bool:
    """Whether it has begun and nobody has said yet what became of it."""
    return meeting.state == MeetingState.PLANNED and meeting.starts_at <= now


def _held_this_year(now: dt.datetime) -> Q:
    """As the hub's home counts them: whatever their day, of the groups of the academic year."""
    year = academic_year_of(timezone.localdate(now))
    return Q(state=MeetingState.HELD, group__stage_year__year=year)


def _counted(meetings: MeetingQuerySet) -> MeetingQuerySet:
    return meetings.annotate(came=Count("attendance", filter=_CAME), marked=Count("attendance"))


def _by_school(row: Attendance) -> tuple[str, int, int, int]:
    one = row.participant
    return one.place.school_now.name.casefold(), one.place_id, one.position, one.pk

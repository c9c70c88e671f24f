"""What the pages on meetings need, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q

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

    @property
    def state(self) -> str:
        """What its tag's colour goes by."""
        return "overdue" if self.is_to_record else self.meeting.state

    @property
    def state_in_words(self) -> str:
        """What its tag says: one that is over and waits for its record says so."""
        return "To record" if self.is_to_record else self.meeting.get_state_display()

    @property
    def attendance(self) -> str:
        """How many came: "5 of 6"; nothing before that is known."""
        return f"{self.came} of {self.marked}" if self.marked else ""


def meetings_of_group(group: WorkGroup, *, now: dt.datetime) -> list[MeetingRow]:
    """A group's meetings in the order of time, in two queries: what `workgroups/group_meetings.html` shows."""
    return rows_of(_counted(Meeting.objects.filter(group=group).with_host_now()), now=now)


def rows_of(meetings: MeetingQuerySet, *, now: dt.datetime) -> list[MeetingRow]:
    """The rows of counted meetings."""
    return [
        MeetingRow(
            meeting=meeting,
            came=meeting.came,  # type: ignore[attr-defined]  # counted in the query
            marked=meeting.marked,  # type: ignore[attr-defined]
            is_to_record=is_to_record(meeting, now=now),
        )
        for meeting in meetings
    ]


def is_to_record(meeting: Meeting, *, now: dt.datetime) -> bool:
    """Whether it has begun and nobody has said yet what became of it."""
    return meeting.state == MeetingState.PLANNED and meeting.starts_at <= now


def _counted(meetings: MeetingQuerySet) -> MeetingQuerySet:
    return meetings.annotate(came=Count("attendance", filter=_CAME), marked=Count("attendance"))

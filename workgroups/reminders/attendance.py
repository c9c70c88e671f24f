"""Asking for the attendance of a meeting whose day has passed: the Specialist, and a week later her and the leads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils import timezone

from correspondence.mornings import morning_from
from correspondence.reminders import Wanted
from correspondence.writing import paragraphs
from hubs.models import Hub
from hubs.wording import day, plain_day
from workgroups.models import HALF_DAY, Meeting, MeetingState
from workgroups.reminders.people import (
    Recipient,
    active_hub,
    console_url,
    each_once,
    hub_leads,
    specialist_on,
)

# The morning after, and a week after that.
_FIRST, _SECOND = dt.timedelta(days=1), dt.timedelta(days=8)
# Then it stands on the hub's home like everything else that waits, and no mail helps.
_OF_USE_FOR = dt.timedelta(days=28)
_LONGEST = 4 * HALF_DAY


@dataclass(frozen=True)
class AttendanceToRecord:
    """The morning after a meeting that is still planned, until the second reminder."""

    kind: str = "attendance-to-record"
    label: str = "Attendance to record"

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """To the Specialist."""
        hub = active_hub()
        for meeting in _unrecorded(now, until):
            due_at, second_at = morning_from(_day_of(meeting) + _FIRST), morning_from(_day_of(meeting) + _SECOND)
            for recipient in specialist_on(meeting.group.specialist, _day_of(meeting)):
                yield _wanted(self.kind, meeting, recipient, hub, due_at=due_at, useless_at=second_at)


@dataclass(frozen=True)
class AttendanceMissing:
    """A week later."""

    kind: str = "attendance-missing"
    label: str = "Attendance still missing"

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """To the Specialist and the hub's leads."""
        hub = active_hub()
        leads = hub_leads(hub, timezone.localdate(now))
        for meeting in _unrecorded(now, until):
            due_at = morning_from(_day_of(meeting) + _SECOND)
            for recipient in each_once([*specialist_on(meeting.group.specialist, _day_of(meeting)), *leads]):
                yield _wanted(self.kind, meeting, recipient, hub, due_at=due_at, useless_at=due_at + _OF_USE_FOR)


ATTENDANCE_TO_RECORD, ATTENDANCE_MISSING = AttendanceToRecord(), AttendanceMissing()


def _unrecorded(now: dt.datetime, until: dt.datetime) -> Iterable[Meeting]:
    """The meetings that are planned still and whose reminders are due until a moment and of use now."""
    oldest = now - _SECOND - _OF_USE_FOR - _LONGEST - dt.timedelta(days=3)
    planned = Meeting.objects.filter(state=MeetingState.PLANNED, starts_at__gt=oldest, starts_at__lte=until)
    return planned.with_group()


def _day_of(meeting: Meeting) -> dt.date:
    return timezone.localdate(meeting.ends_at)


def _wanted(
    kind: str, meeting: Meeting, recipient: Recipient, hub: Hub, *, due_at: dt.datetime, useless_at: dt.datetime
) -> Wanted:
    group = meeting.group
    return Wanted(
        slot=f"{kind}:{meeting.pk}:{recipient.part}",
        occurrence=_day_of(meeting).isoformat(),
        due_at=due_at,
        useless_at=useless_at,
        recipient=recipient.address,
        subject=f"Who came on {day(meeting.starts_at)}? {group.name}",
        text=_text(meeting, recipient, hub),
        because=f"Attendance at the meeting of {group.name} on {plain_day(meeting.starts_at)} is to be recorded.",
        about=meeting,
    )


def _text(meeting: Meeting, recipient: Recipient, hub: Hub) -> str:
    group = meeting.group
    if recipient.part.startswith("specialist"):
        asked = (
            f"{group.name} was to meet on {day(meeting.starts_at)}. Please record who came: the schools' release days "
            "are counted from it."
        )
    else:
        asked = (
            f"{group.name} was to meet on {day(meeting.starts_at)}, and nobody has recorded who came. The schools' "
            f"release days are counted from it. {group.specialist.name} leads the group and has been asked."
        )
    return paragraphs(
        f"Dear {recipient.name},",
        asked,
        f"Record who came:\n{console_url('meeting_hold', hub, meeting.pk)}",
        "If the meeting did not take place, cancel it with a reason:\n"
        f"{console_url('meeting_cancel', hub, meeting.pk)}",
        hub.name,
    )

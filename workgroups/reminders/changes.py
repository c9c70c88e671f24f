"""Telling who takes part that a meeting has another time or place, or is cancelled."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils import timezone

from correspondence.reminders import Wanted
from correspondence.writing import paragraphs
from hubs.models import Hub
from hubs.wording import day, moment, plain_day
from workgroups.models import Meeting, MeetingChange, MeetingState
from workgroups.reminders.meetings import particulars, people_of_groups, way_to_page
from workgroups.reminders.people import Recipient, active_hub, console_url

# A slip is mostly seen at once: what follows so soon after a change belongs to it, and is one mail.
SETTLED_AFTER = dt.timedelta(minutes=5)
# Later the date itself is reminded of, and who has joined since knows no other.
OF_USE_FOR = dt.timedelta(days=7)

Kind = MeetingChange.Kind


@dataclass(frozen=True)
class MeetingChanged:
    """A few minutes after a change, at any hour."""

    kind: str = "meeting-changed"
    label: str = "Meeting moved or cancelled"

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """Only the latest change of a meeting counts, with what people knew before."""
        hub = active_hub()
        told = list(_to_tell(now))
        people = people_of_groups(one.meeting.group for one in told)
        for one in told:
            meeting = one.meeting
            changed_on = timezone.localdate(one.last.changed_at)
            for recipient in people.of(meeting.group, changed_on):
                yield Wanted(
                    slot=f"{self.kind}:{meeting.pk}:{recipient.part}",
                    occurrence=str(one.last.sequence),
                    due_at=one.last.changed_at + SETTLED_AFTER,
                    useless_at=min(meeting.starts_at, one.last.changed_at + OF_USE_FOR),
                    recipient=recipient.address,
                    subject=_subject(one),
                    text=_text(one, recipient, hub),
                    because=_because(one),
                    about=meeting,
                )


MEETING_CHANGED = MeetingChanged()


@dataclass(frozen=True)
class _ToTell:
    """A change that people are to be told of: the last one, and what they knew before it and what belongs to it."""

    meeting: Meeting
    last: MeetingChange
    before: MeetingChange

    @property
    def is_cancelled(self) -> bool:
        """Whether the meeting does not take place."""
        return self.last.kind == Kind.CANCELLED


def _to_tell(now: dt.datetime) -> Iterator[_ToTell]:
    """The meetings that lie ahead and have changed lately."""
    recent = MeetingChange.objects.filter(changed_at__gt=now - OF_USE_FOR - SETTLED_AFTER, meeting__starts_at__gt=now)
    changes: dict[int, list[MeetingChange]] = defaultdict(list)
    for change in recent.order_by("meeting", "sequence"):
        changes[change.meeting_id].append(change)
    meetings = Meeting.objects.filter(pk__in=changes).with_group().with_host_now()
    for meeting in meetings:
        together = _together(changes[meeting.pk])
        if _is_news(meeting, together):
            yield _ToTell(meeting, last=together[-1], before=together[0])


def _together(changes: Iterable[MeetingChange]) -> list[MeetingChange]:
    """The last change, and those before it that it follows at once."""
    found: list[MeetingChange] = []
    for change in changes:
        if found and change.changed_at - found[-1].changed_at > SETTLED_AFTER:
            found = []
        found.append(change)
    return found


def _is_news(meeting: Meeting, together: list[MeetingChange]) -> bool:
    """Whether it differs from what people could know: nobody knows what was planned a moment before."""
    first, last = together[0], together[-1]
    if first.changed_at - meeting.made_at <= SETTLED_AFTER:
        return False
    if last.kind == Kind.CANCELLED:
        return meeting.state == MeetingState.CANCELLED
    as_before = [_is_as_before(meeting, change) for change in together]
    was_put_right = as_before[0] and not all(as_before)
    return meeting.state == MeetingState.PLANNED and not was_put_right


def _is_as_before(meeting: Meeting, change: MeetingChange) -> bool:
    """Whether time and place are as they were before a change; where that is so of all, it was the link."""
    return (meeting.starts_at, meeting.where) == (change.starts_at_before, change.where_before)


def _subject(one: _ToTell) -> str:
    if one.is_cancelled:
        return f"Cancelled: TRG meeting on {day(one.before.starts_at_before)}, {one.meeting.group.name}"
    if one.meeting.starts_at != one.before.starts_at_before:
        return f"Moved to {moment(one.meeting.starts_at)}: TRG meeting of {one.meeting.group.name}"
    return f"Changed: TRG meeting on {day(one.meeting.starts_at)}, {one.meeting.group.name}"


def _because(one: _ToTell) -> str:
    group, was = one.meeting.group.name, plain_day(one.before.starts_at_before)
    if one.is_cancelled:
        return f"The meeting of {group} on {was} is cancelled."
    if one.meeting.starts_at != one.before.starts_at_before:
        return f"The meeting of {group} on {was} is now on {moment(one.meeting.starts_at)}."
    return f"The meeting of {group} on {was} is elsewhere."


def _text(one: _ToTell, recipient: Recipient, hub: Hub) -> str:
    meeting, before = one.meeting, one.before
    if one.is_cancelled:
        news = paragraphs(
            f"The TRG meeting of {meeting.group.name} on {moment(before.starts_at_before)} is cancelled. "
            "Please take it out of your diary.",
            f"The reason\n{meeting.cancelled_reason}",
        )
    else:
        was = f"Before: {moment(before.starts_at_before)}"
        if before.where_before and before.where_before != meeting.where:
            was = f"{was}, {before.where_before}"
        news = paragraphs(
            f"The TRG meeting of {meeting.group.name} has changed. Please change it in your diary.",
            particulars(meeting),
            was,
        )
    if recipient.part.startswith("specialist"):
        after = f"Its page:\n{console_url('meeting', hub, meeting.pk)}"
    else:
        question = "If you have a question" if one.is_cancelled else "If you cannot come, or have a question"
        after = paragraphs(way_to_page(recipient), f"{question}, reply to this message.")
    return paragraphs(f"Dear {recipient.name},", news, after, hub.name)

"""Telling who takes part that a meeting has another time or place, or is cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from correspondence.reminders import Wanted
from correspondence.writing import paragraphs
from hubs.models import Hub
from hubs.wording import day, moment, plain_day
from workgroups.models import Meeting, MeetingChange, MeetingState
from workgroups.reminders.meetings import particulars, way_to_page
from workgroups.reminders.news import SETTLED_AFTER, MeetingNews, News
from workgroups.reminders.people import GroupPeople, Recipient, active_hub, console_url

# Later the date itself is reminded of, and who has joined since knows no other.
OF_USE_FOR = dt.timedelta(days=7)


@dataclass(frozen=True)
class MeetingChanged:
    """A few minutes after a change, at any hour."""

    kind: str = "meeting-changed"
    label: str = "Meeting moved or cancelled"

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """Only the latest change of a meeting counts, with what people knew before."""
        hub = active_hub()
        told = _to_tell(now)
        people = GroupPeople(one.meeting.group for one in told)
        for one in told:
            meeting = one.meeting
            for recipient in one.recipients(people):
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


def _to_tell(now: dt.datetime) -> list[News]:
    """The news of the meetings that lie ahead and have changed lately."""
    recent = MeetingChange.objects.filter(changed_at__gt=now - OF_USE_FOR - SETTLED_AFTER, meeting__starts_at__gt=now)
    changed = Meeting.objects.filter(pk__in=recent.order_by().values("meeting")).exclude(state=MeetingState.HELD)
    meetings = list(changed.with_group().with_host_now())
    news = MeetingNews(meetings)
    return [one for meeting in meetings if (one := news.latest(meeting))]


def _subject(one: News) -> str:
    if one.is_cancelled:
        return f"Cancelled: TRG meeting on {day(one.before.starts_at_before)}, {one.meeting.group.name}"
    if one.meeting.starts_at != one.before.starts_at_before:
        return f"Moved to {moment(one.meeting.starts_at)}: TRG meeting of {one.meeting.group.name}"
    return f"Changed: TRG meeting on {day(one.meeting.starts_at)}, {one.meeting.group.name}"


def _because(one: News) -> str:
    group, was = one.meeting.group.name, plain_day(one.before.starts_at_before)
    if one.is_cancelled:
        return f"The meeting of {group} on {was} is cancelled."
    if one.meeting.starts_at != one.before.starts_at_before:
        return f"The meeting of {group} on {was} is now on {moment(one.meeting.starts_at)}."
    is_elsewhere = one.meeting.where != one.before.where_before
    return f"The meeting of {group} on {was} {'is elsewhere' if is_elsewhere else 'has another link'}."


def _text(one: News, recipient: Recipient, hub: Hub) -> str:
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

"""Reminders of a TRG meeting that lies ahead: to the lead teachers of the group, and to its Specialist."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from correspondence.mornings import morning_by
from correspondence.reminders import Wanted
from correspondence.writing import paragraphs
from hubs.models import Hub
from hubs.wording import clock, day, moment, plain_day
from workgroups.models import Meeting, MeetingState
from workgroups.reminders.news import MeetingNews, News
from workgroups.reminders.people import GroupPeople, Recipient, active_hub, console_url

_DAY = dt.timedelta(days=1)
# A weekend, and a night.
_SLACK = dt.timedelta(days=3)


@dataclass(frozen=True)
class MeetingAhead:
    """Some days before a meeting, until the next reminder of it or its beginning."""

    kind: str
    label: str
    days: int
    days_of_next: int | None = None

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """Who is told of a change since the reminder was due knows the date: that is reminder enough."""
        hub = active_hub()
        meetings = list(_planned_between(now, until + self.days * _DAY + _SLACK))
        people = GroupPeople(meeting.group for meeting in meetings)
        news = MeetingNews(meetings)
        for meeting in meetings:
            planned_for, useless_at = morning_by(meeting.day - self.days * _DAY), self._useless_at(meeting)
            due_at = max(planned_for, news.settled_at(meeting))
            if due_at >= useless_at:
                continue
            told = _told_since(planned_for, news.latest(meeting), people)
            for recipient in people.of(meeting.group, meeting.day):
                if recipient.address.lower() in told:
                    continue
                yield Wanted(
                    slot=f"{self.kind}:{meeting.pk}:{recipient.part}",
                    occurrence=meeting.day.isoformat(),
                    due_at=due_at,
                    useless_at=useless_at,
                    recipient=recipient.address,
                    subject=f"TRG meeting on {day(meeting.starts_at)}: {meeting.group.name}",
                    text=_text(meeting, recipient, hub),
                    because=f"The meeting of {meeting.group.name} is on {plain_day(meeting.starts_at)}.",
                    about=meeting,
                )

    def _useless_at(self, meeting: Meeting) -> dt.datetime:
        if self.days_of_next is None:
            return meeting.starts_at
        return morning_by(meeting.day - self.days_of_next * _DAY)


IN_TEN_DAYS = MeetingAhead("meeting-in-10-days", "Meeting in 10 days", days=10, days_of_next=2)
IN_TWO_DAYS = MeetingAhead("meeting-in-2-days", "Meeting in 2 days", days=2)


def particulars(meeting: Meeting) -> str:
    """When and where a meeting is, and what it is about, as letters say it."""
    lines = [
        f"When: {moment(meeting.starts_at)} to {clock(meeting.ends_at)}",
        f"Where: {meeting.where or 'not known yet'}",
    ]
    if meeting.online_link:
        lines.append(f"Online: {meeting.online_link}")
    unconfirmed = "This is still to be confirmed: we write to you if it changes." if meeting.to_be_confirmed else ""
    agenda = f"Agenda\n{meeting.agenda}" if meeting.agenda.strip() else ""
    return paragraphs("\n".join(lines), unconfirmed, agenda)


def way_to_page(recipient: Recipient) -> str:
    """How a person of a school comes to its page."""
    if not recipient.page:
        return ""
    return (
        "Your school's page has all dates, notes and what was agreed. You need no password for it, so please keep "
        f"this link to yourself:\n{recipient.page}"
    )


def _planned_between(now: dt.datetime, end: dt.datetime) -> Iterable[Meeting]:
    planned = Meeting.objects.filter(state=MeetingState.PLANNED, starts_at__gt=now, starts_at__lte=end)
    return planned.with_group().with_host_now()


def _told_since(since: dt.datetime, latest: News | None, people: GroupPeople) -> set[str]:
    """The addresses to which news goes that there has been since a moment."""
    if latest is None or latest.last.changed_at < since:
        return set()
    return {one.address.lower() for one in latest.recipients(people)}


def _text(meeting: Meeting, recipient: Recipient, hub: Hub) -> str:
    if recipient.part.startswith("specialist"):
        after = (
            "Its page, on which you change the plan and record afterwards who came:\n"
            f"{console_url('meeting', hub, meeting.pk)}"
        )
    else:
        after = paragraphs(
            way_to_page(recipient),
            "If you cannot come, reply to this message and say whom your school sends instead.",
        )
    return paragraphs(
        f"Dear {recipient.name},",
        f"{meeting.group.name} has its next TRG meeting on {day(meeting.starts_at)}.",
        particulars(meeting),
        after,
        hub.name,
    )

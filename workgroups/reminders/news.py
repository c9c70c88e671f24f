"""Which changes of a meeting its people are told of, to whom that goes, and from when on they may be told."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils import timezone

from workgroups.models import Meeting, MeetingChange
from workgroups.reminders.people import GroupPeople, Recipient

# A slip is mostly seen at once: what follows so soon after a change belongs to it, and is one mail.
SETTLED_AFTER = dt.timedelta(minutes=5)

# When and where a meeting is, and its link.
Plan = tuple[dt.datetime, str, str]


@dataclass(frozen=True)
class News:
    """Changes that are one mail: the last of them, and the first with what people knew before it."""

    meeting: Meeting
    last: MeetingChange
    before: MeetingChange

    @property
    def is_cancelled(self) -> bool:
        """Whether the meeting does not take place."""
        return self.last.kind == MeetingChange.Kind.CANCELLED

    def recipients(self, people: GroupPeople) -> list[Recipient]:
        """Who took part as it changed, or was to take part when the meeting would have been or when it is now.

        Who came only afterwards knows no other date: she is reminded of the meeting like of any other.
        """
        changed_on = timezone.localdate(self.last.changed_at)
        was_on = timezone.localdate(self.before.starts_at_before)
        days = {changed_on, max(was_on, changed_on), max(self.meeting.day, changed_on)}
        return people.known(self.meeting.group, days, by=self.last.changed_at)


class MeetingNews:
    """What there is to tell of some meetings, which come with their hosts; one query."""

    def __init__(self, meetings: Iterable[Meeting]) -> None:
        # Of each meeting the changes that belong together, in order.
        self._together: dict[int, list[list[MeetingChange]]] = defaultdict(list)
        changes = MeetingChange.objects.filter(meeting__in=list(meetings))
        for change in changes.order_by("meeting", "sequence"):
            together = self._together[change.meeting_id]
            if not together or change.changed_at - together[-1][-1].changed_at > SETTLED_AFTER:
                together.append([])
            together[-1].append(change)

    def latest(self, meeting: Meeting) -> News | None:
        """The last that people are told of; what is put right at once is not, and hides nothing that was before."""
        return next(self._newest_first(meeting), None)

    def settled_at(self, meeting: Meeting) -> dt.datetime:
        """From when on people may be told of its plan: until then a slip may still be put right."""
        together = self._together.get(meeting.pk)
        return (together[-1][-1].changed_at if together else meeting.made_at) + SETTLED_AFTER

    def _newest_first(self, meeting: Meeting) -> Iterator[News]:
        after = _plan_of(meeting)
        for together in reversed(self._together.get(meeting.pk, [])):
            news = News(meeting, last=together[-1], before=together[0])
            if _is_news(news, after):
                yield news
            after = _plan_before(news.before)


def _is_news(news: News, after: Plan) -> bool:
    """Whether it differs from what people could know: nobody knows what was planned a moment before."""
    if news.before.changed_at - news.meeting.made_at <= SETTLED_AFTER:
        return False
    return news.is_cancelled or _differs(_plan_before(news.before), after)


def _differs(before: Plan, after: Plan) -> bool:
    """Whether time, place or link is another; that there is a first link is no news of that kind."""
    *when_and_where, link = before
    *now, link_now = after
    return when_and_where != now or (link != "" and link != link_now)


def _plan_of(meeting: Meeting) -> Plan:
    return meeting.starts_at, meeting.where, meeting.online_link


def _plan_before(change: MeetingChange) -> Plan:
    return change.starts_at_before, change.where_before, change.online_link_before

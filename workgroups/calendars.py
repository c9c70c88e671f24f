"""Calendars as programs read them (iCalendar, RFC 5545): a group's meetings, a Specialist's meetings and visits.

An event keeps its UID for good, and its SEQUENCE rises with each change. What only the hub reads is in none of them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from icalendar import Calendar, Event, Timezone

from hubs.links import public_url
from hubs.moments import LONDON, london
from hubs.wording import days
from hubs.years import academic_year_of
from schools.models import School
from workgroups.models import MasterySpecialist, Meeting, MeetingState, Visit, VisitState, WorkGroup

PRODID = "-//Maths Hubs//hubadmin//EN"
# How often programs are to ask; most do as they like.
REFRESH_AFTER = dt.timedelta(hours=6)
# The rule that holds since 1996. The library's own timezone begins each summer an hour late.
_LONDON = """BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
DTSTART:19960331T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:BST
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:GMT
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
END:VTIMEZONE
"""
# Line breaks and tabs may stand in a text, no other control characters.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class CalendarText:
    """A calendar as it is sent, and when something in it was last changed."""

    body: bytes
    changed_at: dt.datetime | None


def calendar_of_group(group: WorkGroup, *, today: dt.date) -> CalendarText:
    """A group's meetings, for whoever it is handed to: its events lead to no page that needs an account."""
    meetings = Meeting.objects.filter(group=group, starts_at__gte=_since(today)).with_group().with_host_now()
    events = [_meeting_event(meeting, url="") for meeting in meetings]
    return _written(f"{group.name}: TRG meetings", events, [meeting.changed_at for meeting in meetings])


def calendar_of_specialist(specialist: MasterySpecialist, *, today: dt.date) -> CalendarText:
    """A Specialist's meetings and support visits, each leading to its page."""
    since = _since(today)
    meetings = Meeting.objects.filter(group__specialist=specialist, starts_at__gte=since).with_group().with_host_now()
    visits = Visit.objects.filter(specialist=specialist, was_arranged=True, starts_at__gte=since)
    visits = visits.select_related("place__school").prefetch_related("place__school__now").order_by("starts_at", "pk")
    slug = specialist.hub.slug
    events = [
        *(_meeting_event(one, url=reverse("meeting", args=[slug, one.pk])) for one in meetings),
        *(_visit_event(one, url=reverse("visit", args=[slug, one.place_id, one.term, one.number])) for one in visits),
    ]
    changes = [one.changed_at for one in (*meetings, *visits)]
    return _written(f"{specialist.name}: TRG meetings and support visits", events, changes)


def _since(today: dt.date) -> dt.datetime:
    """From last academic year on: calendar programs read the whole each time."""
    return london(dt.date(academic_year_of(today) - 1, 9, 1), dt.time(0))


def _meeting_event(meeting: Meeting, *, url: str) -> Event:
    is_cancelled = meeting.state == MeetingState.CANCELLED
    is_tentative = meeting.to_be_confirmed and meeting.state == MeetingState.PLANNED
    status = "CANCELLED" if is_cancelled else "TENTATIVE" if is_tentative else "CONFIRMED"
    words = [
        f"Cancelled: {meeting.cancelled_reason}" if is_cancelled else "",
        "Still to be confirmed." if is_tentative else "",
        f"{meeting.group.stage_year}, {days(meeting.half_days)}",
        f"Join online: {meeting.online_link}" if meeting.online_link else "",
        f"Agenda:\n{meeting.agenda}" if meeting.agenda else "",
    ]
    address = _address(meeting.host_school.named_now) if meeting.host_school else ""
    event = _event(meeting, summary=f"TRG meeting: {meeting.group.name}", status=status, words=words, url=url)
    where = ", ".join(part for part in (meeting.where, address) if part)
    if where:
        event.add("location", _plain(where))
    return event


def _visit_event(visit: Visit, *, url: str) -> Event:
    school = visit.place.school_now
    is_missed = visit.state == VisitState.MISSED
    words = [f"Did not take place: {visit.missed_reason}" if is_missed else "", days(visit.half_days)]
    status = "CANCELLED" if is_missed else "CONFIRMED"
    event = _event(visit, summary=f"Support visit: {school.name}", status=status, words=words, url=url)
    event.add("location", _plain(", ".join(part for part in (school.name, _address(school)) if part)))
    return event


def _event(what: Meeting | Visit, *, summary: str, status: str, words: Iterable[str], url: str) -> Event:
    event = Event()
    event.add("uid", f"{what.uuid}@{urlsplit(settings.PUBLIC_URL).hostname}")
    event.add("sequence", what.sequence)
    event.add("dtstamp", what.changed_at)
    event.add("created", what.made_at)
    event.add("last-modified", what.changed_at)
    event.add("dtstart", what.starts_at.astimezone(LONDON))
    event.add("dtend", what.ends_at.astimezone(LONDON))
    event.add("summary", _plain(summary))
    event.add("description", _plain("\n\n".join(word for word in words if word)))
    event.add("status", status)
    event.add("transp", "TRANSPARENT" if status == "CANCELLED" else "OPAQUE")
    if url:
        event.add("url", public_url(url))
    return event


def _written(name: str, events: Iterable[Event], changes: Iterable[dt.datetime]) -> CalendarText:
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _plain(name))
    calendar.add("x-wr-timezone", "Europe/London")
    calendar.add("refresh-interval", REFRESH_AFTER, {"value": "DURATION"})
    calendar.add("x-published-ttl", REFRESH_AFTER)
    calendar.add_component(Timezone.from_ical(_LONDON))
    for event in events:
        calendar.add_component(event)
    return CalendarText(calendar.to_ical(), max(changes, default=None))


def _address(school: School) -> str:
    return ", ".join(part for part in (school.street, school.town, school.postcode) if part)


def _plain(text: str) -> str:
    """A text in which line breaks are the only control characters."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n"))

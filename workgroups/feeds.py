"""Private addresses of calendars: opened, shown again as long as they live, ended by whoever may open them."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from hubs import timeline
from hubs.links import make_token, public_url
from hubs.models import Membership
from hubs.permissions import NotAllowed, require
from workgroups.models import CalendarFeed, MasterySpecialist, WorkGroup
from workgroups.permissions import require_lead, specialists_of


def live_feed_of(of: WorkGroup | MasterySpecialist) -> CalendarFeed | None:
    """The address that a group's or a Specialist's calendar has by now, if it has one."""
    return of.calendar_feeds.filter(ended_at=None).select_related("made_by").first()


def url_of(feed: CalendarFeed) -> str:
    """The whole address, the same each time."""
    token = make_token("calendar-feed", hub_id=feed.hub_id, subject_id=feed.pk, made_at=feed.made_at)
    return public_url(reverse("calendar_feed", args=[token]))


def open_feed(*, of: WorkGroup | MasterySpecialist, actor: Membership, now: dt.datetime) -> CalendarFeed:
    """Give a calendar an address; it keeps the one that it has. Raises `NotAllowed`."""
    _require(actor, of)
    type(of).objects.select_for_update(no_key=True).only("pk").get(pk=of.pk)
    if feed := live_feed_of(of):
        return feed
    whose = {"group": of} if isinstance(of, WorkGroup) else {"specialist": of}
    feed = CalendarFeed.objects.create(hub_id=of.hub_id, made_at=now, made_by=actor.user, **whose)
    timeline.record(subject=of, actor=actor, now=now, text="Opened a private address of the calendar.")
    return feed


def end_feed(*, feed: CalendarFeed, actor: Membership, now: dt.datetime) -> None:
    """End an address: programs that ask by it are told that it is gone. Ended already, nothing happens.

    Raises `NotAllowed`.
    """
    of = feed.specialist or feed.group
    assert of is not None, "A feed is of a Specialist or of a group."
    _require(actor, of)
    if CalendarFeed.objects.filter(pk=feed.pk, ended_at=None).update(ended_at=now):
        timeline.record(subject=of, actor=actor, now=now, text="Ended the private address of the calendar.")


def is_over(feed: CalendarFeed, *, today: dt.date) -> bool:
    """Whether it is read no more: somebody has ended it, or its Specialist works for the hub no more."""
    specialist = feed.specialist
    has_gone = specialist is not None and specialist.ends_on is not None and specialist.ends_on <= today
    return feed.ended_at is not None or has_gone


def _require(actor: Membership, of: WorkGroup | MasterySpecialist) -> None:
    if isinstance(of, WorkGroup):
        require_lead(actor, of)
        return
    require(actor, "lead_groups")
    if not specialists_of(actor).filter(pk=of.pk).exists():
        raise NotAllowed(f"The calendar is {of.name}'s: only she and who sees all groups may open it.")

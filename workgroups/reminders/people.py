"""Who is reminded: Specialists, and a school's head and lead teachers, each with the way to the school's page."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from hubs.links import public_url
from hubs.models import Hub, Role
from hubs.queries import members_of
from hubs.tenancy import active_hub_id
from workgroups.models import MasterySpecialist, Participant, Place, PlaceState, SchoolLink, WorkGroup
from workgroups.roster import Roster
from workgroups.school_links import url_of


@dataclass(frozen=True)
class Recipient:
    """Somebody who is reminded; `part` says who it is in the name of a slot."""

    part: str
    name: str
    address: str
    # The address of the school's page, by this person's own link; nothing for people of the hub.
    page: str = ""


class SchoolPeople:
    """The heads and lead teachers of some places, in two queries."""

    def __init__(self, places: Iterable[Place]) -> None:
        keys = [place.pk for place in places]
        self._teachers: dict[int, list[Participant]] = defaultdict(list)
        for teacher in Participant.objects.filter(place__in=keys):
            self._teachers[teacher.place_id].append(teacher)
        links = SchoolLink.objects.filter(place__in=keys, ended_at=None)
        self._links = {(link.place_id, link.email.lower()): link for link in links}

    def lead_teachers(self, place: Place, day: dt.date) -> list[Recipient]:
        """Those who take part on a day, in order; one of those who share an address."""
        return each_once(
            self._recipient(place, f"participant-{teacher.pk}", teacher.name, teacher.email)
            for teacher in self._teachers[place.pk]
            if teacher.starts_on <= day and (teacher.ends_on is None or teacher.ends_on > day)
        )

    def everybody(self, place: Place, day: dt.date) -> list[Recipient]:
        """The head, and the lead teachers of a day; one of those who share an address."""
        head = self._recipient(place, "head", place.head_name, place.head_email)
        return each_once([head, *self.lead_teachers(place, day)])

    def _recipient(self, place: Place, part: str, name: str, address: str) -> Recipient:
        link = self._links.get((place.pk, address.lower()))
        return Recipient(part, name, address, url_of(link) if link else "")


class GroupPeople:
    """The people of some groups, on any day, in four queries; of schools that are in no group by now there are none."""

    def __init__(self, groups: Iterable[WorkGroup]) -> None:
        self._roster = Roster(groups)
        in_groups = Place.objects.filter(pk__in=self._roster.places, state=PlaceState.IN_GROUP)
        self._places = list(in_groups.order_by("pk"))
        self._people = SchoolPeople(self._places)

    def of(self, group: WorkGroup, day: dt.date) -> list[Recipient]:
        """The Specialist and the lead teachers who take part in the group on a day."""
        return self._at(group, self._roster.places_on(group, day), day)

    def known(self, group: WorkGroup, days: Iterable[dt.date], *, by: dt.datetime) -> list[Recipient]:
        """Those of a moment, of the schools of which it was recorded by then that they are there on any of the days."""
        there = {place for day in days for place in self._roster.places_known_on(group, day, by=by)}
        return self._at(group, there, timezone.localdate(by))

    def _at(self, group: WorkGroup, there: set[int], day: dt.date) -> list[Recipient]:
        teachers = (
            one for place in self._places if place.pk in there for one in self._people.lead_teachers(place, day)
        )
        return each_once([*specialist_on(group.specialist, day), *teachers])


def specialist_on(specialist: MasterySpecialist, day: dt.date) -> list[Recipient]:
    """The Specialist; nobody once she has stopped working for the hub."""
    if specialist.ends_on is not None and specialist.ends_on <= day:
        return []
    return [Recipient(f"specialist-{specialist.pk}", specialist.name, specialist.email)]


def hub_leads(hub: Hub, today: dt.date) -> list[Recipient]:
    """Who leads the hub; where nobody does, who runs it. One query."""
    found = list(members_of(hub, today=today).filter(role__in=[Role.HUB_LEAD, Role.ADMINISTRATOR]))
    leads = [one for one in found if one.role == Role.HUB_LEAD] or found
    return [Recipient(f"member-{one.user_id}", one.user.name, one.user.email) for one in leads]


def each_once(recipients: Iterable[Recipient]) -> list[Recipient]:
    """Each address once; the first of those who share one."""
    found: dict[str, Recipient] = {}
    for recipient in recipients:
        found.setdefault(recipient.address.lower(), recipient)
    return list(found.values())


def active_hub() -> Hub:
    """The hub whose reminders are derived."""
    return Hub.objects.get(pk=active_hub_id())


def console_url(name: str, hub: Hub, *arguments: object) -> str:
    """The whole address of a page of the hub's console, as it stands in a letter."""
    return public_url(reverse(name, args=[hub.slug, *arguments]))

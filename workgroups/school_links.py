"""The private ways of a school's people to its own page: one for each person, until she leaves or it is ended."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone

from hubs.links import make_token, public_url
from workgroups.models import Participant, Place, PlaceState, SchoolLink


def link_for(*, place: Place, name: str, email: str, now: dt.datetime) -> SchoolLink:
    """The live link of a person of the school, by her address in any capitals; made where she has none."""
    link = SchoolLink(hub_id=place.hub_id, place=place, name=name, email=email, made_at=now)
    # ON CONFLICT DO NOTHING: two letters at once, to one address, share one link.
    SchoolLink.objects.bulk_create([link], ignore_conflicts=True)
    return _live(place, email).get()


def make_missing(*, now: dt.datetime) -> None:
    """Make the links that the people of schools in a group have none of: the head's and the lead teachers'.

    For letters that are written to many at once, in four queries.
    """
    places = {place.pk: place for place in Place.objects.filter(state=PlaceState.IN_GROUP)}
    still = Q(ends_on=None) | Q(ends_on__gt=timezone.localdate(now))
    teachers = Participant.objects.filter(still, place__in=places)
    people = {(place.pk, place.head_email.lower()): (place.head_name, place.head_email) for place in places.values()}
    for teacher in teachers:
        people.setdefault((teacher.place_id, teacher.email.lower()), (teacher.name, teacher.email))
    live = set(SchoolLink.objects.filter(place__in=places, ended_at=None).values_list("place", Lower("email")))
    missing = [
        SchoolLink(hub_id=places[key].hub_id, place=places[key], name=name, email=email, made_at=now)
        for (key, address), (name, email) in people.items()
        if (key, address) not in live
    ]
    SchoolLink.objects.bulk_create(missing, ignore_conflicts=True)


def url_of(link: SchoolLink) -> str:
    """The whole address of the school's page for this person, as it stands in a letter."""
    token = make_token("school-page", hub_id=link.hub_id, subject_id=link.pk)
    return public_url(reverse("school_page", args=[token]))


def end_links_of(*, place: Place, email: str, now: dt.datetime) -> None:
    """End the way of a person who has left the school's work; the page says so, and another letter makes a new one."""
    _live(place, email).update(ended_at=now)


def _live(place: Place, email: str) -> QuerySet[SchoolLink]:
    """The one that there is, if any: compared as its unique constraint does."""
    same_address = Exact(Lower("email"), Lower(Value(email)))
    return SchoolLink.objects.filter(same_address, place=place, ended_at=None)

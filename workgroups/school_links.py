"""The private ways of a school's people to its own page: one for each person, until she leaves or it is ended."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.urls import reverse

from hubs.links import make_token, public_url
from workgroups.models import Place, SchoolLink


def link_for(*, place: Place, name: str, email: str, now: dt.datetime) -> SchoolLink:
    """The live link of a person of the school, by her address in any capitals; made where she has none."""
    link = SchoolLink(hub_id=place.hub_id, place=place, name=name, email=email, made_at=now)
    # ON CONFLICT DO NOTHING: two letters at once, to one address, share one link.
    SchoolLink.objects.bulk_create([link], ignore_conflicts=True)
    return _live(place, email).get()


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

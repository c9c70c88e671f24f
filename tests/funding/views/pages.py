"""What the tests of the pages on money share."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from funding.models import Grant, GrantState, PaymentList
from hubs import tenancy
from hubs.models import Hub, User
from tests import factories, work
from workgroups.models import Place, PlaceState, WorkGroup


def page(name: str, hub: Hub, *args: Any, query: str = "") -> str:
    """The address of a page."""
    return reverse(name, args=[hub.slug, *args]) + (f"?{query}" if query else "")


def make_grant(hub: Hub, name: str = "Ash Lane Primary School", **fields: Any) -> Grant:
    """A grant of this year, of a school of its own in the hub's Work Group."""
    with tenancy.use(hub):
        group = WorkGroup.objects.select_related("stage_year__stage").first()
    place = work.make_place(hub, factories.make_school(name), group=group or work.make_group(hub))
    return work.make_grant(place, **fields)


def make_grant_without_group(hub: Hub, name: str, **fields: Any) -> Grant:
    """A grant of a school that waits for a Work Group."""
    return work.make_grant(work.make_place(hub, factories.make_school(name)), **fields)


def leave(grant: Grant) -> Grant:
    """The school of a grant has left."""
    with tenancy.use(grant.hub_id):
        Place.objects.filter(pk=grant.place_id).update(state=PlaceState.LEFT, group=None, specialist_school=None)
    return grant


def approved_by(user: User) -> dict[str, Any]:
    """What makes a grant an approved one."""
    return {"state": GrantState.APPROVED, "approved_by": user, "approved_at": "2026-11-01T12:00Z"}


def state_of(record: Grant | PaymentList) -> str:
    """Where it stands by now."""
    with tenancy.use(record.hub_id):
        return str(type(record).objects.get(pk=record.pk).state)

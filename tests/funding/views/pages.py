"""What the tests of the pages on money share."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from funding.models import Grant, GrantState, PaymentList
from hubs import tenancy
from hubs.models import Hub, User
from tests import factories, work


def page(name: str, hub: Hub, *args: Any, query: str = "") -> str:
    """The address of a page."""
    return reverse(name, args=[hub.slug, *args]) + (f"?{query}" if query else "")


def make_grant(hub: Hub, name: str = "Ash Lane Primary School", **fields: Any) -> Grant:
    """A grant of this year, of a school of its own."""
    return work.make_grant(work.make_place(hub, factories.make_school(name)), **fields)


def approved_by(user: User) -> dict[str, Any]:
    """What makes a grant an approved one."""
    return {"state": GrantState.APPROVED, "approved_by": user, "approved_at": "2026-11-01T12:00Z"}


def state_of(record: Grant | PaymentList) -> str:
    """Where it stands by now."""
    with tenancy.use(record.hub_id):
        return str(type(record).objects.get(pk=record.pk).state)

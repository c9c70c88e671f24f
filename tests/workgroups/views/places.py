"""What the tests of the pages on groups and places share: the browser of who forms groups, and what was typed."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub
from tests.workgroups.views.pages import day_boxes
from workgroups.models import Place
from workgroups.steps import locked

REASON = "The head asked for it."


def address(hub: Hub, name: str, *args: object, query: str = "") -> str:
    """The address of a page of the hub."""
    return reverse(name, args=[hub.slug, *args]) + (f"?{query}" if query else "")


def on_today(**other: str) -> dict[str, str]:
    """Today, as it is typed, and whatever else is."""
    return {**day_boxes("on", timezone.localdate()), **other}


def on(day: dt.date, **other: str) -> dict[str, str]:
    """A day, as it is typed, and whatever else is."""
    return {**day_boxes("on", day), **other}


def now_of(place: Place) -> Place:
    """The place as it is by now."""
    with tenancy.use(place.hub_id):
        return locked(place)

"""Which pages belong together: what stands in a line under the heading of each."""

from __future__ import annotations

from django.urls import reverse

from hubs.access import MemberRequest
from hubs.pages import NavigationItem
from hubs.permissions import may


def money_pages(request: MemberRequest, current: str) -> list[NavigationItem]:
    """The pages on money; who sees schools' work finds the release time beside them."""
    pages = [("Grants", "grant_list"), ("Payment lists", "payment_lists"), ("Specialists’ days", "money_release")]
    if may(request.membership, "lead_groups"):
        pages.append(("Release time", "release_list"))
    return _items(request, pages, current)


def release_pages(request: MemberRequest, current: str) -> list[NavigationItem]:
    """The pages on release time."""
    return _items(request, [("Schools", "release_list"), ("Mastery Specialists", "release_specialists")], current)


def _items(request: MemberRequest, pages: list[tuple[str, str]], current: str) -> list[NavigationItem]:
    slug = request.hub.slug
    return [NavigationItem(label, reverse(name, args=[slug]), current=name == current) for label, name in pages]


def number(value: str) -> int | None:
    """What a form sends as a whole number, of nine digits at most; None for anything else."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else None

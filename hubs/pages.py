"""The console's navigation: every room registers its pages, the hub's page shows what a role may open."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from hubs.models import Membership
from hubs.permissions import Capability, may


@dataclass(frozen=True)
class Page:
    """A page of the console that stands in the navigation."""

    label: str
    url_name: str
    capability: Capability
    order: int


@dataclass(frozen=True)
class NavigationItem:
    """A link of the navigation, as the layout shows it."""

    label: str
    url: str
    current: bool


_pages: list[Page] = []


def register(*, label: str, url_name: str, capability: Capability, order: int) -> None:
    """Put a page into the console's navigation; called once, when the room's app is ready."""
    _pages.append(Page(label, url_name, capability, order))
    _pages.sort(key=lambda page: page.order)


def navigation_for(membership: Membership, *, path: str) -> list[NavigationItem]:
    """The pages that a member's role may open; the one that `path` lies under is the current one."""
    items = []
    for page in _pages:
        if may(membership, page.capability):
            url = reverse(page.url_name, args=[membership.hub.slug])
            is_home = page.order == 0
            items.append(NavigationItem(page.label, url, current=path == url if is_home else path.startswith(url)))
    return items

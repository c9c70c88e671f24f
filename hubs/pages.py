"""The console's navigation: every room registers its pages, the hub's page shows what a role may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from hubs import tenancy
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
_waiting: list[tuple[Capability, Callable[[], str]]] = []


def register(*, label: str, url_name: str, capability: Capability, order: int) -> None:
    """Put a page into the console's navigation; called once, when the room's app is ready."""
    _pages.append(Page(label, url_name, capability, order))
    _pages.sort(key=lambda page: page.order)


def register_waiting(*, capability: Capability, words: Callable[[], str]) -> None:
    """Let a person of several hubs see what waits in each: `words`, called inside a hub, says it, or nothing."""
    _waiting.append((capability, words))


def waiting_for(membership: Membership) -> list[str]:
    """What waits in a member's hub, as far as the role may know it: in words like "19 to decide"."""
    with tenancy.use(membership.hub):
        found = [words() for capability, words in _waiting if may(membership, capability)]
    return [words for words in found if words]


def navigation_for(membership: Membership, *, path: str) -> list[NavigationItem]:
    """The pages that a member's role may open; the one that `path` lies under is the current one."""
    items = []
    for page in _pages:
        if may(membership, page.capability):
            url = reverse(page.url_name, args=[membership.hub.slug])
            is_home = page.order == 0
            items.append(NavigationItem(page.label, url, current=path == url if is_home else path.startswith(url)))
    return items

"""What the pages about a hub and its people read, each in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Exists, OuterRef, Q, QuerySet

from hubs.models import Hub, Invitation, LeadSchool, LocalAuthority, Membership, Role, User
from hubs.permissions import ALLOWED, Capability


@dataclass(frozen=True)
class HubOnStartPage:
    """A hub as a school looks for it."""

    name: str
    slug: str
    areas_text: str


def hubs_on_start_page() -> list[HubOnStartPage]:
    """All hubs by name, with the names of their local authorities in one line."""
    return [
        HubOnStartPage(hub.name, hub.slug, ", ".join(authority.name for authority in hub.areas.all()))
        for hub in Hub.objects.prefetch_related("areas")
    ]


def members_of(hub: Hub, *, today: dt.date) -> QuerySet[Membership]:
    """The members of a hub by name, with the person."""
    return hub.memberships.active_on(today).select_related("user").order_by("user__name", "pk")


def administrators_of(hub: Hub, *, today: dt.date) -> QuerySet[Membership]:
    """The members who manage a hub, by name, with the person."""
    return members_of(hub, today=today).filter(role=Role.ADMINISTRATOR)


def members_who_may(capability: Capability, *, hub: Hub, today: dt.date) -> QuerySet[Membership]:
    """The members whose role allows something, by name, with the person."""
    return members_of(hub, today=today).filter(role__in=[role for role, may in ALLOWED.items() if capability in may])


def former_members_of(hub: Hub, *, today: dt.date) -> list[Membership]:
    """The last membership of everybody who was a member and is none now; who left last comes first."""
    still_here = hub.memberships.active_on(today).filter(user=OuterRef("user"))
    last_ones = (
        hub.memberships.filter(~Exists(still_here), ends_on__lte=today)
        .select_related("user")
        .order_by("user", "-ends_on", "-pk")
        .distinct("user")
    )
    return sorted(last_ones, key=lambda one: one.ends_on or today, reverse=True)


def open_invitations() -> QuerySet[Invitation]:
    """The active hub's invitations that wait for an answer, expired ones as well, newest first."""
    return (
        Invitation.objects.filter(accepted_at=None, withdrawn_at=None)
        .select_related("invited_by")
        .order_by("-invited_at", "-pk")
    )


def memberships_of(user: User, *, today: dt.date) -> list[Membership]:
    """A person's memberships by the hub's name, with the hub."""
    return list(user.memberships.active_on(today).select_related("hub").order_by("hub__name"))


def lead_school_of(hub: Hub, *, today: dt.date) -> LeadSchool | None:
    """The school or trust that leads a hub on a day."""
    return hub.lead_schools.filter(Q(ends_on=None) | Q(ends_on__gte=today), starts_on__lte=today).first()


def authorities_by_region() -> list[tuple[str, Sequence[LocalAuthority]]]:
    """All local authorities, region by region, both by name; those without a region come last."""
    authorities = sorted(LocalAuthority.objects.all(), key=lambda one: (not one.region, one.region, one.name))
    return [(region or "Other", list(members)) for region, members in groupby(authorities, key=lambda one: one.region)]

"""Who is what in a hub: changing a role, ending a membership.

A membership is a fact with dates: a new role ends the old membership and begins another one.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from hubs import timeline
from hubs.models import Hub, Membership, Role
from hubs.permissions import NotAllowed, require


class LastAdministrator(Exception):
    """A hub would be left without an administrator; the message is a sentence to show."""


@transaction.atomic
def change_role(*, membership: Membership, role: Role, actor: Membership, now: dt.datetime) -> Membership:
    """Give a member another role from today on, and return the membership that now holds.

    The same role again changes nothing. Raises `NotAllowed` and `LastAdministrator`.
    """
    hub, membership, today = _ready_to_change(membership, actor, now)
    if membership.role == role:
        return membership
    if role != Role.ADMINISTRATOR:
        _keep_an_administrator(hub, membership, today, f"give {membership.user.name} another role")
    before = membership.get_role_display()
    _end(membership, today)
    begun = Membership.objects.create(hub=hub, user=membership.user, role=role, starts_on=today)
    timeline.record(
        subject=hub,
        actor=actor,
        now=now,
        text=f"Changed the role of {membership.user.name} from {before} to {begun.get_role_display()}.",
    )
    return begun


@transaction.atomic
def end_membership(*, membership: Membership, actor: Membership, now: dt.datetime) -> Membership:
    """End a membership: from today on it no longer holds. An ended one stays as it is.

    Raises `NotAllowed` and `LastAdministrator`.
    """
    hub, membership, today = _ready_to_change(membership, actor, now)
    if membership.ends_on is not None:
        return membership
    _keep_an_administrator(hub, membership, today, f"end the membership of {membership.user.name}")
    _end(membership, today)
    timeline.record(
        subject=hub,
        actor=actor,
        now=now,
        text=f"Ended the membership of {membership.user.name}, {membership.get_role_display()}.",
    )
    return membership


def is_last_administrator(membership: Membership, *, today: dt.date) -> bool:
    """Whether the hub would have no administrator without this member."""
    administrators = membership.hub.memberships.active_on(today).filter(role=Role.ADMINISTRATOR)
    return membership.role == Role.ADMINISTRATOR and not administrators.exclude(pk=membership.pk).exists()


def locked(hub: Hub) -> Hub:
    """The hub as it is now, kept from other changes of its people and details until the transaction ends.

    Rows that merely refer to the hub can still be added meanwhile.
    """
    return Hub.objects.select_for_update(no_key=True).get(pk=hub.pk)


def _ready_to_change(membership: Membership, actor: Membership, now: dt.datetime) -> tuple[Hub, Membership, dt.date]:
    """Lock the hub, then look again: what was true when the page was shown may not be true any more."""
    hub = locked(actor.hub)
    today = timezone.localdate(now)
    acting = hub.memberships.active_on(today).filter(pk=actor.pk).first()
    if acting is None:
        raise NotAllowed(f"You are no longer a member of {hub.name} in the role you had when you opened this page.")
    require(acting, "manage_members")
    return hub, hub.memberships.select_related("user").get(pk=membership.pk), today


def _keep_an_administrator(hub: Hub, membership: Membership, today: dt.date, wish: str) -> None:
    if is_last_administrator(membership, today=today):
        raise LastAdministrator(
            f"You cannot {wish}: nobody else is an administrator of {hub.name}. "
            "Make another member an administrator first."
        )


def _end(membership: Membership, day: dt.date) -> None:
    membership.ends_on = day
    membership.save(update_fields=["ends_on"])

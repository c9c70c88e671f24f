"""What was agreed with a school at its visits: open until somebody says that it is done."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet
from django.utils import timezone

from hubs import timeline
from hubs.locking import locked
from hubs.models import Membership
from hubs.permissions import NotAllowed, require
from workgroups.models import AgreedAction, Place
from workgroups.permissions import places_of


def open_actions(place: Place) -> QuerySet[AgreedAction]:
    """What is still to do at a school, the longest agreed first: its next visit begins with it."""
    return AgreedAction.objects.filter(place=place, done_on=None).select_related("visit")


def actions_of(place: Place) -> list[AgreedAction]:
    """Everything that was agreed with a school: what is open first, then what is done, the latest first."""
    found = AgreedAction.objects.filter(place=place).order_by("agreed_at", "position")
    done = sorted((one for one in found if one.done_on), key=lambda one: one.done_on or dt.date.min, reverse=True)
    return [one for one in found if not one.done_on] + done


def mark_action_done(*, action: AgreedAction, actor: Membership, now: dt.datetime) -> None:
    """Say that what was agreed is done, today; said already, nothing happens. Raises `NotAllowed`."""
    found = _lock(action, actor)
    if found.done_on:
        return
    found.done_on = timezone.localdate(now)
    found.save(update_fields=["done_on"])
    timeline.record(subject=found.place, actor=actor, now=now, text=f"Done: {found.text}")


def mark_action_open(*, action: AgreedAction, actor: Membership, now: dt.datetime) -> None:
    """Take back that it is done; where it is open, nothing happens. Raises `NotAllowed`."""
    found = _lock(action, actor)
    if found.done_on is None:
        return
    found.done_on = None
    found.save(update_fields=["done_on"])
    timeline.record(subject=found.place, actor=actor, now=now, text=f"Not done after all: {found.text}")


def _lock(action: AgreedAction, actor: Membership) -> AgreedAction:
    require(actor, "lead_groups")
    # As whoever changes what was agreed at a visit does.
    place = locked(Place.objects.select_related("school"), action.place_id)
    if not places_of(actor).filter(pk=place.pk).exists():
        raise NotAllowed(f"{place.school_now.name} is in another Mastery Specialist’s group.")
    found = place.actions.get(pk=action.pk)
    found.place = place
    return found

"""What becomes of a school's place: it begins without a group, joins one, moves, leaves, comes back.

Each verb is one transaction, needs the capability `manage_groups`, and does nothing where the place stands so already.
The day is not before the school's acceptance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from correspondence import reminders
from hubs import timeline
from hubs.locking import lock_all, locked
from hubs.models import Membership
from hubs.permissions import require
from programmes.deciding import CannotDecide
from programmes.happenings import OfferAccepted, SchoolChosen
from schools.lineage import urns_of_school_today
from workgroups import letters, steps, visiting
from workgroups.handing_over import hand_over_visits
from workgroups.happenings import PlaceMade, place_made
from workgroups.models import Participant, Place, PlaceEvent, PlaceState, WorkGroup
from workgroups.steps import CannotPlace, Step, WrongDay, group_after, state_after

__all__ = [
    "CannotPlace",
    "WrongDay",
    "come_back",
    "follow_school",
    "group_after",
    "join",
    "join_together",
    "leave",
    "make_place",
    "move",
    "own_urns",
    "state_after",
    "take_out",
    "why_not",
]

Kind = PlaceEvent.Kind


def make_place(facts: OfferAccepted) -> Place:
    """Make the place of a school that has accepted, without a group; its lead teachers take part from that day on."""
    expression, answer = facts.expression, facts.answer
    day = timezone.localdate(answer.answered_at)
    place = Place.objects.create(
        hub_id=expression.hub_id,
        expression=expression,
        stage_year=expression.stage_year,
        school=expression.school,
        head_name=expression.headteacher_name,
        head_email=expression.headteacher_email,
        accepted_at=answer.answered_at,
    )
    PlaceEvent.objects.create(
        hub_id=place.hub_id, place=place, kind=Kind.ACCEPTED, happened_on=day, recorded_at=facts.now
    )
    Participant.objects.bulk_create(
        Participant(
            hub_id=place.hub_id,
            place=place,
            position=teacher.position,
            name=teacher.name,
            role=teacher.role,
            year_group=teacher.year_group,
            email=teacher.email,
            trn=teacher.trn,
            starts_on=day,
        )
        for teacher in expression.lead_teachers.all()
    )
    text = "Accepted the place that was offered. It waits for a group."
    timeline.record(subject=place, actor=answer.name, now=facts.now, text=text)
    place_made.tell(PlaceMade(place, answer, facts.now))
    reminders.derive_soon()
    return place


def follow_school(facts: SchoolChosen) -> None:
    """Have the place of an expression be for the school that this is for by now.

    Raises `CannotDecide` where the Specialist of the place's group teaches at that school.
    """
    found = Place.objects.select_related("group__specialist").filter(expression=facts.expression).first()
    if found is None:
        return
    place, part = steps.locked(found, no_key=False), facts.expression.school
    if place.state == PlaceState.IN_GROUP and place.group and part.pk in own_urns(place.group):
        raise CannotDecide(
            f"{place.group.specialist.name}, who leads {place.group}, teaches at {part.name}. "
            "Move the place to another group first."
        )
    place.school = part
    place.save(update_fields=["school"])
    text = f"It is for {part.name} ({part.urn_in_words}), one of the schools that {facts.former.name} has become."
    timeline.record(subject=place, actor=facts.actor, now=facts.now, text=text)


def join(*, place: Place, group: WorkGroup, on: dt.date, actor: Membership, now: dt.datetime) -> None:
    """Put a place that waits into a group of its stage and year; its people get a letter.

    Raises `NotAllowed`, `CannotPlace` and `WrongDay`. A group larger than its limit is warned of elsewhere.
    """
    require(actor, "manage_groups")
    with transaction.atomic():
        target, found = _locked(group, place)
        _join(found, target, own_urns(target), on, actor, now)


def join_together(
    *, places: Iterable[Place], group: WorkGroup, on: dt.date, actor: Membership, now: dt.datetime
) -> dict[int, str]:
    """Put several places into a group as `join` does, each by itself; return why others have not joined, by their keys.

    Raises `NotAllowed`.
    """
    require(actor, "manage_groups")
    refused: dict[int, str] = {}
    with transaction.atomic():
        wanted = Place.objects.filter(pk__in=[place.pk for place in places])
        lock_all(wanted)
        target = locked(WorkGroup.objects.with_stage(), group.pk)
        own = own_urns(target)
        for place in steps.with_all(wanted).order_by("pk"):
            try:
                with transaction.atomic():
                    _join(place, target, own, on, actor, now)
            except CannotPlace as refusal:
                refused[place.pk] = str(refusal)
    return refused


def move(*, place: Place, group: WorkGroup, on: dt.date, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Move a place to another group of its stage and year; its people get a letter, without the reason.

    Visits to come go over to that group's Specialist. Raises `NotAllowed`, `CannotPlace` and `WrongDay`.
    """
    require(actor, "manage_groups")
    with transaction.atomic():
        target, found = _locked(group, place)
        if found.state == PlaceState.IN_GROUP and found.group_id == target.pk:
            return
        _require_to_fit(found, target)
        event = steps.take(found, Step(Kind.MOVED, on, reason, target), actor=actor, now=now)
        hand_over_visits(places=Place.objects.filter(pk=found.pk), to=target.specialist, now=now)
        letters.send_joined(place=found, event=event, now=now)


def take_out(*, place: Place, on: dt.date, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Take a place out of its group, to wait for another one; visits to come are called off.

    Raises `NotAllowed`, `CannotPlace` and `WrongDay`.
    """
    with transaction.atomic():
        _take(place, Step(Kind.TAKEN_OUT, on, reason), actor, now)
        visiting.call_off_visits(place=place, why="the school was taken out of its group", actor=actor, now=now)


def leave(*, place: Place, on: dt.date, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Note that a school has left, whether or not it has a group; visits to come are called off.

    Raises `NotAllowed`, `CannotPlace` and `WrongDay`.
    """
    with transaction.atomic():
        _take(place, Step(Kind.LEFT, on, reason), actor, now)
        visiting.call_off_visits(place=place, why="the school has left", actor=actor, now=now)


def come_back(*, place: Place, on: dt.date, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Note that a school that left is back; it waits for a group. Raises `NotAllowed`, `CannotPlace`, `WrongDay`."""
    _take(place, Step(Kind.RETURNED, on, reason), actor, now)


def why_not(place: Place, group: WorkGroup, own: set[int] | None = None) -> str:
    """Why a place cannot be in a group, or nothing. Who asks for several gives the group's `own_urns`."""
    if place.stage_year_id != group.stage_year_id:
        return f"{place.school_now.name} has a place in {place.stage_year}, and {group} is for {group.stage_year}."
    if place.school_id in (own_urns(group) if own is None else own):
        return (
            f"{group.specialist.name}, who leads {group}, teaches at {place.school_now.name}. "
            "A Mastery Specialist's own school is in another group."
        )
    return ""


def own_urns(group: WorkGroup) -> set[int]:
    """The URNs that the school of the group's Specialist has and had: none of them is in her group. One query."""
    return set(urns_of_school_today(group.specialist_school_id))


def _join(place: Place, group: WorkGroup, own: set[int], on: dt.date, actor: Membership, now: dt.datetime) -> None:
    """Put a place into a group, both locked."""
    if place.state == PlaceState.IN_GROUP:
        if place.group_id == group.pk:
            return
        raise CannotPlace(f"{place.school_now.name} is in {place.group} already. Move it from there instead.")
    _require_to_fit(place, group, own)
    event = steps.take(place, Step(Kind.JOINED, on, group=group), actor=actor, now=now)
    hand_over_visits(places=Place.objects.filter(pk=place.pk), to=group.specialist, now=now)
    letters.send_joined(place=place, event=event, now=now)


def _take(place: Place, step: Step, actor: Membership, now: dt.datetime) -> None:
    require(actor, "manage_groups")
    with transaction.atomic():
        found = steps.locked(place)
        if found.state != steps.STEPS[step.kind][1]:
            steps.take(found, step, actor=actor, now=now)


def _locked(group: WorkGroup, place: Place) -> tuple[WorkGroup, Place]:
    """Both as they are now."""
    found = steps.locked(place)
    return locked(WorkGroup.objects.with_stage(), group.pk), found


def _require_to_fit(place: Place, group: WorkGroup, own: set[int] | None = None) -> None:
    if reason := why_not(place, group, own):
        raise CannotPlace(reason)

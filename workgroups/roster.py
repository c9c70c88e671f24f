"""Who took part in a group on a day: what places and people did since then changes nothing about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from workgroups.models import Participant, Place, PlaceEvent, WorkGroup

_IN = (PlaceEvent.Kind.JOINED, PlaceEvent.Kind.MOVED)
_OUT = (PlaceEvent.Kind.TAKEN_OUT, PlaceEvent.Kind.LEFT, PlaceEvent.Kind.RETURNED)


def places_on(group: WorkGroup, day: dt.date) -> set[int]:
    """The keys of the places that were in a group on a day, in one query."""
    ever = PlaceEvent.objects.filter(group=group).order_by().values("place")
    events = PlaceEvent.objects.filter(place__in=ever, happened_on__lte=day).order_by("happened_on", "pk")
    return {place for place, found in _groups_after(events).items() if found == group.pk}


def participants_on(group: WorkGroup, day: dt.date) -> list[Participant]:
    """The lead teachers of a group on a day, by the school's name of today; four queries."""
    places = Place.objects.filter(pk__in=places_on(group, day)).with_school_now().in_bulk()
    found = list(Participant.objects.taking_part_on(day).filter(place__in=places))
    for participant in found:
        participant.place = places[participant.place_id]
    return sorted(found, key=_by_school)


def _groups_after(events: Iterable[PlaceEvent]) -> dict[int, int | None]:
    """The group in which each place is after these steps."""
    groups: dict[int, int | None] = {}
    for event in events:
        if event.kind in _IN:
            groups[event.place_id] = event.group_id
        elif event.kind in _OUT:
            groups[event.place_id] = None
    return groups


def _by_school(participant: Participant) -> tuple[str, int, int, int]:
    school = participant.place.school_now.name.casefold()
    return school, participant.place_id, participant.position, participant.pk

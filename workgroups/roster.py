"""Who took part in a group on a day: what places and people did since then changes nothing about it."""

from __future__ import annotations

import datetime as dt
from itertools import groupby

from workgroups.models import Participant, Place, PlaceEvent, WorkGroup
from workgroups.steps import group_after


def places_on(group: WorkGroup, day: dt.date) -> set[int]:
    """The keys of the places that were in a group on a day, in one query."""
    ever = PlaceEvent.objects.filter(group=group).order_by().values("place")
    events = PlaceEvent.objects.filter(place__in=ever, happened_on__lte=day).order_by("place", "happened_on", "pk")
    by_place = groupby(events, key=lambda event: event.place_id)
    return {place for place, steps in by_place if group_after(steps) == group.pk}


def participants_on(group: WorkGroup, day: dt.date) -> list[Participant]:
    """The lead teachers of a group on a day, by the school's name of today; four queries."""
    places = Place.objects.filter(pk__in=places_on(group, day)).with_school_now().in_bulk()
    found = list(Participant.objects.taking_part_on(day).filter(place__in=places))
    for participant in found:
        participant.place = places[participant.place_id]
    return sorted(found, key=_by_school)


def _by_school(participant: Participant) -> tuple[str, int, int, int]:
    school = participant.place.school_now.name.casefold()
    return school, participant.place_id, participant.position, participant.pk

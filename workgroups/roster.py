"""Who takes part in a group on a day: what places and people did since then changes nothing about it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby

from workgroups.models import Participant, Place, PlaceEvent, WorkGroup
from workgroups.steps import group_after


class Roster:
    """The places that have ever been in some groups, in one query."""

    def __init__(self, groups: Iterable[WorkGroup]) -> None:
        ever = PlaceEvent.objects.filter(group__in=list(groups)).order_by().values("place")
        events = PlaceEvent.objects.filter(place__in=ever).order_by("place", "pk")
        self._steps: dict[int, dict[int, list[PlaceEvent]]] = defaultdict(dict)
        for place, found in groupby(events, key=lambda event: event.place_id):
            steps = list(found)
            for group in {step.group_id for step in steps if step.group_id}:
                self._steps[group][place] = steps

    @property
    def places(self) -> set[int]:
        """The keys of all of them."""
        return {place for places in self._steps.values() for place in places}

    def places_on(self, group: WorkGroup, day: dt.date) -> set[int]:
        """The keys of the places that were, or will be, in one of the groups on a day."""
        ever = self._steps.get(group.pk, {})
        return {place for place, steps in ever.items() if _group_on(day, steps) == group.pk}

    def places_known_on(self, group: WorkGroup, day: dt.date, *, by: dt.datetime) -> set[int]:
        """Those of them of which that was recorded by a moment, and still holds."""
        steps_of = self._steps.get(group.pk, {})
        return {
            place
            for place in self.places_on(group, day)
            if _group_on(day, [step for step in steps_of[place] if step.recorded_at <= by]) == group.pk
        }


def places_on(group: WorkGroup, day: dt.date) -> set[int]:
    """The keys of the places that were in a group on a day, in one query."""
    return Roster([group]).places_on(group, day)


def group_visited(place: Place, day: dt.date) -> WorkGroup | None:
    """The group that a visit to a place on a day was for, with its Specialist: see `groups_visited`."""
    pk = groups_visited([(place.pk, day)])[place.pk, day]
    return WorkGroup.objects.select_related("specialist").get(pk=pk) if pk else None


def groups_visited(visits: Iterable[tuple[int, dt.date]]) -> dict[tuple[int, dt.date], int | None]:
    """The key of the group that a visit was for, by place and day; one query.

    It is the one that the place was in or, on a day without one, the last that it had been in; before it joined any,
    the first that it joined.
    """
    asked = set(visits)
    events: dict[int, list[PlaceEvent]] = defaultdict(list)
    for event in PlaceEvent.objects.filter(place__in={place for place, _ in asked}).order_by("place", "pk"):
        events[event.place_id].append(event)
    return {(place, day): _group_visited(day, events[place]) for place, day in asked}


def _group_visited(day: dt.date, events: list[PlaceEvent]) -> int | None:
    if group := _group_on(day, events):
        return group
    with_group = [event for event in events if event.group_id]
    before = [event for event in with_group if event.happened_on <= day]
    return (before[-1] if before else with_group[0]).group_id if with_group else None


def _group_on(day: dt.date, events: Iterable[PlaceEvent]) -> int | None:
    """The id of the group that a place was in on a day, by its steps in the order in which they were recorded.

    What is recorded later holds from its day on: steps of later days that were recorded before have not happened.
    """
    happened: list[PlaceEvent] = []
    for event in events:
        happened = [one for one in happened if one.happened_on <= event.happened_on] + [event]
    until_then = [one for one in happened if one.happened_on <= day]
    return group_after(until_then) if until_then else None


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

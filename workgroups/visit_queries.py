"""What the pages on support visits need, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from hubs.models import Membership
from hubs.years import academic_year_of
from workgroups.models import MEMBERS, MasterySpecialist, Place, Visit, VisitState
from workgroups.models.groups import PlaceQuerySet
from workgroups.permissions import places_of
from workgroups.visit_plan import NEARLY, SlotState, VisitSlot, visit_slots, with_plans

# What needs somebody comes first.
ORDER = (
    SlotState.OVERDUE,
    SlotState.TO_LOG,
    SlotState.TO_ARRANGE,
    SlotState.ARRANGED,
    SlotState.MISSED,
    SlotState.HELD,
    SlotState.LATER,
)
# Those of an earlier term are still shown; of a later one there is but what is arranged.
_UNFINISHED = frozenset({SlotState.OVERDUE, SlotState.TO_LOG, SlotState.ARRANGED})


@dataclass(frozen=True)
class VisitRow:
    """A slot in a list, with its school."""

    place: Place
    slot: VisitSlot
    # Whether it is arranged already, for a term that has not nearly begun.
    is_for_later: bool = False

    @property
    def specialist(self) -> MasterySpecialist | None:
        """Who leads the school's group; where it is in none any more, whoever visits or visited it."""
        if self.place.group:
            return self.place.group.specialist
        return self.slot.visit.specialist if self.slot.visit else None

    @property
    def when(self) -> dt.datetime | None:
        """When the visit is or was to be; never, where none was arranged."""
        return self.slot.visit.starts_at if self.slot.visit and self.slot.visit.was_arranged else None

    @property
    def by(self) -> dt.date | None:
        """The day by which it should have been held, while it is not arranged."""
        return self.slot.overdue_from if self.slot.is_open and self.slot.state != SlotState.MISSED else None


def visits_of_this_term(places: PlaceQuerySet, *, today: dt.date) -> list[VisitRow]:
    """What these schools' term asks for, what is unfinished of earlier ones, and what is arranged for later ones.

    What needs somebody comes first, what is for later last.
    """
    found = list(with_plans(_with_visits_now(places, today)).select_related("group__specialist"))
    slots = visit_slots(found, today=today)
    year = academic_year_of(today)
    rows = [
        VisitRow(place, slot, is_for_later=not _has_begun(slot, today))
        for place in found
        for slot in of_this_term(slots[place.pk], today=today)
        if place.stage_year.year >= year or slot.state in _UNFINISHED
    ]
    return sorted(rows, key=_urgency)


def visits_of_this_year(places: PlaceQuerySet, *, today: dt.date) -> list[VisitRow]:
    """Of these schools' places of this academic year what its terms have asked for so far and all that was arranged.

    Those that have left their group are among them with the visits that they had. What needs somebody comes first.
    """
    of_year = places.filter(stage_year__year=academic_year_of(today))
    found = list(with_plans(of_year).select_related("group__specialist"))
    slots = visit_slots(found, today=today)
    rows = [
        VisitRow(place, slot, is_for_later=not _has_begun(slot, today) and slot.state == SlotState.ARRANGED)
        for place in found
        for slot in slots[place.pk]
        if slot.state != SlotState.LATER
    ]
    return sorted(rows, key=_urgency)


def of_this_term(slots: Iterable[VisitSlot], *, today: dt.date) -> list[VisitSlot]:
    """Of a school's slots those of the term that runs or has nearly begun, and unfinished ones of any other term."""
    found = list(slots)
    current = max((slot.term for slot in found if _has_begun(slot, today)), default=None)
    return [slot for slot in found if slot.term == current or slot.state in _UNFINISHED]


def counts_by_state(rows: Iterable[VisitRow]) -> Counter[SlotState]:
    """How many there are of each state."""
    return Counter(row.slot.state for row in rows)


def specialists_in(rows: Iterable[VisitRow]) -> list[MasterySpecialist]:
    """Whose visits these are, by name."""
    found = {row.specialist for row in rows if row.specialist}
    return sorted(found, key=lambda specialist: (specialist.name.casefold(), specialist.pk))


def chosen_rows(rows: Sequence[VisitRow], *, state: str, specialist: int | None) -> list[VisitRow]:
    """Those of a state, if one is given, and a Specialist's, if one is given."""
    return [
        row
        for row in rows
        if (not state or row.slot.state == state)
        and (specialist is None or (row.specialist and row.specialist.pk == specialist))
    ]


def place_to_visit(membership: Membership, pk: int) -> Place | None:
    """A place that a member sees, with what its visit pages show of it."""
    places = places_of(membership).with_stage().with_school_now().select_related("group__specialist", "hub")
    return places.filter(pk=pk).first()


def _has_begun(slot: VisitSlot, today: dt.date) -> bool:
    return slot.dates.starts_on - NEARLY <= today


def _with_visits_now(places: PlaceQuerySet, today: dt.date) -> PlaceQuerySet:
    """Those in a group this year or the next, and those of any year to which a visit is still arranged."""
    arranged = Visit.objects.filter(place=OuterRef("pk"), state=VisitState.ARRANGED)
    in_group = Q(state__in=MEMBERS, stage_year__year__gte=academic_year_of(today))
    return places.filter(in_group | Exists(arranged))


def _urgency(row: VisitRow) -> tuple[bool, int, dt.date, str, int, int, int]:
    when = row.when.date() if row.when else row.slot.overdue_from
    name = row.place.school_now.name.casefold()
    slot = row.slot
    return (row.is_for_later, ORDER.index(slot.state), when, name, slot.place_id, slot.term, slot.number)

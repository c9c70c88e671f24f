"""Which support visits each school is to have in which term, and where each stands.

The stage says how many a term; what was arranged beyond that counts as well. A slot is the `number`th visit of a
term to a place: it is filled by the visit that stands, and one that was missed leaves it open for another.

=============  =====================================================================================
`LATER`        its term has not begun, nor nearly
`TO_ARRANGE`   nothing stands in the calendar
`ARRANGED`     for today or a day to come
`TO_LOG`       the day that it was arranged for has passed, and nobody has said how it went
`HELD`         logged
`OVERDUE`      nothing stands in the calendar, and the term's end is near or past
`MISSED`       it did not take place, and its term is over; or its year is over without one; or it was given up
=============  =====================================================================================
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import models
from django.db.models import Min, OuterRef, Prefetch, Subquery, prefetch_related_objects
from django.utils import timezone

from schools.calendar import SchoolCalendar, Term, calendars_of
from schools.models import School
from workgroups.models import Place, PlaceEvent, PlaceState, Visit, VisitState, WorkGroup
from workgroups.models.groups import PlaceQuerySet

# Before a term begins its visits may be arranged, and pages ask for it.
NEARLY = dt.timedelta(weeks=2)
# By then before a term's last day its visits should have been held.
OVERDUE_BEFORE_END = dt.timedelta(weeks=2)
# From the beginning of this teaching week on, a visit that is not arranged is asked for.
ARRANGE_IN_WEEK = 3
# What `with_plans` loads beside each place.
FIRST_DAY = "first_day_in_group"
# Of one school: what the table of visits holds.
MOST_OF_A_TERM = 20


class SlotState(models.TextChoices):
    """Where the visit of a slot stands on a day."""

    LATER = "later", "Later"
    TO_ARRANGE = "to_arrange", "To arrange"
    ARRANGED = "arranged", "Arranged"
    TO_LOG = "to_log", "To log"
    HELD = "held", "Held"
    OVERDUE = "overdue", "Overdue"
    MISSED = "missed", "Missed"


@dataclass(frozen=True)
class TermDates:
    """What the visits of a school's term go by."""

    starts_on: dt.date
    # When the visits that are not arranged are asked for.
    arrange_from: dt.date
    overdue_from: dt.date
    last_day: dt.date


@dataclass(frozen=True)
class VisitSlot:
    """The `number`th visit of a term to a place."""

    place_id: int
    term: Term
    number: int
    state: SlotState
    # The one that stands or, where the slot is missed, the last that was.
    visit: Visit | None
    # Those that did not take place, in order.
    missed: tuple[Visit, ...]
    dates: TermDates
    # Whether a visit is to be made in it, as the place goes on; if not, it is over or but room for one more.
    is_wanted: bool = True

    @property
    def arrange_from(self) -> dt.date:
        """The first day of the school's third teaching week of the term."""
        return self.dates.arrange_from

    @property
    def overdue_from(self) -> dt.date:
        """Two weeks before the term's last day."""
        return self.dates.overdue_from

    @property
    def last_day(self) -> dt.date:
        """The last day of the school's term."""
        return self.dates.last_day

    @property
    def name(self) -> str:
        """As it stands in a sentence: "autumn visit", or "autumn visit 2" for a second one."""
        return name_of_slot(self.term, self.number)

    @property
    def is_open(self) -> bool:
        """Whether a visit can be arranged or logged in it: none stands."""
        return self.visit is None or self.visit.state == VisitState.MISSED

    @property
    def visits(self) -> list[Visit]:
        """All that there have been in it: those that were missed, and the one that stands."""
        return [*self.missed, *([self.visit] if self.visit and not self.is_open else [])]

    @property
    def is_given_up(self) -> bool:
        """Whether somebody said that none is made, before one was arranged: nobody is asked for it any more."""
        return _given_up(self.missed) and self.is_open

    @property
    def can_be_given_up(self) -> bool:
        """Whether nothing stands in the calendar where, in a term that has begun or nearly, something should."""
        wanted = (SlotState.TO_ARRANGE, SlotState.OVERDUE, SlotState.MISSED)
        return self.is_wanted and self.is_open and self.state in wanted and not self.is_given_up


@dataclass(frozen=True)
class PlanFacts:
    """What the plan of a place follows from."""

    place_id: int
    dates: Mapping[Term, TermDates]
    visits_per_term: Sequence[int]
    # The first day in a Work Group; none while its place has never been in one.
    since: dt.date | None
    # Whether it is in a group now: where it is not, nothing more is to be arranged.
    goes_on: bool
    visits: Sequence[Visit]


def name_of_slot(term: int, number: int) -> str:
    """As it stands in a sentence: "autumn visit", or "autumn visit 2" for a second one."""
    return f"{Term(term).name.lower()} visit{f' {number}' if number > 1 else ''}"


def with_plans(places: PlaceQuerySet) -> PlaceQuerySet:
    """Places with all that their plans follow from besides visits and calendars, in two queries."""
    joined = PlaceEvent.objects.filter(place=OuterRef("pk"), kind=PlaceEvent.Kind.JOINED)
    first = joined.order_by("happened_on").values("happened_on")[:1]
    return places.with_stage().with_school_now().annotate(**{FIRST_DAY: Subquery(first)})


def visit_slots(places: Iterable[Place], *, today: dt.date) -> dict[int, list[VisitSlot]]:
    """The slots of each place by its key, in the order of the year.

    At most seven queries for any number of places, three where they were loaded by `with_plans`.
    """
    return {facts.place_id: slots_of(facts, today=today) for facts in _facts_of(list(places))}


def slot_of(place: Place, *, term: int, number: int, today: dt.date) -> VisitSlot | None:
    """One slot of a place: one that its stage or a visit makes or, in a group, one more of the term; or none."""
    facts = _facts_of([place])[0]
    slots = slots_of(facts, today=today)
    if found := next((slot for slot in slots if (slot.term, slot.number) == (term, number)), None):
        return found
    last = max((slot.number for slot in slots if slot.term == term), default=0)
    if not facts.goes_on or term not in facts.dates or not last < number <= min(last + 1, MOST_OF_A_TERM):
        return None
    return VisitSlot(
        place.pk, Term(term), number, SlotState.TO_ARRANGE, None, (), facts.dates[Term(term)], is_wanted=False
    )


@dataclass(frozen=True)
class SchoolRow:
    """The visits to one school of a group, term by term."""

    place: Place
    cells: tuple[list[VisitSlot], list[VisitSlot], list[VisitSlot]]


def table_of_group(group: WorkGroup, *, today: dt.date) -> list[SchoolRow]:
    """The group's schools by name, each with the slots of the three terms; a fixed number of queries."""
    places = list(with_plans(Place.objects.filter(group=group).members()))
    slots = visit_slots(places, today=today)
    rows = []
    for place in sorted(places, key=lambda place: (place.school_now.name.casefold(), place.pk)):
        autumn, spring, summer = ([slot for slot in slots[place.pk] if slot.term == term] for term in Term)
        rows.append(SchoolRow(place, (autumn, spring, summer)))
    return rows


def slots_of(facts: PlanFacts, *, today: dt.date) -> list[VisitSlot]:
    """The slots of one place, in the order of the year."""
    by_slot: dict[tuple[int, int], list[Visit]] = defaultdict(list)
    for visit in sorted(facts.visits, key=lambda visit: (visit.starts_at, visit.pk or 0)):
        by_slot[visit.term, visit.number].append(visit)
    year_ends = facts.dates[Term.SUMMER].last_day
    found = []
    for term in Term:
        dates = facts.dates[term]
        for number in _numbers(facts, term, dates, by_slot):
            there = by_slot.get((term, number), [])
            standing = next((visit for visit in there if visit.state != VisitState.MISSED), None)
            # In the order in which they were made: one that is missed can have been for a later day than the next.
            missed = tuple(
                sorted((one for one in there if one.state == VisitState.MISSED), key=lambda one: one.pk or 0)
            )
            state = _state(standing, missed, dates, goes_on=facts.goes_on, year_ends=year_ends, today=today)
            shown = missed[-1] if state == SlotState.MISSED and missed else standing
            found.append(VisitSlot(facts.place_id, term, number, state, shown, missed, dates, is_wanted=facts.goes_on))
    return found


def term_dates(calendar: SchoolCalendar, year: int, term: Term) -> TermDates:
    """What the visits of a term go by. Of a term of which entered dates have left no day, those that were entered."""
    weeks = calendar.weeks_of_term(year, term)
    if not weeks:
        first, last = (calendar.half_term(year, number) for number in term.half_terms)
        starts_on, last_day = (first.yielded or first.span).starts_on, (last.yielded or last.span).ends_on
        return TermDates(starts_on, starts_on, last_day - OVERDUE_BEFORE_END, last_day)
    third = weeks[min(ARRANGE_IN_WEEK, len(weeks)) - 1]
    last_day = weeks[-1].last_day
    return TermDates(weeks[0].first_day, third.first_day, last_day - OVERDUE_BEFORE_END, last_day)


def _numbers(
    facts: PlanFacts, term: Term, dates: TermDates, by_slot: Mapping[tuple[int, int], Sequence[Visit]]
) -> list[int]:
    """The numbers of a term's slots: those of the stage, if the school is there in time for them, and of visits."""
    is_wanted = facts.goes_on and facts.since is not None and facts.since <= dates.overdue_from
    planned = facts.visits_per_term[term - 1] if is_wanted else 0
    return sorted({*range(1, planned + 1), *(number for one, number in by_slot if one == term)})


def _state(
    standing: Visit | None,
    missed: Sequence[Visit],
    dates: TermDates,
    *,
    goes_on: bool,
    year_ends: dt.date,
    today: dt.date,
) -> SlotState:
    if standing:
        if standing.state == VisitState.HELD:
            return SlotState.HELD
        return SlotState.ARRANGED if timezone.localdate(standing.starts_at) >= today else SlotState.TO_LOG
    if today > year_ends or _given_up(missed) or (missed and (today > dates.last_day or not goes_on)):
        return SlotState.MISSED
    if today >= dates.overdue_from:
        return SlotState.OVERDUE
    return SlotState.TO_ARRANGE if missed or today >= dates.starts_on - NEARLY else SlotState.LATER


def _given_up(missed: Sequence[Visit]) -> bool:
    """Whether the last that was said is that none is made: one that was arranged after that may be missed in turn."""
    return bool(missed) and not missed[-1].was_arranged


def _facts_of(places: list[Place]) -> list[PlanFacts]:
    """What the plans of these places follow from; what is loaded of them already is not asked for again."""
    known = School.objects.select_related("authority")
    prefetch_related_objects(places, "stage_year", Prefetch("school", known), Prefetch("school__now", known))
    visits: dict[int, list[Visit]] = defaultdict(list)
    for visit in Visit.objects.filter(place__in=places).select_related("specialist"):
        visits[visit.place_id].append(visit)
    since = _first_days(places)
    calendars = calendars_of({place.school_now for place in places})
    # Most schools share the calendar of their authority, and what follows from it.
    known_dates: dict[tuple[SchoolCalendar, int], dict[Term, TermDates]] = {}
    for place in places:
        calendar, year = calendars[place.school_now.pk], place.stage_year.year
        if (calendar, year) not in known_dates:
            known_dates[calendar, year] = {term: term_dates(calendar, year, term) for term in Term}
    return [
        PlanFacts(
            place_id=place.pk,
            dates=known_dates[calendars[place.school_now.pk], place.stage_year.year],
            visits_per_term=place.stage_year.visits_per_term,
            since=since.get(place.pk),
            goes_on=place.state == PlaceState.IN_GROUP,
            visits=visits[place.pk],
        )
        for place in places
    ]


def _first_days(places: list[Place]) -> dict[int, dt.date | None]:
    """The first day of each place in a group."""
    if all(hasattr(place, FIRST_DAY) for place in places):
        return {place.pk: getattr(place, FIRST_DAY) for place in places}
    joined = PlaceEvent.objects.filter(place__in=places, kind=PlaceEvent.Kind.JOINED)
    return dict(joined.order_by().values_list("place").annotate(Min("happened_on")))

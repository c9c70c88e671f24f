"""What every hub may read of a place: that its school takes part in the stage and year, and how that ended.

A school takes part once it has been in a group, and until it leaves; who leaves before the academic year has begun
took no part. Completing is a decision: the Department counts only schools that completed, so a school that stayed
and is decided not to have completed is recorded as just that, and as neither leaving nor completing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from hubs.models import Membership
from hubs.years import label_of
from programmes import participation
from programmes.models import Participation
from schools.lineage import urns_of_line
from schools.models import School
from workgroups.models import Place, PlaceEvent

Kind = PlaceEvent.Kind
Outcome = Participation.Outcome

_ENDS = {Kind.LEFT: Outcome.LEFT, Kind.COMPLETED: Outcome.COMPLETED, Kind.NOT_COMPLETED: Outcome.NOT_COMPLETED}


def outcome_after(events: Iterable[PlaceEvent], *, year: int) -> Participation.Outcome | None:
    """What follows from a place's history in an academic year; None where it took no part."""
    history = list(events)
    last = history[-1]
    if not _has_joined(history) or (last.kind == Kind.LEFT and last.happened_on < dt.date(year, 9, 1)):
        return None
    return _ENDS.get(Kind(last.kind), Outcome.TAKING_PART)


def write_down(*, place: Place, actor: Membership, now: dt.datetime) -> None:
    """Bring what is recorded of the school's participation up to the place's history.

    Raises `programmes.participation.CannotRecord`, also where another hub has recorded something: a school takes part
    in a stage once a year. What that hub says stands when the school leaves this one.
    """
    history = list(place.events.all())
    wanted = outcome_after(history, year=place.stage_year.year)
    found = fact_of(place)
    if found and found.recorded_for_id != place.hub_id:
        if wanted in (None, Outcome.LEFT):
            return
        raise _theirs(place, found)
    if wanted is None:
        if found and _has_joined(history):
            why = "because the school left before the year began"
            participation.remove(participation=found, actor=actor, now=now, why=why)
    elif found is None or found.outcome != wanted:
        is_news = participation.record(
            school=found.school if found else _school_of_year(place),
            stage=place.stage_year.stage,
            year=place.stage_year.year,
            outcome=wanted,
            actor=actor,
            now=now,
        )
        # Somebody was quicker.
        if not is_news and (other := fact_of(place)) and other.recorded_for_id != place.hub_id:
            raise _theirs(place, other)


def fact_of(place: Place) -> Participation | None:
    """What is recorded of the place's school, under any of its URNs, for the stage and year."""
    stage_year = place.stage_year
    facts = Participation.objects.filter(stage=stage_year.stage_id, year=stage_year.year)
    return facts.filter(school__in=urns_of_line(place.school_id)).select_related("school", "recorded_for").first()


def _has_joined(history: Iterable[PlaceEvent]) -> bool:
    return any(event.kind == Kind.JOINED for event in history)


def _school_of_year(place: Place) -> School:
    """Which of the school's URNs the fact belongs to: the one that accepted, unless another taught in that year."""
    line = School.objects.known_to(place.hub).filter(pk__in=urns_of_line(place.school_id))
    possible = participation.taught_in(list(line.order_by("-opened_on", "-urn")), place.stage_year.year)
    if place.school in possible:
        return place.school
    return place.school_now if place.school_now in possible else possible[0]


def _theirs(place: Place, found: Participation) -> participation.CannotRecord:
    stage_year = place.stage_year
    return participation.CannotRecord(
        f"{found.recorded_for.name} has recorded {place.school_now.name} for {stage_year.title}, "
        f"{label_of(stage_year.year)}: {found.get_outcome_display().lower()}. A school takes part in a stage once a "
        f"year. Ask {found.recorded_for.name} to take that back first."
    )

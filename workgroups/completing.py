"""Whether a school has completed its place: a person decides, with a date, a reason and the evidence beside it.

Completion is not sign-up: the Department counts a school only if it completed. What is recorded of the place, that
its school completed or did not, is what every hub may read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from hubs.models import Membership
from hubs.permissions import require
from hubs.wording import plain_day
from hubs.years import academic_year_of
from workgroups import steps
from workgroups.models import Attendance, MeetingState, Place, PlaceEvent, PlaceState, VisitState
from workgroups.placing import why_not
from workgroups.steps import CannotPlace, Step

Kind = PlaceEvent.Kind

_sources: list[Callable[[Place], list[str]]] = []


def register_evidence(source: Callable[[Place], list[str]]) -> None:
    """Have a room above say what it knows of a place, a line each; called once, when the room's app is ready."""
    _sources.append(source)


def evidence_of(place: Place, *, now: dt.datetime) -> list[str]:
    """What speaks for and against completion, a line each: meetings, attendance, visits, what rooms above know."""
    return [
        f"As of {plain_day(now)}.",
        _meetings(place),
        *_attendance(place),
        _visits(place),
        *(line for source in _sources for line in source(place)),
    ]


def complete(*, place: Place, on: dt.date, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Decide that a school has completed; the evidence is kept as it is now. Decided so already, nothing happens.

    Raises `NotAllowed`, `CannotPlace` and `WrongDay`.
    """
    _decide(place, Kind.COMPLETED, on, reason, actor, now)


def not_complete(*, place: Place, on: dt.date, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Decide that a school has not completed; otherwise as `complete`."""
    _decide(place, Kind.NOT_COMPLETED, on, reason, actor, now)


def reopen(*, place: Place, on: dt.date, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Take a decision on completion back; in its group again already, nothing happens.

    Raises `NotAllowed`, `CannotPlace` and `WrongDay`.
    """
    require(actor, "manage_groups")
    with transaction.atomic():
        found = steps.locked(place)
        if found.state != PlaceState.IN_GROUP:
            if found.group and (reason_not := why_not(found, found.group)):
                raise CannotPlace(reason_not)
            steps.take(found, Step(Kind.REOPENED, on, reason), actor=actor, now=now)


def _decide(place: Place, kind: Kind, on: dt.date, reason: str, actor: Membership, now: dt.datetime) -> None:
    require(actor, "manage_groups")
    with transaction.atomic():
        found = steps.locked(place)
        if found.state == steps.STEPS[kind][1]:
            return
        if found.stage_year.year > academic_year_of(timezone.localdate(now)):
            raise CannotPlace(f"{found.stage_year} has not begun, so nobody can have completed it.")
        step = Step(kind, on, reason, evidence="\n".join(evidence_of(found, now=now)))
        steps.take(found, step, actor=actor, now=now)


def _meetings(place: Place) -> str:
    if place.group is None:
        return "No Work Group."
    held = place.group.meetings.filter(state=MeetingState.HELD).count()
    planned = place.stage_year.meetings_planned
    return f"Meetings of {place.group} held: {held}{f' of {planned} that the stage plans' if planned else ''}."


def _attendance(place: Place) -> list[str]:
    """How often each lead teacher came, those who have left by now among them."""
    marks: dict[int, list[str]] = {}
    for participant, mark in Attendance.objects.filter(participant__place=place).values_list("participant", "mark"):
        marks.setdefault(participant, []).append(mark)
    return [
        f"{participant.name}{_until(participant.ends_on)}: {_came(marks.get(participant.pk, []))}"
        for participant in place.participants.all()
    ]


def _until(ends_on: dt.date | None) -> str:
    return f" (until {plain_day(ends_on)})" if ends_on else ""


def _came(marks: list[str]) -> str:
    if not marks:
        return "no attendance recorded."
    came, sent = marks.count(Attendance.Mark.PRESENT), marks.count(Attendance.Mark.SUBSTITUTE)
    substitutes = f", and a substitute to {sent}" if sent else ""
    return f"came to {came} of {len(marks)} meeting{'' if len(marks) == 1 else 's'}{substitutes}."


def _visits(place: Place) -> str:
    held = place.visits.filter(state=VisitState.HELD).count()
    wanted = sum(place.stage_year.visits_per_term)
    return f"Support visits held: {held}{f' of {wanted}' if wanted else ''}."

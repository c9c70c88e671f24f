"""A step of a place's history: whether it can be taken, writing it down, telling of it.

The verbs that take steps are in `workgroups.placing` and `workgroups.completing`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from correspondence import reminders
from hubs import locking, timeline
from hubs.models import Membership
from hubs.wording import plain_day
from hubs.years import first_day_of
from programmes.models import StageYear
from programmes.participation import CannotRecord
from workgroups import taking_part
from workgroups.happenings import PlaceChanged, place_changed
from workgroups.models import Place, PlaceEvent, PlaceState, WorkGroup
from workgroups.models.groups import PlaceQuerySet

Kind = PlaceEvent.Kind
WAITING, IN_GROUP, LEFT, COMPLETED, NOT_COMPLETED = PlaceState

# What a step is taken from, and where it leads.
STEPS: dict[Kind, tuple[frozenset[PlaceState], PlaceState]] = {
    Kind.ACCEPTED: (frozenset(), WAITING),
    Kind.JOINED: (frozenset({WAITING}), IN_GROUP),
    Kind.MOVED: (frozenset({IN_GROUP}), IN_GROUP),
    Kind.TAKEN_OUT: (frozenset({IN_GROUP}), WAITING),
    Kind.LEFT: (frozenset({WAITING, IN_GROUP}), LEFT),
    Kind.RETURNED: (frozenset({LEFT}), WAITING),
    Kind.COMPLETED: (frozenset({IN_GROUP}), COMPLETED),
    Kind.NOT_COMPLETED: (frozenset({IN_GROUP}), NOT_COMPLETED),
    Kind.REOPENED: (frozenset({COMPLETED, NOT_COMPLETED}), IN_GROUP),
}
# In the words of a refusal: "Ash Lane has left, so it cannot be moved to another group."
_WISH = {
    Kind.JOINED: "join a group",
    Kind.MOVED: "move to another group",
    Kind.TAKEN_OUT: "be taken out of a group",
    Kind.LEFT: "leave",
    Kind.RETURNED: "come back",
    Kind.COMPLETED: "complete",
    Kind.NOT_COMPLETED: "be recorded as not completed",
    Kind.REOPENED: "have a decision on completion taken back",
}
_SAID = {
    Kind.JOINED: "Joined {to} on {day}.",
    Kind.MOVED: "Moved from {was} to {to} on {day}.",
    Kind.TAKEN_OUT: "Taken out of {was} on {day}.",
    Kind.LEFT: "Left on {day}.",
    Kind.RETURNED: "Came back on {day}.",
    Kind.COMPLETED: "Completed on {day}.",
    Kind.NOT_COMPLETED: "Decided on {day} that it has not completed.",
    Kind.REOPENED: "The decision on completion was taken back on {day}.",
}
# On the timeline of the group that it is in from then on or, failing that, was in until then.
_SAID_OF_GROUP = {
    Kind.JOINED: "{school} joined on {day}.",
    Kind.MOVED: "{school} moved here from {was} on {day}.",
    Kind.TAKEN_OUT: "{school} was taken out on {day}.",
    Kind.LEFT: "{school} left on {day}.",
    Kind.COMPLETED: "{school} completed on {day}.",
    Kind.NOT_COMPLETED: "Decided on {day} that {school} has not completed.",
    Kind.REOPENED: "The decision on the completion of {school} was taken back on {day}.",
}
# Both can be planned for a day to come, in the place's year.
_BEGINS = (Kind.JOINED, Kind.MOVED)
# Neither changes whether the school takes part.
_WITHIN = (Kind.MOVED, Kind.TAKEN_OUT)


class CannotPlace(Exception):
    """The place does not stand where this can be done; the message is a sentence to show."""


class WrongDay(CannotPlace):
    """It cannot have happened on that day, or not yet; the message says which days there are."""


@dataclass(frozen=True)
class Step:
    """What happens to a place on a day, and why; the group that it is in from then on, where that is another one."""

    kind: Kind
    on: dt.date
    reason: str = ""
    group: WorkGroup | None = None
    # What stood beside a decision on completion.
    evidence: str = ""


def state_after(events: Iterable[PlaceEvent]) -> PlaceState:
    """The state that follows from a place's history, oldest step first."""
    *_, last = events
    return STEPS[Kind(last.kind)][1]


def group_after(events: Iterable[PlaceEvent]) -> int | None:
    """The id of the group that a place is in after its history, oldest step first."""
    *_, last = events
    has_group = STEPS[Kind(last.kind)][1] not in (WAITING, LEFT)
    return last.group_id if has_group else None


def locked(place: Place, *, no_key: bool = True) -> Place:
    """The place as it is now, kept from other steps until the transaction ends; as `hubs.locking.locked`."""
    return locking.locked(with_all(Place.objects.all()), place.pk, no_key=no_key)


def with_all(places: PlaceQuerySet) -> PlaceQuerySet:
    """Places with what a step is taken and told with."""
    return places.with_stage().with_school_now().select_related("hub", "group__specialist")


def take(place: Place, step: Step, *, actor: Membership, now: dt.datetime) -> PlaceEvent:
    """Take a step with a locked place; in the caller's transaction, which what is raised must undo.

    Raises `CannotPlace`, `WrongDay`, and `ValueError` without a reason where there must be one.
    """
    _require(place, step, now)
    before, was = PlaceState(place.state), place.group
    place.state = STEPS[step.kind][1]
    if step.group:
        place.group, place.specialist_school_id = step.group, step.group.specialist_school_id
    elif place.state in (WAITING, LEFT):
        place.group = place.specialist_school = None
    place.save(update_fields=["state", "group", "specialist_school"])
    event = PlaceEvent.objects.create(
        hub_id=place.hub_id,
        place=place,
        kind=step.kind,
        group=place.group or was,
        happened_on=step.on,
        reason=step.reason.strip(),
        evidence=step.evidence,
        recorded_at=now,
        recorded_by=actor.user,
    )
    _write_on_timelines(place, event, was, actor, now)
    if step.kind not in _WITHIN:
        try:
            taking_part.write_down(place=place, actor=actor, now=now)
        except CannotRecord as refusal:
            raise CannotPlace(str(refusal)) from refusal
    if place.state != before:
        place_changed.tell(PlaceChanged(place, before, actor, now))
    reminders.derive_soon()
    return event


def first_day(place: Place, kind: Kind) -> dt.date:
    """The first day on which it can happen: its school's acceptance; of what begins, not before its year does."""
    accepted_on = timezone.localdate(place.accepted_at)
    return max(accepted_on, first_day_of(place.stage_year.year)) if kind in _BEGINS else accepted_on


def last_day(place: Place, kind: Kind, *, today: dt.date) -> dt.date:
    """The last day on which it can happen: today or, of joining, the last one of the place's academic year.

    A school that is to begin in a year to come may be moved to another group before: as of the year's first day.
    """
    if kind == Kind.JOINED:
        return max(today, dt.date(place.stage_year.year + 1, 8, 31))
    return day_to_propose(place.stage_year, today=today) if kind in _BEGINS else today


def day_to_propose(stage_year: StageYear, *, today: dt.date) -> dt.date:
    """On which day a school joins a group of this stage and year, unless told otherwise: today, once its year runs."""
    return max(today, first_day_of(stage_year.year))


def standing(place: Place) -> str:
    """Where a place stands, as the rest of a sentence that begins with its school."""
    return {
        WAITING: "waits for a group",
        IN_GROUP: f"is in {place.group}",
        LEFT: "has left",
        COMPLETED: "has completed",
        NOT_COMPLETED: "is recorded as not completed",
    }[PlaceState(place.state)]


def _require(place: Place, step: Step, now: dt.datetime) -> None:
    if place.state not in STEPS[step.kind][0]:
        raise CannotPlace(f"{place.school_now.name} {standing(place)}, so it cannot {_WISH[step.kind]}.")
    if step.kind != Kind.JOINED and not step.reason.strip():
        raise ValueError("What happens to a place has a reason.")
    first, last = first_day(place, step.kind), last_day(place, step.kind, today=timezone.localdate(now))
    if not first <= step.on <= last:
        accepted = first == timezone.localdate(place.accepted_at)
        what = "the school accepted its place" if accepted else f"{place.stage_year.year_label} begins"
        raise WrongDay(f"Enter a day from {plain_day(first)}, when {what}, to {plain_day(last)}")


def _write_on_timelines(
    place: Place, event: PlaceEvent, was: WorkGroup | None, actor: Membership, now: dt.datetime
) -> None:
    kind = Kind(event.kind)
    facts = {"school": place.school_now.name, "to": place.group, "was": was, "day": plain_day(event.happened_on)}
    why = f" {event.reason}" if event.reason else ""
    timeline.record(subject=place, actor=actor, now=now, text=f"{_SAID[kind].format(**facts)}{why}")
    if event.group and kind in _SAID_OF_GROUP:
        timeline.record(subject=event.group, actor=actor, now=now, text=_SAID_OF_GROUP[kind].format(**facts) + why)
    if was and kind == Kind.MOVED:
        text = f"{facts['school']} moved to {place.group} on {facts['day']}.{why}"
        timeline.record(subject=was, actor=actor, now=now, text=text)

"""Over any sequence of steps a place stands where its history says, in one group at most, and the fact fits."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs import tenancy
from hubs.models import Hub, Membership
from programmes.models import Participation
from tests import factories, work
from workgroups import completing, placing, steps, taking_part
from workgroups.happenings import PlaceChanged, place_changed
from workgroups.models import MEMBERS, Place, PlaceEvent, PlaceState, WorkGroup
from workgroups.roster import places_on

Kind = PlaceEvent.Kind
VERBS = {
    "take out": placing.take_out,
    "leave": placing.leave,
    "come back": placing.come_back,
    "complete": completing.complete,
    "not complete": completing.not_complete,
    "reopen": completing.reopen,
}
# Which of three places, what happens to it, in which of three groups, on which of the days since the acceptance.
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["join", "move", *VERBS]), st.integers(0, 2), st.integers(-1, 4)),
    max_size=16,
)


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def groups(hub: Hub, group: WorkGroup) -> list[WorkGroup]:
    """Of two Specialists, one of whom teaches at the school of the first place."""
    return [group, work.make_group(hub, specialist=group.specialist), work.make_group(hub)]


@pytest.fixture
def places(hub: Hub, groups: list[WorkGroup], now: dt.datetime) -> list[Place]:
    """One is that Specialist's school under the URN that it had before."""
    accepted = now - dt.timedelta(days=3)
    before = factories.make_school("Her school of old")
    factories.go_on_as(before, groups[0].specialist.school, closed_on=dt.date(2020, 8, 31))
    schools = [before, factories.make_school("Birch"), factories.make_school("Cedar")]
    return [work.make_place(hub, school, accepted_at=accepted) for school in schools]


@given(taken=STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_a_place_stands_where_its_history_says(
    taken: list[tuple[int, str, int, int]],
    places: list[Place],
    groups: list[WorkGroup],
    actor: Membership,
    now: dt.datetime,
) -> None:
    told: list[PlaceChanged] = []
    listeners, place_changed._listeners = place_changed._listeners, [told.append]
    try:
        with tenancy.use(actor.hub), transaction.atomic():
            for which, what, group, day in taken:
                before = _history_of(places[which])
                told.clear()
                was = PlaceState(Place.objects.get(pk=places[which].pk).state)
                refused = not _take(places[which], what, groups[group], day, actor, now)
                _all_fits(places, groups)
                after = _history_of(places[which])
                assert len(after) - len(before) in ((0,) if refused else (0, 1))
                assert after[: len(before)] == before
                state = PlaceState(Place.objects.get(pk=places[which].pk).state)
                assert [(one.before, one.place.state) for one in told] == ([(was, state)] if was != state else [])
            transaction.set_rollback(True)
    finally:
        place_changed._listeners = listeners


def _take(place: Place, what: str, group: WorkGroup, day: int, actor: Membership, now: dt.datetime) -> bool:
    """Take a step, as a person does who may be wrong; whether it was not refused."""
    given: dict[str, Any] = {
        "on": steps.first_day(place, steps.Kind.ACCEPTED) + dt.timedelta(days=day),
        "actor": actor,
        "now": now,
    }
    try:
        if what == "join":
            placing.join(place=place, group=group, **given)
        elif what == "move":
            placing.move(place=place, group=group, reason="Nearer.", **given)
        else:
            VERBS[what](place=place, reason="It is so.", **given)
    except placing.CannotPlace:
        return False
    return True


def _history_of(place: Place) -> list[PlaceEvent]:
    return list(place.events.all())


def _all_fits(places: list[Place], groups: list[WorkGroup]) -> None:
    for place in Place.objects.with_stage():
        history = _history_of(place)
        assert place.state == steps.state_after(history)
        assert place.group_id == steps.group_after(history)
        assert (place.group is not None) == (place.state in MEMBERS)
        outcome = taking_part.outcome_after(history, year=place.stage_year.year)
        fact = taking_part.fact_of(place)
        assert (fact and fact.outcome) == outcome
        assert fact is None or fact.recorded_for_id == place.hub_id
    for group in groups:
        assert places_on(group, dt.date.max) == {place.pk for place in group.places.all()}
    members = [place.pk for group in groups for place in group.places.all()]
    assert len(members) == len(set(members))
    # Her own school, under the URN it had, is in neither of her groups.
    assert not Place.objects.filter(pk=places[0].pk, group__specialist=groups[0].specialist).exists()


@pytest.mark.parametrize(
    ("kinds", "happened_on", "expected"),
    [
        ([Kind.ACCEPTED], dt.date(2026, 10, 1), None),
        ([Kind.ACCEPTED, Kind.LEFT], dt.date(2026, 10, 1), None),
        ([Kind.ACCEPTED, Kind.JOINED], dt.date(2026, 10, 1), "taking_part"),
        ([Kind.ACCEPTED, Kind.JOINED, Kind.MOVED], dt.date(2026, 10, 1), "taking_part"),
        ([Kind.ACCEPTED, Kind.JOINED, Kind.TAKEN_OUT], dt.date(2026, 10, 1), "taking_part"),
        ([Kind.ACCEPTED, Kind.JOINED, Kind.LEFT], dt.date(2026, 9, 1), "left"),
        ([Kind.ACCEPTED, Kind.JOINED, Kind.LEFT], dt.date(2026, 8, 31), None),
        ([Kind.ACCEPTED, Kind.JOINED, Kind.LEFT, Kind.RETURNED], dt.date(2026, 10, 1), "taking_part"),
        ([Kind.ACCEPTED, Kind.JOINED, Kind.COMPLETED], dt.date(2027, 7, 1), "completed"),
        ([Kind.ACCEPTED, Kind.JOINED, Kind.NOT_COMPLETED], dt.date(2027, 7, 1), "not_completed"),
        ([Kind.ACCEPTED, Kind.JOINED, Kind.COMPLETED, Kind.REOPENED], dt.date(2027, 7, 1), "taking_part"),
    ],
)
def test_whether_a_school_takes_part_follows_from_its_history(
    kinds: list[PlaceEvent.Kind], happened_on: dt.date, expected: Participation.Outcome | None
) -> None:
    history = [PlaceEvent(kind=kind, happened_on=happened_on) for kind in kinds]
    assert taking_part.outcome_after(iter(history), year=2026) == expected

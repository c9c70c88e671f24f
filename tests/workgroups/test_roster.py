from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub
from tests import factories
from tests.workgroups.meetings import make_group, make_member_school
from workgroups.models import Participant, Place, PlaceEvent, WorkGroup
from workgroups.roster import group_visited, groups_visited, participants_on, places_on

OCTOBER = dt.date(2026, 10, 1)
JANUARY = dt.date(2027, 1, 15)
MARCH = dt.date(2027, 3, 2)


@pytest.fixture
def group(hub: Hub) -> WorkGroup:
    return make_group(hub)


def step(place: Place, kind: str, on: dt.date, group: WorkGroup) -> None:
    with tenancy.use(place.hub):
        PlaceEvent.objects.create(
            hub=place.hub,
            place=place,
            kind=kind,
            group=group,
            happened_on=on,
            reason="So it is.",
            evidence="Attendance.",
            recorded_at=timezone.now(),
        )


def in_group(group: WorkGroup, day: dt.date) -> set[int]:
    with tenancy.use(group.hub):
        return places_on(group, day)


def test_a_school_is_in_its_group_from_the_day_on_which_it_joined(group: WorkGroup) -> None:
    place = make_member_school(group)
    assert in_group(group, dt.date(2026, 9, 2)) == set()
    assert in_group(group, dt.date(2026, 9, 3)) == {place.pk}


def test_a_school_that_moved_was_in_the_former_group_before(hub: Hub, group: WorkGroup) -> None:
    place, other = make_member_school(group), make_group(hub, name="Mill Road")
    step(place, "moved", JANUARY, other)
    assert in_group(group, JANUARY - dt.timedelta(days=1)) == {place.pk}
    assert in_group(group, JANUARY) == set()
    assert in_group(other, JANUARY) == {place.pk}
    assert in_group(other, OCTOBER) == set()


@pytest.mark.parametrize("kind", ["left", "taken_out"])
def test_a_school_that_left_was_there_until_then(group: WorkGroup, kind: str) -> None:
    place = make_member_school(group)
    step(place, kind, JANUARY, group)
    assert in_group(group, OCTOBER) == {place.pk}
    assert in_group(group, MARCH) == set()


def test_a_step_that_is_recorded_late_counts_from_its_own_day(hub: Hub, group: WorkGroup) -> None:
    place, other = make_member_school(group), make_group(hub, name="Mill Road")
    step(place, "moved", MARCH, other)
    step(place, "taken_out", JANUARY, other)
    assert in_group(group, OCTOBER) == {place.pk}
    assert in_group(group, JANUARY) == set()
    # It waits for a group since then, as its state says.
    assert in_group(other, MARCH) == set()


@pytest.mark.parametrize("kind", ["completed", "not_completed"])
def test_a_school_that_completed_is_still_of_its_group(group: WorkGroup, kind: str) -> None:
    place = make_member_school(group)
    step(place, kind, JANUARY, group)
    assert in_group(group, MARCH) == {place.pk}


def test_its_teachers_are_those_of_the_day_by_school(group: WorkGroup) -> None:
    mill = make_member_school(group, "Mill Road")
    ash = make_member_school(group, "Ash Lane")
    with tenancy.use(group.hub):
        Participant.objects.filter(place=ash, position=1).update(ends_on=JANUARY)
        Participant.objects.create(
            hub=group.hub,
            place=ash,
            position=1,
            name="Nia New",
            role="Teacher",
            email="nia@school.example",
            starts_on=JANUARY,
        )

        def names(day: dt.date) -> list[tuple[str, str]]:
            return [(one.place.school_now.name, one.name) for one in participants_on(group, day)]

        assert names(OCTOBER) == [(name, f"Teacher {n}") for name in ("Ash Lane", "Mill Road") for n in (1, 2)]
        assert names(JANUARY)[0] == ("Ash Lane", "Nia New")
        assert len(names(JANUARY)) == 4
        assert mill.pk in places_on(group, JANUARY)


def test_a_school_that_became_an_academy_is_found_under_its_new_name(group: WorkGroup) -> None:
    place = make_member_school(group)
    factories.go_on_as(place.school, factories.make_school("Birch Academy"))
    with tenancy.use(group.hub):
        assert {one.place.school_now.name for one in participants_on(group, MARCH)} == {"Birch Academy"}


@pytest.mark.parametrize("kind", ["left", "taken_out"])
def test_a_school_that_left_before_the_day_on_which_it_was_to_join_was_never_there(hub: Hub, kind: str) -> None:
    group, other = make_group(hub), make_group(hub, name="Mill Road")
    place = make_member_school(group)
    step(place, "taken_out", OCTOBER, group)
    step(place, "joined", MARCH, other)
    step(place, kind, JANUARY, other)
    assert in_group(other, MARCH) == set()
    assert in_group(group, dt.date(2026, 9, 30)) == {place.pk}


def test_a_visit_is_for_the_group_of_its_day_or_the_nearest_before_or_else_the_first(
    hub: Hub, group: WorkGroup
) -> None:
    place, elm, mill = make_member_school(group), make_group(hub, name="Elm Lane"), make_group(hub, name="Mill Road")
    step(place, "moved", MARCH, elm)
    # Recorded after that, it holds from its day on.
    step(place, "moved", JANUARY, mill)
    step(place, "taken_out", MARCH + dt.timedelta(days=9), mill)
    summer = dt.date(2026, 7, 1)
    after = MARCH + dt.timedelta(days=30)
    with tenancy.use(hub):
        of = groups_visited((place.pk, day) for day in (summer, OCTOBER, JANUARY, MARCH, after))
        assert [of[place.pk, day] for day in (summer, OCTOBER)] == [group.pk] * 2
        assert [of[place.pk, day] for day in (JANUARY, MARCH, after)] == [mill.pk] * 3
        assert group_visited(place, MARCH) == mill

"""What the database itself refuses about groups and places, whatever the code above it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, transaction

from hubs import tenancy
from hubs.constraints import broken_constraint
from hubs.models import Hub
from schools.models import School
from tests import factories, work
from workgroups.models import MasterySpecialist, Meeting, Place, PlaceState, WorkGroup

OWN = "no_specialist_leads_her_own_school"


@contextmanager
def refused(hub: Hub, constraint: str) -> Iterator[None]:
    with tenancy.use(hub):
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            yield
        assert broken_constraint(error.value) == constraint


@pytest.fixture
def hers(group: WorkGroup) -> School:
    return group.specialist.school


def be_in(group: WorkGroup, **other: object) -> dict[str, object]:
    return {
        "state": PlaceState.IN_GROUP, "group": group, "specialist_school": group.specialist_school_id, **other
    }  # fmt: skip


def test_her_own_school_joins_no_group_of_hers(hub: Hub, group: WorkGroup, hers: School) -> None:
    place = work.make_place(hub, hers)
    with refused(hub, OWN):
        Place.objects.filter(pk=place.pk).update(**be_in(group))


def test_a_school_in_her_group_does_not_become_hers_by_name(hub: Hub, group: WorkGroup, hers: School) -> None:
    place = work.make_place(hub, group=group)
    with refused(hub, OWN):
        Place.objects.filter(pk=place.pk).update(school=hers)


def test_she_does_not_go_over_to_a_school_in_her_group(hub: Hub, group: WorkGroup) -> None:
    place = work.make_place(hub, group=group)
    with refused(hub, OWN):
        MasterySpecialist.objects.filter(pk=group.specialist_id).update(school=place.school)


@pytest.mark.parametrize("state", [PlaceState.COMPLETED, PlaceState.NOT_COMPLETED])
def test_she_goes_over_to_a_school_that_was_in_her_group(hub: Hub, group: WorkGroup, state: PlaceState) -> None:
    place = work.make_place(hub, group=group)
    with tenancy.use(hub):
        Place.objects.filter(pk=place.pk).update(state=state)
        MasterySpecialist.objects.filter(pk=group.specialist_id).update(school=place.school)
    with refused(hub, OWN):
        Place.objects.filter(pk=place.pk).update(state=PlaceState.IN_GROUP)


def test_a_group_does_not_go_over_to_a_specialist_of_a_school_in_it(hub: Hub, group: WorkGroup) -> None:
    place = work.make_place(hub, group=group)
    nora = work.make_specialist(hub, school=place.school)
    with refused(hub, OWN):
        WorkGroup.objects.filter(pk=group.pk).update(specialist=nora, specialist_school=nora.school)


@pytest.mark.parametrize("wrong", [lambda hers: factories.make_school(), lambda hers: None])
def test_no_copy_of_her_school_says_otherwise(
    hub: Hub, group: WorkGroup, hers: School, wrong: Callable[[School], School | None]
) -> None:
    place, school = work.make_place(hub, group=group), wrong(hers)
    follows = "place_in_group_of_specialist_of_school" if school else "place_has_group_unless_waiting_or_left"
    with refused(hub, follows):
        Place.objects.filter(pk=place.pk).update(specialist_school=school)
    if school:
        with refused(hub, "group_of_specialist_of_school"):
            WorkGroup.objects.filter(pk=group.pk).update(specialist_school=school)


def test_a_group_of_another_stage_or_year_is_refused(hub: Hub, group: WorkGroup) -> None:
    place = work.make_place(hub, year=work.this_year() + 1)
    with refused(hub, "place_in_group_of_its_stage_year"):
        Place.objects.filter(pk=place.pk).update(**be_in(group))


def test_a_group_of_another_hub_is_refused(hub: Hub, other_hub: Hub, group: WorkGroup) -> None:
    theirs = work.make_group(other_hub)
    place = work.make_place(hub)
    with refused(hub, "place_in_group_of_its_stage_year"):
        Place.objects.filter(pk=place.pk).update(**be_in(theirs))


def test_a_specialist_of_another_hub_is_refused(hub: Hub, other_hub: Hub, group: WorkGroup) -> None:
    theirs = work.make_specialist(other_hub)
    with refused(hub, "group_of_specialist_of_school"):
        WorkGroup.objects.filter(pk=group.pk).update(specialist=theirs, specialist_school=theirs.school)


def test_a_specialist_of_another_hub_leads_no_meeting(hub: Hub, other_hub: Hub, group: WorkGroup) -> None:
    meeting, theirs = work.make_meeting(group), work.make_specialist(other_hub)
    with refused(hub, "meeting_of_specialist_of_hub"):
        Meeting.objects.filter(pk=meeting.pk).update(specialist=theirs)


def test_a_school_has_one_place_in_a_stage_and_year(hub: Hub) -> None:
    first, second = work.make_place(hub), work.make_place(hub)
    with refused(hub, "one_place_per_school_and_stage_year"):
        Place.objects.filter(pk=second.pk).update(school=first.school)


@pytest.mark.parametrize("state", [PlaceState.WAITING, PlaceState.LEFT])
def test_who_waits_or_has_left_is_in_no_group(hub: Hub, group: WorkGroup, state: PlaceState) -> None:
    place = work.make_place(hub, group=group)
    with refused(hub, "place_has_group_unless_waiting_or_left"):
        Place.objects.filter(pk=place.pk).update(state=state)

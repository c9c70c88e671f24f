from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubs.models import Hub, HubArea, LocalAuthority
from schools.ancestry import rebuild
from schools.lineage import called, lines_back, served_by, urns_of_line, urns_of_school_today
from schools.models import CurrentSchool, School
from tests import factories
from tests.schools.families import link


@pytest.mark.django_db
def test_a_school_is_what_it_was_before_and_what_it_went_on_as() -> None:
    ash, birch, cedar = (factories.make_school(name) for name in ("Ash", "Birch", "Cedar"))
    factories.make_school("Unrelated")
    factories.go_on_as(ash, birch)
    factories.go_on_as(birch, cedar)

    for school in (ash, birch, cedar):
        with CaptureQueriesContext(connection) as captured:
            found = sorted(urns_of_line(school.pk))
        assert found == [ash.pk, birch.pk, cedar.pk]
        assert len(captured) == 1


@pytest.mark.django_db
def test_two_that_merged_are_not_one_school() -> None:
    ash, oak, elm = (factories.make_school(name) for name in ("Ash", "Oak", "Elm"))
    factories.go_on_as(ash, elm)
    factories.go_on_as(oak, elm)

    assert sorted(urns_of_line(ash.pk)) == [ash.pk, elm.pk]
    assert sorted(urns_of_line(elm.pk)) == [ash.pk, oak.pk, elm.pk]


@pytest.mark.django_db
def test_a_school_goes_back_as_one_as_far_as_it_was_alone() -> None:
    ash, oak, elm, fir = (factories.make_school(name) for name in ("Ash", "Oak", "Elm", "Fir"))
    for former, later in ((ash, elm), (oak, elm), (elm, fir)):
        link(former.pk, "Successor", later.pk)
    rebuild()

    with CaptureQueriesContext(connection) as captured:
        lines = lines_back([ash.pk, elm.pk, fir.pk])
    assert lines == {ash.pk: [ash.pk], elm.pk: [elm.pk], fir.pk: [fir.pk, elm.pk]}
    assert len(captured) == 1


@pytest.mark.django_db
def test_two_that_merged_are_one_school_today_and_the_parts_of_one_that_split_are_two() -> None:
    ash, oak, elm = (factories.make_school(name) for name in ("Ash", "Oak", "Elm"))
    factories.go_on_as(ash, elm)
    factories.go_on_as(oak, elm)
    fir, north, south = (factories.make_school(name) for name in ("Fir", "North", "South"))
    factories.go_on_as(fir, north, south)

    for school in (ash, oak, elm):
        with CaptureQueriesContext(connection) as captured:
            found = sorted(urns_of_school_today(school.pk))
        assert found == [ash.pk, oak.pk, elm.pk]
        assert len(captured) == 1
    assert sorted(urns_of_school_today(fir.pk)) == [fir.pk, north.pk, south.pk]
    assert sorted(urns_of_school_today(north.pk)) == [fir.pk, north.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("word", "is_found"),
    [("ash", True), ("birch", True), ("900301", True), ("900302", True), ("oak", False), ("9003", False)],
)
def test_a_row_is_found_by_what_its_school_was_and_is_called(word: str, *, is_found: bool) -> None:
    ash = factories.make_school("Ash Lane", urn=900_301)
    factories.go_on_as(ash, factories.make_school("Birch Academy", urn=900_302))

    assert CurrentSchool.objects.filter(called(word, "former")).exists() is is_found


@pytest.mark.django_db
def test_a_urn_that_the_register_does_not_know_has_no_line() -> None:
    assert list(urns_of_line(123)) == []


def test_a_hub_serves_its_area_and_what_it_has_added(hub: Hub, other_hub: Hub, now: dt.datetime) -> None:
    southern = LocalAuthority.objects.create(code="002", name="Southern")
    near = factories.make_school("Near")
    HubArea.objects.create(hub=hub, authority=near.authority)
    factories.make_school("Far", authority=southern)
    added = {"added_at": now, "authority": southern}
    own = factories.make_school("Own", urn=900_000_001, added_by=hub, **added)
    factories.make_school("Others'", urn=900_000_002, added_by=other_hub, **{**added, "authority": near.authority})

    assert set(School.objects.filter(served_by(hub))) == {near, own}

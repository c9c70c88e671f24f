from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from schools.models import School
from tests.factories import make_school

pytestmark = pytest.mark.django_db


def test_a_school_is_told_apart_by_name_town_and_postcode() -> None:
    assert make_school("Ash Lane School", town="Ellerbridge", postcode="NV3 1AB").label == (
        "Ash Lane School, Ellerbridge, NV3 1AB"
    )
    assert make_school("Ash Lane School", town="", postcode="").label == "Ash Lane School"


def test_open_and_usable_schools_go_by_the_register_s_status() -> None:
    schools = {status: make_school(status=status) for status in School.Status}

    assert set(School.objects.open()) == {schools[School.Status.OPEN], schools[School.Status.CLOSING]}
    assert set(School.objects.usable()) == set(School.objects.all()) - {schools[School.Status.CLOSED]}


def test_search_wants_every_word_to_begin_a_word() -> None:
    school = make_school("St Mary's Primary School", town="Ellerbridge")

    assert list(School.objects.search("prim mary eller")) == [school]
    assert not School.objects.search("ary's")
    assert not School.objects.search("mary kirkholme")
    assert not School.objects.search(" ")


@pytest.mark.parametrize(
    "wrong",
    [
        {"urn": 0},
        {"status": 5},
        {"low_age": 11, "high_age": 4},
        {"high_age": 121},
        {"percent_fsm": 100.1},
        {"easting": 0, "northing": 0},
        {"easting": 437_000},
    ],
)
def test_the_database_refuses_what_no_school_can_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_school(**wrong)
    assert not School.objects.exists()

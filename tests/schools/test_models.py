from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from hubs.models import Hub, User
from schools.models import HalfTerm, School
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


# --- Half-terms -----------------------------------------------------------------------------------


@pytest.fixture
def half_term(hub: Hub, administrator: User, now: dt.datetime) -> dict[str, Any]:
    """A half-term that can be, of an authority."""
    authority = make_school().authority
    entered = {"entered_for": hub, "entered_by": administrator, "entered_at": now}
    days = {"starts_on": dt.date(2026, 9, 2), "ends_on": dt.date(2026, 10, 23)}
    return {"authority": authority, "year": 2026, "number": 1, **days, **entered}


@pytest.mark.parametrize(
    "wrong",
    [
        {"year": 2013, "starts_on": dt.date(2013, 9, 2), "ends_on": dt.date(2013, 10, 23)},
        {"year": 2101, "starts_on": dt.date(2101, 9, 2), "ends_on": dt.date(2101, 10, 23)},
        {"starts_on": dt.date(2026, 7, 31)},
        {"ends_on": dt.date(2027, 9, 1)},
        {"starts_on": dt.date(2026, 10, 26)},
        {"number": 7},
        {"authority": None},
    ],
)
def test_the_database_refuses_a_half_term_that_cannot_be(half_term: dict[str, Any], wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        HalfTerm.objects.create(**half_term | wrong)
    HalfTerm.objects.create(**half_term)
    HalfTerm.objects.create(
        **half_term | {"year": 2027, "starts_on": dt.date(2027, 8, 1), "ends_on": dt.date(2028, 8, 31)}
    )


@pytest.mark.parametrize("of", ["authority", "school"])
def test_the_database_refuses_at_once_half_terms_that_overlap(half_term: dict[str, Any], of: str) -> None:
    whose = {"authority": half_term["authority"]} if of == "authority" else {"authority": None, "school": make_school()}
    HalfTerm.objects.create(**half_term | whose)
    second = half_term | whose | {"number": 2, "ends_on": dt.date(2026, 12, 18)}
    # Not when the transaction ends, where nobody could say anything about it.
    with pytest.raises(IntegrityError, match=f"{of}_half_terms_apart"), transaction.atomic():
        HalfTerm.objects.create(**second | {"starts_on": dt.date(2026, 10, 23)})
    HalfTerm.objects.create(**second | {"starts_on": dt.date(2026, 10, 24)})

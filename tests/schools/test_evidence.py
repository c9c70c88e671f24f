from __future__ import annotations

import datetime as dt

import pytest

from hubs.models import Hub, LocalAuthority
from schools.evidence import Fact, distance, distance_in_words, side_by_side
from schools.models import School

NORTHVALE = LocalAuthority(code="001", name="Northvale")


def school(**fields: object) -> School:
    values = {"urn": 100_001, "name": "Ash Lane School", "status": 1, "type_code": 1, "authority": NORTHVALE}
    return School(**{**values, **fields})


def facts(one: School, other: School) -> dict[str, tuple[str, str]]:
    return {fact.label: (fact.earlier, fact.later) for fact in side_by_side(one, other)}


def test_two_schools_stand_side_by_side_in_the_registers_words() -> None:
    earlier = school(
        status=School.Status.CLOSED,
        closed_on=dt.date(2024, 8, 31),
        closed_why="Academy Converter",
        low_age=0,
        high_age=11,
        street="1 Mill Lane",
        town="Ellerbridge",
        head_title="Mx",
        head_last_name="Heron",
    )
    later = school(urn=150_001, opened_on=dt.date(2024, 9, 1), opened_why="Not applicable", pupils=1211)

    found = facts(earlier, later)

    assert found["URN"] == ("100001", "150001")
    assert found["State"] == ("Closed", "Open")
    assert found["Closed"] == ("31 August 2024 (Academy Converter)", "")
    assert found["Opened"] == ("", "1 September 2024")
    assert found["Ages"] == ("0 to 11", "")
    assert found["Address"] == ("1 Mill Lane, Ellerbridge", "")
    assert found["Headteacher"] == ("Mx Heron", "")
    assert found["Pupils"] == ("", "1,211")
    assert "Trust" not in found


def test_the_stand_in_for_a_urn_is_not_shown() -> None:
    added = school(urn=School.FIRST_ADDED, added_by=Hub(pk=1))

    assert facts(added, school())["URN"] == ("Not known yet", "100001")


@pytest.mark.parametrize(
    ("earlier", "later", "differs"),
    [("Ash Lane", "Ash lane", False), ("Ash Lane", "Oak Lane", True), ("Ash Lane", "", False), ("", "Oak", False)],
)
def test_only_what_is_known_of_both_differs(earlier: str, later: str, differs: bool) -> None:
    assert Fact("Name", earlier, later).differs is differs
    # An academy has another one than the school that it was.
    assert not Fact("Kind", earlier, later).differs


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (None, ""),
        (0, "the same place"),
        (1, "1 metre"),
        (140, "140 metres"),
        (999, "999 metres"),
        (2349, "2.3 kilometres"),
        (1_234_567, "1,234.6 kilometres"),
    ],
)
def test_a_distance_is_written_as_people_say_it(metres: int | None, words: str) -> None:
    assert distance_in_words(metres) == words


def test_the_distance_is_that_of_the_national_grid() -> None:
    here = school(easting=437_000, northing=468_000)

    assert distance(here, school(easting=437_300, northing=468_400)) == 500
    assert distance(here, school()) is distance(school(), here) is None

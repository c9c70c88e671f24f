from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubs.models import Hub, HubArea, LocalAuthority
from programmes.models import Participation, Stage
from reports import schools
from reports.schools import NO_TRUST, Filter
from schools.models import School
from tests import factories

YEAR = 2026
Found = Callable[..., list[str]]


@pytest.fixture
def area(hub: Hub) -> list[LocalAuthority]:
    """The authorities that the hub serves."""
    authorities = [LocalAuthority.objects.create(code=f"00{n}", name=name) for n, name in ((1, "North"), (2, "East"))]
    for authority in authorities:
        HubArea.objects.create(hub=hub, authority=authority)
    return authorities


def took_part(
    school: School,
    hub: Hub,
    *,
    year: int = 2020,
    outcome: str = "completed",
    stage: str = "primary-developing",
) -> Participation:
    return Participation.objects.create(
        school=school,
        stage=Stage.objects.get(slug=stage),
        year=year,
        outcome=outcome,
        recorded_for=hub,
        recorded_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    )


@pytest.fixture
def found(hub: Hub, other_hub: Hub, area: list[LocalAuthority], now: dt.datetime) -> Found:
    """The hub's schools; answers with the names that a filter finds, in order."""
    north, east = area
    make = factories.make_school
    ash = make(
        "Ash Primary", urn=900_101, authority=north, pupils=90, percent_fsm=Decimal("14.9"), town="Ashby",
        postcode="NV1 1AA", trust_code="T1", trust_name="Birch Trust",
    )  # fmt: skip
    cedar = make(
        "Cedar High", urn=900_102, authority=east, phase="Secondary", low_age=11, high_age=18, pupils=1200,
        percent_fsm=Decimal("25.0"), town="Cedarford", postcode="EA1 1AA",
    )  # fmt: skip
    elm = make("Elm All-through", urn=900_103, authority=north, phase="All-through", low_age=4, high_age=18,
               trust_code="T2", trust_name="Alder Trust", town="Elmham", postcode="NV9 1AA")  # fmt: skip
    old = make("Oak Infants", urn=900_104, authority=north, town="Oakham", postcode="NV2 1AA")
    factories.go_on_as(old, ash)
    make("Zed New School", urn=900_000_001, authority=north, added_by=hub, added_at=now, town="Zedham")
    make("Hidden New School", urn=900_000_002, authority=north, added_by=other_hub, added_at=now)
    make("Far Away", urn=900_105, authority=LocalAuthority.objects.create(code="009", name="Far"))
    took_part(old, hub, year=2019)
    took_part(cedar, other_hub, year=YEAR, outcome="taking_part", stage="secondary-developing")
    took_part(elm, hub, year=2022, outcome="left")
    # It left this year: it took part, and takes part no more.
    took_part(elm, hub, year=YEAR, outcome="left")

    def find(**chosen: str | int) -> list[str]:
        return [school.name for school in schools.schools(schools.area_of(hub), Filter(**chosen), this_year=YEAR)]  # type: ignore[arg-type]

    return find


ASH, CEDAR, ELM, OAK, ZED = "Ash Primary", "Cedar High", "Elm All-through", "Oak Infants", "Zed New School"


def test_without_a_filter_the_usable_schools_of_the_area_and_the_hubs_own_are_found(found: Found) -> None:
    assert found() == [ASH, CEDAR, ELM, ZED]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"status": "closed"}, [OAK]),
        ({"status": "all"}, [ASH, CEDAR, ELM, OAK, ZED]),
        ({"search": "ash"}, [ASH]),
        ({"search": "HIGH cedar"}, [CEDAR]),
        ({"search": "elmham"}, [ELM]),
        ({"search": "nv9"}, [ELM]),
        ({"search": "900102"}, [CEDAR]),
        ({"search": "oak"}, [ASH]),
        ({"search": "oak", "status": "all"}, [ASH, OAK]),
        ({"search": "%"}, []),
        ({"search": "'; DROP TABLE schools_school; --"}, []),
        ({"search": "²³ 99999999999999999999"}, []),
        ({"search": "hidden"}, []),
        ({"search": "far"}, []),
        ({"authority": "002"}, [CEDAR]),
        ({"phase": "primary"}, [ASH, ELM, ZED]),
        ({"phase": "secondary"}, [CEDAR, ELM]),
        ({"trust": "T1"}, [ASH]),
        ({"trust": NO_TRUST}, [CEDAR, ZED]),
        ({"took_part": "ever"}, [ASH, CEDAR, ELM]),
        ({"took_part": "never"}, [ZED]),
        ({"took_part": "completed"}, [ASH]),
        ({"took_part": "this_year"}, [CEDAR]),
        ({"meals": 15}, [CEDAR]),
        ({"meals": 25}, [CEDAR]),
        ({"meals": 35}, []),
        ({"took_part": "ever", "authority": "001", "phase": "secondary"}, [ELM]),
    ],
    ids=str,
)
def test_a_filter_finds_what_has_all_of_it(found: Found, chosen: dict[str, str | int], expected: list[str]) -> None:
    assert found(**chosen) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", [ASH, CEDAR, ELM, ZED]),
        ("-name", [ZED, ELM, CEDAR, ASH]),
        ("authority", [CEDAR, ASH, ELM, ZED]),
        ("pupils", [ASH, CEDAR, ELM, ZED]),
        ("-pupils", [CEDAR, ASH, ELM, ZED]),
        ("meals", [ASH, CEDAR, ELM, ZED]),
        ("-meals", [CEDAR, ASH, ELM, ZED]),
    ],
)
def test_the_list_can_be_sorted_and_what_is_not_known_comes_last(found: Found, sort: str, expected: list[str]) -> None:
    assert found(sort=sort) == expected


def test_the_counts_keep_the_other_filters_and_leave_out_their_own(found: Found, hub: Hub) -> None:
    everything = schools.counts(schools.area_of(hub), Filter(), this_year=YEAR)
    assert (everything.all, everything.ever, everything.completed, everything.this_year) == (4, 3, 1, 1)
    assert everything.never == 1

    in_the_north = Filter(authority="001", took_part="never")
    counted = schools.counts(schools.area_of(hub), in_the_north, this_year=YEAR)
    assert (counted.all, counted.ever, counted.never) == (3, 2, 1)
    assert counted.matching(in_the_north) == 1


@pytest.mark.parametrize("took_part", ["", "ever", "never", "completed", "this_year"])
def test_the_count_is_how_many_are_listed(found: Found, hub: Hub, took_part: str) -> None:
    chosen = Filter(took_part=took_part)

    assert schools.counts(schools.area_of(hub), chosen, this_year=YEAR).matching(chosen) == len(
        found(took_part=took_part)
    )


def test_a_row_has_former_names_and_all_that_the_line_did_the_latest_first(found: Found, hub: Hub) -> None:
    took_part(School.objects.get(urn=900_101), hub, year=2023)
    listed = schools.with_names(schools.schools(schools.area_of(hub), Filter(status="all"), this_year=YEAR), hub=hub)

    with CaptureQueriesContext(connection) as captured:
        rows = {row.school.name: row for row in schools.rows(listed)}

    assert len(captured) == 2
    assert (rows[ASH].former_names, rows[OAK].current_names) == ([OAK], [ASH])
    assert [(one.year, one.school.name) for one in rows[ASH].participation] == [(2023, ASH), (2019, OAK)]
    assert [one.year for one in rows[OAK].participation] == [2019]
    assert rows[ZED].participation == []
    assert rows[OAK].standing == "Closed"


def test_a_school_that_kept_its_name_is_not_formerly_itself(hub: Hub, area: list[LocalAuthority]) -> None:
    old, new = (factories.make_school("Ash", authority=area[0]) for _ in range(2))
    factories.go_on_as(old, new)

    (row,) = schools.rows(schools.with_names(schools.schools(schools.area_of(hub), Filter(), this_year=YEAR), hub=hub))
    assert row.former_names == []


def test_what_can_be_chosen_is_what_the_hubs_usable_schools_have(found: Found, hub: Hub) -> None:
    with CaptureQueriesContext(connection) as captured:
        choices = schools.area_of(hub)

    assert len(captured) == 1
    assert choices.authorities == [("002", "East"), ("001", "North")]
    assert choices.trusts == [("T2", "Alder Trust"), ("T1", "Birch Trust")]


def test_a_trust_that_the_register_gives_no_code_is_a_trust(hub: Hub, area: list[LocalAuthority]) -> None:
    for name, fields in {
        "Ash": {"trust_name": "Birch Trust"},
        "Elm": {"trust_code": "T1", "trust_name": "Cedar"},
    }.items():
        factories.make_school(name, authority=area[0], **fields)
    factories.make_school("Oak", authority=area[0])
    choices = schools.area_of(hub)

    def found(trust: str) -> list[str]:
        return [school.name for school in schools.schools(choices, Filter(trust=trust), this_year=YEAR)]

    assert choices.trusts == [("Birch Trust", "Birch Trust"), ("T1", "Cedar")]
    assert (found("Birch Trust"), found("T1"), found(NO_TRUST)) == (["Ash"], ["Elm"], ["Oak"])

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from hubs.models import Hub, LocalAuthority, User
from schools import ancestry
from schools.models import Ancestor, Doubt, School, Succession, SuccessionRuling
from tests.factories import make_school
from tests.schools.families import CLOSED, link

pytestmark = pytest.mark.django_db


def likely() -> set[tuple[int, int]]:
    """Pairs that are proposed to a person."""
    ancestry.rebuild()
    return set(Succession.objects.filter(doubts=[Doubt.LIKELY], counts=False).values_list("predecessor", "successor"))


def closed(urn: int = 1, name: str = "Ash Lane Primary School", **fields: Any) -> School:
    """A school that has closed in our time, at the place of those that `opened` makes."""
    return make_school(name, urn=urn, **{"status": CLOSED, "closed_on": dt.date(2024, 8, 31), **fields})


def opened(urn: int = 2, name: str = "Ash Lane Primary Academy", **fields: Any) -> School:
    """An open school at the same place."""
    return make_school(name, urn=urn, **{"opened_on": dt.date(2022, 9, 1), **fields})


def rule_out(predecessor: int, successor: int, hub: Hub, person: User, now: dt.datetime) -> None:
    """Somebody's word that two schools are not one."""
    SuccessionRuling.objects.create(
        predecessor_id=predecessor,
        successor_id=successor,
        same_school=False,
        reason="No",
        ruled_by=person,
        ruled_for=hub,
        ruled_at=now,
    )


def test_an_academy_of_like_name_at_the_place_of_a_closed_school_is_proposed_and_does_not_count() -> None:
    closed()
    opened()
    assert likely() == {(1, 2)}
    assert not Ancestor.objects.exists()


def test_one_that_opened_there_within_weeks_is_proposed_whatever_its_name() -> None:
    closed()
    opened(2, "Phoenix Academy", opened_on=dt.date(2024, 9, 1))
    opened(3, "Saxon Way Academy", opened_on=dt.date(2023, 9, 1))
    assert likely() == {(1, 2)}


@pytest.mark.parametrize(
    "fields",
    [
        {"postcode": "NV9 9ZZ"},
        {"name": "Saxon Way Academy"},
        {"status": CLOSED},
        {"type_group_code": 3, "type_code": 11},
    ],
)
def test_a_school_elsewhere_or_unlike_or_closed_or_independent_is_not_proposed(fields: dict[str, Any]) -> None:
    closed()
    opened(**fields)
    assert likely() == set()


def test_a_school_that_closed_before_teaching_for_mastery_began_is_left_in_peace() -> None:
    closed(closed_on=dt.date(2013, 8, 31))
    opened()
    assert likely() == set()


def test_where_the_register_names_a_successor_nothing_is_proposed() -> None:
    closed()
    opened()
    make_school("Elsewhere", urn=3, postcode="NV9 9ZZ")
    link(1, "Successor", 3)
    assert likely() == set()


def test_where_the_register_says_that_it_went_the_other_way_nothing_is_proposed() -> None:
    closed()
    opened()
    link(2, "Successor", 1)
    assert likely() == set()


def test_what_was_ruled_out_is_not_proposed_again_but_another_school_may_be(
    hub: Hub, administrator: User, now: dt.datetime
) -> None:
    closed()
    opened(2)
    opened(3, "Ash Lane Primary and Nursery School")
    rule_out(1, 2, hub, administrator, now)
    assert likely() == {(1, 3)}


def test_at_most_three_are_proposed_for_one_school() -> None:
    closed()
    for urn in range(2, 7):
        opened(urn)
    assert len(likely()) == 3


def test_what_was_ruled_out_leaves_its_place_to_others(hub: Hub, administrator: User, now: dt.datetime) -> None:
    closed()
    for urn in range(2, 7):
        opened(urn)
    # Whichever of the two is named first.
    for pair in ((1, 2), (3, 1), (1, 4)):
        rule_out(*pair, hub, administrator, now)
    assert likely() == {(1, 5), (1, 6)}


# --- Schools that a hub added ---------------------------------------------------------------------


def stand_in(hub: Hub, now: dt.datetime, **fields: Any) -> School:
    """A school that the hub added because the register did not know it."""
    return make_school(
        "Brook Lane Free School", **{"urn": School.FIRST_ADDED, "added_by": hub, "added_at": now, **fields}
    )


def test_a_school_of_the_register_at_the_place_of_an_added_one_is_proposed(hub: Hub, now: dt.datetime) -> None:
    stand_in(hub, now)
    opened(2, "The Brook Academy")
    assert likely() == {(School.FIRST_ADDED, 2)}


def test_a_school_of_very_like_name_in_the_authority_is_proposed(hub: Hub, now: dt.datetime) -> None:
    far = LocalAuthority.objects.create(code="002", name="Severnmoor")
    stand_in(hub, now, postcode="")
    opened(2, "Brook Lane School", postcode="NV9 9ZZ")
    opened(3, "Brook Lane School", postcode="NV9 9ZZ", authority=far)
    opened(4, "Saxon Way Free School", postcode="NV9 9ZZ")
    assert likely() == {(School.FIRST_ADDED, 2)}


def test_an_added_school_is_not_held_against_what_was_ruled_out(
    hub: Hub, administrator: User, now: dt.datetime
) -> None:
    stand_in(hub, now)
    for urn in range(2, 7):
        opened(urn, "Brook Lane Free School")
    for urn in (2, 3, 4):
        rule_out(School.FIRST_ADDED, urn, hub, administrator, now)
    assert likely() == {(School.FIRST_ADDED, 5), (School.FIRST_ADDED, 6)}


def test_an_added_school_that_was_matched_is_proposed_no_more(hub: Hub, administrator: User, now: dt.datetime) -> None:
    added = stand_in(hub, now, status=CLOSED)
    opened(2, "Brook Lane Free School")
    SuccessionRuling.objects.create(
        predecessor=added,
        successor_id=2,
        same_school=True,
        reason="It is",
        ruled_by=administrator,
        ruled_for=hub,
        ruled_at=now,
    )
    assert likely() == set()

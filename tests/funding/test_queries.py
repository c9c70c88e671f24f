from __future__ import annotations

import datetime as dt

import pytest

from funding import granting, queries
from funding.models import Grant, GrantState
from funding.queries import Filter, Summed
from hubs import tenancy
from hubs.models import Hub, Membership, Role
from tests import factories, work

YEAR = 2026


@pytest.fixture
def grants(hub: Hub) -> dict[str, Grant]:
    """Four grants: three of 2026/27 in two stages, one of the year before."""

    def make(name: str, *, stage: str = "primary-developing", year: int = YEAR, **fields: object) -> Grant:
        return work.make_grant(work.make_place(hub, factories.make_school(name), stage=stage, year=year), **fields)

    return {
        "Ash": make("Ash Lane", amount_pence=100_000),
        "Birch": make("Birch Road", amount_pence=75_050, state=GrantState.DUE, claim_on=dt.date(2027, 2, 1)),
        "Cedar": make("Cedar Hill", stage="secondary-developing", state=GrantState.DUE, amount_pence=50_000),
        "Old": make("Old Mill", year=YEAR - 1, state=GrantState.WITHHELD, withheld_reason="Left."),
    }


def names(chosen: Filter, hub: Hub) -> list[str]:
    with tenancy.use(hub):
        return [grant.place.school_now.name for grant in queries.grants(chosen)]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (Filter(), ["Ash Lane", "Birch Road", "Cedar Hill", "Old Mill"]),
        (Filter(year=YEAR), ["Ash Lane", "Birch Road", "Cedar Hill"]),
        (Filter(year=YEAR, state="due"), ["Birch Road", "Cedar Hill"]),
        (Filter(stage="secondary-developing"), ["Cedar Hill"]),
        (Filter(search="birch ashby"), ["Birch Road"]),
        (Filter(search="mill", year=YEAR), []),
        (Filter(sort="amount", year=YEAR), ["Cedar Hill", "Birch Road", "Ash Lane"]),
        (Filter(sort="claim", year=YEAR), ["Birch Road", "Ash Lane", "Cedar Hill"]),
        (Filter(sort="-school"), ["Old Mill", "Cedar Hill", "Birch Road", "Ash Lane"]),
        (Filter(sort="stage"), ["Old Mill", "Ash Lane", "Birch Road", "Cedar Hill"]),
        (Filter(sort="state", year=YEAR), ["Birch Road", "Cedar Hill", "Ash Lane"]),
    ],
)
def test_grants_are_found_and_sorted(hub: Hub, grants: dict[str, Grant], chosen: Filter, found: list[str]) -> None:
    assert names(chosen, hub) == found


def test_grants_are_summed_by_state_whatever_state_is_chosen(hub: Hub, grants: dict[str, Grant]) -> None:
    with tenancy.use(hub):
        sums = queries.summed_by_state(Filter(year=YEAR, state="paid"))
    assert sums == {
        "expected": Summed(1, 100_000),
        "due": Summed(2, 125_050),
        "approved": Summed(),
        "paid": Summed(),
        "withheld": Summed(),
    }
    assert sum(sums.values(), Summed()) == Summed(3, 225_050)


def test_a_school_that_has_changed_is_found_and_named_as_it_is_today(hub: Hub, grants: dict[str, Grant]) -> None:
    factories.go_on_as(grants["Ash"].place.school, factories.make_school("Zinnia Academy"))

    assert names(Filter(search="zinnia"), hub) == names(Filter(search="ash lane"), hub) == ["Zinnia Academy"]
    assert names(Filter(year=YEAR), hub) == ["Birch Road", "Cedar Hill", "Zinnia Academy"]


def test_places_without_a_grant_are_offered_for_one(hub: Hub, grants: dict[str, Grant]) -> None:
    work.make_place(hub, factories.make_school("Bare School"), year=YEAR)

    with tenancy.use(hub):
        assert [place.school_now.name for place in queries.places_without_grant()] == ["Bare School"]


def test_who_may_approve_is_everybody_with_the_right_who_has_not_set_the_amount(
    hub: Hub, other_hub: Hub, ada: Membership, leo: Membership, fola: Membership, as_mina: Membership, now: dt.datetime
) -> None:
    factories.make_member(other_hub, Role.FINANCE, "Foreign Finance")
    gone = factories.make_member(hub, Role.FINANCE, "Gone Finance")
    Membership.objects.filter(user=gone).update(ends_on=now.date())

    set_by = [granting.HadAHand(leo.user_id, now)]
    assert queries.who_may_approve(hub, set_by, now=now) == ["Ada Administrator", "Fola Finance"]

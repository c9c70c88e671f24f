from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from hubs import tenancy, timeline
from hubs.models import Hub, HubArea, LocalAuthority, User
from hubs.permissions import NotAllowed
from schools import ancestry, following, search, succession
from schools.ancestry import CannotRule
from schools.models import (
    Ancestor,
    CurrentSchool,
    RegisterImport,
    RegisterLink,
    School,
    Succession,
    SuccessionRuling,
)
from schools.register import Plan, import_register
from schools.register_file import RegisterRefused
from tests.factories import make_school, membership_of
from tests.locks import begin_meanwhile
from tests.schools.families import CLOSED, link, school
from tests.schools.registers import as_csv, changed

pytestmark = pytest.mark.django_db
Rule = Callable[..., None]


@pytest.fixture
def rule(hub: Hub, administrator: User, now: dt.datetime) -> Rule:
    """Rules as the hub's administrator, in whose area the schools are."""
    northvale, _ = LocalAuthority.objects.get_or_create(code="001", defaults={"name": "Northvale"})
    HubArea.objects.get_or_create(hub=hub, authority=northvale)

    def rule_on(predecessor: int, successor: int, *, same: bool = True, **said: object) -> None:
        values = {"reason": "The governors told us.", "actor": membership_of(administrator, hub), "now": now, **said}
        with tenancy.use(hub):
            ancestry.rule(predecessor=predecessor, successor=successor, same_school=same, **values)  # type: ignore[arg-type]

    return rule_on


def add_by(hub: Hub, name: str, now: dt.datetime, **fields: object) -> School:
    """A school that a hub added because the register did not know it."""
    urn = School.FIRST_ADDED + School.objects.filter(urn__gte=School.FIRST_ADDED).count()
    return make_school(name, urn=urn, added_by=hub, added_at=now, **fields)


# --- Ruling ---------------------------------------------------------------------------------------


def test_a_ruling_makes_two_schools_one_where_the_register_is_silent(rule: Rule) -> None:
    school(1, CLOSED, postcode="NV9 9ZZ")
    school(2)
    rule(1, 2)
    succession = Succession.objects.get()
    assert (succession.kind, succession.counts, succession.doubts) == ("became", True, [])
    assert ancestry.ancestors_of([2]) == {2: {1}}
    assert ancestry.current_of(School.objects.get(urn=1)) == [School.objects.get(urn=2)]


def test_a_ruling_outweighs_the_register_and_survives_its_next_links(rule: Rule) -> None:
    school(1, CLOSED)
    school(2)
    link(1, "Successor", 2, None)
    rule(1, 2, same=False)
    link(2, "Predecessor", 1)
    ancestry.rebuild()
    succession = Succession.objects.get()
    assert not succession.counts and succession.doubts == []
    assert not Ancestor.objects.exists() and not CurrentSchool.objects.exists()


def test_the_latest_ruling_holds(rule: Rule, now: dt.datetime) -> None:
    school(1, CLOSED)
    school(2)
    rule(1, 2)
    rule(1, 2, same=False, now=now + dt.timedelta(hours=1))
    assert not Succession.objects.get().counts
    rule(1, 2, now=now + dt.timedelta(hours=2))
    assert Succession.objects.get().counts
    assert SuccessionRuling.objects.count() == 3


def test_a_double_click_is_one_ruling(rule: Rule) -> None:
    school(1, CLOSED)
    school(2)
    rule(1, 2)
    rule(1, 2)
    assert SuccessionRuling.objects.count() == 1


def test_a_reason_is_asked_for(rule: Rule) -> None:
    school(1, CLOSED)
    school(2)
    with pytest.raises(CannotRule, match="Say why"):
        rule(1, 2, reason="  ")


def test_a_school_is_not_ruled_on_against_itself(rule: Rule) -> None:
    school(1)
    with pytest.raises(CannotRule, match="two different schools"):
        rule(1, 1)


def test_an_unknown_school_is_not_ruled_on(rule: Rule) -> None:
    school(1)
    with pytest.raises(CannotRule, match="no school with URN 2"):
        rule(1, 2)


def test_a_hub_rules_only_where_one_of_the_two_is_in_its_area(rule: Rule) -> None:
    far = LocalAuthority.objects.create(code="002", name="Severnmoor")
    school(1, CLOSED, authority=far)
    school(2, authority=far)
    with pytest.raises(CannotRule, match="Neither school is in the area of Northvale Maths Hub"):
        rule(1, 2)
    school(3)
    rule(1, 3)
    assert ancestry.ancestors_of([3]) == {3: {1}}


def test_a_school_that_another_hub_added_is_unknown(rule: Rule, other_hub: Hub, now: dt.datetime) -> None:
    theirs = add_by(other_hub, "Brook Lane School", now)
    school(2)
    with pytest.raises(CannotRule, match="no school with URN"):
        rule(theirs.urn, 2)


def test_a_school_that_the_hub_added_brings_no_other_into_its_area(rule: Rule, hub: Hub, now: dt.datetime) -> None:
    added = add_by(hub, "Heron Rise Primary School", now)
    elsewhere = make_school(
        "Heron Rise Primary School", authority=LocalAuthority.objects.create(code="009", name="Far")
    )

    with pytest.raises(ancestry.CannotRule, match="Neither school is in the area"):
        rule(added.urn, elsewhere.urn)


def test_both_schools_tell_of_a_ruling_on_their_timelines(rule: Rule, hub: Hub) -> None:
    one, other = school(100_001, CLOSED), school(100_002)
    rule(100_001, 100_002, same=False)

    with tenancy.use(hub):
        told = [timeline.entries_of(of).get().text for of in (one, other)]
    assert told[0] == told[1]
    assert told[0].startswith("Decided: ")
    assert told[0].endswith(f"did not become {other.name} (URN 100002). The governors told us.")


def test_who_may_not_change_schools_may_not_rule(rule: Rule, hub: Hub, specialist: User) -> None:
    school(1, CLOSED)
    school(2)
    with pytest.raises(NotAllowed, match="cannot change what the hub knows of its schools"):
        rule(1, 2, actor=membership_of(specialist, hub))


def test_the_latest_ruling_holds_whichever_school_it_names_first(rule: Rule) -> None:
    school(1, CLOSED)
    school(2)
    rule(1, 2)
    rule(2, 1)
    assert ancestry.ancestors_of([1, 2]) == {1: {2}}
    rule(1, 2, same=False)
    assert not Ancestor.objects.exists()
    assert [(one.predecessor_id, one.same_school) for one in ancestry.rulings_on(2, 1)] == [
        (1, False),
        (2, True),
        (1, True),
    ]


def test_the_latest_ruling_is_the_last_one_made_whatever_the_clock_says(rule: Rule, now: dt.datetime) -> None:
    school(1, CLOSED)
    school(2)
    rule(1, 2)
    rule(1, 2, same=False, now=now - dt.timedelta(hours=1))
    assert not Succession.objects.get().counts


def test_a_ruling_that_would_make_a_family_too_large_is_refused(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(succession, "LARGEST_FAMILY", 2)
    for urn in (1, 2, 3):
        school(urn)
    rule(1, 2)
    with pytest.raises(CannotRule, match="More than 2 schools would be one family"):
        rule(2, 3)
    assert SuccessionRuling.objects.count() == 1


def test_a_school_that_the_hub_added_is_closed_when_it_is_found_in_the_register(
    rule: Rule, hub: Hub, now: dt.datetime
) -> None:
    added = add_by(hub, "Brook Lane School", now)
    found = school(2)
    rule(added.urn, 2)
    added.refresh_from_db()
    assert added.status == CLOSED
    assert ancestry.current_of(added) == [found]
    rule(added.urn, 2, same=False, now=now + dt.timedelta(minutes=5))
    added.refresh_from_db()
    assert added.status == School.Status.OPEN
    assert not CurrentSchool.objects.exists()


def test_a_match_that_is_taken_back_leaves_a_school_to_open_that_was_to_open(
    rule: Rule, hub: Hub, now: dt.datetime
) -> None:
    added = add_by(hub, "Brook Lane School", now, opened_on=dt.date(2027, 9, 1), status=School.Status.PROPOSED)
    school(2)
    rule(added.urn, 2)
    rule(added.urn, 2, same=False, now=now + dt.timedelta(minutes=5))
    added.refresh_from_db()
    assert added.status == School.Status.PROPOSED


def test_a_school_is_found_by_the_names_that_a_ruling_gives_it(rule: Rule) -> None:
    make_school("Quince Street School", urn=1, status=CLOSED)
    academy = make_school("Phoenix Academy", urn=2)
    search.refresh()
    assert search.find("quince street", near=None) == []
    rule(1, 2)
    assert search.find("quince street", near=None) == [academy]
    rule(1, 2, same=False, reason="It was not.")
    assert search.find("quince street", near=None) == []


def test_other_rooms_follow_once_a_ruling_is_committed(
    rule: Rule,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., object],
    now: dt.datetime,
) -> None:
    followed: list[dt.datetime] = []
    monkeypatch.setattr(following, "_followers", [lambda *, now: followed.append(now)])
    school(1, CLOSED)
    school(2)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        rule(1, 2)
        assert not followed
    assert followed == [now]


# --- Through an import -------------------------------------------------------------------------


@pytest.fixture
def take_in(tmp_path: Path, now: dt.datetime) -> Callable[..., Plan]:
    """Takes in a register of schools by URN and status, at one place, and links between them."""

    def take_in_files(schools: dict[int, str], *links: str) -> Plan:
        rows = [changed(URN=str(urn), **{"EstablishmentStatus (code)": status}) for urn, status in schools.items()]
        register, linked = tmp_path / "edubasealldata20261121.csv", tmp_path / "links_edubasealldata20261121.csv"
        register.write_bytes(as_csv(*rows).encode("cp1252"))
        linked.write_text("\r\n".join(["URN,LinkURN,LinkName,LinkType,LinkEstablishedDate", *links, ""]))
        return import_register(register, links=linked, actor_name="A tester", now=now, force=True)

    return take_in_files


@pytest.mark.parametrize("link_type", ["Successor", "Result of Amalgamation", ""])
@pytest.mark.parametrize("same", [True, False])
def test_a_ruling_survives_a_register_in_which_schools_and_links_have_changed(
    rule: Rule, take_in: Callable[..., Plan], link_type: str, same: bool
) -> None:
    # Without a link they are proposed because they are alike.
    links = [f"100001,100002,A name,{link_type},"] if link_type else []
    take_in({100_001: "2", 100_002: "1", 100_003: "2", 100_004: "1"}, "100003,100004,A name,Successor,", *links)
    assert Succession.objects.filter(predecessor=100_001, successor=100_002).exclude(doubts=[]).exists()
    rule(100_001, 100_002, same=same)

    plan = take_in(
        {100_001: "1", 100_002: "2", 100_003: "2", 100_004: "1"}, "100001,100002,A name,Predecessor,01-09-2014"
    )

    assert (plan.changed, plan.links.added) == (2, 1)
    found = Succession.objects.get(predecessor=100_001, successor=100_002)
    assert (found.counts, found.doubts) == (same, [])
    assert not Succession.objects.filter(predecessor=100_002, successor=100_001).exists()
    assert ancestry.ancestors_of([100_001, 100_002]) == ({100_002: {100_001}} if same else {})


def test_a_register_whose_links_make_a_family_too_large_is_refused_as_a_sentence(take_in: Callable[..., Plan]) -> None:
    take_in({100_001: "1"}, "100001,100002,A name,Predecessor,01-09-2014")
    chain = [f"{urn},{urn + 1},A name,Successor," for urn in range(100_001, 102_001)]

    with pytest.raises(RegisterRefused, match="More than 200 schools would be one family, URN"):
        take_in({100_001: "1", 100_002: "2"}, *chain)

    assert RegisterImport.objects.latest("pk").outcome == RegisterImport.Outcome.REFUSED
    assert RegisterLink.objects.count() == School.objects.count() == 1


# --- At once --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_rebuilds_at_once_do_not_trip_over_each_other() -> None:
    school(1, CLOSED)
    school(2)
    link(1, "Successor", 2)
    failures: list[Exception] = []

    def rebuild() -> None:
        try:
            ancestry.rebuild()
        except DatabaseError as error:
            failures.append(error)

    with transaction.atomic():
        ancestry.rebuild()
        other = begin_meanwhile(rebuild)
        assert other.is_alive()
    other.join()
    assert not failures
    assert Succession.objects.count() == 1


# --- Asking ---------------------------------------------------------------------------------------


def test_a_closed_school_is_today_what_it_became(rule: Rule) -> None:
    school(1, CLOSED)
    school(2, CLOSED)
    last = school(3)
    link(1, "Successor", 2)
    link(2, "Successor", 3)
    ancestry.rebuild()
    assert ancestry.current_of(School.objects.get(urn=1)) == [last]
    assert ancestry.current_of(last) == [last]


def test_a_school_that_closed_for_good_is_nothing_today() -> None:
    assert ancestry.current_of(school(1, CLOSED)) == []


def test_the_family_of_a_school_is_what_it_was_and_what_it_became() -> None:
    for urn in range(1, 5):
        school(urn, CLOSED)
    link(1, "Successor", 3)
    link(2, "Successor", 3)
    link(3, "Successor", 4)
    ancestry.rebuild()
    assert ancestry.family_of([1, 3]) == {1: {3, 4}, 3: {1, 2, 4}}
    assert ancestry.ancestors_of([1, 3, 4]) == {3: {1, 2}, 4: {1, 2, 3}}


def plan_of(ask: Callable[[], object]) -> str:
    """How the database answers the one query that something asks."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ask()
    assert len(queries) == 1
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + queries[0]["sql"])
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.fixture
def many() -> list[int]:
    """Ten thousand schools that each were another one before, known to the planner."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO schools_ancestor (school_id, ancestor_id) "
            "SELECT n, 100000 + n FROM generate_series(1, 10000) AS n"
        )
    return list(range(1, 10001))


def test_a_few_schools_are_asked_of_an_index(many: list[int]) -> None:
    for ask in (ancestry.ancestors_of, ancestry.family_of):
        plan = plan_of(lambda ask=ask: ask([5, 7, 100_009]))  # type: ignore[misc]
        assert "Seq Scan" not in plan
        assert "Index" in plan


def test_ten_thousand_schools_are_one_query(many: list[int], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        before = ancestry.ancestors_of(many)
    with django_assert_num_queries(1):
        family = ancestry.family_of(many)
    assert len(before) == 10_000
    assert before == family

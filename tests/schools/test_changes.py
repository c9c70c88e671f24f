from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from hubs.models import Hub, HubArea, LocalAuthority
from schools import ancestry, changes
from schools.changes import Filter
from schools.models import Doubt, RegisterLink, School, Succession
from tests.factories import make_school
from tests.schools.families import CLOSED, link, school

pytestmark = pytest.mark.django_db


@pytest.fixture
def change(hub: Hub) -> Succession:
    """A change in the hub's area that is in doubt."""
    HubArea.objects.create(hub=hub, authority=school(100_001, CLOSED).authority)
    school(150_001)
    link(100_001, "Successor", 150_001, None)
    link(150_001, "Predecessor", 100_001, None)
    ancestry.rebuild()
    return Succession.objects.get()


def test_a_change_is_found_by_either_school_and_counted(hub: Hub, change: Succession) -> None:
    assert changes.counts(hub, Filter()) == (1, 0)
    for words, found in (("100001", 1), ("150001", 1), ("school 15", 1), ("School 9", 0), ("900000001", 0)):
        assert changes.changes(hub, Filter(search=words)).count() == found, words
    assert changes.change_between(hub, 100_001, 150_001) == change
    assert changes.change_between(hub, 150_001, 100_001) == change
    assert changes.change_between(hub, 150_001, 150_002) is None


def test_the_registers_own_rows_are_given_in_both_directions(change: Succession) -> None:
    link(100_001, "Successor", 160_000)

    assert [(row.urn, row.kind, row.other_urn) for row in changes.links_between(change)] == [
        (100_001, "Successor", 150_001),
        (150_001, "Predecessor", 100_001),
    ]


def test_others_are_those_of_the_same_two_schools(hub: Hub, change: Succession) -> None:
    school(150_002)
    school(100_002, CLOSED)
    link(100_001, "Successor - Split School", 150_002)
    link(100_002, "Successor", 150_001)
    link(100_002, "Successor", 150_002)
    ancestry.rebuild()

    after, before = changes.others(changes.changes_of(hub).get(predecessor=100_001, successor=150_001), hub)

    assert [one.name for one in after] == ["School 150002"]
    assert [one.name for one in before] == ["School 100002"]


def test_what_another_hub_has_added_is_not_among_the_others(hub: Hub, other_hub: Hub, change: Succession) -> None:
    added = make_school(
        "School 150001", urn=School.FIRST_ADDED + 1, added_by=other_hub, added_at=timezone.now(), postcode="NV1500 1AA"
    )
    ancestry.rebuild()
    assert Succession.objects.filter(predecessor=added).exists()

    assert changes.others(change, hub) == ([], [])
    assert changes.counts(hub, Filter()) == (1, 0)
    assert list(changes.added_by(hub)) == []
    assert list(changes.added_by(other_hub)) == [added]


@pytest.mark.parametrize(
    ("links", "known"),
    [
        ([(1, "Successor", 2)], True),
        ([(1, "Successor - merged", 2), (2, "Predecessor", 1)], True),
        ([], True),
        ([(1, "Sixth Form Centre Link", 2)], True),
        ([(1, "Successor", 2), (2, "Successor", 1)], False),
        ([(2, "Successor", 1)], False),
        ([(1, "Result of Amalgamation", 2)], False),
        ([(2, "Merged - change in age range", 1)], False),
        ([(1, "Result of Amalgamation", 2), (2, "Predecessor", 1)], True),
    ],
)
def test_nobody_need_ask_which_came_first_where_the_register_says_so_alone(
    links: list[tuple[int, str, int]], known: bool
) -> None:
    rows = [RegisterLink(urn=urn, kind=kind, other_urn=other) for urn, kind, other in links]

    assert changes.has_direction(Succession(predecessor_id=1, successor_id=2), rows) is known


def test_in_a_longer_circle_nobody_knows_which_came_first() -> None:
    change = Succession(predecessor_id=1, successor_id=2, doubts=[Doubt.CYCLE])

    assert not changes.has_direction(change, [RegisterLink(urn=1, kind="Successor", other_urn=2)])


def test_the_list_is_read_from_the_schools_of_the_area_and_not_from_all(hub: Hub, change: Succession) -> None:
    area = [change.predecessor.authority_id]
    LocalAuthority.objects.create(code="009", name="Severnmoor")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO schools_school SELECT (jsonb_populate_record(school, jsonb_build_object("
            "'urn', 200000 + n, 'authority_id', '009'))).* "
            "FROM schools_school AS school, generate_series(1, 5000) AS n WHERE school.urn = 100001"
        )
        cursor.execute(
            "INSERT INTO schools_succession (predecessor_id, successor_id, kind, doubts, counts) "
            "SELECT 200000 + n, 200001 + n, 'became', '{undated}', true FROM generate_series(1, 4999, 2) AS n"
        )

    assert list(changes.changes(hub, Filter(), area)) == [change]
    assert changes.counts(hub, Filter(), area) == (1, 0)
    plan = changes.changes(hub, Filter(), area).explain()
    assert "Seq Scan on schools_school" not in plan

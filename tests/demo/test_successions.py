from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from hubadmin.demo import kinds
from hubadmin.demo.invented import InventedSchool, invented_schools
from hubadmin.demo.successions import LINK_COLUMNS, InventedLink, converted, links, write_links

ON = dt.date(2026, 11, 1)


@pytest.fixture(scope="module")
def schools() -> list[InventedSchool]:
    return invented_schools()


@pytest.fixture(scope="module")
def found(schools: list[InventedSchool]) -> list[InventedLink]:
    return list(links(schools))


def test_most_links_stand_on_both_sides_with_a_date_and_some_lack_either(found: list[InventedLink]) -> None:
    kinds_of_pair = Counter(frozenset((link.urn, link.other.urn)) for link in found)
    one_sided = [pair for pair, sides in kinds_of_pair.items() if sides == 1]

    assert 4 <= len(one_sided) < len(kinds_of_pair) / 5
    assert 4 <= sum(link.established_on is None for link in found) < len(found) / 5


def test_each_trap_of_the_register_occurs(found: list[InventedLink], schools: list[InventedSchool]) -> None:
    successors = {(link.urn, link.other.urn) for link in found if link.kind == "Successor"}
    linked = {urn for link in found for urn in (link.urn, link.other.urn)}

    assert {link.kind for link in found} >= {"Predecessor", "Successor - merged", "Result of Amalgamation"}
    assert any((later, former) in successors for former, later in successors), "a circle"
    assert Counter(link.urn for link in found if link.kind == "Successor - Split School").most_common(1)[0][1] == 2
    assert any(school.status == kinds.CLOSED and school.urn not in linked for school in schools), "a silence"


def test_a_school_that_converts_goes_on_in_its_place_under_a_new_urn(schools: list[InventedSchool]) -> None:
    before = next(school for school in schools if school.status == kinds.OPEN and school.type_code == 1)

    after = converted(schools, {before.urn}, ON)

    academy = after[-1]
    closed = next(school for school in after if school.urn == before.urn)
    assert len(after) == len(schools) + 1
    assert (closed.status, closed.closed_on) == (kinds.CLOSED, dt.date(2026, 10, 31))
    assert (academy.status, academy.opened_on, academy.place) == (kinds.OPEN, ON, before.place)
    assert academy.name.endswith("Academy") and academy.trust is not None
    assert any((link.urn, link.other.urn) == (before.urn, academy.urn) for link in links(after))


def test_the_file_has_the_register_s_own_layout(tmp_path: Path, schools: list[InventedSchool]) -> None:
    write_links(tmp_path / "links.csv", schools)

    text = (tmp_path / "links.csv").read_bytes().decode("cp1252")
    assert text.startswith("URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n")
    rows = list(csv.DictReader(text.splitlines()))
    assert tuple(rows[0]) == LINK_COLUMNS
    assert len(rows) > 100

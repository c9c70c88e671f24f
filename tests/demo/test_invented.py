from __future__ import annotations

import csv
import datetime as dt
import re
from collections import Counter
from pathlib import Path

import pytest

from hubadmin.demo import kinds
from hubadmin.demo.invented import InventedSchool, invented_schools, write_register
from hubadmin.demo.kinds import KINDS
from hubadmin.demo.people import FAMILY_NAMES, GIVEN_NAMES
from hubadmin.demo.places import AREAS
from schools.authorities import FACTS
from schools.layout import COLUMNS
from schools.models import School
from schools.register import import_register

# Every area of the United Kingdom, the Crown Dependencies and the non-geographic ones.
REAL_POSTCODE_AREAS = """
    AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK
    FY G GIR GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN
    NP NR NW OL OX PA PE PH PL PO PR QC RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW
    UB W WA WC WD WF WN WR WS WV XX YO ZE
"""


@pytest.fixture(scope="module")
def schools() -> list[InventedSchool]:
    return invented_schools()


def test_the_map_is_the_same_every_time(schools: list[InventedSchool]) -> None:
    assert schools == invented_schools()


def test_there_are_twelve_hundred_schools_from_urn_900000(schools: list[InventedSchool]) -> None:
    assert len(schools) == len({school.urn for school in schools}) == 1200
    assert min(school.urn for school in schools) >= 900_000
    assert max(school.urn for school in schools) < 902_000


def test_each_hub_has_three_or_four_authorities_that_england_lacks(schools: list[InventedSchool]) -> None:
    with FACTS.open(encoding="utf-8") as file:
        real = [(row["code"], row["name"]) for row in csv.DictReader(file)]
    assert [area.hub for area in AREAS] == ["northvale", "severnmoor", "wealdshore"]
    authorities = [authority for area in AREAS for authority in area.authorities]
    assert all(3 <= len(area.authorities) <= 4 for area in AREAS)
    assert not {authority.code for authority in authorities} & {code for code, _ in real}
    assert not {authority.name for authority in authorities} & {name for _, name in real}
    assert Counter(school.authority.code for school in schools) == {
        authority.code: authority.schools for authority in authorities
    }


def test_no_postcode_is_real_or_used_twice(schools: list[InventedSchool]) -> None:
    for school in schools:
        match = re.fullmatch(r"([A-Z]{2})\d{1,2} \d[A-Z]{2}", school.place.postcode)
        assert match
        assert match[1] not in REAL_POSTCODE_AREAS.split()
    # A school that became an academy stands in the register a second time, closed.
    used = [school.place.postcode for school in schools if school.status != kinds.CLOSED]
    assert len(set(used)) == len(used)


def test_no_two_schools_of_a_town_share_a_name_but_namesakes_exist(schools: list[InventedSchool]) -> None:
    assert len({(school.name, school.place.town) for school in schools}) == len(schools)
    assert len({school.name for school in schools}) < len(schools)


def test_the_mix_is_a_realistic_one(schools: list[InventedSchool]) -> None:
    assert {school.kind.key for school in schools} == {kind.key for kind in KINDS}
    assert {school.type_code for school in schools} == set(kinds.TYPES)
    statuses = Counter(school.status for school in schools)
    assert set(statuses) == {1, 2, 3, 4}
    assert statuses[1] > 1050
    assert 40 < statuses[2] < 130
    phases = Counter(school.kind.phase for school in schools)
    assert phases["Primary"] > 4 * phases["Secondary"]
    assert any("’" in school.name or "'" in school.name for school in schools)
    assert any(not school.name.isascii() for school in schools)
    assert max(len(school.name) for school in schools) > 60


def test_facts_of_a_school_fit_together(schools: list[InventedSchool]) -> None:
    telephones = [school.telephone for school in schools if school.telephone]
    assert len(set(telephones)) == len(telephones)
    for school in schools:
        assert (school.trust is not None) == (school.type_code in kinds.ACADEMIES)
        assert (school.pupils is None) == (school.status in (kinds.CLOSED, kinds.PROPOSED))
        assert (school.closed_on is not None) == (school.status == kinds.CLOSED)
        assert not (school.opened_on and school.closed_on and school.opened_on >= school.closed_on)
        assert abs(school.place.easting - school.authority.easting) < 20_000
        assert abs(school.place.northing - school.authority.northing) < 20_000
        # Ofcom's ranges for drama: nobody's telephone rings.
        assert not school.telephone or re.fullmatch(r"011[37]4960\d{3}|01632960\d{3}", school.telephone)
        assert not school.website or school.website.endswith(".example")


def test_the_file_has_the_register_s_own_layout(tmp_path: Path) -> None:
    write_register(tmp_path / "register.csv")
    content = (tmp_path / "register.csv").read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") == 1201
    rows = list(csv.DictReader(content.decode("cp1252").splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert {row["HeadFirstName"] for row in rows} <= {"", *GIVEN_NAMES}
    assert {row["HeadLastName"] for row in rows} <= {"", *FAMILY_NAMES}


def test_the_real_import_takes_it_in(db: None, tmp_path: Path, now: dt.datetime) -> None:
    write_register(tmp_path / "register.csv")
    outcome = import_register(tmp_path / "register.csv", actor_name="Demo", now=now)
    assert (outcome.added, outcome.bad_rows) == (1200, [])
    assert School.objects.usable().filter(authority__code="001", phase="Primary").count() > 50

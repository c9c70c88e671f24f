from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from hubs.models import Hub, User
from schools import ancestry
from schools.models import School, SuccessionRuling
from tests.factories import make_school
from tests.schools.families import CLOSED, link, school

pytestmark = pytest.mark.django_db


def shown(urn: int, *options: str) -> str:
    """What the command says."""
    out = io.StringIO()
    call_command("show_school", str(urn), *options, stdout=out)
    return out.getvalue()


def shown_as_json(urn: int) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(shown(urn, "--json"))
    return known


@pytest.fixture
def infant_and_academy(hub: Hub, administrator: User, now: dt.datetime) -> None:
    """An infant school that merged into an academy, and a pair that was ruled out."""
    make_school("Ash Lane Infant School", urn=1, status=CLOSED, street="1 Mill Lane", closed_on=dt.date(2014, 8, 31))
    make_school("Ash Lane Academy", urn=2, type_code=34, type_name="Academy converter", type_group_code=10)
    school(3, CLOSED)
    link(2, "Predecessor - merged", 1, "2014-09-01")
    link(3, "Successor", 2, None)
    SuccessionRuling.objects.create(
        predecessor_id=3,
        successor_id=2,
        same_school=False,
        reason="It moved away.",
        ruled_by=administrator,
        ruled_for=hub,
        ruled_at=now,
    )
    ancestry.rebuild()


def test_an_open_school_is_itself_today(infant_and_academy: None) -> None:
    known = shown_as_json(2)
    assert (known["urn"], known["name"], known["status"]) == (2, "Ash Lane Academy", "Open")
    assert known["ancestors"] == [1]
    assert known["current"] == [2]
    assert known["facts"]["state_funded"] == {"value": True, "reason": "academy: type 34, Academy converter"}
    assert known["facts"]["phases"]["value"] == ["nursery", "primary"]
    assert known["facts"]["position"] == {"value": None, "reason": "the register gives no place"}


def test_a_closed_school_is_what_it_became_today(infant_and_academy: None) -> None:
    known = shown_as_json(1)
    assert known["ancestors"] == []
    assert known["current"] == [2]
    assert known["closed_on"] == "2014-08-31"
    assert known["successions"] == [
        {
            "predecessor": 1,
            "successor": 2,
            "kind": "merged",
            "happened_on": "2014-09-01",
            "counts": True,
            "doubts": [],
            "rulings": [],
        }
    ]


def test_rulings_are_shown_with_their_reason(infant_and_academy: None) -> None:
    known = shown_as_json(3)
    assert known["current"] == []
    (ruling,) = known["successions"][0]["rulings"]
    assert (ruling["same_school"], ruling["reason"], ruling["ruled_for"]) == (
        False,
        "It moved away.",
        "Northvale Maths Hub",
    )


def test_a_person_reads_the_same_in_words(infant_and_academy: None) -> None:
    text = shown(2)
    assert "Ash Lane Academy (URN 2)" in text
    assert "Was before: 1" in text
    assert "Is today: 2" in text
    assert "State funded: yes (academy: type 34, Academy converter)" in text
    assert "1 merged into 2, 2014-09-01: counts" in text
    assert "3 became 2, undated: does not count" in text
    assert "Ruled not the same school by Northvale Maths Hub on 2026-11-21: It moved away." in text
    closed = shown(3)
    assert "Was before: nothing else" in closed
    assert "Is today: nobody knows" in closed


def test_doubts_are_shown() -> None:
    school(1)
    school(2)
    link(1, "Successor", 2, None)
    ancestry.rebuild()
    assert "In doubt: The earlier school is still open" in shown(1)
    assert shown_as_json(1)["successions"][0]["doubts"] == [
        "The register gives no date",
        "The earlier school is still open",
    ]


def test_a_school_with_a_place_is_shown_on_the_globe() -> None:
    make_school(urn=1, easting=530_625, northing=178_388)
    assert shown_as_json(1)["facts"]["position"]["value"] == {
        "latitude": pytest.approx(51.48937, abs=1e-4),
        "longitude": pytest.approx(-0.11993, abs=1e-4),
    }
    assert "Position: latitude 51.489" in shown(1)


def test_a_stand_in_is_said_to_be_one(hub: Hub, now: dt.datetime) -> None:
    make_school("Brook", urn=School.FIRST_ADDED, added_by=hub, added_at=now)
    assert "a stand-in: added by a hub" in shown(School.FIRST_ADDED)


@pytest.mark.parametrize("urn", [4, 99_999_999_999])
def test_an_unknown_urn_is_one_sentence(urn: int) -> None:
    with pytest.raises(CommandError, match=f"^There is no school with URN {urn} in the register.$") as refusal:
        shown(urn)
    assert refusal.value.returncode == 1

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pytest

from schools import differences
from schools.differences import Change, Kind
from schools.layout import READ
from schools.models import School
from schools.register import import_register, reading
from tests.factories import make_school
from tests.schools.registers import ROW, Write, write

__all__ = ["write"]

PROPOSED = {"EstablishmentStatus (code)": "4"}
pytestmark = pytest.mark.django_db


def would_change(path: Path, now: dt.datetime) -> list[Change]:
    with reading(path, now=now) as plan:
        found = list(plan.changes())
        counted = {kind: number for kind, number in plan.counts.kinds.items() if number}
    assert counted == {kind: sum(change.kind == kind for change in found) for kind in {change.kind for change in found}}
    return found


@pytest.mark.parametrize(
    ("before", "after", "kind", "was", "is_"),
    [
        (PROPOSED, {}, Kind.OPENED, "Proposed to open", "Open"),
        ({}, PROPOSED, Kind.PROPOSED, "Open", "Proposed to open"),
        ({}, {"EstablishmentStatus (code)": "3"}, Kind.CLOSING, "Open", "Open, but proposed to close"),
        ({}, {"EstablishmentStatus (code)": "2"}, Kind.CLOSED, "Open", "Closed"),
        (PROPOSED, {"EstablishmentStatus (code)": "2"}, Kind.CLOSED, "Proposed to open", "Closed"),
        ({"EstablishmentStatus (code)": "2"}, {}, Kind.REOPENED, "Closed", "Open"),
        ({}, {"EstablishmentName": "Mill Lane"}, Kind.RENAMED, "St Thérèse’s Primary School", "Mill Lane"),
        ({}, {"Town": "Kirkholme"}, Kind.MOVED, "1 Mill Lane, Ellerbridge, NV3 9GR", "1 Mill Lane, Kirkholme, NV3 9GR"),
        ({}, {"HeadFirstName": "Ines", "HeadLastName": "Okafor"}, Kind.NEW_HEAD, "", "Ines Okafor"),
        ({}, {"Trusts (code)": "", "Trusts (name)": ""}, Kind.CHANGED_TRUST, "Northvale Learning Trust 90001", ""),
        ({}, {"LA (code)": "002", "LA (name)": "Southmoor"}, Kind.CHANGED_AUTHORITY, "Northvale", "Southmoor"),
        (
            {},
            {"NumberOfPupils": "", "TelephoneNum": "01632 960100", "HeadPreferredJobTitle": "Head"},
            Kind.OTHER,
            "pupils: 211; telephone: none; head job title: none",
            "pupils: none; telephone: 01632 960100; head job title: Head",
        ),
        (
            {"EstablishmentStatus (code)": "3"}, {}, Kind.OTHER,
            "status: Open, but proposed to close", "status: Open",
        ),
    ],
)  # fmt: skip
def test_a_change_is_told_by_its_kind(
    write: Write, now: dt.datetime, before: dict[str, str], after: dict[str, str], kind: Kind, was: str, is_: str
) -> None:
    import_register(write({**ROW, **before}), actor_name="A tester", now=now)

    name = after.get("EstablishmentName", "St Thérèse’s Primary School")
    assert would_change(write({**ROW, **after}), now) == [Change(900_001, name, kind, was, is_)]


def test_schools_new_here_are_told_by_what_they_are(write: Write, now: dt.datetime) -> None:
    rows = [{**ROW, "URN": f"90000{status}", "EstablishmentStatus (code)": str(status)} for status in School.Status]

    found = [(change.urn, change.kind, change.before, change.after) for change in would_change(write(*rows), now)]

    assert found == [
        (900_001, Kind.OPENED, "", "Open"),
        (900_002, Kind.ADDED_CLOSED, "", "Closed"),
        (900_003, Kind.OPENED, "", "Open, but proposed to close"),
        (900_004, Kind.PROPOSED, "", "Proposed to open"),
    ]


def test_a_school_may_change_in_several_ways(write: Write, now: dt.datetime) -> None:
    import_register(write(), actor_name="A tester", now=now)

    found = would_change(write({**ROW, "EstablishmentName": "Mill Lane School", "Postcode": "NV1 1AA"}), now)

    assert [change.kind for change in found] == [Kind.RENAMED, Kind.MOVED]


def test_what_the_file_does_not_speak_of_has_not_changed(write: Write, now: dt.datetime) -> None:
    import_register(write(), actor_name="A tester", now=now)
    required = tuple(column.header for column in READ if column.required)

    assert would_change(write(columns=required), now) == []


def test_an_unchanged_school_is_not_told(write: Write, now: dt.datetime) -> None:
    import_register(write(), actor_name="A tester", now=now)

    assert would_change(write(), now) == []


def test_the_csv_has_a_row_for_each_and_no_formula(write: Write, now: dt.datetime) -> None:
    make_school("Ash Lane School", urn=900_001)
    found = Change(900_001, '=HYPERLINK("x")', Kind.RENAMED, "Ash Lane, School", "+1")
    file = io.StringIO(newline="")

    differences.write(iter([found]), file)

    assert list(csv.reader(io.StringIO(file.getvalue()))) == [
        ["URN", "Name", "Change", "Before", "After"],
        ["900001", '\'=HYPERLINK("x")', "renamed", "Ash Lane, School", "'+1"],
    ]

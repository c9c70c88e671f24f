from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from schools.models import RegisterImport, RegisterLink, School
from schools.register_file import RegisterRefused
from tests.schools.registers import LINKS, Write, changed, named, take_in, write

__all__ = ["write"]

pytestmark = pytest.mark.django_db


def closed(urn: int) -> dict[str, str]:
    return changed(**{"URN": str(urn), "EstablishmentStatus (code)": "2"})


def hundred(*, closed_of_them: int = 0, missing: int = 0) -> list[dict[str, str]]:
    """The first of a hundred open schools closed or left out."""
    urns = range(900_001, 900_101)
    return [
        closed(urn) if number < closed_of_them else changed(URN=str(urn))
        for number, urn in enumerate(urns)
        if not closed_of_them <= number < closed_of_them + missing
    ]


def test_an_older_file_is_refused_unless_forced(write: Write) -> None:
    take_in(write())
    older = named(write(changed(Town="Kirkholme")), "edubasealldata20261120.csv")

    with pytest.raises(RegisterRefused, match="of 20 November 2026, and the register here is already that of 21 Nov"):
        take_in(older)
    assert School.objects.get().town == "Ellerbridge"

    take_in(older, force=True)
    assert School.objects.get().town == "Kirkholme"
    # From now on that is the day to be newer than.
    take_in(older)


def test_the_same_register_under_a_name_without_its_day_is_no_older_one(write: Write) -> None:
    take_in(write())
    assert take_in(named(write(changed(LastChangedDate="14-11-2026")), "extract.csv")).changes_nothing


def test_a_file_of_which_nobody_knows_the_day_is_refused_unless_forced(write: Write) -> None:
    take_in(write())
    undated = named(write(changed(Town="Kirkholme", LastChangedDate="")), "extract.csv")

    with pytest.raises(RegisterRefused, match="Nobody can tell which day the file is of"):
        take_in(undated)
    take_in(undated, force=True)
    assert School.objects.get().town == "Kirkholme"


def test_older_links_are_refused_unless_forced(write: Write, tmp_path: Path) -> None:
    newer, older = tmp_path / "links_edubasealldata20261120.csv", tmp_path / "links_edubasealldata20261119.csv"
    newer.write_text(LINKS)
    older.write_text(LINKS.replace("01-09-2014", "01-09-2015"))
    take_in(write(), links=newer)

    with pytest.raises(RegisterRefused, match="The links are of 19 November 2026, and those known here are already of"):
        take_in(write(), links=older)
    take_in(write(), links=older, force=True)
    assert RegisterLink.objects.get().established_on == dt.date(2015, 9, 1)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (hundred(closed_of_them=6), "would close 6 of the 100 schools that are open here"),
        (hundred(missing=6), "lacks 6 of the 100 schools that are open here"),
    ],
)
def test_more_than_five_in_a_hundred_schools_closed_or_missing_must_be_forced(
    write: Write, file: list[dict[str, str]], reason: str
) -> None:
    take_in(write(*hundred()))

    with pytest.raises(RegisterRefused, match=reason):
        take_in(write(*file))
    assert School.objects.open().count() == 100
    assert "more than 5%" in RegisterImport.objects.get(outcome="refused").reason

    take_in(write(*file), force=True)
    assert RegisterImport.objects.filter(outcome="applied").latest("pk").forced


def test_five_in_a_hundred_go_in(write: Write) -> None:
    take_in(write(*hundred()))
    assert take_in(write(*hundred(closed_of_them=5, missing=5))).changed == 5


def test_an_older_file_that_changes_nothing_makes_the_register_no_older(write: Write) -> None:
    take_in(write())
    take_in(named(write(), "edubasealldata20261101.csv"))

    with pytest.raises(RegisterRefused, match="already that of 21 November 2026"):
        take_in(named(write(changed(Town="Kirkholme")), "edubasealldata20261110.csv"))

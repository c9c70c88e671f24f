from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from schools.models import Ancestor, RegisterLink
from schools.register import Plan, import_register
from schools.register_file import RegisterRefused, RegisterUnreadable
from schools.rows import BadRow
from tests.schools.registers import ROW, as_csv

pytestmark = pytest.mark.django_db
HEADER = '"URN","LinkURN","LinkName","LinkType","LinkEstablishedDate"'
MERGED = '100006,100007,"St Thérèse’s, Mill Lane","Predecessor - merged","01-01-2022"'
UNDATED = '100008,100006,"Ash Lane School","Successor",""'
TakeIn = Callable[..., Plan]


@pytest.fixture
def take_in(tmp_path: Path, now: dt.datetime) -> TakeIn:
    """Takes in the invented register with links of these rows."""

    def take_in_rows(*rows: str, encoding: str = "cp1252", header: str = HEADER, force: bool = False) -> Plan:
        register, links = tmp_path / "edubasealldata20261121.csv", tmp_path / "links_edubasealldata20261121.csv"
        schools = [{**ROW, "URN": str(urn), "EstablishmentStatus (code)": "2"} for urn in (100_006, 100_007)]
        register.write_bytes(as_csv(ROW, *schools).encode())
        links.write_bytes("".join(f"{row}\r\n" for row in (header, *rows)).encode(encoding))
        return import_register(register, links=links, actor_name="A tester", now=now, force=force)

    return take_in_rows


def known() -> list[tuple[object, ...]]:
    return list(RegisterLink.objects.order_by("urn").values_list("urn", "other_urn", "kind", "established_on"))


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_links_are_mirrored_word_for_word(take_in: TakeIn, encoding: str) -> None:
    plan = take_in(MERGED, UNDATED, encoding=encoding)

    assert (plan.links.added, plan.links.removed, plan.links.bad_rows) == (2, 0, [])
    assert known() == [
        (100_006, 100_007, "Predecessor - merged", dt.date(2022, 1, 1)),
        (100_008, 100_006, "Successor", None),
    ]


def test_ancestors_follow_at_once(take_in: TakeIn) -> None:
    take_in(MERGED)

    assert Ancestor.objects.filter(school=100_006, ancestor=100_007).exists()


def test_the_same_links_twice_change_nothing(take_in: TakeIn) -> None:
    take_in(MERGED, UNDATED)
    kept = set(RegisterLink.objects.values_list("pk", flat=True))

    plan = take_in(UNDATED, MERGED, UNDATED)

    assert plan.changes_nothing
    assert set(RegisterLink.objects.values_list("pk", flat=True)) == kept


def test_what_differs_is_exchanged_and_the_rest_stays(take_in: TakeIn) -> None:
    take_in(MERGED, UNDATED)
    merged = RegisterLink.objects.get(urn=100_006).pk

    plan = take_in(MERGED, UNDATED.replace('""', '"01-09-2020"'), force=True)

    assert (plan.links.added, plan.links.removed) == (1, 1)
    assert RegisterLink.objects.get(urn=100_006).pk == merged
    assert RegisterLink.objects.get(urn=100_008).established_on == dt.date(2020, 9, 1)


def test_a_file_that_drops_many_links_must_be_forced(take_in: TakeIn) -> None:
    many = [f'{urn},100006,"x","Successor",""' for urn in range(100_100, 100_200)]
    take_in(*many)

    with pytest.raises(RegisterRefused, match="drops 6 of the 100 links between schools that are known here"):
        take_in(*many[:94])
    assert RegisterLink.objects.count() == 100

    take_in(*many[:95])
    assert RegisterLink.objects.count() == 95


def test_bad_rows_are_told_and_the_others_go_in(take_in: TakeIn) -> None:
    wrong_day = '100006,100007,"","Successor","31-02-2020"'
    plan = take_in('x,100007,"","Successor",""', "100006", wrong_day, MERGED, UNDATED, '100007,1,"","Successor",""')

    assert plan.links.bad_rows == [
        BadRow(2, "URN is not a whole number up to 899999999: 'x'."),
        BadRow(3, "It has 1 columns instead of 5."),
        BadRow(4, "LinkEstablishedDate is not a day of the calendar: '31-02-2020'."),
    ]
    assert len(known()) == 3


@pytest.mark.parametrize(
    ("rows", "header", "sentence"),
    [
        ([], HEADER, "The file holds no row, only the names of its columns."),
        (["x,1,,Successor,"], HEADER, "Of the file's 1 rows only 0 can be read. Line 2: URN is not"),
        ([MERGED], "URN,LinkURN,LinkName", "This is not the register's links file: it lacks the columns LinkType."),
        ([MERGED], "URN,EstablishmentName,a,b,c", "it lacks the columns LinkURN, LinkType."),
        ([MERGED], HEADER.replace(",", ";"), "not separated by commas"),
        ([MERGED, "100006,1"], HEADER, "The file breaks off in line 3."),
        (["x"], "<html>", "This is a web page"),
    ],
)
def test_a_file_that_is_not_the_links_is_refused_and_nothing_is_taken_in(
    take_in: TakeIn, rows: list[str], header: str, sentence: str
) -> None:
    take_in(MERGED)
    before = known()

    with pytest.raises(RegisterUnreadable) as refusal:
        take_in(*rows, header=header)

    assert sentence in str(refusal.value)
    assert known() == before

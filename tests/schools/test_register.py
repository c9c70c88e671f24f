from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import os
import threading
import tracemalloc
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection

from hubs.models import Hub, LocalAuthority
from schools.differences import Kind
from schools.layout import COLUMNS, READ
from schools.models import RegisterImport, RegisterWord, School
from schools.register import Plan, import_register, reading
from schools.register_file import LARGEST, RegisterRefused, RegisterUnreadable
from schools.rows import BadRow
from schools.search import find
from tests.factories import make_school

pytestmark = pytest.mark.django_db

SHARED = Path(os.environ.get("SHARED_DATA") or settings.BASE_DIR.parent / "shared" / "data") / "gias"
ROW = {
    "URN": "900001",
    "LA (code)": "001",
    "LA (name)": "Northvale",
    "GOR (name)": "Yorkshire and the Humber",
    "EstablishmentNumber": "2001",
    "EstablishmentName": "St Thérèse’s Primary School",
    "EstablishmentStatus (code)": "1",
    "TypeOfEstablishment (code)": "34",
    "TypeOfEstablishment (name)": "Academy converter",
    "EstablishmentTypeGroup (code)": "10",
    "EstablishmentTypeGroup (name)": "Academies",
    "PhaseOfEducation (name)": "Primary",
    "StatutoryLowAge": "3",
    "StatutoryHighAge": "11",
    "Street": "1 Mill Lane",
    "Town": "Ellerbridge",
    "Postcode": "nv39gr",
    "Trusts (code)": "90001",
    "Trusts (name)": "Northvale Learning Trust",
    "NumberOfPupils": "211",
    "PercentageFSM": "21.7",
    "Easting": "437000",
    "Northing": "468000",
    "OpenDate": "01-09-2014",
}
Write = Callable[..., Path]
LINKS = (
    "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n"
    '900001,900002,"Mill Lane School, Ellerbridge","Predecessor - merged",01-09-2014\r\n'
)
NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=ZoneInfo("Europe/London"))


def take_in(path: Path, **how: Any) -> Plan:
    """Take a file in, as nobody in particular."""
    return import_register(path, actor_name="A tester", now=NOW, **how)


def as_csv(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> str:
    """Rows in the register's layout."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of the register, cp1252 as the real one unless told otherwise."""

    def write_file(*rows: dict[str, str], encoding: str = "cp1252", columns: tuple[str, ...] = COLUMNS) -> Path:
        path = tmp_path / "edubasealldata20261121.csv"
        path.write_bytes(as_csv(*(rows or (ROW,)), columns=columns).encode(encoding))
        return path

    return write_file


def changed(**fields: str) -> dict[str, str]:
    """The row with other values."""
    return {**ROW, **fields}


def test_a_school_is_taken_in_as_the_register_tells_it(write: Write) -> None:
    outcome = take_in(write())

    assert (outcome.added, outcome.changed, outcome.unchanged, outcome.bad_rows) == (1, 0, 0, [])
    school = School.objects.select_related("authority").get(urn=900_001)
    assert (school.name, school.authority.name, school.authority.region) == (
        "St Thérèse’s Primary School",
        "Northvale",
        "Yorkshire and the Humber",
    )
    assert (school.status, school.type_code, school.type_group_code, school.phase) == (1, 34, 10, "Primary")
    assert (school.low_age, school.high_age, school.pupils, school.percent_fsm) == (3, 11, 211, Decimal("21.7"))
    assert (school.label, school.establishment_number) == ("St Thérèse’s Primary School, Ellerbridge, NV3 9GR", "2001")
    assert (school.easting, school.northing, school.opened_on, school.closed_on) == (
        437_000,
        468_000,
        dt.date(2014, 9, 1),
        None,
    )
    assert school.trust_name == "Northvale Learning Trust"


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_the_encoding_is_found_out(write: Write, encoding: str) -> None:
    take_in(write(encoding=encoding))
    assert School.objects.get().name == "St Thérèse’s Primary School"


def test_the_zip_is_read_as_well_as_the_file_in_it(write: Write, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "extract.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("links_edubasealldata20261121.csv", LINKS)
        archive.write(write(), "edubasealldata20261121.csv")
    plan = take_in(tmp_path / "extract.zip")
    assert (plan.added, plan.links.added, plan.links_file_name) == (1, 1, "links_edubasealldata20261121.csv")


def test_the_same_file_twice_changes_nothing(write: Write) -> None:
    take_in(write())
    outcome = take_in(write())
    assert (outcome.added, outcome.changed, outcome.unchanged) == (0, 0, 1)


def test_what_differs_is_changed_and_the_rest_left_alone(write: Write) -> None:
    other = changed(URN="900002", EstablishmentName="Mill Lane School")
    take_in(write(ROW, other))
    outcome = take_in(write(changed(Town="Kirkholme", CloseDate="31-08-2026"), other))

    assert (outcome.added, outcome.changed, outcome.unchanged) == (0, 1, 1)
    school = School.objects.get(urn=900_001)
    assert (school.town, school.closed_on) == ("Kirkholme", dt.date(2026, 8, 31))
    assert [found.urn for found in find("therese kirkholme", near=None)] == [900_001]


def test_schools_that_the_file_does_not_name_stay(write: Write) -> None:
    school = make_school("Ash Lane School", urn=900_500)
    take_in(write(), force=True)
    assert School.objects.contains(school)


def test_columns_come_and_go_and_what_is_known_stays(write: Write) -> None:
    take_in(write())
    required = tuple(column.header for column in READ if column.required)
    outcome = take_in(write(changed(EstablishmentName="Mill Lane School"), columns=required))

    assert outcome.changed == 1
    school = School.objects.get()
    assert (school.name, school.town, school.pupils) == ("Mill Lane School", "Ellerbridge", 211)


def test_a_file_of_required_columns_alone_can_be_the_first(write: Write) -> None:
    required = tuple(column.header for column in reversed(READ) if column.required)
    assert take_in(write(columns=required)).added == 1
    assert School.objects.get().town == ""


def test_no_place_is_better_than_a_wrong_one(write: Write) -> None:
    take_in(write(changed(Easting="0", Northing="0"), changed(URN="900002", Northing="")))
    assert set(School.objects.values_list("easting", "northing")) == {(None, None)}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"URN": ""}, "URN is missing."),
        ({"URN": "0"}, "URN is 0."),
        ({"URN": "90000l"}, "URN is not a whole number up to 899999999: '90000l'."),
        ({"URN": "900001"}, "URN 900001 stands in the file more than once."),
        ({"EstablishmentName": " "}, "EstablishmentName is missing."),
        ({"EstablishmentName": "x" * 201}, "EstablishmentName is longer than 200 characters."),
        ({"EstablishmentName": "\x00"}, "EstablishmentName holds a character that cannot be read."),
        ({"EstablishmentStatus (code)": "5"}, "EstablishmentStatus (code) 5 is none of 1, 2, 3 and 4."),
        ({"LA (code)": "1"}, "LA (code) is not a number of 3 digits: '1'."),
        ({"StatutoryLowAge": "12"}, "The lowest age, 12, is above the highest, 11."),
        ({"OpenDate": "31-02-2020"}, "OpenDate is not a day of the calendar: '31-02-2020'."),
        ({"PercentageFSM": "101"}, "PercentageFSM is not a percentage: '101'."),
    ],
)
def test_a_bad_row_is_told_and_the_others_go_in(write: Write, wrong: dict[str, str], reason: str) -> None:
    outcome = take_in(write(ROW, {**ROW, "URN": "900002", **wrong}, {**ROW, "URN": "900003"}))

    assert outcome.bad_rows == [BadRow(3, reason)]
    assert set(School.objects.values_list("urn", flat=True)) == {900_001, 900_003}


def test_a_byte_without_meaning_spoils_its_row_alone(write: Write) -> None:
    path = write(ROW, {**ROW, "URN": "900002"})
    path.write_bytes(path.read_bytes().replace("Thérèse".encode("cp1252"), b"Th\x81r\xe8se", 1))

    assert take_in(path).bad_rows == [BadRow(2, "EstablishmentName holds a character that cannot be read.")]


def test_a_row_of_another_length_is_told(write: Write) -> None:
    path = write(ROW, {**ROW, "URN": "900002"})
    path.write_bytes(path.read_bytes().replace(b"900001,", b"900001,,,", 1))

    assert take_in(path).bad_rows == [BadRow(2, "It has 142 columns instead of 140.")]


def without(column: str) -> bytes:
    return as_csv(ROW, columns=tuple(name for name in COLUMNS if name != column)).encode("cp1252")


def zip_of(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def with_a_hole(content: bytes) -> bytes:
    """Some bytes in the middle are gone wrong."""
    middle = len(content) // 2
    return content[:middle] + bytes(40) + content[middle + 40 :]


WHOLE = as_csv(*(changed(URN=str(urn)) for urn in range(900_001, 900_200))).encode("cp1252")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (without("URN"), "it lacks the columns URN."),
        (without("EstablishmentStatus (code)"), "it lacks the columns EstablishmentStatus (code)."),
        (b"URN,LinkURN,LinkName\r\n900001,900002,x\r\n", "LA (code), LA (name), EstablishmentName"),
        (WHOLE.replace(b",", b";"), "not separated by commas"),
        (WHOLE.replace(b",", b"\t"), "not separated by commas"),
        (WHOLE[:-150], "breaks off in line 200"),
        (WHOLE[: WHOLE.index(b"\r\n") + 2], "The file holds no row, only the names of its columns."),
        (as_csv(changed(URN="")).encode(), "Of the file's 1 rows only 0 can be read. Line 2: URN is missing."),
        (WHOLE + b'"' + b"x" * 200_000, "Line 201 is longer than any of the register's."),
        (b'"' + WHOLE, "it lacks the columns URN,"),
        (WHOLE.splitlines(keepends=True)[0] + b"\r\n".join([b"," * (len(COLUMNS) - 1)] * 20_000), "Of the file's 20,000 rows only 0 can be read."),
        (b"\r\n <!DOCTYPE html><html><body>Service unavailable</body></html>", "This is a web page"),
        (WHOLE.decode("cp1252").encode("utf-16"), "UTF-16"),
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf\r\n", "The file is empty."),
        (zip_of("readme.txt", b"x"), "holds no CSV file."),
        (zip_of("edubasealldata.csv", b"x" * (LARGEST + 1)), "has more than 300,000,000 bytes"),
        (zip_of("edubasealldata.csv", WHOLE).replace(b"\x08\x00", b"\x63\x00"), "cannot be unpacked here"),
        (zip_of("edubasealldata.csv", WHOLE)[:-200], "is damaged or incomplete."),
        (with_a_hole(zip_of("edubasealldata.csv", WHOLE)), "is damaged or incomplete."),
    ],
)
def test_a_file_that_is_not_the_register_is_refused_with_a_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    school = make_school("Ash Lane School", urn=900_001)
    path = tmp_path / "register"
    path.write_bytes(content)

    with pytest.raises(RegisterUnreadable) as refusal:
        take_in(path)

    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith(".")
    assert [(known.urn, known.name) for known in School.objects.all()] == [(900_001, school.name)]
    assert not LocalAuthority.objects.exclude(code="001").exists()


def test_several_files_in_a_zip_must_name_the_register(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("one.csv", WHOLE)
        archive.writestr("two.csv", WHOLE)
    with pytest.raises(RegisterUnreadable, match="several CSV files"):
        take_in(tmp_path / "two.zip")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RegisterUnreadable, match="cannot be opened: No such file"):
        take_in(tmp_path / "nowhere.csv")
    with pytest.raises(RegisterUnreadable, match="cannot be opened: Is a directory"):
        take_in(tmp_path)


def test_a_failure_half_way_leaves_the_register_as_it_was(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(write())

    def fail() -> None:
        raise RuntimeError("the machine went down")

    monkeypatch.setattr("schools.register.refresh_search", fail)
    with pytest.raises(RuntimeError):
        take_in(write(changed(Town="Kirkholme"), changed(URN="900002")))

    assert [(school.urn, school.town) for school in School.objects.all()] == [(900_001, "Ellerbridge")]


def test_england_s_authorities_come_along_and_unknown_ones_from_the_file(write: Write) -> None:
    take_in(write({**ROW, "LA (code)": "801", "LA (name)": "Another name"}))
    assert LocalAuthority.objects.count() == 153
    assert LocalAuthority.objects.get(code="801").name == "Bristol, City of"

    take_in(write())
    assert LocalAuthority.objects.get(code="001").name == "Northvale"


def test_misspelt_words_are_compared_with_the_register_s(write: Write) -> None:
    take_in(write(ROW, {**ROW, "URN": "900002", "EstablishmentStatus (code)": "2", "Town": "Kirkholme"}))

    assert RegisterWord.objects.get(word="ellerbridge").schools == 1
    assert not RegisterWord.objects.filter(word="kirkholme").exists()
    assert [school.urn for school in find("elerbridge", near=None)] == [900_001]


def test_memory_stays_flat(write: Write) -> None:
    def peak_of(rows: int) -> int:
        path = write(*(changed(URN=str(900_000 + number)) for number in range(1, rows + 1)))
        tracemalloc.start()
        take_in(path, force=True)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_of(10)
    # What grows is the set of URNs seen: some 150 bytes a row, against 2,500 that a kept row would take.
    assert peak_of(2_000) < peak_of(200) + 1_800 * 400


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real register's files are not in {SHARED}")
def test_the_real_files_go_in_one_after_the_other() -> None:
    links = SHARED / "links_edubasealldata20250422.zip"
    first = take_in(SHARED / "edubasealldata20231116.zip")
    assert (first.added, first.bad_rows, first.as_of) == (50_515, [], dt.date(2023, 11, 16))
    assert School.objects.get(urn=136_468).name

    second = take_in(SHARED / "edubasealldata20250524.zip", links=links)
    assert (second.bad_rows, second.as_of) == ([], dt.date(2025, 5, 24))
    assert 500 < second.added < 3_000
    assert second.changed > 5_000
    assert second.added + second.changed + second.unchanged == 51_714
    kinds = second.counts.kinds
    assert 500 < kinds[Kind.OPENED] < 3_000
    assert 500 < kinds[Kind.CLOSED] < 3_000
    assert 200 < kinds[Kind.RENAMED] < 3_000
    assert kinds[Kind.CHANGED_TRUST] > 5_000
    assert (second.links.added, second.links.bad_rows) == (33_801, [])

    third = take_in(SHARED / "edubasealldata20250524.zip", links=links)
    assert third.changes_nothing
    assert (third.added, third.changed, third.unchanged) == (0, 0, 51_714)
    assert RegisterImport.objects.filter(outcome="applied").count() == 3

    with pytest.raises(RegisterRefused, match="of 16 November 2023"):
        take_in(SHARED / "edubasealldata20231116.zip")


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


def named(path: Path, name: str) -> Path:
    return path.rename(path.with_name(name))


def test_what_was_taken_in_is_kept(write: Write) -> None:
    path = write(ROW, changed(URN=""))
    take_in(path)

    kept = RegisterImport.objects.get()
    assert (kept.outcome, kept.file_name, kept.as_of) == ("applied", path.name, dt.date(2026, 11, 21))
    assert kept.digest == hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    assert (kept.actor_name, kept.started_at, kept.forced) == ("A tester", NOW, False)
    assert (kept.counts["opened"], kept.counts["added"], kept.counts["bad_rows"]) == (1, 1, 1)


def test_a_file_that_changes_nothing_is_kept_as_applied(write: Write) -> None:
    take_in(write())
    assert take_in(write()).changes_nothing
    assert [kept.outcome for kept in RegisterImport.objects.all()] == ["applied", "applied"]


def test_a_refusal_is_kept_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "edubasealldata20261121.csv").write_text("<html>")
    with pytest.raises(RegisterUnreadable):
        take_in(tmp_path / "edubasealldata20261121.csv")

    kept = RegisterImport.objects.get()
    assert (kept.outcome, kept.as_of, kept.counts) == ("refused", dt.date(2026, 11, 21), {})
    assert kept.reason.startswith("This is a web page")


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


@pytest.mark.parametrize(
    ("name", "last_changed", "day"),
    [
        ("extract.csv", "14-11-2026", dt.date(2026, 11, 14)),
        ("extract.csv", "", None),
        ("edubasealldata20261120.csv", "14-11-2026", dt.date(2026, 11, 20)),
        # Not a day of the calendar, and a day to come.
        ("edubasealldata20261199.csv", "14-11-2026", dt.date(2026, 11, 14)),
        ("edubasealldata20991231.csv", "14-11-2099", None),
    ],
)
def test_the_file_s_day_is_in_its_name_or_that_of_its_last_change(
    write: Write, name: str, last_changed: str, day: dt.date | None
) -> None:
    path = named(
        write(changed(LastChangedDate="01-01-2020"), changed(URN="900002", LastChangedDate=last_changed)), name
    )
    assert take_in(path).as_of == (day or (dt.date(2020, 1, 1)))


def test_the_file_s_day_may_be_in_the_name_inside_the_zip(write: Write, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "extract.zip", "w") as archive:
        archive.write(write(), "results/edubasealldata20261119.csv")
    assert take_in(tmp_path / "extract.zip").as_of == dt.date(2026, 11, 19)


def test_a_wrong_last_change_does_not_spoil_its_row(write: Write) -> None:
    assert take_in(write(changed(LastChangedDate="yesterday"))).bad_rows == []


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


def test_schools_that_a_hub_has_added_are_left_alone(write: Write, hub: Hub) -> None:
    added = make_school("Brand New School", urn=School.FIRST_ADDED, added_by=hub, added_at=NOW)

    plan = take_in(write(ROW, changed(URN=str(School.FIRST_ADDED))))

    assert plan.counts.open_here == 0
    assert [row.line for row in plan.bad_rows] == [3]
    assert School.objects.get(urn=added.urn).name == "Brand New School"


def test_who_does_not_agree_changes_nothing_and_leaves_no_trace(write: Write) -> None:
    plan = take_in(write(), agree=lambda plan: False)

    assert (plan.added, plan.applied) == (1, False)
    assert not School.objects.exists()
    assert not RegisterImport.objects.exists()


def test_other_rooms_follow_once_it_is_done(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[int] = []
    monkeypatch.setattr("schools.following.follow", lambda *, now: followed.append(School.objects.count()))

    take_in(write())
    assert followed == [1]

    with pytest.raises(RegisterRefused):
        take_in(Path("nowhere.csv"))
    assert followed == [1]


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_wait_for_each_other(write: Write) -> None:
    path = write()

    def import_too() -> None:
        take_in(path)
        connection.close()

    second = threading.Thread(target=import_too)
    with reading(path, now=NOW) as plan:
        second.start()
        second.join(0.5)
        assert second.is_alive()
        plan.apply(actor_name="The first", now=NOW)
    second.join(20)

    first, last = RegisterImport.objects.order_by("pk")
    assert (first.actor_name, first.counts["added"]) == ("The first", 1)
    assert (last.actor_name, last.counts["added"], last.counts["unchanged"]) == ("A tester", 0, 1)

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest

from hubs.models import LocalAuthority
from schools.layout import COLUMNS
from schools.models import School
from schools.register_file import LARGEST, RegisterUnreadable, digest_of
from tests.factories import make_school
from tests.schools.registers import LINKS, Write, as_csv, changed, named, take_in, without, write, zip_of

__all__ = ["write"]

pytestmark = pytest.mark.django_db


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
        (
            WHOLE.splitlines(keepends=True)[0] + b"\r\n".join([b"," * (len(COLUMNS) - 1)] * 20_000),
            "Of the file's 20,000 rows only 0 can be read.",
        ),
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


def test_what_cannot_be_read_has_no_digest(tmp_path: Path) -> None:
    assert digest_of(tmp_path) == ""
    assert digest_of(tmp_path / "nowhere.csv") == ""

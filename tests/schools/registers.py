"""Files of the register in its true layout, and taking them in."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schools.layout import COLUMNS
from schools.models import RegisterImport
from schools.register import Plan, import_register

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
    """Take a file in, as nobody in particular, an hour after the one before: the last is the one that ended last."""
    now = NOW + RegisterImport.objects.count() * dt.timedelta(hours=1)
    return import_register(path, actor_name="A tester", now=now, **how)


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


def without(column: str) -> bytes:
    return as_csv(ROW, columns=tuple(name for name in COLUMNS if name != column)).encode("cp1252")


def zip_of(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def named(path: Path, name: str) -> Path:
    return path.rename(path.with_name(name))

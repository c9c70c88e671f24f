from __future__ import annotations

import csv
import io
import re
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.layout import READ, READ_OF_LINKS
from schools.register import _SchoolRules
from schools.register_file import RegisterUnreadable
from schools.rows import BadRow, NoRules, Rows

HEADER = [column.header for column in READ] + ["UKPRN"]
PLAIN = {
    "URN": "100001", "LA (code)": "001", "LA (name)": "Northvale", "EstablishmentName": "Ash Lane School",
    "EstablishmentStatus (code)": "1", "TypeOfEstablishment (code)": "34", "Easting": "437000", "Northing": "468000",
    "StatutoryLowAge": "3", "StatutoryHighAge": "11", "OpenDate": "01-09-2014", "Postcode": "NV3 9GR",
    "NumberOfPupils": "211", "PercentageFSM": "21.7", "EstablishmentNumber": "2001",
}  # fmt: skip
ODD = st.sampled_from([
    "", "0", "00", "1", "4", "5", "007", "100", "100.0", "21.75", "101", "100002", "899999999", "900000000", "2001",
    " 12", "12 ", "²", "-1", "29-02-2024", "29-02-2023", "31-08-2024", "31-11-2024", "2024-08-31", "nv39gr", "NV3 9GR",
    "St Thérèse’s", "Lane, Mill", 'The "Lane"', "a|b", "a|b, c", "\t", "a\nb", "x" * 121, "\ufffd", "\x00", "=1",
])  # fmt: skip
CHANGES = st.dictionaries(st.sampled_from(HEADER), ODD, max_size=4)


def as_lines(rows: list[dict[str, str]], *, quoting: Literal[0, 1, 2]) -> list[str]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows([[row.get(name, "") for name in HEADER] for row in rows])
    return io.StringIO(text.getvalue(), newline="").readlines()


def read(lines: list[str], *, one_by_one: bool) -> tuple[list[list[str | None]], list[BadRow]]:
    """What comes out, with each value as it is understood in the end, and what does not."""
    rows = Rows(iter(lines), READ, _SchoolRules(), what="the register's file")
    if one_by_one:
        rows._plain = re.compile("(?!)")
    parse = {column.field: column.parse for column in READ}
    found = []
    for row in csv.reader(list(rows)):
        values = [parse[field](value) for field, value in zip(rows.fields, map(as_given, row), strict=True)]
        found.append(values)
    return found, rows.bad


def as_given(value: str) -> str:
    """A day as the file writes it."""
    day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", value)
    return f"{day[3]}-{day[2]}-{day[1]}" if day else value


@given(
    st.lists(st.tuples(CHANGES, st.integers(100_001, 100_006)), min_size=1, max_size=6),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
@settings(max_examples=400, deadline=None)
def test_rows_passed_on_whole_mean_what_reading_them_value_by_value_finds(
    changes: list[tuple[dict[str, str], int]], quoting: Literal[0, 1, 2]
) -> None:
    lines = as_lines([{**PLAIN, "URN": str(urn), **change} for change, urn in changes], quoting=quoting)

    assert read(lines, one_by_one=False) == read(lines, one_by_one=True)


@pytest.mark.parametrize("given", [
    'a,"b,c",d', 'a,"b"c,d', 'a,b"c"d,e', '"a ""b"" c",d', '"a,"b"', 'a,"",b', 'a|b,"c,d"', 'a,"b', '"a|b","c"',
])  # fmt: skip
def test_quotes_are_read_as_the_csv_reader_reads_them(given: str) -> None:
    width = len(next(csv.reader([given])))
    lines = [",".join(["URN", "LinkURN", "LinkType", *(f"x{n}" for n in range(width))]) + "\r\n"]
    lines.append(f"1,2,Successor,{given}\r\n")

    rows = Rows(iter(lines), READ_OF_LINKS, NoRules(), what="the register's links file")

    assert [row.replace('"', "") for row in rows] == ["1,2,Successor"]
    assert rows.bad == []


def test_a_comma_in_quotes_does_not_make_up_for_a_missing_column() -> None:
    lines = ["URN,LinkURN,LinkType,x,y\r\n", '1,2,Successor,"a ""b"", c"\r\n', "1,2,Successor,a,b\r\n"]

    rows = Rows(iter(lines), READ_OF_LINKS, NoRules(), what="the register's links file")

    assert (len(list(rows)), rows.bad) == (1, [BadRow(2, "It has 4 columns instead of 5.")])


def test_a_row_over_several_lines_is_one_row_and_ends_on_its_last_line() -> None:
    lines = ["URN,LinkURN,LinkType\r\n", '1,2,"Succ\r\n', 'essor"\r\n', "\r\n", "1,,Successor\r\n", "2,3,x\r\n"]

    rows = Rows(iter(lines), READ_OF_LINKS, NoRules(), what="the register's links file")

    assert (len(list(rows)), rows.bad) == (2, [BadRow(5, "LinkURN is missing.")])


def test_a_file_without_what_is_needed_says_what() -> None:
    with pytest.raises(RegisterUnreadable, match=r"it lacks the columns LinkURN, LinkType\.$"):
        Rows(iter(["URN,EstablishmentName\r\n"]), READ_OF_LINKS, NoRules(), what="the register's links file")

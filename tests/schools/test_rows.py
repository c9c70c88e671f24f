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
from schools.register_file import LONGEST_LINE, CsvFile, RegisterUnreadable
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


def csv_file(*lines: str) -> CsvFile:
    return CsvFile("links.csv", iter([line.encode() for line in lines]), "utf-8")


def links(*lines: str) -> Rows:
    return Rows(csv_file(*lines), READ_OF_LINKS, NoRules(), what="the register's links file")


def as_lines(rows: list[dict[str, str]], *, quoting: Literal[0, 1, 2]) -> list[str]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows([[row.get(name, "") for name in HEADER] for row in rows])
    return [line.decode() for line in io.BytesIO(text.getvalue().encode())]


def read(lines: list[str], *, one_by_one: bool) -> tuple[list[list[str | None]], list[BadRow]]:
    """What comes out, with each value as it is understood in the end, and what does not."""
    rows = Rows(csv_file(*lines), READ, _SchoolRules(), what="the register's file")
    if one_by_one:
        rows._plain = re.compile(b"(?!)")
    parse = {column.field: column.parse for column in READ}
    found = []
    for row in csv.reader([line.decode() for line in rows]):
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


@pytest.mark.parametrize(
    "given",
    ['a,"b,c",d', '"a ""b"" c",d', 'a,"",b', 'a|b,"c,d"', '"a|b","c"', 'a,b "c" d', '"a ""|"" b",c'],
)
def test_quotes_are_read_as_the_csv_reader_reads_them(given: str) -> None:
    width = len(next(csv.reader([given])))
    header = ",".join(["URN", "LinkURN", "LinkType", *(f"x{n}" for n in range(width))])

    rows = links(f"{header}\r\n", f"1,2,Successor,{given}\r\n")

    assert [row.replace(b'"', b"") for row in rows] == [b"1,2,Successor"]
    assert rows.bad == []


@pytest.mark.parametrize("given", ['a,"b"c,d', 'a"b,"c"d,e'])
def test_a_value_that_goes_on_after_its_quote_makes_a_bad_row(given: str) -> None:
    rows = links("URN,LinkURN,LinkType,x,y,z\r\n", f"1,2,Successor,{given}\r\n", "2,3,Successor,a,b,c\r\n")

    assert list(rows) == [b"2,3,Successor"]
    assert [(bad.line, bad.reason[:28]) for bad in rows.bad] == [(2, "It cannot be read as CSV: ',")]


@pytest.mark.parametrize("after", [0, 1, 40])
def test_a_stray_quote_costs_its_own_row_alone(after: int) -> None:
    good = [f"{number},2,Successor\r\n" for number in range(10, 10 + after)]
    rows = links("URN,LinkURN,LinkType\r\n", "1,2,Successor\r\n", '2,3,"Succ\r\n', *good, '5,"6",Successor\r\n')

    found = [row.replace(b'"', b"") for row in rows]
    assert found == [b"1,2,Successor", *(line.strip().encode() for line in good), b"5,6,Successor"]
    assert (rows.bad, rows.left_out) == ([BadRow(3, "A quote in it is not closed.")], 1)


@pytest.mark.parametrize("last", ['5,6,"Succ', '5,"6', "5,6", "5,6\r\n\r\n"])
def test_a_last_row_that_is_cut_off_breaks_the_file_off(last: str) -> None:
    rows = links("URN,LinkURN,LinkType\r\n", "1,2,Successor\r\n", *last.splitlines(keepends=True))

    with pytest.raises(RegisterUnreadable, match=r"breaks off in line [34]\."):
        list(rows)


def test_of_many_bad_rows_the_first_are_told_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schools.rows.MOST_TOLD", 2)
    rows = links("URN,LinkURN,LinkType\r\n", *(f"x{number},2,Successor\r\n" for number in range(9)))

    assert list(rows) == []
    assert ([bad.line for bad in rows.bad], rows.left_out) == ([2, 3], 9)


def test_a_line_longer_than_any_is_refused() -> None:
    with pytest.raises(RegisterUnreadable, match=r"Line 2 is longer than any of the register's\."):
        list(links("URN,LinkURN,LinkType\r\n", "1,2," + "x" * LONGEST_LINE))


def test_a_file_of_thousands_of_columns_is_refused() -> None:
    with pytest.raises(RegisterUnreadable, match=r"has 1,001 columns, and the register only about 140"):
        links("URN,LinkURN,LinkType" + "," * 998)


@pytest.mark.parametrize("absent", ["Easting", "Northing", "StatutoryLowAge", "StatutoryHighAge"])
def test_of_two_values_that_belong_together_one_alone_is_not_read(absent: str) -> None:
    header = [name for name in HEADER if name != absent]
    lines = [",".join(header), ",".join(PLAIN.get(name, "") for name in header)]

    rows = Rows(csv_file(*(f"{line}\r\n" for line in lines)), READ, _SchoolRules(), what="the register's file")

    assert len(list(rows)) == 1
    pair = {"easting", "northing"} if absent.endswith("ing") else {"low_age", "high_age"}
    assert {"easting", "northing", "low_age", "high_age"} - set(rows.fields) == pair


def test_a_comma_in_quotes_does_not_make_up_for_a_missing_column() -> None:
    lines = ["URN,LinkURN,LinkType,x,y\r\n", '1,2,Successor,"a ""b"", c"\r\n', "1,2,Successor,a,b\r\n"]

    rows = links(*lines)

    assert (len(list(rows)), rows.bad) == (1, [BadRow(2, "It has 4 columns instead of 5.")])


def test_a_row_over_several_lines_is_one_row_and_lines_are_counted_on() -> None:
    lines = ["URN,LinkURN,LinkType\r\n", '1,2,"Succ\r\n', 'essor"\r\n', "\r\n", "1,,Successor\r\n", "2,3,x\r\n"]

    rows = links(*lines)

    assert (len(list(rows)), rows.bad) == (2, [BadRow(5, "LinkURN is missing.")])


def test_a_file_without_what_is_needed_says_what() -> None:
    with pytest.raises(RegisterUnreadable, match=r"it lacks the columns LinkURN, LinkType\.$"):
        links("URN,EstablishmentName\r\n")

"""The files of both reports: accessible, and the same to the penny and the half-day in all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.template.loader import render_to_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correspondence.models import DocumentFile
from funding.models import GrantState
from hubs.wording import MINUS, pounds
from reports.grant_report import GrantReport
from reports.release_report import ReleaseReport, Used
from reports.report_makers import GRANT_REPORT, RELEASE_REPORT, REPORTS, ReportMaker
from reports.snapshots import freeze
from tests.reports import figures
from tests.reports.tagged_pdf import faults, headings, margins, tables

BOTH: list[tuple[ReportMaker[Any], Callable[[int], Any]]] = [
    (GRANT_REPORT, figures.grants),
    (RELEASE_REPORT, figures.release),
]
Table = list[list[str]]


def files_of(maker: ReportMaker[Any], report: Any) -> dict[str, bytes]:
    made = maker.files(freeze(report), finished=lambda number: None)
    return {file.format: file.content for file in made}


class Tables(HTMLParser):
    """The tables of a page: of each its rows, of each the texts of its cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Table] = []
        self.in_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.found.append([])
        elif tag == "tr":
            self.found[-1].append([])
        elif tag in ("th", "td"):
            self.found[-1][-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self.in_cell = False

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            self.found[-1][-1][-1] += data


def page_of(maker: ReportMaker[Any], report: Any) -> str:
    context = maker.context(report)
    return "".join(render_to_string(f"{maker.folder}/{part}.html", context) for part in ("summary", "schools", "rest"))


def figures_of(rows: Table, columns: dict[str, str]) -> list[list[int]]:
    """The figures of these columns in pence and half-days, whatever the rest says; heads of tables are left out."""
    head = rows[0]
    places = [(head.index(heading), kind) for heading, kind in columns.items()]
    return [[_number(row[place], kind) for place, kind in places] for row in rows if row != head]


def _number(text: str, kind: str) -> int:
    text = text.strip()
    if kind == "number":
        return int(text)
    if kind == "money":
        whole, _, rest = text.removeprefix("£").replace(",", "").partition(".")
        return int(whole) * 100 + int(rest or 0)
    sign = -1 if text.startswith(MINUS) else 1
    digits = text.removeprefix(MINUS)
    return sign * (2 * int(digits.removesuffix("½") or 0) + digits.endswith("½"))


def joined(found: list[Table]) -> Table:
    """The tables with the same head as one: a PDF's are cut by pages and sections, a page's by sections."""
    return [found[0][0]] + [row for table in found for row in table if row != table[0]]


def with_head(found: list[Table], heading: str) -> list[Table]:
    return [[[" ".join(cell.split()) for cell in row] for row in table] for table in found if heading in table[0]]


def sheet_of(workbook: bytes, name: str, columns: dict[str, str]) -> list[list[int]]:
    rows = [list(row) for row in openpyxl.load_workbook(BytesIO(workbook))[name].iter_rows(values_only=True)]
    start = next(place for place, row in enumerate(rows) if set(columns) <= set(row))
    factors = {"money": 100, "days": 2, "number": 1}
    places = [(rows[start].index(heading), factors[kind]) for heading, kind in columns.items()]
    found = [[float(row[place] or 0) * factor for place, factor in places] for row in rows[start + 1 :]]
    assert all(abs(value - round(value)) < 1e-6 for row in found for value in row)
    return [[round(value) for value in row] for row in found]


# --- Accessible ---------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 3, 60])
@pytest.mark.parametrize(("maker", "report"), BOTH, ids=list(REPORTS))
def test_each_report_is_accessible(maker: ReportMaker[Any], report: Callable[[int], Any], count: int) -> None:
    pdf = files_of(maker, report(count))["pdf"]

    assert faults(pdf) == []
    assert headings(pdf)[0] == maker.title
    pages = margins(pdf)
    assert all(page.endswith(f"Page {at} of {len(pages)}") for at, page in enumerate(pages, start=1))
    assert all(page.startswith(f"{maker.title}: The whole hub, 2026/27, Northvale Maths Hub. As of") for page in pages)


def test_a_section_longer_than_a_part_goes_on_in_the_next() -> None:
    report = figures.grants(60)
    everything = [line for section in report.sections for line in section.lines]
    whole = type(report.sections[0])("Without a Work Group", "", everything)
    pdf = files_of(GRANT_REPORT, GrantReport(report.head, [whole], report.conditions))["pdf"]

    assert faults(pdf) == []
    assert headings(pdf)[2:] == [
        "Without a Work Group", "Without a Work Group , continued", "Without a Work Group , continued", "Conditions",
    ]  # fmt: skip
    rows = joined(with_head(tables(pdf), "School"))
    assert [row[0] for row in rows].count("Together") == 1
    assert len(rows) == 1 + 60 + 1


# --- The same figures everywhere ----------------------------------------------------------------

MONEY = {"Amount": "money", "Paid in this time": "money"}
STATES = {"Grants": "number", "Amount": "money"}
DAYS = dict.fromkeys(("Meetings", "Visits", "In school", "Corrections", "Used in this time", "Used by now"), "days")
A_FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
amounts = st.lists(st.integers(min_value=1, max_value=4_294_967), min_size=1, max_size=30)
half_days = st.integers(min_value=-40, max_value=400)
used = st.lists(st.builds(Used, half_days, half_days, half_days, half_days), min_size=1, max_size=30)


@A_FEW
@given(amounts)
def test_grants_are_the_same_to_the_penny_in_pdf_page_workbook_and_snapshot(pence: list[int]) -> None:
    report = figures.grants(len(pence), pence=pence)
    files, page = files_of(GRANT_REPORT, report), Tables(page_of(GRANT_REPORT, report)).found

    expected, lines, at = [], [], 0
    for section in report.sections:
        own = [[one, one if list(GrantState)[number % 5] == GrantState.PAID else 0]
               for number, one in enumerate(pence[at : at + len(section.lines)], start=at)]  # fmt: skip
        at += len(section.lines)
        lines += own
        expected += [*own, [sum(one[0] for one in own), sum(one[1] for one in own)]]
    assert figures_of(joined(with_head(page, "School")), MONEY) == expected
    assert figures_of(joined(with_head(tables(files["pdf"]), "School")), MONEY) == expected
    total = [sum(pence), sum(one[1] for one in lines)]
    assert sheet_of(files["xlsx"], "Grants", MONEY) == [*lines, total]

    by_state = [[len(pence[at::5]), sum(pence[at::5])] for at in range(5)]
    sums = [*by_state, [len(pence), sum(pence)]]
    assert figures_of(joined(with_head(page, "Grants")), STATES) == sums
    assert figures_of(joined(with_head(tables(files["pdf"]), "Grants")), STATES) == sums
    assert sheet_of(files["xlsx"], "By state", STATES) == sums
    # What the chart says stands in its table.
    chart = re.findall(r"<text[^>]*font-weight[^>]*>(.*?)</text>", page_of(GRANT_REPORT, report))
    assert chart == [pounds(pence) for _, pence in by_state]


@A_FEW
@given(used)
def test_days_are_the_same_to_the_half_day_in_pdf_page_workbook_and_snapshot(given: list[Used]) -> None:
    report = figures.release(len(given), used=given)
    files, page = files_of(RELEASE_REPORT, report), Tables(page_of(RELEASE_REPORT, report)).found

    def row(one: Used, in_all: int, promised: int) -> list[int]:
        parts = [one.meeting, one.visit, one.in_school, one.correction]
        return [*parts, sum(parts), in_all, promised]

    def together(rows: list[list[int]]) -> list[int]:
        return [sum(column) for column in zip(*rows, strict=True)]

    lines = [row(one, one.total + number % 2, 20) for number, one in enumerate(given)]
    by_group = [lines[at : at + figures.OF_A_GROUP] for at in range(0, len(lines), figures.OF_A_GROUP)]
    expected = [each for own in by_group for each in [*own, together(own)]]
    columns = {**DAYS, "Promised": "days"}
    assert figures_of(joined(with_head(page, "School")), columns) == expected
    assert figures_of(joined(with_head(tables(files["pdf"]), "School")), columns) == expected
    assert sheet_of(files["xlsx"], "Schools", columns) == [*lines, together(lines)]

    specialists = [row(one, one.total, 24) for one in given[: len(given) // 2]]
    sums = [*specialists, together(specialists)] if specialists else []
    columns = {**DAYS, "Agreed": "days"}
    if specialists:
        assert figures_of(joined(with_head(page, "Mastery Specialist")), columns) == sums
        assert figures_of(joined(with_head(tables(files["pdf"]), "Mastery Specialist")), columns) == sums
        assert sheet_of(files["xlsx"], "Specialists", columns) == sums
    columns = {heading: kind for heading, kind in DAYS.items() if heading != "Used by now"}
    lines = [each[:-2] for each in sums[:-1]]
    if report.groups:
        assert figures_of(joined(with_head(page, "Work Group")), columns) == [*lines, together(lines)]
        assert figures_of(joined(with_head(tables(files["pdf"]), "Work Group")), columns) == [*lines, together(lines)]
        assert sheet_of(files["xlsx"], "By Work Group", columns) == [*lines, together(lines)]
    bands = {"Schools": "number"}
    counted = [[band.count] for band in report.bands]
    assert sum(band.count for band in report.bands) == len(given)
    assert figures_of(joined(with_head(page, "Used")), bands) == counted
    assert figures_of(joined(with_head(tables(files["pdf"]), "Used")), bands) == counted
    assert sheet_of(files["xlsx"], "By part used", bands) == counted


@pytest.mark.parametrize(("maker", "report"), BOTH, ids=list(REPORTS))
def test_all_name_the_schools_in_the_same_order(maker: ReportMaker[Any], report: Callable[[int], Any]) -> None:
    made = report(16)
    files = files_of(maker, made)
    sheet = openpyxl.load_workbook(BytesIO(files["xlsx"])).worksheets[0]
    urns = [line.urn for line in made.lines]

    assert [row[3].value for row in sheet.iter_rows() if str(row[3].value).startswith("URN 6")] == urns
    for found in (Tables(page_of(maker, made)).found, tables(files["pdf"])):
        assert re.findall(r"URN \d+", str(with_head(found, "School"))) == urns


@pytest.mark.parametrize(("maker", "report"), BOTH, ids=list(REPORTS))
def test_all_say_which_stage_a_school_is_of_where_its_section_does_not(
    maker: ReportMaker[Any], report: Callable[[int], Any]
) -> None:
    made = report(9)
    of_group, others = made.sections
    made = replace(made, sections=[of_group, replace(others, name="Without a Work Group", about="")])
    files = files_of(maker, made)
    told = [line.stage for line in made.lines]

    for found in (Tables(page_of(maker, made)).found, tables(files["pdf"])):
        cells = [row[0] for table in with_head(found, "School") for row in table if "URN" in row[0]]
        assert [figures.STAGE in cell for cell in cells] == [False] * 7 + [True] * 2
    sheet = openpyxl.load_workbook(BytesIO(files["xlsx"])).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = next(row for row in rows if "URN" in row).index("Stage")
    assert [row[at] for row in rows if row[at] in told] == told


@pytest.mark.parametrize(("maker", "report"), BOTH, ids=list(REPORTS))
def test_all_say_of_what_and_as_of_when(maker: ReportMaker[Any], report: Callable[[int], Any]) -> None:
    made = report(1)
    files = files_of(maker, made)
    said = "As of Friday 27 November 2026, 12:40pm"
    for sheet in openpyxl.load_workbook(BytesIO(files["xlsx"])).worksheets:
        assert [row[0].value for row in sheet.iter_rows(max_row=3)] == [
            f"{maker.title}, Northvale Maths Hub", "The whole hub, 2026/27", said,
        ]  # fmt: skip
    assert said in page_of(maker, made)
    assert said in margins(files["pdf"])[0]


def test_a_cell_that_looks_like_a_formula_is_text() -> None:
    sheet = openpyxl.load_workbook(BytesIO(files_of(GRANT_REPORT, figures.grants(7))["xlsx"]))["Grants"]
    odd = [cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=SUM")]
    assert [cell.data_type for cell in odd] == ["s"]


# --- The makers ---------------------------------------------------------------------------------


def test_one_hears_after_each_part_how_many_schools_are_done() -> None:
    told: list[int] = []
    list(GRANT_REPORT.files(freeze(figures.grants(60)), finished=told.append))
    assert told == [21, 42, 60]
    assert GRANT_REPORT.parts(freeze(figures.grants(60))) == 60


def test_files_are_named_after_what_is_in_them() -> None:
    made = list(RELEASE_REPORT.files(freeze(figures.release(1)), finished=lambda number: None))
    stem = "release-time-report-the-whole-hub-202627-northvale-maths-hub"
    assert [(file.format, file.name) for file in made] == [
        (DocumentFile.Format.PDF, f"{stem}.pdf"),
        (DocumentFile.Format.XLSX, f"{stem}.xlsx"),
    ]


@A_FEW
@given(st.lists(st.tuples(half_days, st.sampled_from([0, 1, 20])), min_size=1, max_size=30))
def test_days_used_are_set_against_those_promised_for_schools_that_promised_some(given: list[tuple[int, int]]) -> None:
    logged, promised = [Used(in_school=one) for one, _ in given], [one for _, one in given]
    report = figures.release(len(given), used=logged, promised=promised)
    files = files_of(RELEASE_REPORT, report)

    by_now = [one + number % 2 for number, (one, _) in enumerate(given)]
    promisers = [number for number, one in enumerate(promised) if one]
    others = [number for number, one in enumerate(promised) if not one]
    rows = [
        [len(which), sum(given[number][0] for number in which), sum(by_now[number] for number in which), sum(promised)]
        for which in (promisers, others)
    ]
    rows[1][-1] = 0
    columns = {"Schools": "number", "Used in this time": "days", "Used by now": "days", "Promised": "days"}
    page = Tables(page_of(RELEASE_REPORT, report)).found
    for found in (page, tables(files["pdf"])):
        assert figures_of(joined(with_head(found, "Whether days were promised")), columns) == rows
    assert sheet_of(files["xlsx"], "In short", columns) == rows


def test_the_days_of_schools_that_promised_none_are_told_by_themselves() -> None:
    used = [Used(in_school=30), Used(in_school=46), Used(in_school=98)]

    def sentence(promised: list[int]) -> str:
        page = page_of(RELEASE_REPORT, figures.release(3, used=used, promised=promised))
        found = re.search(r"<h2[^>]*>In short</h2>\s*<p[^>]*>(.*?)</p>", page, re.DOTALL)
        assert found
        return " ".join(found[1].split())

    # By now the second one has used half a day more than in this time.
    assert sentence([20, 20, 0]) == (
        "3 schools used 87 days in this time. 2 of them promised 20 days together and have used 38½ days by now. "
        "1 of them promised none and has used 49 days by now."
    )
    assert sentence([20, 0, 0]) == (
        "3 schools used 87 days in this time. 1 of them promised 10 days together and has used 15 days by now. "
        "2 of them promised none and have used 72½ days by now."
    )
    assert sentence([20, 20, 20]) == (
        "3 schools used 87 days in this time. They promised 30 days together and have used 87½ days by now."
    )
    assert sentence([0, 0, 0]) == (
        "3 schools used 87 days in this time. They promised none and have used 87½ days by now."
    )


def test_the_day_of_a_claim_is_called_what_the_pages_on_money_call_it() -> None:
    report = figures.grants(2)
    files = files_of(GRANT_REPORT, report)

    for found in (Tables(page_of(GRANT_REPORT, report)).found, tables(files["pdf"])):
        assert with_head(found, "To be claimed by")
    sheet = openpyxl.load_workbook(BytesIO(files["xlsx"]))["Grants"]
    assert "To be claimed by" in {cell for row in sheet.iter_rows(values_only=True) for cell in row}


def test_bands_tell_what_schools_have_used_of_what_they_promised() -> None:
    def report(promised: int, *in_all: int) -> ReleaseReport:
        made = figures.release(len(in_all))
        lines = [
            type(line)(line.school, "", line.urn, figures.STAGE, Used(), used, promised)
            for line, used in zip(made.lines, in_all, strict=True)
        ]
        return ReleaseReport(made.head, [type(made.sections[0])("Group", "", lines)], [], [])

    counted = [band.count for band in report(20, 25, 20, 19, 10, 9, 1, 0, -2).bands]
    assert counted == [2, 2, 2, 2]
    # A stage in which nothing is promised is in none of them.
    assert [band.count for band in report(0, 5).bands] == [0, 0, 0, 0]

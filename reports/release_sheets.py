"""The release-time report as sheets of a workbook: the same lines in the same order as in the PDF."""

from __future__ import annotations

from collections.abc import Sequence

from hubs.spreadsheets import Cell, Sheet, SheetColumn
from reports.release_report import ReleaseReport, Used

_FIGURES_OF_A_TIME = ("Meetings", "Visits", "In school", "Corrections", "Used in this time")
_FIGURES = (*_FIGURES_OF_A_TIME, "Used by now")


def sheets(report: ReleaseReport) -> list[Sheet]:
    """Schools, how far they are, and Specialists."""
    above = report.head.lines
    bands = Sheet(
        "By part used",
        [SheetColumn("Used by now, of what was promised", width=36), SheetColumn("Schools", "number")],
        [[band.label, band.count] for band in report.bands],
        above,
    )
    found = [_schools(report, above), _in_short(report, above), bands, _specialists(report, above)]
    return [*found, _groups(report, above)] if report.groups else found


def _in_short(report: ReleaseReport, above: list[str]) -> Sheet:
    """Schools that promised days, and those that promised none."""
    columns = [
        SheetColumn("Whether days were promised", width=36),
        SheetColumn("Schools", "number"),
        *(SheetColumn(heading, "days", 14) for heading in ("Used in this time", "Used by now", "Promised")),
    ]
    parts = [
        ("Schools that promised days", report.promisers, report.promisers_total),
        ("Schools that promised none", report.others, report.others_total),
    ]
    rows: list[Sequence[Cell]] = [
        [label, len(lines), total.used.total, total.used_in_all, total.given] for label, lines, total in parts
    ]
    return Sheet("In short", columns, rows, above)


def _schools(report: ReleaseReport, above: list[str]) -> Sheet:
    columns = [
        SheetColumn("Work Group", width=28),
        SheetColumn("School", width=40),
        SheetColumn("Formerly", width=30),
        SheetColumn("URN", width=18),
        SheetColumn("Stage", width=32),
        *_figure_columns("Promised"),
    ]
    rows: list[Sequence[Cell]] = [
        [
            section.name,
            line.school,
            line.formerly,
            line.urn,
            line.stage,
            *_figures(line.used, line.used_in_all),
            line.promised,
        ]
        for section in report.sections
        for line in section.lines
    ]
    total = report.total
    together = ["Together", *[None] * 4, *_figures(total.used, total.used_in_all), total.given]
    return Sheet("Schools", columns, rows, above, together)


def _specialists(report: ReleaseReport, above: list[str]) -> Sheet:
    columns = [
        SheetColumn("Mastery Specialist", width=32),
        SheetColumn("Cohort", width=22),
        *_figure_columns("Agreed"),
    ]
    rows: list[Sequence[Cell]] = [
        [line.name, line.about, *_figures(line.used, line.used_in_all), line.agreed] for line in report.specialists
    ]
    total = report.specialists_total
    together = ["Together", None, *_figures(total.used, total.used_in_all), total.given]
    return Sheet("Specialists", columns, rows, above, together)


def _groups(report: ReleaseReport, above: list[str]) -> Sheet:
    """A Specialist's days by group."""
    columns = [
        SheetColumn("Work Group", width=28),
        SheetColumn("Stage", width=48),
        *(SheetColumn(heading, "days", 14) for heading in _FIGURES_OF_A_TIME),
    ]
    rows: list[Sequence[Cell]] = [[line.name, line.about, *_figures_of_a_time(line.used)] for line in report.groups]
    return Sheet("By Work Group", columns, rows, above, ["Together", None, *_figures_of_a_time(report.groups_used)])


def _figure_columns(given: str) -> list[SheetColumn]:
    return [SheetColumn(heading, "days", 14) for heading in (*_FIGURES, given)]


def _figures(used: Used, used_in_all: int) -> list[int]:
    return [*_figures_of_a_time(used), used_in_all]


def _figures_of_a_time(used: Used) -> list[int]:
    return [used.meeting, used.visit, used.in_school, used.correction, used.total]

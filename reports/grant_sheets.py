"""The grant report as sheets of a workbook: the same lines in the same order as in the PDF."""

from __future__ import annotations

from collections.abc import Sequence

from hubs.spreadsheets import Cell, Sheet, SheetColumn
from reports.grant_report import GrantReport


def sheets(report: GrantReport) -> list[Sheet]:
    """Schools, sums by state, and conditions where there are any."""
    above = report.head.lines
    found = [_schools(report, above), _sums(report, above)]
    if report.conditions:
        columns = [SheetColumn("Number", "number", 10), SheetColumn("Condition", width=100)]
        found.append(Sheet("Conditions", columns, list(enumerate(report.conditions, start=1)), above))
    return found


def _schools(report: GrantReport, above: list[str]) -> Sheet:
    columns = [
        SheetColumn("Work Group", width=28),
        SheetColumn("School", width=40),
        SheetColumn("Formerly", width=30),
        SheetColumn("URN", width=18),
        SheetColumn("Stage", width=32),
        SheetColumn("State", width=12),
        SheetColumn("Why withheld", width=30),
        SheetColumn("Amount", "money", 13),
        SheetColumn("Accepted", "date", 13),
        SheetColumn("To be claimed by", "date", 16),
        SheetColumn("Approved", "date", 13),
        SheetColumn("Paid", "date", 13),
        SheetColumn("Payment", width=26),
        SheetColumn("Paid in this time", "money", 16),
        SheetColumn("Condition", "number", 10),
    ]
    rows: list[Sequence[Cell]] = [
        [
            section.name,
            line.school,
            line.formerly,
            line.urn,
            line.stage,
            line.state_in_words,
            line.withheld_reason,
            line.pence,
            line.accepted,
            line.claim_on,
            line.approved,
            line.paid_on,
            line.payment,
            line.paid_in_period_pence,
            line.condition,
        ]
        for section in report.sections
        for line in section.lines
    ]
    total: list[Cell] = ["Together", *[None] * 6, report.total.pence, *[None] * 5, report.paid_in_period.pence, None]
    return Sheet("Grants", columns, rows, above, total)


def _sums(report: GrantReport, above: list[str]) -> Sheet:
    columns = [SheetColumn("State", width=20), SheetColumn("Grants", "number"), SheetColumn("Amount", "money")]
    rows: list[Sequence[Cell]] = [[one.label, one.count, one.pence] for one in report.by_state]
    total = report.total
    return Sheet("By state", columns, rows, above, [total.label, total.count, total.pence])

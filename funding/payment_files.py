"""A payment list as a file for the finance office: a workbook, or a table for its own programs."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO

from funding.models import PaymentList
from funding.queries import PaymentLine
from hubs.spreadsheets import Sheet, SheetColumn, cell, workbook
from hubs.wording import plain_day

Row = tuple[str, str, str, str, str, int]

COLUMNS = [
    SheetColumn("Payee", width=44),
    SheetColumn("School", width=44),
    # A name of six digits, and none to count with.
    SheetColumn("URN", width=10),
    SheetColumn("Reference", width=12),
    SheetColumn("Stage", width=34),
    SheetColumn("Amount", "money", width=14),
]


def as_workbook(payment_list: PaymentList, lines: list[PaymentLine], *, hub_name: str) -> bytes:
    """The list as an Excel workbook, with its sum in the last row."""
    sheet = Sheet(
        name=str(payment_list),
        columns=COLUMNS,
        rows=[_row(line) for line in lines],
        above=[f"{payment_list} of {hub_name}: {payment_list.get_state_display().lower()}", standing(payment_list)],
        total=_total(lines),
    )
    return workbook([sheet], title=f"{payment_list}, {hub_name}")


def as_csv(lines: list[PaymentLine]) -> bytes:
    """The list as comma-separated values, with its sum in the last row; amounts are plain pounds and pence.

    It begins with a mark by which Excel knows that it is UTF-8.
    """
    file = StringIO()
    table = csv.writer(file)
    table.writerow([column.heading for column in COLUMNS])
    for payee, school, urn, reference, stage, pence in [*map(_row, lines), _total(lines)]:
        words = [cell(word) for word in (payee, school, urn, reference, stage)]
        table.writerow([*words, f"{Decimal(pence) / 100:.2f}"])
    return file.getvalue().encode("utf-8-sig")


def standing(payment_list: PaymentList) -> str:
    """Who made a list when and, once it is paid, when that was: "Made on 3 March 2026 by Fola Finance."."""
    made = f"Made on {plain_day(payment_list.made_at)} by {payment_list.made_by.name}."
    if payment_list.paid_on:
        return f"Paid on {plain_day(payment_list.paid_on)}, reference {payment_list.payment_reference}. {made}"
    return made


def sum_of(lines: list[PaymentLine]) -> int:
    """What a list comes to, in pence."""
    return sum(line.payment.amount_pence for line in lines)


def _row(line: PaymentLine) -> Row:
    urn = str(line.urn) if line.urn else ""
    return (line.payment.payee, line.school, urn, line.reference, line.stage, line.payment.amount_pence)


def _total(lines: list[PaymentLine]) -> Row:
    return ("Total", "", "", "", "", sum_of(lines))

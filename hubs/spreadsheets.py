"""Writing files that people open in a spreadsheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

# What a workbook is to a browser.
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = str | int | float | dt.date | None

# What begins like this a spreadsheet takes for a formula, and runs.
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: str) -> str:
    """The text for a cell of a CSV file, defused: an apostrophe goes before what would be taken for a formula."""
    return f"'{value}" if value.startswith(_BEGINS_A_FORMULA) else value


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet: its heading, what its cells are, and its width in characters.

    Money is given in pence and stands there in pounds; half-days stand there as days.
    """

    heading: str
    kind: Literal["text", "number", "money", "days", "date"] = "text"
    width: int = 16


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook: lines above the table, the table, and a last row of sums where there is one."""

    name: str
    columns: Sequence[SheetColumn]
    rows: Sequence[Sequence[Cell]]
    above: Sequence[str] = ()
    total: Sequence[Cell] | None = None


def workbook(sheets: Sequence[Sheet], *, title: str) -> bytes:
    """An Excel workbook. Text is written as text, whatever it begins with: nothing in it is run."""
    # Imported here: most of what imports this room writes no workbook.
    import xlsxwriter

    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": title})
        bold: dict[str, Any] = {"bold": True}
        styles: dict[str, dict[str, Any]] = {
            "text": {"text_wrap": True, "valign": "top"},
            "number": {"num_format": "#,##0", "valign": "top"},
            "money": {"num_format": "£#,##0.00", "valign": "top"},
            "days": {"num_format": "0.0", "valign": "top"},
            "date": {"num_format": "d mmm yyyy", "align": "left", "valign": "top"},
        }
        plain = {kind: book.add_format(style) for kind, style in styles.items()}
        strong = {kind: book.add_format({**style, **bold}) for kind, style in styles.items()}
        heading = book.add_format({**bold, "text_wrap": True, "bottom": 1, "valign": "bottom"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            line = 0
            for words in sheet.above:
                page.write_string(line, 0, words)
                line += 1
            for place, column in enumerate(sheet.columns):
                page.set_column(place, place, column.width)
                page.write_string(line, place, column.heading, heading)
            page.freeze_panes(line + 1, 0)
            for row in sheet.rows:
                line += 1
                _write_row(page, line, row, sheet.columns, plain)
            if sheet.total is not None:
                _write_row(page, line + 1, sheet.total, sheet.columns, strong)
    return file.getvalue()


def _write_row(
    page: Any, line: int, row: Sequence[Cell], columns: Sequence[SheetColumn], styles: Mapping[str, Any]
) -> None:
    for place, (value, column) in enumerate(zip(row, columns, strict=True)):
        style = styles[column.kind]
        match value:
            case None | "":
                page.write_blank(line, place, None, style)
            case str():
                page.write_string(line, place, value, style)
            case dt.date():
                page.write_datetime(line, place, value, style)
            case _:
                number = value / {"money": 100, "days": 2}.get(column.kind, 1)
                page.write_number(line, place, number, style)

"""Writing files that people open in a spreadsheet."""

from __future__ import annotations

# What begins like this a spreadsheet takes for a formula, and runs.
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: str) -> str:
    """The text for a cell of a CSV file, defused: an apostrophe goes before what would be taken for a formula."""
    return f"'{value}" if value.startswith(_BEGINS_A_FORMULA) else value

"""Academic years: from 1 September to 31 August, named by the year in which they start."""

from __future__ import annotations

import datetime as dt


def academic_year_of(day: dt.date) -> int:
    """The year in which the academic year of a day starts: 2026 for 2026/27."""
    return day.year if day.month >= 9 else day.year - 1


def label_of(year: int) -> str:
    """An academic year as people write it: "2026/27"."""
    return f"{year}/{(year + 1) % 100:02d}"


def first_day_of(year: int) -> dt.date:
    """The day on which an academic year begins."""
    return dt.date(year, 9, 1)

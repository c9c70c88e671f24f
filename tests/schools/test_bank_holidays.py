from __future__ import annotations

import csv
import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from schools.bank_holidays import bank_holiday, bank_holidays_of

PUBLISHED = (
    Path(os.environ.get("SHARED_DATA") or settings.BASE_DIR.parent / "shared" / "data")
    / "bank_holidays_england_wales.csv"
)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published bank holidays are not on this machine")
def test_they_are_those_that_were_published() -> None:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        published = {dt.date.fromisoformat(row["date"]) for row in csv.DictReader(file)}
    years = {day.year for day in published}
    assert len(years) == 10
    assert {day for year in years for day in bank_holidays_of(year)} == published


def test_one_at_a_weekend_stands_at_the_day_given_in_its_place() -> None:
    christmas = {day: name for day, name in bank_holidays_of(2027).items() if day.month == 12}
    assert christmas == {dt.date(2027, 12, 27): "Christmas Day", dt.date(2027, 12, 28): "Boxing Day"}
    assert bank_holiday(dt.date(2027, 12, 25)) == ""


def test_they_are_england_s_and_not_scotland_s() -> None:
    assert bank_holiday(dt.date(2026, 4, 6)) == "Easter Monday"
    assert bank_holiday(dt.date(2026, 1, 2)) == ""
    assert bank_holiday(dt.date(2026, 11, 30)) == ""


def test_days_proclaimed_once_are_among_them() -> None:
    assert bank_holiday(dt.date(2022, 9, 19)) and bank_holiday(dt.date(2023, 5, 8))


def test_the_library_is_not_loaded_before_somebody_asks() -> None:
    question = "import sys, schools.bank_holidays; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", question], cwd=settings.BASE_DIR, check=False).returncode == 0

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubs.years import academic_year_of, label_of

days = st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2200, 1, 1))


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (dt.date(2026, 8, 31), 2025),
        (dt.date(2026, 9, 1), 2026),
        (dt.date(2026, 12, 31), 2026),
        (dt.date(2027, 1, 1), 2026),
        (dt.date(2028, 2, 29), 2027),
    ],
)
def test_an_academic_year_starts_on_the_first_of_september(day: dt.date, year: int) -> None:
    assert academic_year_of(day) == year


@given(days)
def test_every_day_lies_between_its_years_first_of_september_and_last_of_august(day: dt.date) -> None:
    year = academic_year_of(day)

    assert dt.date(year, 9, 1) <= day <= dt.date(year + 1, 8, 31)


@given(days)
def test_the_academic_year_never_goes_back_from_one_day_to_the_next(day: dt.date) -> None:
    step = academic_year_of(day + dt.timedelta(days=1)) - academic_year_of(day)

    assert step == (1 if (day.month, day.day) == (8, 31) else 0)


@pytest.mark.parametrize(
    ("year", "label"), [(2026, "2026/27"), (2009, "2009/10"), (2008, "2008/09"), (1999, "1999/00"), (2099, "2099/00")]
)
def test_an_academic_year_is_written_with_two_figures_for_its_second_half(year: int, label: str) -> None:
    assert label_of(year) == label

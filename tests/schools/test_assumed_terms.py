from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.assumed_terms import Span, assumed_half_terms, is_school_day
from schools.calendar import SchoolCalendar
from schools.terms import faults_in

YEARS = st.integers(2015, 2040)


def span(starts: str, ends: str) -> Span:
    return Span(dt.date.fromisoformat(starts), dt.date.fromisoformat(ends))


# As councils published them.
PUBLISHED = {
    # Torbay begins a day later and ends two days later.
    2018: ["2018-09-03/2018-10-19", "2018-10-29/2018-12-21", "2019-01-07/2019-02-15",
           "2019-02-25/2019-04-05", "2019-04-23/2019-05-24", "2019-06-03/2019-07-19"],
    # Harrow ends a day later; Solihull has Easter a week later.
    2024: ["2024-09-02/2024-10-25", "2024-11-04/2024-12-20", "2025-01-06/2025-02-14",
           "2025-02-24/2025-04-04", "2025-04-22/2025-05-23", "2025-06-02/2025-07-21"],
    # Staffordshire ends a day earlier.
    2025: ["2025-09-02/2025-10-24", "2025-11-03/2025-12-19", "2026-01-05/2026-02-13",
           "2026-02-23/2026-03-27", "2026-04-13/2026-05-22", "2026-06-01/2026-07-21"],
}  # fmt: skip


@pytest.mark.parametrize("year", PUBLISHED)
def test_they_are_close_to_what_councils_published(year: int) -> None:
    assert list(assumed_half_terms(year)) == [span(*days.split("/")) for days in PUBLISHED[year]]


@given(YEARS)
def test_six_half_terms_follow_one_another_with_a_holiday_between(year: int) -> None:
    half_terms = assumed_half_terms(year)
    assert len(half_terms) == 6
    for one, following in pairwise(half_terms):
        assert one.ends_on < following.starts_on
        assert following.starts_on - one.ends_on >= dt.timedelta(days=10)


@given(YEARS)
def test_children_come_on_a_plausible_number_of_days(year: int) -> None:
    assert 190 <= len(SchoolCalendar().days_in_session(year)) <= 196


@given(YEARS)
def test_first_and_last_days_are_school_days(year: int) -> None:
    assert all(is_school_day(day) for half_term in assumed_half_terms(year) for day in half_term)


@given(YEARS)
def test_each_half_term_lasts_five_to_eight_weeks(year: int) -> None:
    for number in range(1, 7):
        assert 5 <= len(SchoolCalendar().weeks_of_half_term(year, number)) <= 8


@given(YEARS)
def test_easter_and_christmas_are_in_the_holidays(year: int) -> None:
    calendar = SchoolCalendar()
    easter = next(day for day in _days_of(year + 1) if calendar.in_session(day).reason.endswith("Easter Monday"))
    for day in (easter, easter - dt.timedelta(days=3), dt.date(year, 12, 25), dt.date(year + 1, 1, 1)):
        assert not calendar.in_session(day)
    around = {str(calendar.where(day)) for day in (easter, easter - dt.timedelta(days=1))}
    assert "Easter holiday" in around


@given(YEARS)
def test_a_hub_could_enter_them_as_they_are(year: int) -> None:
    dates = dict(enumerate(assumed_half_terms(year), start=1))
    assert faults_in(year, dates, SchoolCalendar()) == []


@given(YEARS)
def test_the_summer_holiday_begins_in_the_week_before_the_22nd_of_july(year: int) -> None:
    assert dt.date(year + 1, 7, 19) <= assumed_half_terms(year)[5].ends_on <= dt.date(year + 1, 7, 21)


def _days_of(year: int) -> list[dt.date]:
    return [dt.date(year, 1, 1) + dt.timedelta(days=number) for number in range(365)]

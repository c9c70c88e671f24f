from __future__ import annotations

import datetime as dt

import pytest
from django import forms

from hubs.widgets import DateField


class DateForm(forms.Form):
    day = DateField()


def typed(day: str, month: str, year: str) -> DateForm:
    return DateForm({"day_day": day, "day_month": month, "day_year": year})


@pytest.mark.parametrize(
    ("day", "month", "year"),
    [("27", "9", "2026"), ("27", "09", "2026"), (" 27 ", "September", "2026"), ("27", "sep", "2026")],
)
def test_a_date_may_be_typed_in_several_ways(day: str, month: str, year: str) -> None:
    form = typed(day, month, year)
    assert form.is_valid()
    assert form.cleaned_data["day"] == dt.date(2026, 9, 27)


@pytest.mark.parametrize(
    ("day", "month", "year", "message"),
    [
        ("", "", "", "Enter a date"),
        ("27", "", "2026", "Enter the month of the date as well"),
        ("27", "", "", "Enter the month and the year of the date as well"),
        ("27", "9", "26", "Enter the year with four figures, like 2026"),
        ("31", "9", "2026", "Enter a real date, like 27 9 2026"),
        ("x", "9", "2026", "Enter a real date, like 27 9 2026"),
        ("27", "13", "2026", "Enter a real date, like 27 9 2026"),
        ("27", "9-1", "2026", "Enter a real date, like 27 9 2026"),
        ("27", "9", "0000", "Enter a real date, like 27 9 2026"),
    ],
)
def test_the_message_says_what_is_missing_or_wrong(day: str, month: str, year: str, message: str) -> None:
    assert typed(day, month, year).errors["day"] == [message]


def test_an_optional_date_may_be_left_empty() -> None:
    class Optional(forms.Form):
        day = DateField(required=False)

    form = Optional({})
    assert form.is_valid()
    assert form.cleaned_data["day"] is None


def test_an_unchanged_date_counts_as_unchanged() -> None:
    form = DateForm({"day_day": "1", "day_month": "9", "day_year": "2026"}, initial={"day": dt.date(2026, 9, 1)})
    assert not form.has_changed()

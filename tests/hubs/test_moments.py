from __future__ import annotations

import datetime as dt

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from hubs.moments import LONDON, NoSuchTime, TimeField, london, time_field, time_of_day
from hubs.wording import clock


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("1:30pm", (13, 30)),
        ("1.30 p.m.", (13, 30)),
        ("1:30 PM", (13, 30)),
        ("1:30", (13, 30)),
        ("13:30", (13, 30)),
        ("1330", (13, 30)),
        ("13h30", (13, 30)),
        ("4", (16, 0)),
        ("9", (9, 0)),
        ("9am", (9, 0)),
        ("9 a.m.", (9, 0)),
        ("12", (12, 0)),
        ("12am", (0, 0)),
        ("12pm", (12, 0)),
        ("noon", (12, 0)),
        ("Midday", (12, 0)),
        ("01:30", (1, 30)),
        ("0:15", (0, 15)),
        (" 8:45 ", (8, 45)),
    ],
)
def test_a_time_is_read_as_people_type_it(typed: str, time: tuple[int, int]) -> None:
    assert time_of_day(typed) == dt.time(*time)


@pytest.mark.parametrize("typed", ["", "x", "25:00", "13pm", "0am", "9:60", "9:5", "half past one", "1:30pm tomorrow"])
def test_what_is_no_time_is_none(typed: str) -> None:
    assert time_of_day(typed) is None


@given(st.times(timezones=st.none()).map(lambda time: time.replace(second=0, microsecond=0, fold=0)))
def test_a_time_as_pages_write_it_is_read_again(time: dt.time) -> None:
    assert time_of_day(clock(time)) == time
    assert time_of_day(f"{time:%H:%M}") == time


def test_a_moment_is_london_s_in_summer_and_in_winter() -> None:
    assert london(dt.date(2027, 3, 27), dt.time(13, 30)).astimezone(dt.UTC).hour == 13
    assert london(dt.date(2027, 3, 29), dt.time(13, 30)).astimezone(dt.UTC).hour == 12


def test_an_hour_that_the_clocks_leave_out_is_refused() -> None:
    night = dt.date(2027, 3, 28)
    with pytest.raises(NoSuchTime, match="clocks go forward"):
        london(night, dt.time(1, 30))
    assert london(night, dt.time(0, 59)).utcoffset() == dt.timedelta(0)
    assert london(night, dt.time(2)).utcoffset() == dt.timedelta(hours=1)


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    assert london(dt.date(2026, 10, 25), dt.time(1, 30)).utcoffset() == dt.timedelta(hours=1)
    assert london(dt.date(2026, 10, 25), dt.time(1, 30)).tzinfo is LONDON


class OneTime(forms.Form):
    """A form with a time."""

    starts = time_field("Start time", missing="Enter when it starts")
    ends = TimeField(required=False)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter when it starts"),
        ("soon", "Enter a time like 1:30pm or 13:30"),
        ("9" * 30, "Enter a time like 1:30pm or 13:30"),
    ],
)
def test_a_time_that_cannot_be_read_says_what_to_type(typed: str, said: str) -> None:
    assert OneTime({"starts": typed}).errors["starts"] == [said]


def test_a_time_may_be_left_empty_where_it_is_optional() -> None:
    form = OneTime({"starts": "1:30pm"})
    assert form.is_valid()
    assert form.cleaned_data == {"starts": dt.time(13, 30), "ends": None}

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from hubs import wording

LONDON = ZoneInfo("Europe/London")
UTC = dt.UTC


def test_a_day_is_written_as_people_say_it() -> None:
    assert wording.day(dt.date(2026, 3, 3)) == "Tuesday 3 March 2026"
    assert wording.plain_day(dt.date(2026, 3, 3)) == "3 March 2026"
    assert wording.short_day(dt.date(2026, 3, 3)) == "3 Mar 2026"


def test_a_moment_is_written_in_london_time() -> None:
    assert wording.moment(dt.datetime(2026, 3, 3, 13, 30, tzinfo=LONDON)) == "Tuesday 3 March 2026, 1:30pm"
    # British Summer Time: half past eleven at night in UTC is the next day in London.
    assert wording.moment(dt.datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "Wednesday 1 July 2026, 12:30am"
    assert wording.day(dt.datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "Wednesday 1 July 2026"
    assert wording.plain_day(dt.datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "1 July 2026"


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [(0, 0, "midnight"), (0, 5, "12:05am"), (9, 0, "9am"), (12, 0, "midday"), (12, 45, "12:45pm"), (17, 0, "5pm")],
)
def test_a_time_is_written_as_people_say_it(hour: int, minute: int, said: str) -> None:
    assert wording.clock(dt.time(hour, minute)) == said


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (dt.date(2026, 11, 21), "today"),
        (dt.date(2026, 11, 22), "tomorrow"),
        (dt.date(2026, 11, 20), "yesterday"),
        (dt.date(2026, 11, 23), "in 2 days"),
        (dt.date(2026, 12, 4), "in 13 days"),
        (dt.date(2026, 12, 5), "in 2 weeks"),
        (dt.date(2026, 9, 21), "2 months ago"),
        (dt.date(2024, 11, 20), "2 years ago"),
    ],
)
def test_the_distance_of_a_day_is_said_in_round_numbers(day: dt.date, said: str) -> None:
    assert wording.from_today(day, dt.date(2026, 11, 21)) == said


@pytest.mark.parametrize(
    ("pence", "said"), [(100_000, "£1,000"), (7_550, "£75.50"), (5, "£0.05"), (0, "£0"), (-35_000, "−£350")]
)
def test_pence_are_written_as_pounds(pence: int, said: str) -> None:
    assert wording.pounds(pence) == said


@pytest.mark.parametrize(
    ("half_days", "said"),
    [
        (0, "0 days"),
        (1, "½ day"),
        (2, "1 day"),
        (3, "1½ days"),
        (5, "2½ days"),
        (20, "10 days"),
        (-1, "−½ day"),
        (-2, "−1 day"),
        (-5, "−2½ days"),
    ],
)
def test_half_days_are_written_as_days(half_days: int, said: str) -> None:
    assert wording.days(half_days) == said


def test_nothing_is_written_for_no_date_and_no_sum() -> None:
    days = (wording.day, wording.plain_day, wording.short_day, wording.moment, wording.clock, wording.from_today)
    assert [write(None) for write in days] == [""] * 6
    assert wording.pounds(None) == ""
    assert wording.days(None) == ""


@pytest.mark.parametrize(
    ("half_days", "said"), [(None, ""), (0, "0"), (1, "½"), (15, "7½"), (20, "10"), (-1, "−½"), (-5, "−2½")]
)
def test_half_days_are_written_as_a_number_of_days(half_days: int | None, said: str) -> None:
    assert wording.in_days(half_days) == said

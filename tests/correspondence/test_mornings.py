from __future__ import annotations

import datetime as dt

import pytest

from correspondence.mornings import midnight_after, morning_by, morning_from

MONDAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "by", "since"),
    [(-3, -3, -3), (-2, -3, 0), (-1, -3, 0), (0, 0, 0), (1, 1, 1), (4, 4, 4)],
)
def test_a_weekends_reminder_goes_out_on_friday_for_what_is_ahead_and_on_monday_for_what_has_passed(
    days: int, by: int, since: int
) -> None:
    day = MONDAY + dt.timedelta(days=days)

    assert morning_by(day).date() == MONDAY + dt.timedelta(days=by)
    assert morning_from(day).date() == MONDAY + dt.timedelta(days=since)


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (dt.date(2026, 3, 27), "07:30"),
        # The clocks go forward on 29 March, and back on 25 October.
        (dt.date(2026, 3, 30), "06:30"),
        (dt.date(2026, 10, 23), "06:30"),
        (dt.date(2026, 10, 26), "07:30"),
    ],
)
def test_it_is_half_past_seven_in_london_whatever_the_clocks_do(day: dt.date, utc: str) -> None:
    for morning in (morning_by(day), morning_from(day)):
        assert f"{morning:%H:%M}" == "07:30"
        assert f"{morning.astimezone(dt.UTC):%H:%M}" == utc


def test_a_day_ends_at_midnight_in_london() -> None:
    assert midnight_after(dt.date(2026, 3, 29)).astimezone(dt.UTC) == dt.datetime(2026, 3, 29, 23, tzinfo=dt.UTC)
    assert midnight_after(dt.date(2026, 10, 25)).astimezone(dt.UTC) == dt.datetime(2026, 10, 26, tzinfo=dt.UTC)

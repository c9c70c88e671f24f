"""How dates, times and sums are written, on pages as in letters. Moments are London's."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

# The sign, which is as wide as a digit and is read out: a hyphen is neither.
MINUS = "\N{MINUS SIGN}"


def day(value: dt.date | None) -> str:
    """A day as people say it: Tuesday 3 March 2026. Nothing for no day."""
    return f"{_day_of(value):%A} {plain_day(value)}" if value is not None else ""


def plain_day(value: dt.date | None) -> str:
    """A day in the middle of a sentence, where the weekday says nothing: 3 March 2026. Nothing for no day."""
    if value is None:
        return ""
    local = _day_of(value)
    return f"{local.day} {local:%B %Y}"


def short_day(value: dt.date | None) -> str:
    """A day for the narrow column of a table: 3 Mar 2026. Nothing for no day."""
    if value is None:
        return ""
    local = _day_of(value)
    return f"{local.day} {local:%b %Y}"


def clock(value: dt.datetime | dt.time | None) -> str:
    """A time of the day as people say it: 1:30pm, 5pm, midday, midnight. Nothing for no time."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    if (value.hour, value.minute) in ((0, 0), (12, 0)):
        return "midday" if value.hour else "midnight"
    minutes = f":{value.minute:02}" if value.minute else ""
    return f"{value.hour % 12 or 12}{minutes}{'am' if value.hour < 12 else 'pm'}"


def moment(value: dt.datetime | None) -> str:
    """A day and time as people say it, London time: Tuesday 3 March 2026, 1:30pm. Nothing for no time."""
    return f"{day(value)}, {clock(value)}" if value is not None else ""


def from_today(value: dt.date | None, today: dt.date | None = None) -> str:
    """How far a day is: in 2 days, tomorrow, today, yesterday, 3 weeks ago. Help beside a date, never instead."""
    if value is None:
        return ""
    days = (_day_of(value) - (today or timezone.localdate())).days
    if words := {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days):
        return words
    distance = _distance(abs(days))
    return f"in {distance}" if days > 0 else f"{distance} ago"


def pounds(pence: int | None) -> str:
    """A sum in pence as pounds: 100000 is £1,000 and 7550 is £75.50. Nothing for no sum."""
    if pence is None:
        return ""
    whole, rest = divmod(abs(pence), 100)
    sign = MINUS if pence < 0 else ""
    return f"{sign}£{whole:,}.{rest:02}" if rest else f"{sign}£{whole:,}"


def days(half_days: int | None) -> str:
    """Half-days as days: 1 is ½ day, 2 is 1 day, 5 is 2½ days and 0 is 0 days. Nothing for none."""
    if half_days is None:
        return ""
    return f"{in_days(half_days)} {'day' if 1 <= abs(half_days) <= 2 else 'days'}"


def in_days(half_days: int | None) -> str:
    """Half-days as a number of days, for a column that says so: 1 is ½, 15 is 7½ and -4 is −2. Nothing for none."""
    if half_days is None:
        return ""
    whole, half = divmod(abs(half_days), 2)
    number = f"{whole or ''}½" if half else str(whole)
    return f"{MINUS}{number}" if half_days < 0 else number


def _day_of(value: dt.date) -> dt.date:
    if not isinstance(value, dt.datetime):
        return value
    return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()


def _distance(days: int) -> str:
    for size, noun in ((365, "year"), (30, "month"), (7, "week")):
        if days >= 2 * size:
            return f"{days // size} {noun}s"
    return f"{days} days"

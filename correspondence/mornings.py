"""When reminders go out: in the morning, before lessons begin, and on no Saturday or Sunday. London's time."""

from __future__ import annotations

import datetime as dt

from hubs.moments import LONDON

_TIME = dt.time(7, 30)
_DAY = dt.timedelta(days=1)
_SATURDAY = 5


def morning_by(day: dt.date) -> dt.datetime:
    """The morning of a day or, where that is at a weekend, of the Friday before: for what lies ahead."""
    while day.weekday() >= _SATURDAY:
        day -= _DAY
    return dt.datetime.combine(day, _TIME, LONDON)


def morning_from(day: dt.date) -> dt.datetime:
    """The morning of a day or, where that is at a weekend, of the Monday after: for what has passed."""
    while day.weekday() >= _SATURDAY:
        day += _DAY
    return dt.datetime.combine(day, _TIME, LONDON)


def midnight_after(day: dt.date) -> dt.datetime:
    """The end of a day."""
    return dt.datetime.combine(day + _DAY, dt.time(), LONDON)

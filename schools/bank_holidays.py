"""England's bank holidays: the library `holidays` knows the rule and the days proclaimed once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache

_SATURDAY = 5
_OBSERVED = " (observed)"


@lru_cache(maxsize=200)
def bank_holidays_of(year: int) -> Mapping[dt.date, str]:
    """The weekdays of a calendar year that are bank holidays in England, in order, each with its name.

    One that falls at a weekend stands at the day given in its place. Days that are proclaimed for a year to
    come are known once the library has them.
    """
    # Here, not above: importing it takes a quarter of a second, and few processes ask.
    from holidays import country_holidays

    found = country_holidays("GB", subdiv="ENG", years=year, expand=False)
    return {day: name.removesuffix(_OBSERVED) for day, name in sorted(found.items()) if day.weekday() < _SATURDAY}


def bank_holiday(day: dt.date) -> str:
    """The name of the bank holiday that a weekday is; nothing for any other day."""
    return bank_holidays_of(day.year).get(day, "")

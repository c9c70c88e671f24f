"""The half-terms that are assumed where nobody has entered any.

No office sets term dates for England: councils do for the schools they maintain, academies for themselves.
Most keep to one pattern, which the dates published by councils and their schools for 2018/19 to 2026/27 show
(Torbay, Solihull, Staffordshire, Norfolk, Shropshire, Bournemouth, Christchurch and Poole, Harrow, Stockton):

- children come from the first weekday from 2 September on, and not on a lone Friday: then from Monday;
- a week off in autumn: the one with 28 October in it, from Monday to Sunday;
- two weeks at Christmas: the one with Christmas Day in it and the one after;
- a week off in spring: the one with 18 February in it;
- two weeks at Easter: one on each side of Easter Sunday. Where the first would begin before 30 March, the two
  after Easter; where it would begin after 8 April, the two before;
- a week off in summer: the one with the last Monday of May in it, even in a year that moves the bank holiday;
- the summer holiday follows the last weekday up to 21 July.

A first or last day that is a bank holiday gives way to the nearest school day within the half-term. That makes
190 to 196 days a year from 2015 to 2040. Councils publish about 195, five of which are training days that each
school chooses for itself (190 days of teaching: the School Teachers' Pay and Conditions Document). No rule knows those.

In some years the councils themselves are divided, about the week in October (2019, 2023), the week in February
(2022, 2024) and Easter (2021, 2022, 2024, 2025): the rule then gives what one part of them published. Leicestershire
differs in every year, which is why assumed dates are always marked as such.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from schools.bank_holidays import bank_holiday, bank_holidays_of

_DAY = dt.timedelta(days=1)
_WEEK = dt.timedelta(weeks=1)
_FRIDAY = 4


class Span(NamedTuple):
    """From a first day to a last day, both included."""

    starts_on: dt.date
    ends_on: dt.date

    def days(self) -> Iterator[dt.date]:
        """Its days in order."""
        return (self.starts_on + number * _DAY for number in range((self.ends_on - self.starts_on).days + 1))

    def between(self, before: dt.date | None, after: dt.date | None) -> Span:
        """Cut to the school days after one day and before another, if it goes beyond them."""
        starts_on, ends_on = self
        if before and starts_on <= before:
            starts_on = _school_day_from(before + _DAY)
        if after and ends_on >= after:
            ends_on = _school_day_until(after - _DAY)
        return Span(starts_on, ends_on)


@lru_cache(maxsize=100)
def assumed_half_terms(year: int) -> tuple[Span, ...]:
    """The six half-terms of the academic year that starts in `year`, in order, by the rule above."""
    following = year + 1
    holidays = (
        (monday_of(dt.date(year, 10, 28)), 1),
        (monday_of(dt.date(year, 12, 25)), 2),
        (monday_of(dt.date(following, 2, 18)), 1),
        (_first_monday_of_easter_holiday(following), 2),
        (monday_of(dt.date(following, 5, 31)), 1),
    )
    found = []
    starts_on = _first_day_of_autumn(year)
    for monday, weeks in holidays:
        found.append(Span(starts_on, _school_day_until(monday - _DAY)))
        starts_on = _school_day_from(monday + weeks * _WEEK)
    found.append(Span(starts_on, _school_day_until(dt.date(following, 7, 21))))
    return tuple(found)


def is_school_day(day: dt.date) -> bool:
    """Whether a day is a weekday and no bank holiday: a school may teach, if it is no holiday of its own."""
    return day.weekday() <= _FRIDAY and not bank_holiday(day)


def _school_day_from(day: dt.date) -> dt.date:
    while not is_school_day(day):
        day += _DAY
    return day


def _school_day_until(day: dt.date) -> dt.date:
    while not is_school_day(day):
        day -= _DAY
    return day


def monday_of(day: dt.date) -> dt.date:
    """The Monday of a day's week."""
    return day - day.weekday() * _DAY


def _first_day_of_autumn(year: int) -> dt.date:
    first = _school_day_from(dt.date(year, 9, 2))
    return _school_day_from(first + _DAY) if first.weekday() == _FRIDAY else first


def _first_monday_of_easter_holiday(year: int) -> dt.date:
    easter_monday = next(day for day, name in bank_holidays_of(year).items() if name == "Easter Monday")
    week_before = easter_monday - _WEEK
    if week_before < dt.date(year, 3, 30):
        return easter_monday
    return week_before if week_before <= dt.date(year, 4, 8) else week_before - _WEEK

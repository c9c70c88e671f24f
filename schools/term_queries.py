"""What the pages about term dates read, each in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from hubs.models import Hub, LocalAuthority
from hubs.years import academic_year_of
from schools.bank_holidays import bank_holidays_of
from schools.calendar import (
    HALF_TERM_NAMES,
    HalfTermDates,
    SchoolCalendar,
    Term,
    calendars_of,
    calendars_of_authorities,
)
from schools.models import Ancestor, HalfTerm, School
from schools.terms import Owner


@dataclass(frozen=True)
class AuthorityTerms:
    """The term dates of an authority in a year, as a row of the list."""

    authority: LocalAuthority
    half_terms: Sequence[HalfTermDates]
    is_assumed: bool


@dataclass(frozen=True)
class BankHoliday:
    """A bank holiday of a school year, and where it lies: "Easter holiday", "first half of the summer term"."""

    day: dt.date
    name: str
    place: str
    in_term: bool


@dataclass(frozen=True)
class HalfTermRow:
    """A half-term as a table shows it, with the number of its days in session and the bank holidays within it."""

    half_term: HalfTermDates
    name: str
    days: int
    # The first and the last of its weeks, counted from the beginning of the term; 0 where no day is left of it.
    first_week: int
    last_week: int
    bank_holidays: Sequence[BankHoliday]


@dataclass(frozen=True)
class TermSum:
    """How much a term teaches: its teaching weeks, its days in session, and its last day, if any is left of it."""

    name: str
    weeks: int
    days: int
    last_day: dt.date | None


@dataclass(frozen=True)
class Entry:
    """Who entered dates last and when: the person for that person's own hub, the hub for every other."""

    by: str
    at: dt.datetime


def authorities_with_terms(hub: Hub, year: int) -> list[AuthorityTerms]:
    """The authorities of a hub's area by name, each with its term dates of a year."""
    authorities = list(hub.areas.all())
    calendars = calendars_of_authorities([authority.pk for authority in authorities])
    return [
        AuthorityTerms(
            authority, calendars[authority.pk].half_terms(year), is_assumed=calendars[authority.pk].is_assumed(year)
        )
        for authority in authorities
    ]


def half_term_rows(calendar: SchoolCalendar, year: int) -> list[HalfTermRow]:
    """The six half-terms of a year with what they teach."""
    rows = []
    holidays = [one for one in bank_holidays_in(calendar, year) if one.in_term]
    for half_term in calendar.half_terms(year):
        days = set(calendar.days_in_session(year, [half_term.number]))
        weeks = [week for week in calendar.weeks_of_term(year, half_term.term) if days.intersection(week.days)]
        name = HALF_TERM_NAMES[half_term.number]
        first, last = (weeks[0].number, weeks[-1].number) if weeks else (0, 0)
        within = [one for one in holidays if half_term.starts_on <= one.day <= half_term.ends_on]
        rows.append(HalfTermRow(half_term, name[0].upper() + name[1:], len(days), first, last, within))
    return rows


def term_sums(calendar: SchoolCalendar, year: int) -> list[TermSum]:
    """What each of the three terms teaches."""
    return [
        TermSum(
            f"{term.name.capitalize()} term",
            weeks=len(calendar.weeks_of_term(year, term)),
            days=len(calendar.days_in_session(year, term.half_terms)),
            last_day=calendar.last_day_of_term(year, term),
        )
        for term in Term
    ]


def bank_holidays_in(calendar: SchoolCalendar, year: int) -> list[BankHoliday]:
    """The bank holidays of the academic year that starts in `year`, in order."""
    days = {**bank_holidays_of(year), **bank_holidays_of(year + 1)}
    found = []
    for day, name in days.items():
        if academic_year_of(day) == year:
            half_term = calendar.half_term_of(day)
            place = half_term.name if half_term else str(calendar.where(day))
            found.append(BankHoliday(day, name, place, in_term=half_term is not None))
    return found


def schools_that_overlap(authority: LocalAuthority, year: int, *, hub: Hub) -> list[School]:
    """The schools of an authority whose own dates of a year run into its dates, by name; three queries."""
    own = HalfTerm.objects.filter(year=year, school__isnull=False).values("school")
    later = Ancestor.objects.filter(ancestor__in=own).values("school")
    schools = School.objects.known_to(hub).usable().filter(Q(pk__in=own) | Q(pk__in=later), authority=authority)
    calendars = calendars_of(schools)
    return [school for school in schools if calendars[school.pk].yielding(year)]


def last_entry(of: Owner, year: int, *, hub: Hub) -> Entry | None:
    """Who entered dates of this year last, as this hub may read it; none where nobody has."""
    last = of.half_terms.filter(year=year).select_related("entered_for", "entered_by").order_by("-entered_at").first()
    if last is None:
        return None
    is_ours = last.entered_for_id == hub.pk
    return Entry(by=last.entered_by.name if is_ours else last.entered_for.name, at=last.entered_at)

"""When a school teaches: half-terms, holidays, teaching weeks. Dates in, answers out; `calendars_of` loads them.

What is known of a half-term comes, each for itself, from the school's own dates, else from those that it had under
an earlier URN, else from its authority's, else from the national pattern of `schools.assumed_terms`. Every answer says
from which. Where dates of two sources overlap, the later in this order yields.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from typing import Literal

from django.db.models import Q

from hubs.years import academic_year_of, label_of
from schools.assumed_terms import Span, assumed_half_terms, is_school_day, monday_of
from schools.bank_holidays import bank_holiday
from schools.lineage import lines_back
from schools.models import HalfTerm, School

NUMBERS = range(1, 7)
# As they stand in a sentence.
HALF_TERM_NAMES: Mapping[int, str] = {
    1: "first half of the autumn term",
    2: "second half of the autumn term",
    3: "first half of the spring term",
    4: "second half of the spring term",
    5: "first half of the summer term",
    6: "second half of the summer term",
}
# By the number of the half-term before.
HOLIDAY_NAMES: Mapping[int, str] = {
    1: "autumn half-term holiday",
    2: "Christmas holiday",
    3: "spring half-term holiday",
    4: "Easter holiday",
    5: "summer half-term holiday",
    6: "summer holiday",
}
_DAY = dt.timedelta(days=1)
_SATURDAY = 5

# The half-terms that somebody entered, by academic year and number.
Key = tuple[int, int]
Entered = Mapping[Key, Span]
_Spans = dict[Key, Span]


class Term(IntEnum):
    """The three terms of a year; each is two half-terms."""

    AUTUMN = 1
    SPRING = 2
    SUMMER = 3

    @property
    def half_terms(self) -> tuple[int, int]:
        """The numbers of its half-terms."""
        return 2 * self - 1, 2 * self


@dataclass(frozen=True)
class Source:
    """Whose dates an answer rests on, and how to say so."""

    kind: Literal["school", "former", "authority", "assumed"]
    words: str

    @property
    def is_assumed(self) -> bool:
        """Whether nobody has entered the dates."""
        return self.kind == "assumed"

    @property
    def rank(self) -> int:
        """Which of two sources yields to the other: the one with the higher rank."""
        return ("school", "former", "authority", "assumed").index(self.kind)


THE_SCHOOLS_OWN = Source("school", "the school's own dates")
ASSUMED = Source("assumed", "assumed: nobody has entered dates yet")


def dates_of(authority_name: str) -> Source:
    """The source of an authority's dates: "Northvale's dates"."""
    return Source("authority", f"{authority_name}{'’' if authority_name.endswith('s') else '’s'} dates")


def entered_for(former: str) -> Source:
    """The source of the dates that a school had under an earlier URN."""
    return Source("former", f"{THE_SCHOOLS_OWN.words}, entered for {former}")


@dataclass(frozen=True)
class HalfTermDates:
    """A half-term of a year, from the first day on which children come to the last."""

    year: int
    number: int
    starts_on: dt.date
    ends_on: dt.date
    source: Source
    # Its dates as they were entered or assumed, where it yields to a half-term of another source.
    yielded: Span | None = None

    @property
    def is_gone(self) -> bool:
        """Whether no day is left of it, as it yields altogether."""
        return self.starts_on > self.ends_on

    @property
    def name(self) -> str:
        """As it stands in a sentence: "first half of the autumn term"."""
        return HALF_TERM_NAMES[self.number]

    @property
    def short_name(self) -> str:
        """As it stands above a column: "Autumn, first half"."""
        return HalfTerm.Number(self.number).label

    @property
    def term(self) -> Term:
        """The term that it is half of."""
        return Term((self.number + 1) // 2)

    @property
    def span(self) -> Span:
        """Its first and last day."""
        return Span(self.starts_on, self.ends_on)

    def __str__(self) -> str:
        return f"{self.name} {label_of(self.year)}"


@dataclass(frozen=True)
class Holiday:
    """The days between two half-terms: the first and the last on which no child comes."""

    before: HalfTermDates
    after: HalfTermDates

    @property
    def name(self) -> str:
        """As it stands in a sentence: "Christmas holiday"."""
        return HOLIDAY_NAMES[self.before.number]

    @property
    def starts_on(self) -> dt.date:
        """The day after the half-term before."""
        return self.before.ends_on + _DAY

    @property
    def ends_on(self) -> dt.date:
        """The day before the next half-term."""
        return self.after.starts_on - _DAY

    @property
    def source(self) -> Source:
        """The less certain of its two ends'."""
        return max(self.before.source, self.after.source, key=lambda source: source.rank)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Session:
    """Whether children come on a day; where they do not, why: "a Saturday", "a bank holiday: Good Friday"."""

    is_on: bool
    source: Source
    reason: str = ""

    def __bool__(self) -> bool:
        return self.is_on


@dataclass(frozen=True)
class TeachingWeek:
    """A week from Monday to Friday with at least one day in session; `number` counts within its term or half-term."""

    number: int
    monday: dt.date
    # Those in session, in order.
    days: tuple[dt.date, ...]
    source: Source

    @property
    def first_day(self) -> dt.date:
        """Its first day in session."""
        return self.days[0]

    @property
    def last_day(self) -> dt.date:
        """Its last day in session."""
        return self.days[-1]


@dataclass(frozen=True, eq=False)
class SchoolCalendar:
    """When one school teaches, or the schools of an authority, in any year.

    Training days, on which teachers come and children do not, are each school's own and not known here.
    """

    own: Entered = field(default_factory=dict)
    # With the name of the school that they were entered for.
    former: Mapping[Key, tuple[Span, str]] = field(default_factory=dict)
    authority: Entered = field(default_factory=dict)
    authority_name: str = ""

    def half_term(self, year: int, number: int) -> HalfTermDates:
        """The half-term with this number, 1 to 6, of the academic year that starts in `year`."""
        return self.half_terms(year)[number - 1]

    def half_terms(self, year: int) -> tuple[HalfTermDates, ...]:
        """The six half-terms of a year, in order and apart."""
        if year not in self._years:
            self._years[year] = self._apart(year)
        return self._years[year]

    def yielding(self, year: int) -> list[HalfTermDates]:
        """The half-terms of a year of which days are cut off: somebody should look at the dates."""
        return [half_term for half_term in self.half_terms(year) if half_term.yielded]

    def is_assumed(self, year: int) -> bool:
        """Whether nobody has entered any half-term of the year."""
        return all(half_term.source.is_assumed for half_term in self.half_terms(year))

    def half_term_of(self, day: dt.date) -> HalfTermDates | None:
        """The half-term in which a day lies, weekends and bank holidays within it included; none in the holidays."""
        return next((one for one in self._around(day) if one.starts_on <= day <= one.ends_on), None)

    def where(self, day: dt.date) -> HalfTermDates | Holiday:
        """The half-term in which a day lies, or else the holiday."""
        return self.half_term_of(day) or self._holiday_of(day)

    def in_session(self, day: dt.date) -> Session:
        """Whether children come on a day: a weekday within a half-term that is no bank holiday."""
        place = self.where(day)
        reason = ""
        if day.weekday() >= _SATURDAY:
            reason = f"a {day:%A}"
        elif name := bank_holiday(day):
            reason = f"a bank holiday: {name}"
        elif isinstance(place, Holiday):
            reason = f"in the {place.name}"
        return Session(is_on=not reason, source=place.source, reason=reason)

    def days_in_session(self, year: int, numbers: Collection[int] = NUMBERS) -> list[dt.date]:
        """The days on which children come in a year, or in its half-terms with these numbers, in order."""
        return sorted(
            day
            for half_term in self.half_terms(year)
            if half_term.number in numbers
            for day in half_term.span.days()
            if is_school_day(day)
        )

    def weeks_of_half_term(self, year: int, number: int) -> list[TeachingWeek]:
        """The teaching weeks of a half-term, in order."""
        return self._weeks(year, (number,))

    def weeks_of_term(self, year: int, term: Term) -> list[TeachingWeek]:
        """The teaching weeks of a term, in order, counted through both of its half-terms."""
        return self._weeks(year, term.half_terms)

    def nth_week_of_term(self, year: int, term: Term, number: int) -> TeachingWeek | None:
        """The teaching week of a term with this number, from 1; -1 is the last, -2 the one before. None beyond."""
        return _nth(self.weeks_of_term(year, term), number)

    def nth_week_of_half_term(self, year: int, half_term: int, number: int) -> TeachingWeek | None:
        """The teaching week of a half-term with this number, from 1; -1 is the last one. None beyond."""
        return _nth(self.weeks_of_half_term(year, half_term), number)

    def last_day_of_term(self, year: int, term: Term) -> dt.date | None:
        """The last day of a term on which children come; none where no day is left of it."""
        return max(self.days_in_session(year, term.half_terms), default=None)

    @cached_property
    def _years(self) -> dict[int, tuple[HalfTermDates, ...]]:
        return {}

    def _apart(self, year: int) -> tuple[HalfTermDates, ...]:
        """The half-terms of a year, each within what the more certain ones leave it; neighbours meet in August."""
        known = [self._known(one, number) for one in (year - 1, year, year + 1) for number in NUMBERS]
        placed: dict[int, HalfTermDates] = {}
        for place in sorted(range(len(known)), key=lambda place: known[place].source.rank):
            there = [(other, one) for other, one in placed.items() if not one.is_gone]
            before = max((one.ends_on for other, one in there if other < place), default=None)
            after = min((one.starts_on for other, one in there if other > place), default=None)
            half_term = known[place]
            left = half_term.span.between(before, after)
            if left != half_term.span:
                half_term = replace(half_term, starts_on=left.starts_on, ends_on=left.ends_on, yielded=half_term.span)
            placed[place] = half_term
        first = len(NUMBERS)
        return tuple(placed[place] for place in range(first, first + len(NUMBERS)))

    def _known(self, year: int, number: int) -> HalfTermDates:
        """A half-term as it was entered or is assumed."""
        key = (year, number)
        if key in self.own:
            span, source = self.own[key], THE_SCHOOLS_OWN
        elif key in self.former:
            span, source = self.former[key][0], entered_for(self.former[key][1])
        elif key in self.authority:
            span, source = self.authority[key], dates_of(self.authority_name)
        else:
            span, source = assumed_half_terms(year)[number - 1], ASSUMED
        return HalfTermDates(year, number, span.starts_on, span.ends_on, source)

    def _around(self, day: dt.date) -> Iterator[HalfTermDates]:
        """The half-terms of a day's year and of its neighbours: some authorities' autumn begins in August."""
        year = academic_year_of(day)
        for one in (year - 1, year, year + 1):
            yield from (half_term for half_term in self.half_terms(one) if not half_term.is_gone)

    def _holiday_of(self, day: dt.date) -> Holiday:
        before = max((one for one in self._around(day) if one.ends_on < day), key=lambda one: one.ends_on)
        after = min((one for one in self._around(day) if one.starts_on > day), key=lambda one: one.starts_on)
        return Holiday(before, after)

    def _weeks(self, year: int, numbers: Collection[int]) -> list[TeachingWeek]:
        weeks: dict[dt.date, list[dt.date]] = defaultdict(list)
        for day in self.days_in_session(year, numbers):
            weeks[monday_of(day)].append(day)
        return [
            TeachingWeek(number, monday, tuple(days), self.in_session(days[0]).source)
            for number, (monday, days) in enumerate(weeks.items(), start=1)
        ]


def calendars_of(schools: Iterable[School]) -> dict[int, SchoolCalendar]:
    """The calendar of each of these schools by its URN, in two queries, however many there are.

    Schools of an authority that have no dates of their own share one calendar, and what it has worked out.
    """
    schools = list(schools)
    lines = lines_back([school.pk for school in schools])
    codes = {school.authority_id for school in schools}
    own, authority, names = _entered(Q(school__in=set().union(*lines.values())) | Q(authority__in=codes))
    calendars = {code: SchoolCalendar(authority=authority[code], authority_name=names[code]) for code in codes}
    found = {}
    for school in schools:
        calendar = calendars[school.authority_id]
        # The nearest earlier URN last: its dates go before those of the ones further back.
        former = {key: (span, names[urn]) for urn in lines[school.pk][:0:-1] for key, span in own[urn].items()}
        if former or own[school.pk]:
            calendar = replace(calendar, own=own[school.pk], former=former)
        found[school.pk] = calendar
    return found


def calendar_of(school: School) -> SchoolCalendar:
    """The calendar of a school, in two queries."""
    return calendars_of([school])[school.pk]


def calendars_of_authorities(codes: Collection[str]) -> dict[str, SchoolCalendar]:
    """The calendar of each authority's schools by its code, in one query; schools' own dates stay out of it."""
    _, authority, names = _entered(Q(authority__in=codes))
    return {code: SchoolCalendar(authority=authority[code], authority_name=names[code]) for code in codes}


def _entered(rows: Q) -> tuple[dict[int, _Spans], dict[str, _Spans], dict[int | str, str]]:
    """The half-terms that were entered, by school and by authority, and the names of both by URN and code."""
    own: dict[int, _Spans] = defaultdict(dict)
    authority: dict[str, _Spans] = defaultdict(dict)
    names: dict[int | str, str] = defaultdict(str)
    for row in HalfTerm.objects.filter(rows).select_related("authority", "school"):
        span = Span(row.starts_on, row.ends_on)
        if row.school:
            own[row.school.pk][row.year, row.number] = span
            names[row.school.pk] = f"{row.school.name} ({row.school.urn_in_words})"
        elif row.authority:
            authority[row.authority.pk][row.year, row.number] = span
            names[row.authority.pk] = row.authority.name
    return own, authority, names


def _nth(weeks: list[TeachingWeek], number: int) -> TeachingWeek | None:
    index = number - 1 if number > 0 else number
    return weeks[index] if number and -len(weeks) <= index < len(weeks) else None

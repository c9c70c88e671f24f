"""What speaks against a day for a meeting, and which days nothing speaks against. Warned of, never refused."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from hubs.wording import day as day_in_words
from hubs.years import academic_year_of, label_of
from schools.calendar import NUMBERS, HalfTermDates, SchoolCalendar, calendars_of
from workgroups.models import Meeting, MeetingState, WorkGroup
from workgroups.planning import hosts_of

_TUESDAY = 1
_AFTER_LUNCH = dt.time(13, 30)


@dataclass(frozen=True)
class GroupCalendar:
    """When the schools of a group teach, and when the group meets."""

    year: int
    # With the school's name, in order; never empty: without members it is the assumed pattern, without a name.
    calendars: Sequence[tuple[str, SchoolCalendar]]
    # Those that stand, in order; local, as people read them.
    meetings: Sequence[dt.datetime]

    @property
    def first(self) -> SchoolCalendar:
        """The calendar by which half-terms are told apart: they differ by days."""
        return self.calendars[0][1]

    def half_term_of(self, day: dt.date) -> HalfTermDates | None:
        """The half-term in which a day lies, for the group as a whole."""
        return self.first.half_term_of(day)


@dataclass(frozen=True)
class SuggestedDay:
    """A day on which every school of the group teaches, in a half-term without a meeting."""

    half_term: HalfTermDates
    day: dt.date
    time: dt.time


def calendar_of_group(group: WorkGroup, *, but: Meeting | None = None) -> GroupCalendar:
    """What speaks for and against days, in six queries; of the meeting that is changed, `but`, nothing is said."""
    schools = hosts_of(group)
    calendars = calendars_of(schools)
    meetings = Meeting.objects.filter(group=group).exclude(state=MeetingState.CANCELLED).order_by("starts_at")
    if but:
        meetings = meetings.exclude(pk=but.pk)
    return GroupCalendar(
        year=group.stage_year.year,
        calendars=[(school.name, calendars[school.pk]) for school in schools] or [("", SchoolCalendar())],
        meetings=[timezone.localtime(starts_at) for starts_at in meetings.values_list("starts_at", flat=True)],
    )


def warnings_of(calendar: GroupCalendar, day: dt.date) -> list[str]:
    """What speaks against a day, each a sentence: which schools do not teach, and why; another meeting close by."""
    return [
        *_out_of_session(calendar, day),
        *_met_in_half_term(calendar, day),
        *_another_year(calendar, day),
    ]


def suggested_days(calendar: GroupCalendar, *, today: dt.date) -> list[SuggestedDay]:
    """A day for each half-term of the group's year that has no meeting and is not over: near its middle.

    On the weekday and at the time of the group's last meeting; without one on a Tuesday at half past one.
    """
    last = calendar.meetings[-1] if calendar.meetings else None
    weekday, time = (last.weekday(), last.time()) if last else (_TUESDAY, _AFTER_LUNCH)
    met = {(half.year, half.number) for one in calendar.meetings if (half := calendar.half_term_of(one.date()))}
    found = []
    for number in NUMBERS:
        if (calendar.year, number) in met:
            continue
        days = [day for day in _days_for_all(calendar, number) if day > today]
        if days:
            half_term = calendar.first.half_term(calendar.year, number)
            found.append(SuggestedDay(half_term, _near_middle(days, half_term, weekday), time))
    return found


def _out_of_session(calendar: GroupCalendar, day: dt.date) -> list[str]:
    why: dict[str, list[str]] = defaultdict(list)
    for name, one in calendar.calendars:
        session = one.in_session(day)
        if not session:
            # A weekend or a bank holiday is one whatever the dates.
            source = f", {session.source.words}" if session.reason.startswith("in ") else ""
            why[f"{day_in_words(day)} ({session.reason}{source})"].append(name)
    return [f"{_who(calendar, names)} not teach on {when}." for when, names in why.items()]


def _who(calendar: GroupCalendar, names: Sequence[str]) -> str:
    if len(names) == len(calendar.calendars):
        return "The schools of the group do"
    return f"{_listed(names)} {'does' if len(names) == 1 else 'do'}"


def _met_in_half_term(calendar: GroupCalendar, day: dt.date) -> list[str]:
    half_term = calendar.half_term_of(day)
    if half_term is None:
        return []
    others = [day_in_words(one) for one in calendar.meetings if half_term.starts_on <= one.date() <= half_term.ends_on]
    return [f"The group already meets in the {half_term.name}: on {_listed(others)}."] if others else []


def _another_year(calendar: GroupCalendar, day: dt.date) -> list[str]:
    year = academic_year_of(day)
    if year == calendar.year:
        return []
    return [f"{day_in_words(day)} is in {label_of(year)}, and this is a group of {label_of(calendar.year)}."]


def _days_for_all(calendar: GroupCalendar, number: int) -> list[dt.date]:
    days = [set(one.days_in_session(calendar.year, [number])) for _, one in calendar.calendars]
    return sorted(set.intersection(*days))


def _near_middle(days: Sequence[dt.date], half_term: HalfTermDates, weekday: int) -> dt.date:
    middle = half_term.starts_on + (half_term.ends_on - half_term.starts_on) / 2
    return min(days, key=lambda day: (day.weekday() != weekday, abs(day - middle), day))


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last

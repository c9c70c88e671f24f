"""Correcting term dates: an authority's, and those of a school that sets its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from django.db import transaction
from django.db.models import QuerySet

from hubs import timeline
from hubs.models import LocalAuthority, Membership
from hubs.permissions import NotAllowed, Permission, may, require
from hubs.wording import plain_day
from hubs.years import label_of
from schools.assumed_terms import Span
from schools.bank_holidays import bank_holiday
from schools.calendar import (
    HALF_TERM_NAMES,
    NUMBERS,
    HalfTermDates,
    SchoolCalendar,
    calendar_of,
    calendars_of_authorities,
)
from schools.lineage import served_by
from schools.models import HalfTerm, School

Owner = LocalAuthority | School
Edge = Literal["starts", "ends"]
# Six months are no half-term, and a day is none: beyond these a date is a slip of the finger.
_SHORTEST = dt.timedelta(days=5)
_LONGEST = dt.timedelta(weeks=12)
_SATURDAY = 5
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Fault:
    """What is wrong with the first or last day of a half-term: a sentence that says what to enter."""

    number: int
    edge: Edge
    words: str


class DatesRefused(Exception):
    """The six half-terms cannot be; `faults` say why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(" ".join(f"{fault.words}." for fault in faults))
        self.faults = faults


class ChangedMeanwhile(Exception):
    """Somebody changed these half-terms since the form was shown; `half_terms` are as they are now."""

    def __init__(self, half_terms: list[HalfTermDates]) -> None:
        super().__init__(" ".join(f"The {one.name} is now {_in_words(one.span)}." for one in half_terms))
        self.half_terms = half_terms


def may_change(of: Owner, *, member: Membership) -> Permission:
    """Whether a member may correct these term dates: by role, in the hub's area, or of a school the hub added."""
    permission = may(member, "maintain_schools")
    if not permission:
        return permission
    hub = member.hub
    if isinstance(of, School):
        is_served = School.objects.filter(served_by(hub), pk=of.pk).exists()
    else:
        is_served = hub.areas.filter(pk=of.pk).exists()
    if is_served:
        return permission
    return Permission(
        False, f"{of.name} is not in the area of {hub.name}. Only hubs that serve it can change its dates."
    )


@transaction.atomic
def set_half_terms(
    *,
    of: Owner,
    year: int,
    dates: Mapping[int, Span],
    shown: Mapping[int, Span] | None = None,
    actor: Membership,
    now: dt.datetime,
) -> tuple[int, ...]:
    """Enter the six half-terms of a year, by their numbers 1 to 6; returns the numbers of those that changed.

    They hold for every hub. An authority's are entered all six, so that none is assumed any more. Of a school
    only those become its own that differ from what would hold without: the others go on following that. What is as
    it was `shown` (without that, as it is now) stays as it is by now. The same dates again change nothing. Raises
    `NotAllowed`, `DatesRefused`, and `ChangedMeanwhile` where somebody else changed the same half-term, or one that
    does not go with these dates.
    """
    _require(of, actor)
    _lock(of)
    calendar = calendar_of_owner(of)
    current = {half_term.number: half_term.span for half_term in calendar.half_terms(year)}
    shown = shown or current
    changed_since = [number for number in NUMBERS if shown[number] != current[number]]
    is_contested = any(dates[number] not in (shown[number], current[number]) for number in changed_since)
    dates = {number: current[number] if dates[number] == shown[number] else dates[number] for number in NUMBERS}
    faults = faults_in(year, dates, calendar)
    if changed_since and (is_contested or faults):
        raise ChangedMeanwhile([calendar.half_term(year, number) for number in changed_since])
    if faults:
        raise DatesRefused(faults)
    entered = _entered(of, year)
    wanted = dates if isinstance(of, LocalAuthority) else _differing(dates, calendar, year, entered)
    changed = tuple(number for number in NUMBERS if wanted.get(number) != entered.get(number))
    if not changed:
        return ()
    _rows(of, year).filter(number__in=changed).delete()
    HalfTerm.objects.bulk_create(
        HalfTerm(
            authority=of if isinstance(of, LocalAuthority) else None,
            school=of if isinstance(of, School) else None,
            year=year,
            number=number,
            starts_on=wanted[number].starts_on,
            ends_on=wanted[number].ends_on,
            entered_for=actor.hub,
            entered_by=actor.user,
            entered_at=now,
        )
        for number in changed
        if number in wanted
    )
    text = _what_changed(of, year, changed, dates, calendar, is_first=not entered)
    timeline.record(subject=of, actor=actor, now=now, text=text)
    return changed


@transaction.atomic
def clear_half_terms(*, of: Owner, year: int, actor: Membership, now: dt.datetime) -> bool:
    """Take back what was entered for a year; returns whether there was anything to take back.

    For a school its authority's dates hold again, or those entered under an earlier URN; for an authority the
    assumed ones. Raises `NotAllowed`.
    """
    _require(of, actor)
    _lock(of)
    entered = _entered(of, year)
    if not entered:
        return False
    _rows(of, year).delete()
    lines = [f"Removed the term dates entered for {of.name} for {label_of(year)}."]
    lines += [f"{_name(number)}: was {_in_words(span)}." for number, span in sorted(entered.items())]
    timeline.record(subject=of, actor=actor, now=now, text="\n".join(lines))
    return True


def calendar_of_owner(of: Owner) -> SchoolCalendar:
    """The calendar of a school, or of an authority's schools, in at most two queries."""
    return calendar_of(of) if isinstance(of, School) else calendars_of_authorities([of.pk])[of.pk]


def faults_in(year: int, dates: Mapping[int, Span], calendar: SchoolCalendar) -> list[Fault]:
    """What is wrong with half-terms of a year, in order; `calendar` knows the years before and after."""
    misplaced = list(_misplaced(year, dates))
    # A slip in the year would be everybody's fault: what is compared with one another is sound in itself.
    sound = {number: span for number, span in dates.items() if number not in {fault.number for fault in misplaced}}
    faults = (*misplaced, *_out_of_order(year, sound, calendar))
    return sorted(faults, key=lambda fault: (fault.number, fault.edge == "ends"))


def _misplaced(year: int, dates: Mapping[int, Span]) -> Iterator[Fault]:
    """Days that are outside the year, or on which no child comes."""
    first, last = dt.date(year, 8, 1), dt.date(year + 1, 8, 31)
    edges: tuple[tuple[Edge, str], ...] = (("starts", "first"), ("ends", "last"))
    for number, span in dates.items():
        for (edge, which), day in zip(edges, span, strict=True):
            wish = f"Enter another {which} day for the {HALF_TERM_NAMES[number]}"
            if not first <= day <= last:
                yield Fault(number, edge, f"{wish}, from {plain_day(first)} to {plain_day(last)}")
            elif day.weekday() >= _SATURDAY:
                yield Fault(number, edge, f"{wish}: {plain_day(day)} is a {day:%A}")
            elif name := bank_holiday(day):
                yield Fault(number, edge, f"{wish}: {plain_day(day)} is a bank holiday, {name}")


def _out_of_order(year: int, dates: Mapping[int, Span], calendar: SchoolCalendar) -> Iterator[Fault]:
    """Half-terms that run backwards, into one another or into another year's, or are too short or too long."""
    before = calendar.half_term(year - 1, NUMBERS[-1])
    end, whose = before.ends_on, f"the {before}"
    for number, span in dates.items():
        name = HALF_TERM_NAMES[number]
        length = span.ends_on - span.starts_on + _DAY
        if span.starts_on <= end:
            yield Fault(number, "starts", f"Enter a first day for the {name} after {plain_day(end)}: {whose} ends then")
        if span.ends_on < span.starts_on:
            yield Fault(number, "ends", f"Enter a last day for the {name} that is not before its first day")
        elif length < _SHORTEST:
            yield Fault(number, "ends", f"Enter a later last day for the {name}: it must last a week or longer")
        elif length > _LONGEST:
            yield Fault(number, "ends", f"Enter an earlier last day for the {name}: it can last 12 weeks at most")
        end, whose = max(end, span.ends_on), f"the {name}"
    after = calendar.half_term(year + 1, NUMBERS[0])
    if end >= after.starts_on:
        wish = f"Enter a last day for the {HALF_TERM_NAMES[NUMBERS[-1]]} before {plain_day(after.starts_on)}"
        yield Fault(NUMBERS[-1], "ends", f"{wish}: the {after} begins then")


def _require(of: Owner, actor: Membership) -> None:
    require(actor, "maintain_schools")
    permission = may_change(of, member=actor)
    if not permission:
        raise NotAllowed(permission.reason)


def _lock(of: Owner) -> None:
    """Let two people who save at the same time come one after the other."""
    model = type(of)
    model._default_manager.select_for_update(no_key=True).get(pk=of.pk)


def _rows(of: Owner, year: int) -> QuerySet[HalfTerm]:
    return of.half_terms.filter(year=year)


def _entered(of: Owner, year: int) -> dict[int, Span]:
    fields = ("number", "starts_on", "ends_on")
    return {number: Span(first, last) for number, first, last in _rows(of, year).values_list(*fields)}


def _differing(
    dates: Mapping[int, Span], calendar: SchoolCalendar, year: int, entered: Collection[int]
) -> dict[int, Span]:
    """Which dates are to be a school's own: those that were and stay, and new ones that would not hold without."""
    otherwise = replace(calendar, own={})
    return {
        number: span
        for number, span in dates.items()
        if (
            number in entered
            if span == calendar.half_term(year, number).span
            else span != otherwise.half_term(year, number).span
        )
    }


def _what_changed(
    of: Owner, year: int, changed: Collection[int], dates: Mapping[int, Span], before: SchoolCalendar, *, is_first: bool
) -> str:
    """The timeline's words: whose dates, each half-term that moved, and that the others did not."""
    lines = [f"{'Entered' if is_first else 'Corrected'} the term dates of {of.name} for {label_of(year)}."]
    earlier = {number: before.half_term(year, number) for number in changed}
    moved = [number for number in changed if earlier[number].span != dates[number]]
    for number in moved:
        note = ", assumed" if earlier[number].source.is_assumed else ""
        was = f"before: {_in_words(earlier[number].span)}{note}"
        lines.append(f"{_name(number)}: {_in_words(dates[number])} ({was}).")
    kept = [earlier[number] for number in changed if number not in moved]
    if kept:
        who = "The others" if moved else "They"
        lines.append(f"{who} are as they were{' assumed' if kept[0].source.is_assumed else ''}.")
    return "\n".join(lines)


def _name(number: int) -> str:
    name = HALF_TERM_NAMES[number]
    return name[0].upper() + name[1:]


def _in_words(span: Span) -> str:
    return f"{plain_day(span.starts_on)} to {plain_day(span.ends_on)}"

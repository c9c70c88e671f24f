"""The release-time report: what schools have used of the release they promised, and Specialists of their days.

All figures are half-days.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone

from funding.models import ReleaseEntry
from funding.models.release import ReleaseEntryQuerySet
from reports.scopes import Asked, Head, name_of
from reports.sections import order_of, section_of, section_of_group
from workgroups.models import DaysAgreed, MasterySpecialist, Place, Visit, WorkGroup
from workgroups.roster import groups_visited

TITLE = "Release-time report"
BANDS = ("All of it, or more", "Half of it, or more", "Less than half", "None of it yet")


@dataclass(frozen=True)
class Used:
    """Half-days by what they were used for; corrections count back, or add what was missing."""

    meeting: int = 0
    visit: int = 0
    in_school: int = 0
    correction: int = 0

    @property
    def total(self) -> int:
        """What was used."""
        return self.meeting + self.visit + self.in_school + self.correction

    @classmethod
    def together(cls, parts: Iterable[Used]) -> Used:
        """The sum of several."""
        given = list(parts)
        return cls(
            meeting=sum(part.meeting for part in given),
            visit=sum(part.visit for part in given),
            in_school=sum(part.in_school for part in given),
            correction=sum(part.correction for part in given),
        )


@dataclass(frozen=True)
class ReleaseLine:
    """A school's release: used in the report's time, used in all, and promised for its year."""

    school: str
    formerly: str
    urn: str
    # With its year: a school can have places in several.
    stage: str
    used: Used
    used_in_all: int
    promised: int


@dataclass(frozen=True)
class SpecialistLine:
    """A Specialist's days: used in the report's time, used in the years that it touches, and agreed for these."""

    name: str
    about: str
    used: Used
    used_in_all: int
    agreed: int


@dataclass(frozen=True)
class GroupDays:
    """What a Specialist has used in the report's time for a Work Group, or for none."""

    name: str
    about: str
    used: Used


@dataclass(frozen=True)
class ReleaseSum:
    """The sum of several lines."""

    used: Used
    used_in_all: int
    given: int


@dataclass(frozen=True)
class ReleaseSection:
    """The schools of a Work Group, or those that are in none."""

    name: str
    about: str
    lines: list[ReleaseLine]

    @property
    def total(self) -> ReleaseSum:
        """All schools of the section."""
        return _sum_of_schools(self.lines)


@dataclass(frozen=True)
class Band:
    """How many schools have used such a part of what they promised."""

    label: str
    count: int


@dataclass(frozen=True)
class ReleaseReport:
    """All that the report says."""

    head: Head
    sections: list[ReleaseSection]
    specialists: list[SpecialistLine]
    # Of a report that is about one Specialist her days by group; of others nothing.
    groups: list[GroupDays]

    @property
    def lines(self) -> list[ReleaseLine]:
        """Every school."""
        return [line for section in self.sections for line in section.lines]

    @property
    def total(self) -> ReleaseSum:
        """All schools."""
        return _sum_of_schools(self.lines)

    @property
    def promisers(self) -> list[ReleaseLine]:
        """The schools that promised days: what is used is set against what is promised for them alone."""
        return [line for line in self.lines if line.promised]

    @property
    def promisers_total(self) -> ReleaseSum:
        """The schools that promised days."""
        return _sum_of_schools(self.promisers)

    @property
    def others(self) -> list[ReleaseLine]:
        """The schools that promised none."""
        return [line for line in self.lines if not line.promised]

    @property
    def others_total(self) -> ReleaseSum:
        """The schools that promised none."""
        return _sum_of_schools(self.others)

    @property
    def specialists_total(self) -> ReleaseSum:
        """All Specialists."""
        return ReleaseSum(
            Used.together(line.used for line in self.specialists),
            sum(line.used_in_all for line in self.specialists),
            sum(line.agreed for line in self.specialists),
        )

    @property
    def groups_used(self) -> Used:
        """The Specialist's days of all groups."""
        return Used.together(line.used for line in self.groups)

    @property
    def bands(self) -> list[Band]:
        """How far the schools that promised something are with it, as of now."""
        counts = dict.fromkeys(BANDS, 0)
        for line in self.promisers:
            counts[_band_of(line)] += 1
        return [Band(label, count) for label, count in counts.items()]


def snapshot(parameters: Mapping[str, Any], *, now: dt.datetime) -> ReleaseReport:
    """The report of the active hub as it is now, in a fixed number of queries. Raises `CannotBeMade`.

    About the places of the academic years that the period touches, and those with release in it.
    """
    asked = Asked.of_parameters(parameters)
    within = _within(asked)
    places = (
        asked.scope.places()
        .filter(asked.scope.of_years(asked.period.years) | Q(pk__in=within.of_schools().values("place")))
        .with_school_now()
        .with_stage()
        .select_related("group__specialist")
    )
    found = list(places)
    used = _used(within, "place", [place.pk for place in found])
    in_all = dict(
        ReleaseEntry.objects.filter(place__in=[place.pk for place in found])
        .order_by()
        .values_list("place")
        .annotate(Sum("half_days"))
    )
    entries = sorted(
        (
            (section_of(place), order_of(place), _line(place, used[place.pk], in_all.get(place.pk, 0)))
            for place in found
        ),
        key=lambda entry: entry[:2],
    )
    return ReleaseReport(
        head=Head.of(TITLE, asked, now=now),
        sections=[
            ReleaseSection(section.name, section.about, [line for _, _, line in of_section])
            for section, of_section in groupby(entries, key=lambda entry: entry[0])
        ],
        specialists=_specialists(asked),
        groups=_days_by_group(asked.scope.pk, within) if asked.scope.kind == "specialist" else [],
    )


def _within(asked: Asked) -> ReleaseEntryQuerySet:
    """The ledger's rows of the report's time."""
    period = asked.period
    if period.year is not None:
        return ReleaseEntry.objects.filter(year=period.year)
    return ReleaseEntry.objects.filter(worked_on__range=(period.first, period.last))


def _used(rows: ReleaseEntryQuerySet, account: str, pks: list[int]) -> dict[int, Used]:
    """What each account has used, by kind; one query."""
    sums: dict[int, dict[str, int]] = defaultdict(dict)
    found = rows.filter(**{f"{account}__in": pks}).order_by().values_list(account, "kind").annotate(Sum("half_days"))
    for pk, kind, half_days in found:
        sums[pk][kind] = half_days
    return {pk: Used(**sums[pk]) for pk in pks}


def _line(place: Place, used: Used, used_in_all: int) -> ReleaseLine:
    school, formerly = name_of(place)
    return ReleaseLine(
        school=school,
        formerly=formerly,
        urn=place.school_now.urn_in_words,
        stage=str(place.stage_year),
        used=used,
        used_in_all=used_in_all,
        promised=place.stage_year.release_half_days,
    )


def _specialists(asked: Asked) -> list[SpecialistLine]:
    """Those that the report is about; of the whole hub's those with days agreed or used."""
    years = asked.period.years
    agreed = dict(
        DaysAgreed.objects.filter(year__in=years).order_by().values_list("specialist").annotate(Sum("half_days"))
    )
    of_years = ReleaseEntry.objects.of_specialists().filter(year__in=years).order_by()
    in_all = dict(of_years.values_list("specialist").annotate(Sum("half_days")))
    chosen = MasterySpecialist.objects.filter(asked.scope.specialists())
    if asked.scope.kind == "hub":
        chosen = chosen.filter(pk__in={*agreed, *in_all})
    found = list(chosen.order_by("name", "pk"))
    used = _used(_within(asked), "specialist", [specialist.pk for specialist in found])
    return [
        SpecialistLine(
            name=specialist.name,
            about=specialist.cohort_in_words,
            used=used[specialist.pk],
            used_in_all=in_all.get(specialist.pk, 0),
            agreed=agreed.get(specialist.pk, 0),
        )
        for specialist in found
    ]


def _days_by_group(specialist: int, within: ReleaseEntryQuerySet) -> list[GroupDays]:
    """A Specialist's days by the group that they were for, whoever leads it by now; three queries.

    What she has logged herself is of no group.
    """
    rows = within.filter(specialist=specialist).select_related("meeting", "visit")
    entries = [(row, _visited(row.visit) if row.visit else None) for row in rows]
    of_visits = groups_visited(visited for _, visited in entries if visited)
    used: dict[int | None, Used] = defaultdict(Used)
    for row, visited in entries:
        group = of_visits[visited] if visited else row.meeting.group_id if row.meeting else None
        used[group] = Used.together([used[group], Used(**{row.kind: row.half_days})])
    groups = WorkGroup.objects.with_stage().filter(pk__in=[pk for pk in used if pk])
    found = sorted(
        ((section_of_group(group, group.stage_year), used[group.pk]) for group in groups), key=lambda entry: entry[0]
    )
    lines = [GroupDays(section.name, section.about, days) for section, days in found]
    return lines + ([GroupDays("Of no Work Group", "", used[None])] if None in used else [])


def _visited(visit: Visit) -> tuple[int, dt.date]:
    return visit.place_id, timezone.localdate(visit.starts_at)


def _sum_of_schools(lines: list[ReleaseLine]) -> ReleaseSum:
    return ReleaseSum(
        Used.together(line.used for line in lines),
        sum(line.used_in_all for line in lines),
        sum(line.promised for line in lines),
    )


def _band_of(line: ReleaseLine) -> str:
    everything, half, less, nothing = BANDS
    if line.used_in_all >= line.promised:
        return everything
    if 2 * line.used_in_all >= line.promised:
        return half
    return less if line.used_in_all > 0 else nothing

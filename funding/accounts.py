"""The read side of the release-time ledger: each school's and each Specialist's account, and all of a year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from funding import ledger
from funding.models import ReleaseEntry
from hubs.models import Membership
from programmes.models import StageYear
from schools.lineage import called, of_today
from workgroups.models import Attendance, DaysAgreed, MasterySpecialist, Place
from workgroups.models.groups import PlaceQuerySet
from workgroups.models.people import MasterySpecialistQuerySet
from workgroups.permissions import places_of, specialists_of

Kind = ReleaseEntry.Kind

SORTS: dict[str, tuple[str, ...]] = {
    "school": ("name_now", "pk"),
    "stage": ("stage_year__year", "stage_year__stage__order", "name_now", "pk"),
    "group": ("group__name", "name_now", "pk"),
    "used": ("used", "name_now", "pk"),
}


@dataclass(frozen=True)
class Filter:
    """What somebody looks for among the schools; no `year` means every year."""

    search: str = ""
    stage: str = ""
    year: int | None = None
    sort: str = "school"


@dataclass(frozen=True)
class Used:
    """Half-days used of those promised or agreed, by what they were for, corrections counted in."""

    meetings: int
    visits: int
    in_school: int
    # None where nothing is promised or agreed.
    due: int | None

    @property
    def sum(self) -> int:
        """All together."""
        return self.meetings + self.visits + self.in_school

    @property
    def left(self) -> int | None:
        """What is left; less than nothing where more was used."""
        return None if self.due is None else self.due - self.sum

    @property
    def over(self) -> int:
        """What was used beyond that."""
        return max(0, -(self.left or 0))


@dataclass(frozen=True)
class Line:
    """A row of an account as its page shows it, with the balance after it."""

    entry: ReleaseEntry
    balance: int
    what: str
    # Whether the reader may take it back by a correction.
    may_correct: bool


@dataclass(frozen=True)
class SchoolRow:
    """A school of the list."""

    place: Place
    used: Used


@dataclass(frozen=True)
class SpecialistRow:
    """A Specialist of the list."""

    specialist: MasterySpecialist
    used: Used


@dataclass(frozen=True)
class Totals:
    """Of the schools that match: how many there are, and half-days promised and used.

    `used` is of those that promised some, `used_unpromised` of the others.
    """

    schools: int
    used: int
    promised: int
    used_unpromised: int


def schools(membership: Membership, chosen: Filter) -> PlaceQuerySet:
    """The places whose accounts a member sees that match, with what each has used."""
    found = _matching(membership, chosen).annotate(name_now=of_today("name"), **_sums())
    descending = chosen.sort.startswith("-")
    fields = SORTS[chosen.sort.removeprefix("-")]
    order = [F(field).desc(nulls_last=True) if descending else F(field).asc(nulls_last=True) for field in fields]
    return found.with_stage().with_school_now().order_by(*order)


def school_row(place: Place) -> SchoolRow:
    """A place that was read with its sums."""
    return SchoolRow(place, _used(place, place.stage_year.release_half_days or None))


def totals(membership: Membership, chosen: Filter) -> Totals:
    """What the schools that match come to; two queries."""
    found = _matching(membership, chosen).order_by()
    promised = dict(found.values_list("pk", "stage_year__release_half_days"))
    rows = ReleaseEntry.objects.filter(place__in=found.values("pk"))
    used = rows.order_by().values_list("place").annotate(Sum("half_days"))
    sums = {True: 0, False: 0}
    for place, half_days in used:
        sums[promised[place] > 0] += half_days
    return Totals(len(promised), sums[True], sum(promised.values()), sums[False])


def stage_years_of_places(membership: Membership) -> QuerySet[StageYear]:
    """The stages in which there are places that a member sees, latest year first."""
    places = places_of(membership).order_by()
    return StageYear.objects.select_related("stage").filter(pk__in=places.values("stage_year"))


def specialists(membership: Membership | None, *, year: int) -> list[SpecialistRow]:
    """The Specialists that a member sees, or all, with their days of an academic year; by name, two queries.

    Those who worked for the hub in that year, or have anything in it.
    """
    begins, ends = dt.date(year, 9, 1), dt.date(year + 1, 9, 1)
    agreed = DaysAgreed.objects.filter(specialist=OuterRef("pk"), year=year)
    found: QuerySet[Any] = (
        _specialists(membership)
        .annotate(agreed=Subquery(agreed.values("half_days")[:1]), **_sums(release__year=year))
        .filter(
            Q(starts_on__lt=ends) & (Q(ends_on=None) | Q(ends_on__gt=begins)) | Q(agreed__isnull=False) | ~Q(used=0)
        )
        .select_related("school")
        .prefetch_related("school__now")
    )
    return [SpecialistRow(one, _used(one, one.agreed)) for one in found.order_by("name", "pk")]


def years_of_specialists(membership: Membership | None) -> list[int]:
    """The academic years for which there is anything about Specialists' days; two queries."""
    mine = _specialists(membership).order_by().values("pk")
    agreed = DaysAgreed.objects.filter(specialist__in=mine).order_by().values_list("year", flat=True)
    used = ReleaseEntry.objects.filter(specialist__in=mine).order_by().values_list("year", flat=True)
    return sorted({*agreed.distinct(), *used.distinct()}, reverse=True)


def used_of_school(place: Place) -> Used:
    """What a school has used of what it promised; one query."""
    summed = Place.objects.filter(pk=place.pk).annotate(**_sums()).get()
    return _used(summed, place.stage_year.release_half_days or None)


def used_of_specialist(specialist: MasterySpecialist, *, year: int) -> Used:
    """What a Specialist has used of the days agreed for an academic year; one query."""
    agreed = DaysAgreed.objects.filter(specialist=OuterRef("pk"), year=year).values("half_days")[:1]
    summed: QuerySet[Any] = MasterySpecialist.objects.annotate(agreed=Subquery(agreed), **_sums(release__year=year))
    found = summed.get(pk=specialist.pk)
    return _used(found, found.agreed)


def lines_of_school(place: Place) -> list[Line]:
    """Every row of a school's account, the oldest day first; two queries."""
    return _lines(ReleaseEntry.objects.filter(place=place))


def lines_of_specialist(specialist: MasterySpecialist, *, year: int) -> list[Line]:
    """Every row of a Specialist's account in an academic year, the oldest day first; two queries."""
    return _lines(ReleaseEntry.objects.filter(specialist=specialist, year=year))


def what(entry: ReleaseEntry) -> str:
    """What a row is about, in words: "TRG meeting of North group: Teacher 1"."""
    if entry.attendance:
        attended = entry.attendance
        name = attended.participant.name
        if attended.mark == Attendance.Mark.SUBSTITUTE and entry.kind != Kind.CORRECTION:
            name = f"{attended.substitute_name} for {name}"
        return f"TRG meeting of {attended.meeting.group.name}: {name}"
    if entry.meeting:
        return f"TRG meeting of {entry.meeting.group.name}"
    if entry.visit:
        if entry.place_id:
            return f"Support visit by {entry.visit.specialist.name}"
        return f"Support visit to {entry.visit.place.school_now.name}"
    return "In school"


def _lines(rows: QuerySet[ReleaseEntry]) -> list[Line]:
    found = rows.select_related(
        "attendance__participant",
        "attendance__meeting__group",
        "meeting__group",
        "visit__specialist",
        "visit__place__school",
        "corrects",
        "corrected_by",
    ).prefetch_related("visit__place__school__now")
    lines, balance = [], 0
    for entry in found.order_by("worked_on", "pk"):
        balance += entry.half_days
        may_correct = not ledger.why_not_to_correct(entry) and not hasattr(entry, "corrected_by")
        lines.append(Line(entry, balance, what(entry), may_correct))
    return lines


def _sums(**where: int) -> dict[str, Coalesce]:
    """The sums of an account's rows, for a queryset of its owners: all, of meetings and of visits."""
    in_meetings = Q(release__attendance__isnull=False) | Q(release__meeting__isnull=False)
    chosen = {
        "used": Q(**where),
        "of_meetings": in_meetings & Q(**where),
        "of_visits": Q(release__visit__isnull=False, **where),
    }
    return {name: Coalesce(Sum("release__half_days", filter=rows), 0) for name, rows in chosen.items()}


def _used(summed: Any, due: int | None) -> Used:
    """What an owner has used, who was read with these sums."""
    meetings, visits = summed.of_meetings, summed.of_visits
    return Used(meetings, visits, summed.used - meetings - visits, due)


def _specialists(membership: Membership | None) -> MasterySpecialistQuerySet:
    return specialists_of(membership) if membership else MasterySpecialist.objects.all()


def _matching(membership: Membership, chosen: Filter) -> PlaceQuerySet:
    found = places_of(membership)
    if chosen.stage:
        found = found.filter(stage_year__stage__slug=chosen.stage)
    if chosen.year is not None:
        found = found.filter(stage_year__year=chosen.year)
    for word in chosen.search.split():
        found = found.filter(called(word) | Q(group__name__icontains=word))
    return found

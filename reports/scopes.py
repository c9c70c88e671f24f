"""What a report is about: the whole hub, a Work Group, a Mastery Specialist or a school; and of which time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from django.db.models import Q

from correspondence.makers import CannotBeMade
from hubs.models import Hub
from hubs.tenancy import active_hub_id
from hubs.wording import moment, plain_day
from hubs.years import academic_year_of, label_of
from workgroups.models import MasterySpecialist, Place, PlaceEvent, PlaceState, WorkGroup
from workgroups.models.groups import PlaceQuerySet

ScopeKind = Literal["hub", "group", "specialist", "place"]


@dataclass(frozen=True)
class Period:
    """From `first` to `last`, both included; `year` where that is an academic year, named by its start."""

    first: dt.date
    last: dt.date
    year: int | None = None

    @classmethod
    def of_year(cls, year: int) -> Period:
        """An academic year."""
        return cls(dt.date(year, 9, 1), dt.date(year + 1, 8, 31), year)

    @property
    def words(self) -> str:
        """ "2026/27", or "1 January 2027 to 31 March 2027"."""
        return label_of(self.year) if self.year else f"{plain_day(self.first)} to {plain_day(self.last)}"

    @property
    def years(self) -> list[int]:
        """The academic years that it touches."""
        return list(range(academic_year_of(self.first), academic_year_of(self.last) + 1))


@dataclass(frozen=True)
class Scope:
    """The hub or a part of it: what kind, and which."""

    kind: ScopeKind
    # Of the hub none.
    pk: int = 0

    def places(self) -> PlaceQuerySet:
        """The active hub's places that it is about. A school that left is counted where it was."""
        places = Place.objects.all()
        match self.kind:
            case "group":
                return places.filter(Q(group=self.pk) | self._left(group=self.pk))
            case "specialist":
                return places.filter(Q(group__specialist=self.pk) | self._left(group__specialist=self.pk))
            case "place":
                return places.filter(pk=self.pk)
        return places

    def specialists(self) -> Q:
        """The Specialists that it is about: whoever leads, or led, its groups."""
        match self.kind:
            case "group":
                return Q(groups=self.pk)
            case "specialist":
                return Q(pk=self.pk)
            case "place":
                return Q(pk__in=[])
        return Q()

    def words(self) -> str:
        """What it is called today. Raises `CannotBeMade` where it is not there, or no longer."""
        match self.kind:
            case "group":
                return f"Work Group {_found(WorkGroup.objects.filter(pk=self.pk).first(), 'Work Group')}"
            case "specialist":
                found = _found(MasterySpecialist.objects.filter(pk=self.pk).first(), "Mastery Specialist")
                return f"Mastery Specialist {found}"
            case "place":
                place = Place.objects.with_school_now().select_related("stage_year__stage").filter(pk=self.pk).first()
                return str(_found(place, "school").school_now.name)
        return "The whole hub"

    def of_years(self, years: list[int]) -> Q:
        """Which of its places are of these academic years: a school that was chosen is told of whatever its year is."""
        return Q(pk=self.pk) if self.kind == "place" else Q(stage_year__year__in=years)

    @staticmethod
    def _left(**of: int) -> Q:
        left = PlaceEvent.objects.filter(kind=PlaceEvent.Kind.LEFT, **of)
        return Q(state=PlaceState.LEFT, pk__in=left.values("place"))


@dataclass(frozen=True)
class Asked:
    """What was asked for, as a document's `parameters` say it."""

    scope: Scope
    period: Period

    def as_parameters(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "scope": self.scope.kind,
            "pk": self.scope.pk,
            "year": self.period.year,
            "first": self.period.first.isoformat(),
            "last": self.period.last.isoformat(),
        }

    @classmethod
    def of_parameters(cls, parameters: Mapping[str, Any]) -> Asked:
        """What `as_parameters` wrote."""
        first, last = (dt.date.fromisoformat(parameters[name]) for name in ("first", "last"))
        scope = Scope(cast(ScopeKind, parameters["scope"]), parameters["pk"])
        return cls(scope, Period(first, last, parameters["year"]))


@dataclass(frozen=True)
class Head:
    """What stands above a report."""

    title: str
    hub: str
    colour: str
    scope: str
    period: str
    first: dt.date
    last: dt.date
    as_of: dt.datetime

    @classmethod
    def of(cls, title: str, asked: Asked, *, now: dt.datetime) -> Head:
        """The head of a report of the active hub. Raises `CannotBeMade`."""
        hub = Hub.objects.get(pk=active_hub_id())
        period = asked.period
        return cls(title, hub.name, hub.colour, asked.scope.words(), period.words, period.first, period.last, now)

    @property
    def name(self) -> str:
        """What the report is called among others: "Grant report: Work Group Ash, 2026/27"."""
        return name_of_report(self.title, self.scope, self.period)

    @property
    def lines(self) -> list[str]:
        """The head as lines of text, the last one empty."""
        return [f"{self.title}, {self.hub}", f"{self.scope}, {self.period}", f"As of {moment(self.as_of)}", ""]


def name_of_report(title: str, scope: str, period: str) -> str:
    """What a report is called among others."""
    return f"{title}: {scope}, {period}"


def name_of(place: Place) -> tuple[str, str]:
    """What a place's school is called today, and what it was called when it accepted, where that is another name."""
    now, then = place.school_now.name, place.school.name
    return now, "" if now == then else then


def _found(record: Any, noun: str) -> Any:
    if record is None:
        raise CannotBeMade(f"The {noun} that this report was to be about is no longer there.")
    return record

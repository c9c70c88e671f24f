"""What the pages about reports show, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import F, Func, IntegerField, QuerySet

from correspondence.models import Document, DocumentFile, DocumentState
from hubs.models import Membership
from hubs.permissions import Capability, may
from hubs.wording import day, moment
from hubs.years import academic_year_of
from reports.report_makers import REPORTS, ReportMaker
from workgroups.models import MasterySpecialist, Place, WorkGroup

Choices = list[tuple[str, str]]


def kinds_for(membership: Membership) -> list[ReportMaker[Any]]:
    """The reports that a member may read, and so ask for."""
    return [maker for maker in REPORTS.values() if may(membership, maker.capability)]


def reports_of_hub(membership: Membership) -> QuerySet[Document]:
    """The active hub's reports that a member may read, newest first, without their figures."""
    readable = [maker.capability for maker in kinds_for(membership)]
    found = Document.objects.filter(kind__in=REPORTS, capability__in=readable).select_related("requested_by")
    return found.defer("snapshot").order_by("-requested_at", "-pk")


def files_of(document: Document) -> QuerySet[DocumentFile]:
    """A report's files with their `size` in bytes, but not what is in them."""
    size = Func(F("content"), function="octet_length", output_field=IntegerField())
    return DocumentFile.objects.filter(document=document).defer("content").annotate(size=size).order_by("format")


def ahead_of(document: Document) -> int:
    """How many of the hub's documents are made before this one."""
    earlier = Document.objects.unfinished().exclude(pk=document.pk)
    return earlier.filter(requested_at__lte=document.requested_at).count()


def what_happens_next(document: Document, *, ahead: int) -> str:
    """A sentence for people: what the state means, and what they may do."""
    match DocumentState(document.state):
        case DocumentState.QUEUED if ahead:
            others = "one other report" if ahead == 1 else f"{ahead} other reports"
            return f"It is made after {others} of your hub. You can leave this page: it goes on by itself."
        case DocumentState.QUEUED:
            return "It is made as soon as a worker is free, usually within a minute. You can leave this page."
        case DocumentState.RENDERING:
            return "It is being made. You can leave this page: it goes on by itself."
        case DocumentState.READY:
            return f"Its figures are those of {moment(document.as_of)}. It is kept until {day(document.expires_at)}."
        case DocumentState.FAILED:
            return document.error
        case DocumentState.CANCELLED:
            return "It was cancelled, and nothing of it was kept."
    return "Its files were removed. Make a new one to see the figures of today."


def progress_of(document: Document) -> str:
    """How far it is: "31 of 214 schools"; nothing while nobody knows."""
    if document.state != DocumentState.RENDERING or not document.total:
        return ""
    return f"{document.done} of {document.total} school{'' if document.total == 1 else 's'}"


@dataclass(frozen=True)
class About:
    """What a report may be about, each by what its form sends."""

    groups: Choices
    specialists: Choices
    places: Choices
    # Academic years in which the hub has places, and this one, newest first.
    years: list[int]

    def as_choices(self) -> list[tuple[str, str] | tuple[str, Choices]]:
        """As a select shows them, the whole hub first."""
        found: list[tuple[str, str] | tuple[str, Choices]] = [("hub-0", "The whole hub")]
        named = (("Work Groups", self.groups), ("Mastery Specialists", self.specialists), ("Schools", self.places))
        return found + [(name, choices) for name, choices in named if choices]


def what_reports_are_about(today: dt.date) -> About:
    """The active hub's groups, Specialists and places, newest years first; four queries."""
    groups = WorkGroup.objects.select_related("stage_year__stage")
    places = Place.objects.with_school_now().select_related("stage_year__stage")
    named = sorted(places, key=lambda place: (-place.stage_year.year, place.school_now.name.casefold(), place.pk))
    return About(
        groups=[(f"group-{group.pk}", f"{group.name}, {group.stage_year}") for group in groups],
        specialists=[(f"specialist-{one.pk}", one.name) for one in MasterySpecialist.objects.all()],
        places=[(f"place-{place.pk}", f"{place.school_now.name}, {place.stage_year}") for place in named],
        years=sorted({place.stage_year.year for place in named} | {academic_year_of(today)}, reverse=True),
    )


def capability_of(document: Document) -> Capability:
    """What somebody must be allowed to read it."""
    return cast(Capability, document.capability)

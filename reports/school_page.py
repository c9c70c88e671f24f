"""What a school reads on its own page: dates, notes, actions, days and grant; nothing that the hub keeps to itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from funding.models import Grant, ReleaseEntry
from hubs.wording import days
from schools.models import School
from workgroups.models import (
    AgreedAction,
    Attendance,
    Meeting,
    MeetingState,
    Participant,
    Place,
    PlaceState,
    Visit,
    VisitState,
)
from workgroups.roster import Roster


@dataclass(frozen=True)
class Attended:
    """A meeting of the school's group, and who of its teachers came."""

    meeting: Meeting
    attendance: Sequence[Attendance]


@dataclass(frozen=True)
class Days:
    """Release used of what the school promised, in half-days."""

    used: int
    promised: int
    by_kind: Sequence[tuple[str, int]]
    # What somebody has logged and nobody has taken back, by day.
    in_school: Sequence[ReleaseEntry]

    @property
    def in_words(self) -> str:
        """ "4½ days of 10 days"."""
        return f"{days(self.used)} of {days(self.promised)}" if self.promised else days(self.used)


def place_of_link(pk: int) -> Place:
    """A place as its school's page shows it, with group, Specialist and the school's name of today."""
    return Place.objects.with_stage().with_school_now().select_related("hub", "group__specialist").get(pk=pk)


def teachers_of(place: Place, *, today: dt.date) -> QuerySet[Participant]:
    """The lead teachers of a place on a day."""
    return place.participants.taking_part_on(today)


def meetings_to_come(place: Place, *, now: dt.datetime) -> list[Meeting]:
    """The meetings that the school's group is still to hold with it, the next first; none once it has left."""
    if place.group is None or place.state != PlaceState.IN_GROUP:
        return []
    found = Meeting.objects.with_group().filter(group=place.group, state=MeetingState.PLANNED, starts_at__gte=now)
    roster = Roster([place.group])
    meetings = found.prefetch_related(Prefetch("host_school__now", School.objects.all()))
    return [meeting for meeting in meetings if place.pk in roster.places_on(place.group, meeting.day)]


def meetings_held(place: Place) -> list[Attended]:
    """The meetings that the school's teachers could attend, the latest first, whichever group it was in then."""
    marks = Attendance.objects.filter(participant__place=place).select_related("participant")
    attendance = marks.order_by("participant__position", "participant_id")
    held = Meeting.objects.filter(state=MeetingState.HELD, attendance__participant__place=place).distinct()
    found = held.order_by("-starts_at").prefetch_related(Prefetch("attendance", attendance))
    return [Attended(meeting, list(meeting.attendance.all())) for meeting in found]


def visits_of(place: Place) -> list[Visit]:
    """The visits that are arranged or held, with what was agreed at each."""
    found = Visit.objects.filter(place=place, state__in=[VisitState.ARRANGED, VisitState.HELD])
    return list(found.select_related("specialist").prefetch_related("actions").order_by("starts_at"))


def open_actions(visits: Sequence[Visit]) -> list[AgreedAction]:
    """What was agreed and is not done yet."""
    return [action for visit in visits for action in visit.actions.all() if action.done_on is None]


def days_of(place: Place) -> Days:
    """The school's release so far, as its ledger adds up."""
    names = dict(ReleaseEntry.Kind.choices)
    summed: dict[str, int] = {}
    entries = list(ReleaseEntry.objects.filter(place=place).select_related("corrects"))
    for entry in entries:
        summed[_counts_as(entry)] = summed.get(_counts_as(entry), 0) + entry.half_days
    by_kind = [(str(names[kind]), summed[kind]) for kind in names if summed.get(kind)]
    taken_back = {entry.corrects_id for entry in entries}
    in_school = [one for one in entries if one.kind == ReleaseEntry.Kind.IN_SCHOOL and one.pk not in taken_back]
    return Days(sum(summed.values()), place.stage_year.release_half_days, by_kind, in_school)


def _counts_as(entry: ReleaseEntry) -> str:
    """A correction counts with what it corrects: the school reads what is so, not how it came about."""
    if entry.corrects:
        return entry.corrects.kind
    if entry.attendance_id:
        return ReleaseEntry.Kind.MEETING
    return ReleaseEntry.Kind.VISIT if entry.visit_id else entry.kind


def grant_of(place: Place) -> Grant | None:
    """The school's grant, if it has one."""
    return Grant.objects.filter(place=place).first()

"""What happens in Work Groups that the rooms above act on: they know of money, and this room does not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from hubs.happenings import Happening
from hubs.models import Membership
from programmes.models import OfferAnswer
from workgroups.models import Attendance, Meeting, Place, PlaceState, Visit


@dataclass(frozen=True)
class PlaceMade:
    """An accepted offer has become a place."""

    place: Place
    answer: OfferAnswer
    now: dt.datetime


@dataclass(frozen=True)
class PlaceChanged:
    """A place has come into another state: it left, returned, was completed or not."""

    place: Place
    before: PlaceState
    actor: Membership
    now: dt.datetime


@dataclass(frozen=True)
class MeetingHeld:
    """A meeting is recorded as held: the Specialist has spent its half-days."""

    meeting: Meeting
    actor: Membership
    now: dt.datetime


@dataclass(frozen=True)
class AttendanceMarked:
    """Who came to a meeting that was held is recorded, for the first time or put right; `reason` is for the latter.

    `attendance` has what was recorded or is another now: all of it at first, later what was put right.
    """

    meeting: Meeting
    attendance: list[Attendance]
    actor: Membership
    now: dt.datetime
    reason: str = ""


@dataclass(frozen=True)
class VisitHeld:
    """A visit is logged, or what was logged about its length is put right; `reason` is for the latter."""

    visit: Visit
    actor: Membership
    now: dt.datetime
    reason: str = ""


place_made: Happening[PlaceMade] = Happening()
place_changed: Happening[PlaceChanged] = Happening()
meeting_held: Happening[MeetingHeld] = Happening()
attendance_marked: Happening[AttendanceMarked] = Happening()
visit_held: Happening[VisitHeld] = Happening()

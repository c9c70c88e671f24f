"""Mastery Specialists, Work Groups, places and participants, meetings, visits, calendars."""

from workgroups.models.feeds import CalendarFeed
from workgroups.models.groups import (
    MEMBERS,
    PLACE_TRANSITIONS,
    FormerSpecialist,
    Participant,
    Place,
    PlaceEvent,
    PlaceState,
    SchoolLink,
    WorkGroup,
)
from workgroups.models.meetings import (
    HALF_DAY,
    MEETING_TRANSITIONS,
    Attendance,
    Meeting,
    MeetingChange,
    MeetingState,
)
from workgroups.models.people import DaysAgreed, MasterySpecialist
from workgroups.models.visits import (
    VISIT_TRANSITIONS,
    AgreedAction,
    InternalNote,
    Visit,
    VisitDraft,
    VisitState,
)

__all__ = [
    "HALF_DAY",
    "MEETING_TRANSITIONS",
    "MEMBERS",
    "PLACE_TRANSITIONS",
    "VISIT_TRANSITIONS",
    "AgreedAction",
    "Attendance",
    "CalendarFeed",
    "DaysAgreed",
    "FormerSpecialist",
    "InternalNote",
    "MasterySpecialist",
    "Meeting",
    "MeetingChange",
    "MeetingState",
    "Participant",
    "Place",
    "PlaceEvent",
    "PlaceState",
    "SchoolLink",
    "Visit",
    "VisitDraft",
    "VisitState",
    "WorkGroup",
]

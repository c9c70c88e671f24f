"""What goes over to another Mastery Specialist when a group, or a school, gets one: what is still to come.

What was held or was to be by now stays with whoever it was arranged with, recorded or not: its days are hers.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import F

from workgroups.models import MasterySpecialist, Meeting, MeetingState, Visit, VisitState, WorkGroup
from workgroups.models.groups import PlaceQuerySet


def hand_over_visits(*, places: PlaceQuerySet, to: MasterySpecialist, now: dt.datetime) -> None:
    """Have a Specialist make the visits to come that are arranged with some schools."""
    arranged = Visit.objects.filter(place__in=places, state=VisitState.ARRANGED, starts_at__gt=now)
    arranged.exclude(specialist=to).update(specialist=to, sequence=F("sequence") + 1, changed_at=now)


def hand_over_meetings(*, group: WorkGroup, to: MasterySpecialist, now: dt.datetime) -> None:
    """Have a Specialist lead the meetings to come of a group; calendars show nothing of it."""
    planned = Meeting.objects.filter(group=group, state=MeetingState.PLANNED, starts_at__gt=now)
    planned.update(specialist=to)

"""What goes over to another Mastery Specialist when a group, or a school, gets one: what is still to come.

What was held or was to be by now stays with whoever it was arranged with, recorded or not: its days are hers. And
what is entered later for a day before is of whoever led the group then.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import F

from workgroups.models import FormerSpecialist, MasterySpecialist, Meeting, MeetingState, Visit, VisitState, WorkGroup
from workgroups.models.groups import PlaceQuerySet


def specialist_at(group: WorkGroup, moment: dt.datetime) -> MasterySpecialist:
    """Who led a group at a time; of a time to come, who leads it now."""
    former = group.former_specialists.filter(until__gte=moment).select_related("specialist").first()
    return former.specialist if former else group.specialist


def hand_over_group(*, group: WorkGroup, before: MasterySpecialist, now: dt.datetime) -> None:
    """Have a group's new Specialist lead its meetings to come and make the visits that are arranged."""
    FormerSpecialist.objects.create(hub_id=group.hub_id, group=group, specialist=before, until=now)
    hand_over_visits(places=group.places.members(), to=group.specialist, now=now)
    hand_over_meetings(group=group, to=group.specialist, now=now)


def hand_over_visits(*, places: PlaceQuerySet, to: MasterySpecialist, now: dt.datetime) -> None:
    """Have a Specialist make the visits to come that are arranged with some schools."""
    arranged = Visit.objects.filter(place__in=places, state=VisitState.ARRANGED, starts_at__gt=now)
    arranged.exclude(specialist=to).update(specialist=to, sequence=F("sequence") + 1, changed_at=now)


def hand_over_meetings(*, group: WorkGroup, to: MasterySpecialist, now: dt.datetime) -> None:
    """Have a Specialist lead the meetings to come of a group; calendars show nothing of it."""
    planned = Meeting.objects.filter(group=group, state=MeetingState.PLANNED, starts_at__gt=now)
    planned.update(specialist=to)

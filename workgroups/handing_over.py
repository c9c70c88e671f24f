"""What goes over to another Mastery Specialist when a group, or a school, gets one."""

from __future__ import annotations

import datetime as dt

from django.db.models import F

from workgroups.models import MasterySpecialist, Visit, VisitState
from workgroups.models.groups import PlaceQuerySet


def hand_over_visits(*, places: PlaceQuerySet, to: MasterySpecialist, now: dt.datetime) -> int:
    """Have a Specialist make the visits that are arranged with some schools, and return how many are new to her.

    Those that were held stay with whoever made them.
    """
    arranged = Visit.objects.filter(place__in=places, state=VisitState.ARRANGED).exclude(specialist=to)
    return arranged.update(specialist=to, sequence=F("sequence") + 1, changed_at=now)

"""Private addresses of calendars."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from hubs.models import User
from hubs.tenancy import HubManager, HubOwned
from workgroups.models.groups import WorkGroup
from workgroups.models.people import MasterySpecialist


class CalendarFeed(HubOwned):
    """A private address of a Specialist's or a group's calendar, until somebody ends it: a new one has another."""

    specialist = models.ForeignKey(
        MasterySpecialist, null=True, blank=True, on_delete=models.PROTECT, related_name="calendar_feeds"
    )
    group = models.ForeignKey(WorkGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="calendar_feeds")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(specialist=None, group__isnull=False) | Q(specialist__isnull=False, group=None),
                name="feed_of_specialist_or_group",
            ),
            models.UniqueConstraint(
                fields=["specialist"], condition=Q(ended_at=None), name="one_live_feed_per_specialist"
            ),
            models.UniqueConstraint(fields=["group"], condition=Q(ended_at=None), name="one_live_feed_per_group"),
        ]

    def __str__(self) -> str:
        return f"Calendar of {self.specialist or self.group}"

"""That a school with work in progress has another URN now, until somebody of the hub has seen it."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from hubs.models import User
from hubs.tenancy import HubManager, HubOwned, HubQuerySet
from programmes.models.expressions import ExpressionOfInterest
from schools.models import School


class SchoolChangeQuerySet(HubQuerySet["SchoolChange"]):
    """Notices, as the hub asks for them."""

    def unseen(self) -> Self:
        """Those that nobody of the hub has seen yet."""
        return self.filter(seen_at=None)


SchoolChangeManager = HubManager.from_queryset(SchoolChangeQuerySet)


class SchoolChange(HubOwned):
    """A notice for the hub: the school of an expression has closed, and what it is now."""

    expression = models.ForeignKey(ExpressionOfInterest, on_delete=models.CASCADE, related_name="school_changes")
    former = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    # What the school is now, in order: none where the register names no successor, several after a split.
    current_urns = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    # As it was said that day: a sentence for a person.
    text = models.TextField()
    noticed_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[SchoolChangeManager[Self]] = SchoolChangeManager()

    class Meta(HubOwned.Meta):
        ordering = ["noticed_at", "pk"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["expression", "current_urns"], name="school_change_once"),
            models.CheckConstraint(
                condition=Q(seen_at=None, seen_by=None) | Q(seen_at__isnull=False, seen_by__isnull=False),
                name="school_change_seen_by_somebody",
            ),
        ]
        indexes = [
            # What the hub's home says of schools that have changed.
            models.Index(fields=["hub", "noticed_at"], name="school_changes_unseen", condition=Q(seen_at=None)),
        ]

    def __str__(self) -> str:
        return self.text

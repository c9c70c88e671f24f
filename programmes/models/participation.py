"""That schools took part, the one fact about a hub's work that every hub may read."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Abs

from hubs.models import Hub
from hubs.years import label_of
from programmes.models.stages import Stage, StageYear
from schools.models import School


class ParticipationQuerySet(models.QuerySet["Participation"]):
    """What schools took part in, as pages ask for it."""

    def with_stage_name(self) -> Self:
        """With `stage_name`: what the stage was called that year or, where nobody knows, in the nearest one."""
        distance = Abs(F("year") - OuterRef("year"))
        nearest = StageYear.objects.filter(stage=OuterRef("stage")).annotate(distance=distance).order_by("distance")
        return self.annotate(stage_name=Subquery(nearest.values("name")[:1]))


class Participation(models.Model):
    """That a school took part in a stage in a year, under the URN it had then, and how it ended.

    The one fact about a hub's work that every hub may read: never notes, never people.
    """

    class Outcome(models.TextChoices):
        TAKING_PART = "taking_part", "Taking part"
        COMPLETED = "completed", "Completed"
        LEFT = "left", "Left before the end"
        # It stayed, and did not do what completing takes: the Department counts only those that completed.
        NOT_COMPLETED = "not_completed", "Not completed"

    national_columns: ClassVar[tuple[str, ...]] = ("id", "school", "stage", "year", "outcome", "recorded_for")

    # Not a column: see `ParticipationQuerySet.with_stage_name`.
    stage_name: str

    # "Once" begins with the school, and is its index.
    school = models.ForeignKey(School, on_delete=models.PROTECT, db_index=False, related_name="participation")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    # The year in which the academic year starts.
    year = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=13, choices=Outcome)
    recorded_for = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = ParticipationQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "stage__order"]
        constraints = [
            models.UniqueConstraint(fields=["school", "stage", "year"], name="participation_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=["taking_part", "completed", "left", "not_completed"]),
                name="participation_outcome_known",
            ),
            models.CheckConstraint(condition=Q(year__gte=2014, year__lte=2100), name="participation_year_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {label_of(self.year)}, {self.get_outcome_display().lower()}"

    @property
    def title(self) -> str:
        """Name and phase of the stage, as it was called that year, where it was read `with_stage_name`."""
        return f"{self.stage_name} ({self.stage.phase})"

    @property
    def year_label(self) -> str:
        """The academic year as people write it: "2026/27"."""
        return label_of(self.year)

"""Stages of Teaching for Mastery by year, and when a hub recruits for them."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from hubs.ranges import MomentsUntil
from hubs.tenancy import HubManager, HubOwned
from hubs.tenancy.owned import NationalManager
from hubs.years import label_of


class Stage(models.Model):
    """A stage of Teaching for Mastery, whatever it is called in a given year."""

    class Phase(models.TextChoices):
        PRIMARY = "primary", "Primary"
        SECONDARY = "secondary", "Secondary"

    national_columns: ClassVar[tuple[str, ...]] = ("id", "slug", "phase", "order")

    slug = models.SlugField(max_length=40, unique=True)
    phase = models.CharField(max_length=10, choices=Phase)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]
        constraints = [
            models.CheckConstraint(condition=Q(phase__in=["primary", "secondary"]), name="stage_phase_known")
        ]

    def __str__(self) -> str:
        return self.slug


def no_visits() -> list[int]:
    """No visit in any of the three terms."""
    return [0, 0, 0]


class StageYear(models.Model):
    """A stage as it is run in one academic year. `youngest` and `oldest` are the ages it accepts, in years."""

    national_columns: ClassVar[tuple[str, ...]] = ("id", "stage", "year", "name")

    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="years")
    year = models.PositiveSmallIntegerField(help_text="The year in which the academic year starts.")
    name = models.CharField(max_length=80)
    # "Network Collaborative Project": changes from year to year, so it is shown and never a key.
    code = models.CharField(max_length=10, blank=True, validators=[RegexValidator(r"^NCP\d{2}-\d{1,2}[a-z]?$")])
    youngest = models.PositiveSmallIntegerField()
    oldest = models.PositiveSmallIntegerField()
    who_may_join = models.TextField()
    group = models.TextField()
    meetings = models.TextField()
    visits = models.TextField()
    grant = models.TextField()
    grant_pence = models.PositiveIntegerField(null=True, blank=True)
    # What a school must have done for its grant, as its head agrees to it.
    grant_condition = models.TextField(blank=True)
    # How many schools make a group: a smaller or larger one is warned of, not refused.
    smallest_group = models.PositiveSmallIntegerField(default=1)
    largest_group = models.PositiveSmallIntegerField(default=12)
    # Meetings of half a day in the year, as planned; none where there is no fixed number.
    meetings_planned = models.PositiveSmallIntegerField(default=0)
    # Support visits to each school in the autumn, spring and summer terms.
    visits_per_term = ArrayField(models.PositiveSmallIntegerField(), size=3, default=no_visits)
    # Release that a school promises, both lead teachers together, in half-days; none where nothing is promised.
    release_half_days = models.PositiveSmallIntegerField(default=0)
    lead_teachers = models.TextField(blank=True)

    class Meta:
        ordering = ["-year", "stage__order"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "year"], name="stage_once_a_year"),
            models.CheckConstraint(condition=Q(oldest__gt=F("youngest")), name="stage_ages_in_order"),
            models.CheckConstraint(
                condition=Q(smallest_group__gte=1, largest_group__gte=F("smallest_group")),
                name="stage_group_sizes_in_order",
            ),
            models.CheckConstraint(condition=Q(visits_per_term__len=3), name="stage_visits_of_three_terms"),
            models.CheckConstraint(
                condition=Q(code="") | Q(code__regex=r"^NCP\d{2}-\d{1,2}[a-z]?$"), name="ncp_code_normalised"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.year_label}"

    @property
    def title(self) -> str:
        """Name and phase: "Developing (primary)"; names alone repeat between phases."""
        return f"{self.name} ({self.stage.phase})"

    @property
    def year_label(self) -> str:
        """The academic year as people write it: "2026/27"."""
        return label_of(self.year)


class StagePromise(models.Model):
    """One thing a school promises when it joins a stage; each is ticked by itself."""

    stage_year = models.ForeignKey(StageYear, on_delete=models.PROTECT, related_name="promises")
    position = models.PositiveSmallIntegerField()
    wording = models.TextField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["stage_year", "position"], name="promise_position_once")]

    def __str__(self) -> str:
        return self.wording


class RecruitmentWindow(HubOwned):
    """When a hub takes expressions of interest for a stage of a year.

    Until `closes_at`; with `late_until`, also after it and until then, marked as late.
    """

    class Phase(models.TextChoices):
        UPCOMING = "upcoming", "Opens soon"
        OPEN = "open", "Open"
        LATE = "late", "Closed, late ones accepted"
        CLOSED = "closed", "Closed"

    national_columns = ("id", "hub", "stage_year")

    # The same as stage_year.stage: an exclusion constraint cannot look it up.
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    stage_year = models.ForeignKey(StageYear, on_delete=models.PROTECT, related_name="+")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    late_until = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[HubManager[Self]] = HubManager()
    national: ClassVar[NationalManager[Self]] = NationalManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["hub", "stage_year"], name="one_window_per_hub_and_stage_year"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="window_closes_after_opening"),
            models.CheckConstraint(condition=Q(late_until__gt=F("closes_at")), name="window_late_after_closing"),
            ExclusionConstraint(
                name="one_open_window_per_hub_and_stage",
                expressions=[
                    ("hub", RangeOperators.EQUAL),
                    ("stage", RangeOperators.EQUAL),
                    (MomentsUntil("opens_at", "closes_at", "late_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return str(self.stage_year)

    def phase_at(self, now: dt.datetime) -> Phase:
        """Whether expressions are taken at a moment, and how."""
        if now < self.opens_at:
            return self.Phase.UPCOMING
        if now < self.closes_at:
            return self.Phase.OPEN
        if self.late_until and now < self.late_until:
            return self.Phase.LATE
        return self.Phase.CLOSED

    def takes_expressions_at(self, now: dt.datetime) -> bool:
        """Whether an expression sent at this moment is accepted."""
        return self.phase_at(now) in (self.Phase.OPEN, self.Phase.LATE)

"""What was taken from the register, when and by whom."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from hubs.models import User


class RegisterImport(models.Model):
    """An attempt to take in the register: applied, or refused and why. An attempt that changes nothing counts."""

    append_only: ClassVar[bool] = True

    class Outcome(models.TextChoices):
        APPLIED = "applied", "Applied"
        REFUSED = "refused", "Refused"

    national_columns: ClassVar[tuple[str, ...]] = ("id", "outcome", "finished_at", "as_of", "reason")

    outcome = models.CharField(max_length=8, choices=Outcome)
    # Of the file itself: its name, the first 16 digits of its SHA-256, and the day whose register it is.
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=16, blank=True)
    as_of = models.DateField(null=True, blank=True)
    links_file_name = models.CharField(max_length=200, blank=True)
    # Who gave the command, as the operating system names them, or that it was the nightly run.
    actor_name = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    forced = models.BooleanField(default=False)
    # Numbers of schools by kind of change ("opened", "closed", "renamed" …), and of rows left out ("bad_rows").
    counts = models.JSONField(default=dict)
    # Why it was refused: a sentence for a person.
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-finished_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=["applied", "refused"]), name="import_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome="applied", reason="") | (Q(outcome="refused") & ~Q(reason="")),
                name="import_refused_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__gte=models.F("started_at")), name="import_ends_after_start"
            ),
        ]
        indexes = [
            # "The last one that succeeded", asked at every import and on the national page.
            models.Index(fields=["-finished_at"], name="import_latest", condition=Q(outcome="applied")),
        ]

    def __str__(self) -> str:
        return f"{self.file_name}, {self.get_outcome_display().lower()}"


class RegisterAlarm(models.Model):
    """That a person was written to because the register has not been refreshed: once in each week of it."""

    append_only: ClassVar[bool] = True

    user = models.ForeignKey(User, on_delete=models.PROTECT, db_index=False, related_name="+")
    # From when the refresh has not succeeded, and for how many whole weeks when this was written.
    since = models.DateTimeField()
    weeks = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "since", "weeks"], name="register_alarm_once_a_week")]

    def __str__(self) -> str:
        return f"{self.user}, week {self.weeks}"

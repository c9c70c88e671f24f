"""The release-time ledger: half-days of schools and of Specialists, in rows that are only ever added."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q, Sum, Value

from hubs.models import User
from hubs.tenancy import HubManager, HubOwned, HubQuerySet
from hubs.wording import plain_day
from workgroups.models import Attendance, MasterySpecialist, Meeting, Place, Visit


class ReleaseEntryQuerySet(HubQuerySet["ReleaseEntry"]):
    """Rows of the ledger, as the hub asks for them."""

    def of_schools(self) -> Self:
        """The schools' release."""
        return self.exclude(place=None)

    def of_specialists(self) -> Self:
        """The Specialists' days."""
        return self.exclude(specialist=None)

    def balance(self) -> int:
        """The sum of these rows, in half-days."""
        summed: int = self.aggregate(sum=Sum("half_days", default=0))["sum"]
        return summed


ReleaseEntryManager = HubManager.from_queryset(ReleaseEntryQuerySet)


# What a row can come from: one of the hub's records, the row that it takes back, or a form that somebody sent.
_SOURCES = ("attendance", "meeting", "visit", "corrects", "entry_key")


def _from(source: str) -> Q:
    """Rows that come from this, and from nothing else."""
    return Q(**{f"{one}__isnull": one != source for one in _SOURCES})


def _of_school(source: str) -> Q:
    return _from(source) & Q(place__isnull=False)


def _of_specialist(source: str) -> Q:
    return _from(source) & Q(specialist__isnull=False)


class ReleaseEntry(HubOwned):
    """Half-days used, of a school's promised release or of a Specialist's days agreed; a correction counts back.

    A row is of one account: `place` or `specialist`. Those of attendance, meetings and visits name their source,
    whose rows always add up to what it is worth by now. Composite foreign keys, written in the migrations, hold that a
    correction takes back a row of the same account, and all of it.
    """

    append_only = True

    class Kind(models.TextChoices):
        MEETING = "meeting", "Meeting"
        VISIT = "visit", "Visit"
        IN_SCHOOL = "in_school", "In school"
        CORRECTION = "correction", "Correction"

    place = models.ForeignKey(Place, null=True, blank=True, on_delete=models.PROTECT, related_name="release")
    specialist = models.ForeignKey(
        MasterySpecialist, null=True, blank=True, on_delete=models.PROTECT, related_name="release"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    # The academic year that it counts in, by the year in which that starts.
    year = models.PositiveSmallIntegerField()
    worked_on = models.DateField()
    half_days = models.SmallIntegerField()
    attendance = models.ForeignKey(Attendance, null=True, blank=True, on_delete=models.PROTECT, related_name="release")
    meeting = models.ForeignKey(Meeting, null=True, blank=True, on_delete=models.PROTECT, related_name="release")
    visit = models.ForeignKey(Visit, null=True, blank=True, on_delete=models.PROTECT, related_name="release")
    # Of a row that somebody logged: the one that this takes back, once.
    corrects = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    # The size of a row that this one takes back.
    counted_back = models.GeneratedField(
        expression=Value(0) - F("half_days"), output_field=models.SmallIntegerField(), db_persist=True
    )
    # What the days were for or, of a correction, why.
    words = models.TextField(blank=True)
    # Makes what was logged once only, however often it is sent.
    entry_key = models.UUIDField(null=True, blank=True, unique=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # How to name who did it: a member, or a person of the school.
    recorded_name = models.CharField(max_length=200)

    objects: ClassVar[ReleaseEntryManager[Self]] = ReleaseEntryManager()

    class Meta(HubOwned.Meta):
        ordering = ["worked_on", "pk"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(place=None, specialist__isnull=False) | Q(place__isnull=False, specialist=None),
                name="release_of_school_or_specialist",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["meeting", "visit", "in_school", "correction"]), name="release_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(half_days=0) & Q(half_days__gte=-40, half_days__lte=40), name="release_half_days_sane"
            ),
            models.CheckConstraint(
                condition=Q(kind="correction") & ~Q(words="")
                | ~Q(kind="correction") & Q(half_days__gt=0, corrects=None),
                name="release_corrected_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(kind="meeting") | _of_school("attendance") | _of_specialist("meeting"),
                name="release_of_meeting_has_source",
            ),
            models.CheckConstraint(condition=~Q(kind="visit") | _from("visit"), name="release_of_visit_has_source"),
            models.CheckConstraint(
                condition=~Q(kind="in_school") | _from("entry_key") & ~Q(words=""),
                name="release_in_school_is_logged_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind="correction")
                | _of_school("attendance")
                | _of_specialist("meeting")
                | _from("visit")
                | _from("corrects"),
                name="release_correction_has_source",
            ),
            # What a correction refers to: see the migration.
            models.UniqueConstraint(fields=["id", "place", "half_days"], name="release_of_school_with_size"),
            models.UniqueConstraint(fields=["id", "specialist", "half_days"], name="release_of_specialist_with_size"),
            # Sent twice or by two workers at once, one source is counted once.
            models.UniqueConstraint(fields=["attendance"], condition=Q(kind="meeting"), name="attendance_counted_once"),
            models.UniqueConstraint(
                fields=["meeting", "specialist"],
                condition=Q(kind="meeting", meeting__isnull=False),
                name="meeting_counted_once",
            ),
            models.UniqueConstraint(
                fields=["visit", "specialist"],
                condition=Q(kind="visit", specialist__isnull=False),
                name="visit_counted_once_for_specialist",
            ),
            models.UniqueConstraint(
                fields=["visit", "place"],
                condition=Q(kind="visit", place__isnull=False),
                name="visit_counted_once_for_school",
            ),
        ]
        indexes = [
            # A school's or a Specialist's account, and its sum.
            models.Index(F("hub"), F("place"), F("worked_on"), name="release_of_place"),
            models.Index(F("hub"), F("specialist"), F("year"), name="release_of_specialist"),
        ]

    def __str__(self) -> str:
        return f"{self.half_days:+} half-days, {plain_day(self.worked_on)}"

    @property
    def is_of_school_itself(self) -> bool:
        """Whether somebody of the school has logged it, by the school's link."""
        return self.kind == self.Kind.IN_SCHOOL and self.place_id is not None and self.recorded_by_id is None

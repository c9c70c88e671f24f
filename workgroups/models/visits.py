"""Support visits to schools, the notes on them, and what was agreed."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from hubs.models import User
from hubs.tenancy import HubManager, HubOwned, HubQuerySet
from hubs.wording import moment, plain_day
from workgroups.models.groups import Place
from workgroups.models.meetings import HALF_DAY, Meeting
from workgroups.models.people import MasterySpecialist


class VisitState(models.TextChoices):
    """Where a visit stands. One that nobody has arranged yet has no row: the stage says how many there ought to be."""

    ARRANGED = "arranged", "Arranged"
    HELD = "held", "Held"
    MISSED = "missed", "Missed"


# One that was missed stays as it is: another one is arranged in its stead.
VISIT_TRANSITIONS: dict[VisitState, frozenset[VisitState]] = {
    VisitState.ARRANGED: frozenset({VisitState.HELD, VisitState.MISSED}),
    VisitState.HELD: frozenset(),
    VisitState.MISSED: frozenset(),
}


class VisitQuerySet(HubQuerySet["Visit"]):
    """Visits, as the hub asks for them."""

    def live(self) -> Self:
        """Those that stand: arranged or held."""
        return self.filter(state__in=[VisitState.ARRANGED, VisitState.HELD])


VisitManager = HubManager.from_queryset(VisitQuerySet)


class Visit(HubOwned):
    """A Specialist's visit to a school: the `number`th of a term. What only the hub sees is an `InternalNote`."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="visits")
    specialist = models.ForeignKey(MasterySpecialist, on_delete=models.PROTECT, related_name="visits")
    # 1 autumn, 2 spring, 3 summer of the place's year.
    term = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=8, choices=VisitState, default=VisitState.ARRANGED)
    # When it is arranged for or, once held, when it was. Of one that was never arranged, when somebody gave it up.
    starts_at = models.DateTimeField()
    # Whether it ever stood in the calendar or was held; one that did not is missed.
    was_arranged = models.BooleanField(default=True)
    # The Specialist's time.
    half_days = models.PositiveSmallIntegerField(default=1)
    # The lead teachers' release for it, both together.
    teachers_half_days = models.PositiveSmallIntegerField(default=0)
    met = models.CharField(max_length=300, blank=True)
    # The school reads it.
    shared_note = models.TextField(blank=True)
    missed_reason = models.TextField(blank=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    held_recorded_at = models.DateTimeField(null=True, blank=True)
    # For calendars: one event for good, whose number rises with each change that they show.
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.PositiveIntegerField(default=0)

    objects: ClassVar[VisitManager[Self]] = VisitManager()

    class Meta(HubOwned.Meta):
        ordering = ["term", "number", "starts_at", "pk"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(state__in=VisitState.values), name="visit_state_known"),
            models.CheckConstraint(condition=Q(term__in=[1, 2, 3]), name="visit_term_known"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=20), name="visit_number_sane"),
            models.CheckConstraint(
                condition=Q(half_days__gte=1, half_days__lte=4, teachers_half_days__lte=8), name="visit_half_days_sane"
            ),
            models.CheckConstraint(
                condition=~Q(state=VisitState.HELD)
                | Q(held_recorded_at__isnull=False) & ~Q(met="") & ~Q(shared_note=""),
                name="visit_held_has_note",
            ),
            models.CheckConstraint(
                condition=~Q(state=VisitState.MISSED) | ~Q(missed_reason=""), name="visit_missed_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(was_arranged=True) | Q(state=VisitState.MISSED), name="visit_never_arranged_is_missed"
            ),
            models.UniqueConstraint(
                fields=["place", "term", "number"],
                condition=Q(state__in=["arranged", "held"]),
                name="one_visit_of_each_number",
            ),
            # What days and agreed actions refer to.
            models.UniqueConstraint(fields=["id", "hub"], name="visit_with_hub"),
            models.UniqueConstraint(fields=["id", "place"], name="visit_with_place"),
        ]
        indexes = [
            # What comes next, on the hub's home and a Specialist's; and what the reminders are derived from.
            models.Index(fields=["hub", "starts_at"], name="visit_by_time"),
        ]

    def __str__(self) -> str:
        when = moment(self.starts_at) if self.was_arranged else "never arranged"
        return f"Visit to {self.place.school}, {when}"

    def get_absolute_url(self) -> str:
        """Its page in the hub's console."""
        return reverse("visit", args=[self.hub.slug, self.place_id, self.term, self.number])

    @property
    def ends_at(self) -> dt.datetime:
        """When it ends, as calendars show it."""
        return self.starts_at + self.half_days * HALF_DAY


class VisitDraft(HubOwned):
    """What somebody has written so far about a visit that is not logged yet: kept while she writes."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+")
    term = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField()
    saved_at = models.DateTimeField()

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["place", "term", "number", "author"], name="visit_draft_once"),
        ]

    def __str__(self) -> str:
        return f"Draft, {moment(self.saved_at)}"


class AgreedAction(HubOwned):
    """Something that was agreed with a school at a visit; the next one begins with those that are open.

    A composite foreign key, written in the migration, holds that its place is the visit's.
    """

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="actions")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="actions")
    position = models.PositiveSmallIntegerField()
    text = models.TextField()
    who = models.CharField(max_length=120, blank=True)
    due_on = models.DateField(null=True, blank=True)
    agreed_at = models.DateTimeField()
    done_on = models.DateField(null=True, blank=True)

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        ordering = ["agreed_at", "position"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["visit", "position"], name="agreed_action_position_once"),
            models.CheckConstraint(condition=~Q(text=""), name="agreed_action_says_what"),
        ]

    def __str__(self) -> str:
        return f"{self.text}{f', by {plain_day(self.due_on)}' if self.due_on else ''}"


class InternalNote(HubOwned):
    """What the hub's people alone read about a meeting or a visit: in no page, mail, export or PDF for a school."""

    meeting = models.OneToOneField(
        Meeting, null=True, blank=True, on_delete=models.PROTECT, related_name="internal_note"
    )
    visit = models.OneToOneField(Visit, null=True, blank=True, on_delete=models.PROTECT, related_name="internal_note")
    text = models.TextField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(meeting=None, visit__isnull=False) | Q(meeting__isnull=False, visit=None),
                name="internal_note_on_meeting_or_visit",
            ),
        ]

    def __str__(self) -> str:
        return f"Internal note, {moment(self.written_at)}"

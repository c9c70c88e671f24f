"""Stages by year, recruitment, expressions of interest and what was decided on them."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower

from hubs.models import User
from hubs.ranges import MomentsUntil
from hubs.tenancy import HubManager, HubOwned, HubQuerySet
from hubs.tenancy.owned import NationalManager
from hubs.wording import plain_day
from programmes.years import label_of
from schools.models import School


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
    lead_teachers = models.TextField(blank=True)

    class Meta:
        ordering = ["-year", "stage__order"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "year"], name="stage_once_a_year"),
            models.CheckConstraint(condition=Q(oldest__gt=F("youngest")), name="stage_ages_in_order"),
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


class State(models.TextChoices):
    """Where an expression of interest stands."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "To decide"
    OFFERED = "offered", "Offered"
    DECLINED = "declined", "Declined"


# From → to. A declined school may still be offered a place; an offer made is not taken back here.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SUBMITTED}),
    State.SUBMITTED: frozenset({State.OFFERED, State.DECLINED}),
    State.OFFERED: frozenset(),
    State.DECLINED: frozenset({State.OFFERED}),
}
# A school has at most one of these per stage and year.
LIVE = (State.SUBMITTED, State.OFFERED)


class ExpressionQuerySet(HubQuerySet["ExpressionOfInterest"]):
    """Expressions of interest, as the hub asks for them."""

    def sent(self) -> Self:
        """Those that a school has sent: a draft is nobody's business but its writer's."""
        return self.exclude(state=State.DRAFT)

    def to_decide(self) -> Self:
        """Those that wait for the hub."""
        return self.filter(state=State.SUBMITTED)

    def rivals_of(self, expression: ExpressionOfInterest) -> Self:
        """The same school's other live expression for the same stage and year, if there is one."""
        same = self.filter(window=expression.window_id, school=expression.school_id, state__in=LIVE)
        return same.exclude(pk=expression.pk)

    def with_stage(self) -> Self:
        """With school and stage, in the same query."""
        return self.select_related("school", "window__stage_year__stage")

    def with_progress(self) -> Self:
        """With `promises_agreed`, which `journey.progress_of` reads."""
        return self.annotate(promises_agreed=Exists(AgreedPromise.objects.filter(expression=OuterRef("pk"))))


ExpressionManager = HubManager.from_queryset(ExpressionQuerySet)


class ExpressionOfInterest(HubOwned):
    """A school's wish to join a stage: a draft while it is written, then sent, then decided."""

    national_columns = ("id", "hub", "window", "state", "submitted_at")
    # Not a column: see `ExpressionQuerySet.with_progress`.
    promises_agreed: bool

    window = models.ForeignKey(RecruitmentWindow, on_delete=models.PROTECT, related_name="+")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    reference = models.CharField(max_length=9, unique=True, null=True, blank=True)
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    is_late = models.BooleanField(default=False)

    contact_name = models.CharField(max_length=120, blank=True)
    contact_role = models.CharField(max_length=120, blank=True)
    contact_email = models.EmailField(blank=True)
    contact_phone = models.CharField(max_length=30, blank=True)
    contact_is_head = models.BooleanField(null=True)
    # Empty while the contact is the headteacher: see `headteacher_name`.
    head_name = models.CharField(max_length=120, blank=True)
    head_email = models.EmailField(blank=True)
    # Which version of the hub's privacy notice stood beside the button when it was sent.
    privacy_version = models.PositiveIntegerField(null=True, blank=True)

    objects: ClassVar[ExpressionManager[Self]] = ExpressionManager()
    national: ClassVar[NationalManager[Self]] = NationalManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(state__in=State.values), name="expression_state_known"),
            models.CheckConstraint(
                name="expression_complete_when_sent",
                condition=Q(state=State.DRAFT, reference=None, submitted_at=None)
                | (
                    ~Q(state=State.DRAFT)
                    & Q(reference__isnull=False, submitted_at__isnull=False, privacy_version__isnull=False)
                    # Said by itself: a comparison with NULL is no violation.
                    & Q(contact_is_head__isnull=False)
                    & ~Q(contact_name="")
                    & ~Q(contact_email="")
                    & (Q(contact_is_head=True) | (Q(contact_is_head=False) & ~Q(head_name="") & ~Q(head_email="")))
                ),
            ),
            models.UniqueConstraint(
                fields=["hub", "window", "school"],
                condition=Q(state__in=LIVE),
                name="one_live_expression_per_school_and_stage",
            ),
        ]
        indexes = [
            # The console's list, newest first, and its counts by state.
            models.Index(fields=["hub", "-submitted_at"], name="expression_list", condition=~Q(state="draft")),
            models.Index(fields=["hub", "window", "state"], name="expression_counts"),
            # The nightly removal of drafts that nobody came back to.
            models.Index(fields=["hub", "touched_at"], name="expression_drafts", condition=Q(state="draft")),
        ]

    def __str__(self) -> str:
        return self.reference or "Draft expression of interest"

    @property
    def stage_year(self) -> StageYear:
        """The stage and year it is for."""
        return self.window.stage_year

    @property
    def headteacher_name(self) -> str:
        """The head's name, who may be the contact."""
        return self.contact_name if self.contact_is_head else self.head_name

    @property
    def headteacher_email(self) -> str:
        """The head's address, who may be the contact."""
        return self.contact_email if self.contact_is_head else self.head_email

    @property
    def can_be_offered(self) -> bool:
        """Whether a place can be offered now."""
        return State.OFFERED in TRANSITIONS[State(self.state)]

    @property
    def can_be_declined(self) -> bool:
        """Whether it can be declined now."""
        return State.DECLINED in TRANSITIONS[State(self.state)]


class LeadTeacher(HubOwned):
    """One of the two teachers whom a school names to lead the work."""

    expression = models.ForeignKey(ExpressionOfInterest, on_delete=models.CASCADE, related_name="lead_teachers")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=120)
    year_group = models.CharField(max_length=60, blank=True)
    email = models.EmailField()
    # Teacher reference number: optional now, needed before the first meeting.
    trn = models.CharField("TRN", max_length=7, blank=True)

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        ordering = ["position"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["expression", "position"], name="lead_teacher_position_once"),
            models.UniqueConstraint("expression", Lower("email"), name="lead_teachers_are_two_people"),
            models.CheckConstraint(condition=Q(position__in=[1, 2]), name="two_lead_teachers"),
            models.CheckConstraint(condition=Q(trn="") | Q(trn__regex=r"^\d{7}$"), name="trn_has_seven_digits"),
        ]

    def __str__(self) -> str:
        return self.name


class AgreedPromise(HubOwned):
    """A promise as it was worded when the school ticked it."""

    expression = models.ForeignKey(ExpressionOfInterest, on_delete=models.CASCADE, related_name="agreed_promises")
    position = models.PositiveSmallIntegerField()
    wording = models.TextField()
    agreed_at = models.DateTimeField()

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        ordering = ["position"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["expression", "position"], name="agreed_promise_position_once"),
        ]

    def __str__(self) -> str:
        return self.wording


class Decision(HubOwned):
    """What a person of the hub decided, when and why. A change of mind is a new decision."""

    append_only = True

    expression = models.ForeignKey(ExpressionOfInterest, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=10, choices=[(State.OFFERED, "Offered"), (State.DECLINED, "Declined")])
    # Goes to the school word for word: why it was declined, or what to add to an offer.
    words = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        ordering = ["-decided_at"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(outcome__in=["offered", "declined"]), name="decision_outcome_known"),
            models.CheckConstraint(condition=~Q(outcome="declined") | ~Q(words=""), name="declined_with_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}, {plain_day(self.decided_at)}"

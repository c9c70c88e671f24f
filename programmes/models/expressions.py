"""Expressions of interest: what a school sent, and what was decided on it."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import cached_property

from hubs.models import User
from hubs.tenancy import HubManager, HubOwned, HubQuerySet
from hubs.tenancy.owned import NationalManager
from hubs.wording import plain_day
from programmes.models.stages import RecruitmentWindow, StageYear
from schools.lineage import urns_of_school_today
from schools.models import Ancestor, School


class State(models.TextChoices):
    """Where an expression of interest stands."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "To decide"
    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted"
    TURNED_DOWN = "turned_down", "Turned down"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"

    @property
    def in_full(self) -> str:
        """The label with who refused, for where both ways to refuse stand side by side: "Declined by the hub"."""
        return {
            State.TURNED_DOWN: "Turned down by the school",
            State.DECLINED: "Declined by the hub",
            State.WITHDRAWN: "Withdrawn by the hub",
        }.get(self, str(self.label))


# From → to. The hub offers or declines, the school accepts an offer or turns it down, and until then the hub may
# withdraw it. A school that was declined, that turned its offer down or whose offer was withdrawn may still be offered
# a place.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SUBMITTED}),
    State.SUBMITTED: frozenset({State.OFFERED, State.DECLINED}),
    State.OFFERED: frozenset({State.ACCEPTED, State.TURNED_DOWN, State.WITHDRAWN}),
    State.ACCEPTED: frozenset(),
    State.TURNED_DOWN: frozenset({State.OFFERED}),
    State.DECLINED: frozenset({State.OFFERED}),
    State.WITHDRAWN: frozenset({State.OFFERED}),
}
# A school has at most one of these per stage and year.
LIVE = (State.SUBMITTED, State.OFFERED, State.ACCEPTED)


class ExpressionQuerySet(HubQuerySet["ExpressionOfInterest"]):
    """Expressions of interest, as the hub asks for them."""

    def sent(self) -> Self:
        """Those that a school has sent: a draft is nobody's business but its writer's."""
        return self.exclude(state=State.DRAFT)

    def to_decide(self) -> Self:
        """Those that wait for the hub."""
        return self.filter(state=State.SUBMITTED)

    def rivals_of(self, expression: ExpressionOfInterest) -> Self:
        """The other live expressions for the same stage and year of what the school is today, under any URN.

        One at most, but for schools that turned out to be one school after both had sent theirs.
        """
        live = self.filter(window=expression.window_id, state__in=LIVE)
        return live.filter(school__in=urns_of_school_today(expression.school_id)).exclude(pk=expression.pk)

    def with_stage(self) -> Self:
        """With school and stage, in the same query."""
        return self.select_related("school", "window__stage_year__stage")

    def with_school_now(self) -> Self:
        """With what each school is today, in one more query: for `school_now` of several expressions."""
        today = School.objects.select_related("authority")
        return self.prefetch_related(Prefetch("school__now", today))

    def with_progress(self) -> Self:
        """With `promises_agreed`, which `journey.progress_of` reads."""
        return self.annotate(promises_agreed=Exists(AgreedPromise.objects.filter(expression=OuterRef("pk"))))

    def with_other_urns(self) -> Self:
        """With `has_other_urns`: whether the school had, or has by now, another URN."""
        before = Ancestor.objects.filter(school=OuterRef("school"))
        after = Ancestor.objects.filter(ancestor=OuterRef("school"))
        return self.annotate(has_other_urns=Exists(before) | Exists(after))


ExpressionManager = HubManager.from_queryset(ExpressionQuerySet)


class ExpressionOfInterest(HubOwned):
    """A school's wish to join a stage: a draft while it is written, then sent, then decided."""

    national_columns = ("id", "hub", "window", "state", "submitted_at")
    # Not columns: see `ExpressionQuerySet.with_progress` and `with_other_urns`.
    promises_agreed: bool
    has_other_urns: bool

    window = models.ForeignKey(RecruitmentWindow, on_delete=models.PROTECT, related_name="+")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
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
    # Links of this expression that were made before lead nowhere: some of them went to another address.
    links_from = models.DateTimeField(null=True, blank=True)

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

    def get_absolute_url(self) -> str:
        """Its page in the hub's console; none before it is sent."""
        return reverse("expression", args=[self.hub.slug, self.reference])

    @property
    def stage_year(self) -> StageYear:
        """The stage and year it is for."""
        return self.window.stage_year

    @cached_property
    def school_now(self) -> School:
        """The school of today: `school` is the one that sent it, under the URN it had then."""
        return self.school.named_now

    @property
    def parts(self) -> list[School]:
        """The schools that its own has split into, until somebody has said which of them it is for; else none."""
        current = list(self.school.now.all()) if self.school.is_closed else []
        return current if len(current) > 1 else []

    @property
    def school_in_full(self) -> str:
        """Today's name and the one it was sent under: "Birch Academy, formerly Ash Lane Primary School"."""
        name, name_then = self.school_now.name, self.school.name
        return name if name == name_then else f"{name}, formerly {name_then}"

    @property
    def headteacher_name(self) -> str:
        """The head's name, who may be the contact."""
        return self.contact_name if self.contact_is_head else self.head_name

    @property
    def headteacher_email(self) -> str:
        """The head's address, who may be the contact."""
        return self.contact_email if self.contact_is_head else self.head_email

    @property
    def state_in_full(self) -> str:
        """Where it stands, as a list says it: also who refused."""
        return State(self.state).in_full

    @property
    def is_accepted(self) -> bool:
        """Whether the school has accepted a place."""
        return self.state == State.ACCEPTED

    @property
    def can_be_offered(self) -> bool:
        """Whether a place can be offered now."""
        return State.OFFERED in TRANSITIONS[State(self.state)]

    @property
    def can_be_declined(self) -> bool:
        """Whether it can be declined now."""
        return State.DECLINED in TRANSITIONS[State(self.state)]

    @property
    def waits_for_answer(self) -> bool:
        """Whether an offer waits for the school's answer, and may be sent again or withdrawn."""
        return self.state == State.OFFERED

    @property
    def is_withdrawn(self) -> bool:
        """Whether the hub has withdrawn its offer."""
        return self.state == State.WITHDRAWN


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


class DecisionQuerySet(HubQuerySet["Decision"]):
    """Decisions, as the hub and the school ask for them."""

    def with_promises(self) -> Self:
        """With `promises`: the wordings that the school has agreed to, in their order, in the same query."""
        promises = AgreedPromise.objects.filter(expression=OuterRef("expression")).order_by("position")
        return self.annotate(promises=ArraySubquery(promises.values("wording")))


DecisionManager = HubManager.from_queryset(DecisionQuerySet)


class Decision(HubOwned):
    """What a person of the hub decided, when and why. A change of mind is a new decision."""

    append_only = True
    # Not a column: see `DecisionQuerySet.with_promises`.
    promises: list[str]

    expression = models.ForeignKey(ExpressionOfInterest, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(
        max_length=10,
        choices=[(State.OFFERED, "Offered"), (State.DECLINED, "Declined"), (State.WITHDRAWN, "Offer withdrawn")],
    )
    # Goes to the school word for word: why it was declined or an offer withdrawn, or what to add to an offer.
    words = models.TextField(blank=True)
    # The last day on which the school is asked to answer an offer; none for a refusal.
    answer_by = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    objects: ClassVar[DecisionManager[Self]] = DecisionManager()

    class Meta(HubOwned.Meta):
        ordering = ["-decided_at"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(outcome__in=["offered", "declined", "withdrawn"]), name="decision_outcome_known"
            ),
            models.CheckConstraint(condition=~Q(outcome="declined") | ~Q(words=""), name="declined_with_a_reason"),
            models.CheckConstraint(condition=~Q(outcome="withdrawn") | ~Q(words=""), name="withdrawn_with_a_reason"),
            models.CheckConstraint(condition=Q(outcome="offered") | Q(answer_by=None), name="only_offers_are_answered"),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}, {plain_day(self.decided_at)}"

    def is_late_on(self, today: dt.date) -> bool:
        """Whether the day by which an answer was asked for has passed."""
        return self.answer_by is not None and self.answer_by < today


class OfferAnswer(HubOwned):
    """What a school answered to an offer, kept as it was said on the day.

    `agreement` is what the school agreed to, word for word: the promises and the grant with its condition.
    """

    append_only = True

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        TURNED_DOWN = "turned_down", "Turned down"

    expression = models.ForeignKey(ExpressionOfInterest, on_delete=models.PROTECT, related_name="answers")
    offer = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="answer")
    answer = models.CharField(max_length=12, choices=Answer)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=120)
    reason = models.TextField(blank=True)
    agreement = models.TextField(blank=True)
    # As of the day: in pence, none where the stage has no grant or its amount is not known yet.
    grant_pence = models.PositiveIntegerField(null=True, blank=True)
    grant_condition = models.TextField(blank=True)
    answered_at = models.DateTimeField()

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        ordering = ["-answered_at"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(answer__in=["accepted", "turned_down"]), name="offer_answer_known"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(role=""), name="offer_answered_by_somebody"),
            models.CheckConstraint(
                condition=Q(answer="accepted", reason="") & ~Q(agreement="")
                | Q(answer="turned_down", agreement="", grant_pence=None, grant_condition="") & ~Q(reason=""),
                name="offer_accepted_with_agreement_or_turned_down_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_answer_display()} by {self.name}, {plain_day(self.answered_at)}"

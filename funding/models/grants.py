"""Grants to schools, what became of them, and the lists by which they are paid.

Composite foreign keys, written in a migration, hold that each refers to what is of its own hub.
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from hubs.models import User
from hubs.tenancy import HubManager, HubOwned, HubQuerySet
from hubs.wording import plain_day, pounds
from workgroups.models import MEMBERS, Place, PlaceState


class GrantState(models.TextChoices):
    """Where a grant stands."""

    EXPECTED = "expected", "Expected"
    DUE = "due", "Due"
    APPROVED = "approved", "Approved"
    PAID = "paid", "Paid"
    WITHHELD = "withheld", "Withheld"


# A changed amount takes an approval back: the sum that is paid is the sum that was approved.
GRANT_TRANSITIONS: dict[GrantState, frozenset[GrantState]] = {
    GrantState.EXPECTED: frozenset({GrantState.DUE, GrantState.WITHHELD}),
    GrantState.DUE: frozenset({GrantState.EXPECTED, GrantState.APPROVED, GrantState.WITHHELD}),
    GrantState.APPROVED: frozenset({GrantState.DUE, GrantState.PAID, GrantState.WITHHELD}),
    GrantState.WITHHELD: frozenset({GrantState.EXPECTED}),
    GrantState.PAID: frozenset(),
}


class GrantQuerySet(HubQuerySet["Grant"]):
    """Grants, as the hub asks for them."""

    def with_place(self) -> Self:
        """With place, school, stage and group, in the same query."""
        return self.select_related("place__school", "place__stage_year__stage", "place__group")

    def to_claim(self) -> Self:
        """Those that are still to be claimed: expected, of schools that have not left."""
        return self.filter(state=GrantState.EXPECTED).exclude(place__state=PlaceState.LEFT)

    def with_hand_of(self, user: User) -> Self:
        """With `had_a_hand`, whether a person does not approve them: in a query what `granting.had_a_hand` tells."""
        kinds = GrantEvent.Kind
        events = GrantEvent.objects.filter(grant=OuterRef("pk"))
        markers = events.filter(kind=kinds.DUE).exclude(actor=None).order_by("-pk").values("actor")[:1]
        sets = Exists(events.filter(kind__in=[kinds.AWARDED, kinds.AMOUNT_CHANGED], actor=user))
        marked_by = self.annotate(marked_by=Coalesce(Subquery(markers, output_field=models.IntegerField()), 0))
        return marked_by.annotate(had_a_hand=Q(sets) | Q(marked_by=user.pk))

    def of_groups(self) -> Self:
        """Those of schools that are, or have been to the end, in a Work Group: none that left or still wait for one."""
        return self.filter(place__state__in=MEMBERS)


GrantManager = HubManager.from_queryset(GrantQuerySet)


class Grant(HubOwned):
    """What a school is to be paid for its place: amount and condition as of the day on which it accepted."""

    place = models.OneToOneField(Place, on_delete=models.PROTECT, related_name="grant")
    state = models.CharField(max_length=8, choices=GrantState, default=GrantState.EXPECTED)
    amount_pence = models.PositiveIntegerField()
    condition = models.TextField(blank=True)
    # The day by which it is to be claimed: the hub may say that it is due before.
    claim_on = models.DateField()
    # Whoever has set or changed the amount since it was awarded does not approve it.
    amount_changed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    withheld_reason = models.TextField(blank=True)

    objects: ClassVar[GrantManager[Self]] = GrantManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(state__in=GrantState.values), name="grant_state_known"),
            models.CheckConstraint(condition=Q(amount_pence__gte=1), name="grant_is_some_money"),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "paid"], approved_by__isnull=False, approved_at__isnull=False)
                | ~Q(state__in=["approved", "paid"]) & Q(approved_by=None, approved_at=None),
                name="grant_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | Q(amount_changed_by=None) | ~Q(approved_by=F("amount_changed_by")),
                name="grant_approved_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="withheld") & ~Q(withheld_reason="") | ~Q(state="withheld") & Q(withheld_reason=""),
                name="grant_withheld_with_reason",
            ),
            # What its events and payments refer to.
            models.UniqueConstraint(fields=["id", "hub"], name="grant_with_hub"),
        ]
        indexes = [
            # The list of grants and its counts by state.
            models.Index(fields=["hub", "state"], name="grant_list"),
        ]

    def __str__(self) -> str:
        return f"{pounds(self.amount_pence)} for {self.place.school}"

    def get_absolute_url(self) -> str:
        """Its page in the hub's console."""
        return reverse("grant", args=[self.hub.slug, self.pk])


class GrantEvent(HubOwned):
    """One step of a grant's history: who did what to it, when and why."""

    append_only = True

    class Kind(models.TextChoices):
        AWARDED = "awarded", "Awarded"
        AMOUNT_CHANGED = "amount_changed", "Amount changed"
        DUE = "due", "Became due"
        NOT_DUE = "not_due", "Not due after all"
        APPROVED = "approved", "Approved"
        WITHHELD = "withheld", "Withheld"
        REINSTATED = "reinstated", "No longer withheld"
        PAID = "paid", "Paid"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=14, choices=Kind)
    amount_pence = models.PositiveIntegerField()
    amount_before_pence = models.PositiveIntegerField(null=True, blank=True)
    reason = models.TextField(blank=True)
    happened_at = models.DateTimeField()
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=200)

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        ordering = ["pk"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "awarded",
                        "amount_changed",
                        "due",
                        "not_due",
                        "approved",
                        "withheld",
                        "reinstated",
                        "paid",
                    ]
                ),
                name="grant_event_known",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["amount_changed", "not_due", "withheld", "reinstated"]) | ~Q(reason=""),
                name="grant_event_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind="amount_changed", amount_before_pence__isnull=False)
                | ~Q(kind="amount_changed") & Q(amount_before_pence=None),
                name="grant_event_amount_before",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {plain_day(self.happened_at)}"


class PaymentList(HubOwned):
    """Approved grants for the finance office to pay together: made, then paid as a batch, or taken back before that."""

    class State(models.TextChoices):
        OPEN = "open", "To pay"
        PAID = "paid", "Paid"
        CANCELLED = "cancelled", "Taken back"

    number = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    paid_on = models.DateField(null=True, blank=True)
    paid_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # The finance office's own, for instance of its payment run.
    payment_reference = models.CharField(max_length=60, blank=True)

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        ordering = ["-number"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["hub", "number"], name="payment_list_number_once"),
            # What its payments refer to.
            models.UniqueConstraint(fields=["id", "hub"], name="payment_list_with_hub"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "paid", "cancelled"]), name="payment_list_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="paid", paid_on__isnull=False, paid_by__isnull=False) & ~Q(payment_reference="")
                | ~Q(state="paid") & Q(paid_on=None, paid_by=None, payment_reference=""),
                name="payment_list_paid_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"Payment list {self.number}"


class Payment(HubOwned):
    """A grant on a payment list, as it was then. It is on one list at most, unless that was taken back."""

    payment_list = models.ForeignKey(PaymentList, on_delete=models.PROTECT, related_name="payments")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="payments")
    amount_pence = models.PositiveIntegerField()
    # Whom to pay: the school of that day, or its trust.
    payee = models.CharField(max_length=200)
    # What the school was called on that day.
    school = models.CharField(max_length=200)
    urn = models.PositiveIntegerField("URN")
    taken_back_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        ordering = ["payee", "pk"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["grant"], condition=Q(taken_back_at=None), name="no_grant_is_paid_twice"),
            models.CheckConstraint(condition=Q(amount_pence__gte=1), name="payment_is_some_money"),
            models.CheckConstraint(condition=~Q(school=""), name="payment_names_its_school"),
        ]

    def __str__(self) -> str:
        return f"{pounds(self.amount_pence)} to {self.payee}"

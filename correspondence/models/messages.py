"""What leaves the building: messages, and each attempt to deliver one."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, Model, OuterRef, Q

from hubs.models import User
from hubs.tenancy import HubManager, HubOwned, HubQuerySet
from hubs.wording import moment

STUCK_AFTER = dt.timedelta(minutes=10)
DISPATCH_AGAIN_AFTER = dt.timedelta(minutes=2)


class State(models.TextChoices):
    """Where a message is on its way."""

    QUEUED = "queued", "Waiting to be sent"
    HELD = "held_back", "Held back"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Not sent"
    UNCERTAIN = "uncertain", "May have been sent"
    CANCELLED = "cancelled", "Cancelled"


# From uncertain on: a person sends it again, or a worker that was taken for dead reports after all.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SENDING, State.HELD, State.CANCELLED}),
    # By a person, until a person lets it go.
    State.HELD: frozenset({State.QUEUED, State.CANCELLED}),
    State.SENDING: frozenset({State.SENT, State.QUEUED, State.FAILED, State.UNCERTAIN}),
    State.FAILED: frozenset({State.QUEUED}),
    State.UNCERTAIN: frozenset({State.QUEUED, State.SENT, State.FAILED}),
    State.SENT: frozenset(),
    # But for the reminder engine: a date that came back queues what no person has cancelled.
    State.CANCELLED: frozenset(),
}
# Those that will still go out, by themselves or when a person lets them.
WAITING = (State.QUEUED, State.HELD)
# Nothing has been tried yet.
UNTRIED = (State.QUEUED, State.HELD, State.CANCELLED)


class Outcome(models.TextChoices):
    """How one attempt to deliver a message ended."""

    SENT = "sent", "Sent"
    TRY_AGAIN = "try_again", "Not sent this time"
    REFUSED = "refused", "Refused"
    UNCERTAIN = "uncertain", "Not known"


class MessageQuerySet(HubQuerySet["Message"]):
    """What the sweep and the pages ask for."""

    def due(self, now: dt.datetime) -> Self:
        """Messages that may be sent now, and are still of use."""
        return self.filter(Q(useless_at=None) | Q(useless_at__gt=now), state=State.QUEUED, not_before__lte=now)

    def reminders(self) -> Self:
        """Those that the reminder engine derives from dates."""
        return self.exclude(slot="")

    def with_tried(self) -> Self:
        """With `was_tried`: whether there has been any attempt to deliver it."""
        return self.annotate(was_tried=Exists(DeliveryAttempt.objects.filter(message=OuterRef("pk"))))

    def without_task(self, now: dt.datetime) -> Self:
        """Messages that no worker has been told of, or so long ago that the task must be lost."""
        return self.filter(Q(dispatched_at=None) | Q(dispatched_at__lte=now - DISPATCH_AGAIN_AFTER))

    def stuck(self, now: dt.datetime) -> Self:
        """Messages whose worker died: no mail server keeps one talking for so long."""
        return self.filter(state=State.SENDING, claimed_at__lte=now - STUCK_AFTER)

    def about(self, record: Model) -> Self:
        """Messages about a record."""
        return self.filter(about_kind=record._meta.label_lower, about_id=record.pk)


MessageManager = HubManager.from_queryset(MessageQuerySet)


class Message(HubOwned):
    """A mail, frozen as it was when something caused it; only its state moves on.

    `attempts` counts since it was queued or since a person last sent it again; the whole history
    is in `DeliveryAttempt`. `dispatched_at` is when a worker was last told of it.
    """

    # No column: see `MessageQuerySet.with_tried`.
    was_tried: bool

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    about_kind = models.CharField(max_length=60, blank=True)
    about_id = models.BigIntegerField(null=True, blank=True)
    from_name = models.CharField(max_length=200)
    from_address = models.EmailField()
    reply_to = models.EmailField(blank=True)
    recipients = ArrayField(models.CharField(max_length=254))
    subject = models.TextField()
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    # Of a reminder: what it is about and to whom, whatever the date. See `correspondence.reminders`.
    slot = models.CharField(max_length=150, blank=True)
    # Why it is sent, as a sentence: "The meeting of the Ashby group is on Tuesday 3 March 2026."
    because = models.TextField(blank=True)
    # From then on nobody wants it any more: it is not sent late.
    useless_at = models.DateTimeField(null=True, blank=True)
    # Whoever kept it from being sent; nobody where its reason has gone.
    cancelled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[MessageManager[Self]] = MessageManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["hub", "key"], name="message_queued_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="message_state_known"),
            models.CheckConstraint(condition=~Q(key=""), name="message_has_key"),
            models.CheckConstraint(condition=Q(recipients__len__gte=1), name="message_has_recipient"),
            models.CheckConstraint(condition=Q(subject__regex=r"^[^\r\n]+$"), name="message_subject_is_one_line"),
            models.CheckConstraint(
                condition=Q(about_kind="", about_id=None) | (~Q(about_kind="") & Q(about_id__isnull=False)),
                name="message_about_kind_and_id",
            ),
            models.CheckConstraint(
                condition=Q(state=State.SENT, sent_at__isnull=False) | (~Q(state=State.SENT) & Q(sent_at=None)),
                name="message_sent_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=UNTRIED, claimed_at=None)
                | (~Q(state__in=UNTRIED) & Q(claimed_at__isnull=False, attempts__gte=1)),
                name="message_claimed_unless_waiting",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_by=None) | Q(state=State.CANCELLED), name="message_cancelled_by_while_cancelled"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.FAILED, State.UNCERTAIN]) | ~Q(last_error=""),
                name="message_trouble_has_reason",
            ),
        ]
        indexes = [
            # The sweep: what is due, and what is stuck.
            models.Index(fields=["hub", "not_before"], condition=Q(state="queued"), name="message_due"),
            models.Index(fields=["hub", "claimed_at"], condition=Q(state="sending"), name="message_stuck"),
            # The list of messages: newest first, then of one state and the counts per state.
            models.Index(F("hub"), F("queued_at").desc(), F("id").desc(), name="message_newest"),
            models.Index(F("hub"), F("state"), F("queued_at").desc(), F("id").desc(), name="message_newest_of_state"),
            # What the reminder engine compares with what there ought to be.
            models.Index(fields=["hub", "slot"], condition=~Q(slot=""), name="message_reminders"),
            # What will go out next.
            models.Index(
                fields=["hub", "not_before"], condition=Q(state__in=["queued", "held_back"]), name="message_upcoming"
            ),
            # The messages on the page of the record that they are about.
            models.Index(fields=["hub", "about_kind", "about_id"], name="message_about"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def message_id(self) -> str:
        """The fixed Message-ID header: a duplicate of it is one mail in most mail programs."""
        return f"<{self.uuid}@{self.from_address.rpartition('@')[2]}>"

    def may_become(self, state: State) -> bool:
        """Whether the table of transitions allows this step."""
        return state in TRANSITIONS[State(self.state)]


class DeliveryAttempt(HubOwned):
    """One attempt to deliver a message, written when its end is known and never changed.

    An attempt that is still running is the message's `claimed_at`.
    """

    append_only = True

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="delivery_attempts")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    error = models.CharField(max_length=200, blank=True)

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="attempt_outcome_known"),
            models.CheckConstraint(condition=Q(finished_at__gte=F("started_at")), name="attempt_ends_after_start"),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.SENT, error="") | (~Q(outcome=Outcome.SENT) & ~Q(error="")),
                name="attempt_error_unless_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} ({moment(self.started_at)})"

"""What a person can do about a message: send it again, or keep it from being sent."""

from __future__ import annotations

import datetime as dt
from functools import partial

from django.db import transaction

from correspondence.models import Message, State
from correspondence.tasks import dispatch
from hubs import timeline
from hubs.models import Membership
from hubs.permissions import require


class TooLate(Exception):
    """The message is no longer in a state that allows it; the text is a sentence to show."""


class MayArriveTwice(Exception):
    """The message may have been sent already, and nobody said that they are sure."""


def retry(*, message: Message, actor: Membership, now: dt.datetime, sure: bool = False) -> Message:
    """Put a message back into the queue that was not sent. One on its way already stays as it is.

    One that may have been sent needs `sure`, else `MayArriveTwice`. Raises `TooLate` and `NotAllowed`.
    """
    require(actor, "retry_messages")
    with transaction.atomic():
        locked = _locked(message)
        if locked.state in (State.QUEUED, State.SENDING):
            return locked
        if not locked.may_become(State.QUEUED):
            raise TooLate(f"This message cannot be sent again: it is {_in_words(locked)}.")
        if locked.state == State.UNCERTAIN and not sure:
            raise MayArriveTwice("This message may have been sent already.")
        was_uncertain = locked.state == State.UNCERTAIN
        locked.state = State.QUEUED
        locked.not_before = locked.dispatched_at = now
        locked.claimed_at = None
        locked.attempts = 0
        locked.last_error = ""
        locked.save(update_fields=["state", "not_before", "dispatched_at", "claimed_at", "attempts", "last_error"])
        text = "Sent again, although it may have arrived already." if was_uncertain else "Sent again."
        timeline.record(subject=locked, actor=actor, now=now, text=text)
        transaction.on_commit(partial(dispatch, hub_id=locked.hub_id, message_id=locked.pk))
    return locked


def cancel(*, message: Message, actor: Membership, now: dt.datetime) -> Message:
    """Keep a waiting message from being sent. Raises `TooLate` and `NotAllowed`."""
    require(actor, "retry_messages")
    with transaction.atomic():
        locked = _locked(message)
        if locked.state == State.CANCELLED:
            return locked
        if not locked.may_become(State.CANCELLED):
            raise TooLate(f"This message cannot be cancelled: it is {_in_words(locked)}.")
        locked.state = State.CANCELLED
        locked.save(update_fields=["state"])
        timeline.record(subject=locked, actor=actor, now=now, text="Cancelled: it will not be sent.")
    return locked


def _locked(message: Message) -> Message:
    return Message.objects.select_for_update().get(pk=message.pk)


def _in_words(message: Message) -> str:
    words = {
        State.SENDING: "being sent at this moment",
        State.SENT: "sent",
        State.FAILED: "not going to be sent anyway",
        State.UNCERTAIN: "perhaps sent already",
        State.CANCELLED: "cancelled",
    }
    return words[State(message.state)]

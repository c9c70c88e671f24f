"""What a person can do about a message: hold it back, send it at once or again, or keep it from being sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial

from django.db import transaction

from correspondence import deriving
from correspondence.models import WAITING, Message, State
from correspondence.tasks import dispatch
from correspondence.turns import Turn, wait_for_turn
from hubs import timeline
from hubs.models import Membership
from hubs.permissions import require

CAN_BE_SENT_AGAIN = (State.FAILED, State.UNCERTAIN)


class TooLate(Exception):
    """The message is no longer in a state that allows it; the text is a sentence to show."""


class MayArriveTwice(Exception):
    """The message may have been sent already, and nobody said that they are sure."""


def retry(*, message: Message, actor: Membership, now: dt.datetime, sure: bool = False) -> Message:
    """Put a message back into the queue that was not sent. One on its way already stays as it is.

    One that may have been sent needs `sure`, else `MayArriveTwice`. Raises `TooLate`, of a reminder also where it is
    not wanted any more, and `NotAllowed`.
    """
    require(actor, "retry_messages")
    with transaction.atomic():
        if message.slot:
            wait_for_turn(Turn.REMINDERS, hub_id=message.hub_id)
        locked = _locked(message)
        if locked.state in (State.QUEUED, State.SENDING):
            return locked
        if locked.state not in CAN_BE_SENT_AGAIN:
            raise TooLate(f"This message cannot be sent again: it is {_in_words(locked)}.")
        _refuse_unwanted(locked, now)
        if locked.state == State.UNCERTAIN and not sure:
            raise MayArriveTwice("This message may have been sent already.")
        was_uncertain = locked.state == State.UNCERTAIN
        deriving.keep_from_waiting_beside(locked)
        locked.claimed_at = None
        locked.attempts = 0
        locked.last_error = ""
        _let_go(locked, now=now, also=["claimed_at", "attempts", "last_error"])
        text = "Sent again, although it may have arrived already." if was_uncertain else "Sent again."
        timeline.record(subject=locked, actor=actor, now=now, text=text)
    return locked


def hold(*, message: Message, actor: Membership, now: dt.datetime) -> Message:
    """Hold a waiting message back until somebody lets it go. Raises `TooLate` and `NotAllowed`."""
    require(actor, "retry_messages")
    with transaction.atomic():
        locked = _locked(message)
        if locked.state == State.HELD:
            return locked
        if why := why_not(locked, State.HELD):
            raise TooLate(why)
        locked.state = State.HELD
        locked.save(update_fields=["state"])
        text = "Held back: it is not sent until somebody lets it go."
        timeline.record(subject=locked, actor=actor, now=now, text=text)
    return locked


def release(*, message: Message, actor: Membership, now: dt.datetime) -> Message:
    """Let go a message that is held back: it is sent in its time, or at once where that has passed.

    One that is on its way already stays as it is. Raises `TooLate`, of a reminder also where it is not wanted any
    more, and `NotAllowed`.
    """
    require(actor, "retry_messages")
    with transaction.atomic():
        locked = _locked(message)
        if locked.state in (State.QUEUED, State.SENDING):
            return locked
        if locked.state != State.HELD:
            raise TooLate(f"This message is not held back any more: it is {_in_words(locked)}.")
        _refuse_unwanted(locked, now)
        locked.state = State.QUEUED
        locked.dispatched_at = None
        locked.save(update_fields=["state", "dispatched_at"])
        timeline.record(subject=locked, actor=actor, now=now, text="Let go: it is sent in its time.")
    return locked


def send_now(*, message: Message, actor: Membership, now: dt.datetime) -> Message:
    """Send a message at once that waits for its time or is held back.

    Raises `TooLate`, of a reminder also where it is not wanted any more, and `NotAllowed`.
    """
    require(actor, "retry_messages")
    with transaction.atomic():
        locked = _locked(message)
        if locked.state == State.SENDING:
            return locked
        if locked.state not in WAITING:
            raise TooLate(f"This message cannot be sent now: it is {_in_words(locked)}.")
        _refuse_unwanted(locked, now)
        _let_go(locked, now=now)
        timeline.record(subject=locked, actor=actor, now=now, text="Sent at once.")
    return locked


def cancel(*, message: Message, actor: Membership, now: dt.datetime) -> Message:
    """Keep a waiting message from being sent, and a reminder from coming back. Raises `TooLate` and `NotAllowed`."""
    require(actor, "retry_messages")
    with transaction.atomic():
        locked = _locked(message)
        if locked.state == State.CANCELLED:
            return locked
        if why := why_not(locked, State.CANCELLED):
            raise TooLate(why)
        locked.state = State.CANCELLED
        locked.cancelled_by = actor.user
        locked.save(update_fields=["state", "cancelled_by"])
        timeline.record(subject=locked, actor=actor, now=now, text="Cancelled: it will not be sent.")
    return locked


def why_not(message: Message, wanted: State) -> str:
    """Why a message cannot be held back or cancelled, as a sentence; nothing where it can be."""
    if message.state == wanted:
        return f"It is {_in_words(message)} already."
    if message.may_become(wanted):
        return ""
    return f"This message cannot be {wanted.label.lower()}: it is {_in_words(message)}."


def why_unwanted(message: Message, *, now: dt.datetime) -> str:
    """Why a reminder is not to be sent any more, as a sentence; nothing while it is wanted."""
    if message.useless_at and message.useless_at <= now:
        return "This message is of no use any more: what it reminds of has passed."
    if message.slot and not deriving.is_wanted(message, now=now):
        return "This message is not sent any more: what it reminds of has changed."
    return ""


def _let_go(message: Message, *, now: dt.datetime, also: Sequence[str] = ()) -> None:
    """Queue a message for this moment, and tell a worker of it after the commit."""
    message.state = State.QUEUED
    message.not_before = message.dispatched_at = now
    message.save(update_fields=["state", "not_before", "dispatched_at", *also])
    transaction.on_commit(partial(dispatch, hub_id=message.hub_id, message_id=message.pk))


def _refuse_unwanted(message: Message, now: dt.datetime) -> None:
    if why := why_unwanted(message, now=now):
        raise TooLate(why)


def _locked(message: Message) -> Message:
    return Message.objects.select_for_update().get(pk=message.pk)


def _in_words(message: Message) -> str:
    words = {
        State.HELD: "held back",
        State.SENDING: "being sent at this moment",
        State.SENT: "sent",
        State.FAILED: "not going to be sent anyway",
        State.UNCERTAIN: "perhaps sent already",
        State.CANCELLED: "cancelled",
    }
    return words[State(message.state)]

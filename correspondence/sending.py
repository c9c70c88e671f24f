"""What a person can do about a message: hold it back, send it at once or again, or keep it from being sent.

And what a verb does that makes messages untrue which have not gone out: it calls them off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from correspondence import deriving
from correspondence.models import WAITING, Message, State
from correspondence.tasks import dispatch
from correspondence.turns import Turn, wait_for_turn
from hubs import timeline
from hubs.locking import lock_all
from hubs.models import Membership
from hubs.permissions import require

CAN_BE_SENT_AGAIN = (State.FAILED, State.UNCERTAIN)


@dataclass(frozen=True)
class _Step:
    """What a person does with messages that wait: its name after "is", which have it behind them, what is recorded."""

    name: str
    taken: Collection[State]
    text: str


# By the state that they are in afterwards.
_STEPS = {
    State.HELD: _Step(
        "held back",
        taken=[State.HELD],
        text="Held back: it is not sent until somebody lets it go.",
    ),
    State.QUEUED: _Step(
        "let go",
        taken=[State.QUEUED, State.SENDING],
        text="Let go: it is sent in its time.",
    ),
    State.CANCELLED: _Step(
        "cancelled",
        taken=[State.CANCELLED],
        text="Cancelled: it will not be sent.",
    ),
}


class TooLate(Exception):
    """The message is no longer in a state that allows it; the text is a sentence to show."""


class MayArriveTwice(Exception):
    """The message may have been sent already, and nobody said that they are sure."""


def retry(*, message: Message, actor: Membership, now: dt.datetime, sure: bool = False) -> Message:
    """Put a message back into the queue that was not sent. One on its way already stays as it is.

    One that may have been sent needs `sure`, else `MayArriveTwice`. Raises `TooLate`, also where it is not
    wanted any more, and `NotAllowed`.
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
    return _bring(message, State.HELD, actor=actor, now=now)


def release(*, message: Message, actor: Membership, now: dt.datetime) -> Message:
    """Let go a message that is held back: it is sent in its time, or at once where that has passed.

    One that is on its way already stays as it is. Raises `TooLate`, also where it is not wanted any more,
    and `NotAllowed`.
    """
    return _bring(message, State.QUEUED, actor=actor, now=now)


def send_now(*, message: Message, actor: Membership, now: dt.datetime) -> Message:
    """Send a message at once that waits for its time or is held back.

    Raises `TooLate`, also where it is not wanted any more, and `NotAllowed`.
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
    return _bring(message, State.CANCELLED, actor=actor, now=now)


@dataclass(frozen=True)
class Several:
    """What became of several messages: those that it is done to, and the others with what keeps them from it."""

    done: list[Message]
    refused: list[tuple[Message, str]]


def bring_several(*, keys: Collection[int], wanted: State, actor: Membership, now: dt.datetime) -> Several:
    """Hold messages back (`wanted` is held), let them go (queued) or cancel them, as far as each allows it.

    It takes as many queries for many as for one. What is so already counts as done. Raises `NotAllowed`.
    """
    require(actor, "retry_messages")
    with transaction.atomic():
        # In the order in which the engine locks them, too.
        found = list(Message.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
        to_do = [one for one in found if one.state not in _STEPS[wanted].taken]
        obstacles = what_keeps(to_do, wanted, now=now)
        _take([one for one in to_do if one.pk not in obstacles], wanted, actor=actor, now=now)
    return Several(
        done=[one for one in found if one.pk not in obstacles],
        refused=[(one, obstacles[one.pk]) for one in found if one.pk in obstacles],
    )


def what_keeps(messages: Sequence[Message], wanted: State, *, now: dt.datetime) -> dict[int, str]:
    """What keeps some messages from being held back, let go or cancelled, by key, so that it follows "it is".

    Of those that nothing keeps from it there is none. As many queries for many as for one.
    """
    found = {}
    if wanted == State.QUEUED:
        found = _unwanted([one for one in messages if _can(one, wanted)], now)
    for message in messages:
        if not _can(message, wanted):
            found[message.pk] = f"{_in_words(message)} already" if message.state == wanted else _in_words(message)
    return found


def call_off(messages: QuerySet[Message], *, now: dt.datetime) -> None:
    """Keep messages that have not gone out from doing so: those that wait are cancelled, nobody sends others again.

    Of one that is being sent at this moment there is no second attempt. A reminder stays held back or not, and the
    engine writes it anew if it is still wanted.
    """
    unsent = messages.exclude(state=State.SENT)
    lock_all(unsent)
    unsent.update(useless_at=now)
    unsent.filter(slot="", state__in=WAITING).update(state=State.CANCELLED)


def why_unwanted(message: Message, *, now: dt.datetime) -> str:
    """Why a message is not to be sent any more, as a sentence; nothing while it is wanted."""
    if message.useless_at and message.useless_at <= now:
        why = "what it reminds of has passed" if message.slot else "what it says has changed"
        return f"This message is of no use any more: {why}."
    if message.slot and deriving.unwanted([message], now=now):
        return "This message is not sent any more: what it reminds of has changed."
    return ""


def _bring(message: Message, wanted: State, *, actor: Membership, now: dt.datetime) -> Message:
    require(actor, "retry_messages")
    step = _STEPS[wanted]
    with transaction.atomic():
        locked = _locked(message)
        if locked.state in step.taken:
            return locked
        if not _can(locked, wanted):
            raise TooLate(f"This message cannot be {step.name}: it is {_in_words(locked)}.")
        if wanted == State.QUEUED:
            _refuse_unwanted(locked, now)
        _take([locked], wanted, actor=actor, now=now)
    return locked


def _can(message: Message, wanted: State) -> bool:
    return message.state in WAITING and message.may_become(wanted)


def _take(messages: Sequence[Message], wanted: State, *, actor: Membership, now: dt.datetime) -> None:
    """Take a step with locked messages for which it is possible, in two queries."""
    changes: dict[str, Any] = {"state": wanted}
    if wanted == State.QUEUED:
        changes["dispatched_at"] = None
    elif wanted == State.CANCELLED:
        changes["cancelled_by"] = actor.user
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(**changes)
    with timeline.in_one_query():
        for message in messages:
            for name, value in changes.items():
                setattr(message, name, value)
            timeline.record(subject=message, actor=actor, now=now, text=_STEPS[wanted].text)


def _unwanted(messages: Sequence[Message], now: dt.datetime) -> dict[int, str]:
    """Those that are not to be sent any more, and what they are."""
    useless = [message for message in messages if message.useless_at and message.useless_at <= now]
    others = [message for message in messages if message.slot and message not in useless]
    gone = dict.fromkeys(deriving.unwanted(others, now=now), "not wanted any more")
    return gone | {message.pk: "of no use any more" for message in useless}


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
        State.QUEUED: "waiting to be sent",
        State.HELD: "held back",
        State.SENDING: "being sent at this moment",
        State.SENT: "sent",
        State.FAILED: "not going to be sent anyway",
        State.UNCERTAIN: "perhaps sent already",
        State.CANCELLED: "cancelled",
    }
    return words[State(message.state)]

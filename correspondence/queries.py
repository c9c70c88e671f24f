"""What the pages about messages show, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Count, Model, Q, QuerySet

from correspondence.models import WAITING, DeliveryAttempt, Message, State

# As a kind: those that are no reminders.
LETTERS = "letters"


@dataclass(frozen=True)
class Upcoming:
    """What somebody looks for among the messages that wait."""

    words: str = ""
    kind: str = ""
    state: str = ""
    days: int = 7


def upcoming(chosen: Upcoming, *, until: dt.datetime) -> QuerySet[Message]:
    """The messages that wait and match, due before a moment, the next one first; of one time by what they are about."""
    found = _waiting(chosen, until)
    if chosen.state:
        found = found.filter(state=chosen.state)
    return found.order_by("not_before", "kind", "about_kind", "about_id", "pk")


def count_waiting(chosen: Upcoming, *, until: dt.datetime) -> dict[State, int]:
    """How many of those that match otherwise will go out by themselves and are held back."""
    counted = dict(_waiting(chosen, until).values_list("state").annotate(Count("pk")).order_by())
    return {state: counted.get(state, 0) for state in WAITING}


def _waiting(chosen: Upcoming, until: dt.datetime) -> QuerySet[Message]:
    found = _with_words(chosen.words).filter(state__in=WAITING, not_before__lt=until)
    if chosen.kind == LETTERS:
        return found.filter(slot="")
    return found.filter(kind=chosen.kind) if chosen.kind else found


def messages_of_hub(*, state: str = "", words: str = "") -> QuerySet[Message]:
    """The active hub's messages, newest first: of one state, with all words in recipients or subject."""
    found = _with_words(words).order_by("-queued_at", "-pk")
    return found.filter(state=state) if state else found


def count_per_state(*, words: str = "") -> dict[State, int]:
    """How many of the active hub's messages with all these words are in each state, zero included."""
    rows = _with_words(words).values_list("state").annotate(Count("pk")).order_by()
    counted = dict(rows)
    return {state: counted.get(state, 0) for state in State}


def attempts_of(message: Message) -> QuerySet[DeliveryAttempt]:
    """The attempts to deliver a message, newest first."""
    return DeliveryAttempt.objects.filter(message=message).order_by("-started_at", "-pk")


def record_of(message: Message) -> Model | None:
    """The record that a message is about; None when it is about none or the record is gone."""
    if not message.about_kind:
        return None
    records: QuerySet[Model] = apps.get_model(message.about_kind)._default_manager.all()
    return records.filter(pk=message.about_id).first()


def what_happens_next(message: Message, *, now: dt.datetime, unwanted: str = "") -> str:
    """Sentences for people: what the state means, and what they may do; `unwanted` says why it is not sent again."""
    match State(message.state):
        case State.FAILED | State.UNCERTAIN if unwanted:
            return f"{message.last_error} {unwanted}"
        case State.QUEUED if message.last_error:
            return f"{message.last_error} It is tried again by itself."
        case State.QUEUED if message.not_before > now:
            return "It is sent by itself when its time has come."
        case State.QUEUED:
            return "It is sent by itself, usually within a minute."
        case State.HELD if message.useless_at and message.useless_at <= now:
            return "It was held back, and is of no use any more. It will not be sent."
        case State.HELD:
            return "It is not sent until somebody lets it go."
        case State.SENDING:
            return "It is being sent at this moment."
        case State.SENT:
            return "The mail server has taken it."
        case State.FAILED:
            return f"{message.last_error} Check the address, then send it again or reach the person in another way."
        case State.UNCERTAIN:
            return f"{message.last_error} Ask the recipient, if you can, before you send it again."
        case State.CANCELLED if message.slot and not message.cancelled_by_id:
            return "It will not be sent: there is no reason for it any more. It comes back if there is one again."
    return "It will not be sent."


def _with_words(words: str) -> QuerySet[Message]:
    found: QuerySet[Message] = Message.objects.all()
    for word in words.split():
        found = found.filter(Q(recipients__icontains=word) | Q(subject__icontains=word))
    return found

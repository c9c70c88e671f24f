"""Queueing messages: a message is a row, written in the transaction that caused it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.db.models import Model, QuerySet

from correspondence.models import Message
from correspondence.tasks import dispatch
from correspondence.writing import written
from hubs.models import Hub
from hubs.tenancy import HubOwned, active_hub_id


def queue_message(
    *,
    kind: str,
    key: str,
    recipients: Sequence[str],
    subject: str,
    text: str,
    subject_of: Model | None = None,
    now: dt.datetime,
    not_before: dt.datetime | None = None,
) -> Message:
    """Write a message of the active hub in the caller's transaction; a worker sends it after the commit.

    `key` makes it once only: with a key that is taken the existing message comes back unchanged.
    Sender, recipients, subject and text are frozen. `subject_of` is the record it is about. Give
    each recipient a message of their own: of several, one refused address would go unnoticed.
    """
    due_at = not_before or now
    message = written(
        hub=_active_hub(subject_of),
        kind=kind,
        key=key,
        recipients=recipients,
        subject=subject,
        text=text,
        subject_of=subject_of,
        now=now,
        not_before=due_at,
    )
    message.dispatched_at = now if due_at <= now else None
    # ON CONFLICT DO NOTHING: no savepoint, and a second transaction waits for the first one's verdict.
    Message.objects.bulk_create([message], ignore_conflicts=True)
    stored = Message.objects.get(key=key)
    if stored.uuid == message.uuid and stored.dispatched_at:
        transaction.on_commit(partial(dispatch, hub_id=stored.hub_id, message_id=stored.pk))
    return stored


@dataclass(frozen=True)
class Letter:
    """One of several messages on the same matter: its key, to whom, and what it says."""

    key: str
    recipient: str
    text: str


def queue_letters(
    letters: Sequence[Letter], *, kind: str, subject: str, subject_of: Model | None = None, now: dt.datetime
) -> None:
    """Write several messages on one matter as `queue_message` does, in one query.

    For what the caller's lock lets happen once: raises `IntegrityError` where a key is taken.
    """
    hub = _active_hub(subject_of)
    messages = [
        written(
            hub=hub,
            kind=kind,
            key=letter.key,
            recipients=[letter.recipient],
            subject=subject,
            text=letter.text,
            subject_of=subject_of,
            now=now,
            not_before=now,
        )
        for letter in letters
    ]
    for message in messages:
        message.dispatched_at = now
    for message in Message.objects.bulk_create(messages):
        transaction.on_commit(partial(dispatch, hub_id=message.hub_id, message_id=message.pk))


def messages_about(record: Model) -> QuerySet[Message]:
    """The active hub's messages about a record, newest first."""
    return Message.objects.about(record).order_by("-queued_at", "-pk")


def _active_hub(subject_of: Model | None) -> Hub:
    # The record has its hub at hand: one query fewer for each further message about it.
    if isinstance(subject_of, HubOwned) and subject_of.hub_id == active_hub_id():
        return subject_of.hub
    return Hub.objects.get(pk=active_hub_id())

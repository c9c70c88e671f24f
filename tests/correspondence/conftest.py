from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from django.db.models import Model
from pytest_django import Settings

from correspondence import makers, reminders
from correspondence.models import Document, Message, State
from correspondence.models.messages import UNTRIED
from correspondence.outbox import queue_message
from hubs import tenancy
from hubs.models import Hub
from tests.correspondence import backends
from tests.correspondence.makers import KIND, TestMaker
from tests.correspondence.rules import FakeRule

Queue = Callable[..., Message]


@pytest.fixture(autouse=True)
def _mailbox(settings: Settings) -> None:
    """Mails go into the mailbox, as in the demo; the test runner would have kept them in memory."""
    settings.EMAIL_BACKEND = "correspondence.mailbox.MailboxBackend"


@pytest.fixture
def queue(now: dt.datetime) -> Queue:
    """Queues a message in a hub, due now unless told otherwise."""
    numbers = count(1)

    def queue_one(hub: Hub, *, subject_of: Model | None = None, **fields: Any) -> Message:
        values = {
            "kind": "eoi-received",
            "key": f"eoi-received:{next(numbers)}",
            "recipients": ["head@ashlane.example"],
            "subject": "We have your expression of interest",
            "text": "Thank you.",
            "now": now,
        }
        with tenancy.use(hub):
            return queue_message(subject_of=subject_of, **{**values, **fields})

    return queue_one


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[type[backends.ScriptedBackend]]:
    """A mail server that does as it is told."""
    settings.EMAIL_BACKEND = backends.NAME
    backends.ScriptedBackend.reset()
    yield backends.ScriptedBackend
    backends.ScriptedBackend.reset()


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> TestMaker:
    """The maker of the documents that tests ask for."""
    made = TestMaker()
    monkeypatch.setitem(makers._makers, KIND, made)
    return made


def document_now(document: Document) -> Document:
    """The document as it is now."""
    with tenancy.use(document.hub_id):
        return Document.objects.get(pk=document.pk)


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> FakeRule:
    """The only rule that the engine follows."""
    monkeypatch.setattr(reminders, "_rules", {})
    monkeypatch.setattr(reminders, "_preparations", [])
    fake = FakeRule()
    reminders.register(fake)
    return fake


def reload(message: Message) -> Message:
    """The message as it is now."""
    with tenancy.use(message.hub_id):
        return Message.objects.get(pk=message.pk)


def in_state(message: Message, state: State) -> Message:
    """The message brought into a state, as delivering would have left it."""
    changes: dict[str, Any] = {"state": state}
    if state not in UNTRIED:
        changes |= {"claimed_at": message.queued_at, "attempts": 1}
    if state == State.SENT:
        changes["sent_at"] = message.queued_at
    if state in (State.FAILED, State.UNCERTAIN):
        changes["last_error"] = "The mail server refused the message."
    with tenancy.use(message.hub_id):
        Message.objects.filter(pk=message.pk).update(**changes)
    return reload(message)

from __future__ import annotations

import datetime as dt
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from kombu.exceptions import OperationalError
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from correspondence import delivery, mailbox, tasks
from correspondence.models import Message, State
from correspondence.outbox import Letter, messages_about, queue_letters, queue_message
from hubadmin.celery import app
from hubs import tenancy
from hubs.models import Hub
from tests import factories
from tests.correspondence.conftest import Queue, reload


@pytest.fixture
def dispatched(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the workers were told of, instead of telling them."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.deliver_message, "apply_async", lambda kwargs, retry: told.append(kwargs))
    return told


def test_a_message_is_a_row_in_the_transaction_that_caused_it(hub: Hub, queue: Queue) -> None:
    with tenancy.use(hub):
        with transaction.atomic():
            queue(hub)
            assert Message.objects.count() == 1
            transaction.set_rollback(True)

        assert Message.objects.count() == 0


def test_the_same_key_gives_back_the_first_message_unchanged(hub: Hub, queue: Queue) -> None:
    first = queue(hub, key="offer:7", text="The first text")
    again = queue(hub, key="offer:7", text="Another text", recipients=["somebody@else.example"])

    assert again.pk == first.pk
    assert again.text == "The first text"
    assert again.recipients == ["head@ashlane.example"]


def test_two_hubs_may_use_the_same_key(hub: Hub, other_hub: Hub, queue: Queue) -> None:
    assert queue(hub, key="offer:7").pk != queue(other_hub, key="offer:7").pk


def test_a_key_that_is_taken_leaves_the_callers_transaction_usable(hub: Hub, queue: Queue) -> None:
    with tenancy.use(hub):
        queue(hub, key="offer:7")
        queue(hub, key="offer:7")
        assert Message.objects.filter(key="offer:7").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_transactions_at_once_make_one_message(queue: Queue, dispatched: list[dict[str, Any]]) -> None:
    hub = factories.make_hub("northvale")
    together = threading.Barrier(4)
    made: list[int] = []

    def submit() -> None:
        try:
            together.wait(timeout=10)
            made.append(queue(hub, key="offer:7").pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert len(made) == 4
    assert len(set(made)) == 1
    assert len(dispatched) == 1


def test_sender_and_text_stay_as_they_were_when_the_hub_changes(hub: Hub, queue: Queue) -> None:
    message = queue(hub, text="From Northvale")

    Hub.objects.filter(pk=hub.pk).update(name="Another name", reply_to="new@northvale.example")

    delivery.deliver(hub_id=hub.pk, message_id=message.pk, now=message.queued_at)
    mail = mailbox.mails()[0]
    assert mail.sender == "Northvale Maths Hub <no-reply@hubadmin.invalid>"
    assert mail.reply_to == "hello@northvale.example"
    assert mail.text.strip() == "From Northvale"


@pytest.mark.parametrize(
    "subject",
    [
        "Offer\r\nBcc: thief@evil.example",
        "Offer\nBcc: thief@evil.example",
        "Offer\u2028Bcc: thief@evil.example",
        "Offer\x00Bcc",
    ],
)
def test_a_subject_cannot_smuggle_a_header_in(hub: Hub, queue: Queue, subject: str) -> None:
    message = queue(hub, subject=subject)

    assert message.subject.startswith("Offer Bcc")
    delivery.deliver(hub_id=hub.pk, message_id=message.pk, now=message.queued_at)
    mail = mailbox.mails()[0]
    assert mail.subject == message.subject
    assert mail.recipients == "head@ashlane.example"


def test_a_hubs_name_cannot_smuggle_a_header_in(queue: Queue, db: None) -> None:
    hub = factories.make_hub("northvale", name='"North\r\nBcc: thief@evil.example, vale" <x@y.example>')
    message = queue(hub)

    delivery.deliver(hub_id=hub.pk, message_id=message.pk, now=message.queued_at)

    content = next(mailbox._folder().iterdir()).read_text()
    assert "\nBcc:" not in content
    assert mailbox.mails()[0].sender.endswith("<no-reply@hubadmin.invalid>")


@pytest.mark.parametrize(
    "subject", ["طلب الانضمام إلى مجموعة العمل", "A place for you 🎉 👩‍🏫", "ysgol Llŷn – café", "x" * 2000]
)
def test_a_subject_of_any_alphabet_arrives_as_it_was_written(hub: Hub, queue: Queue, subject: str) -> None:
    message = queue(hub, subject=subject)

    delivery.deliver(hub_id=hub.pk, message_id=message.pk, now=message.queued_at)

    assert mailbox.mails()[0].subject == subject


def test_a_message_without_recipient_is_refused(hub: Hub, queue: Queue) -> None:
    with pytest.raises(IntegrityError, match="message_has_recipient"):
        queue(hub, recipients=[])


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": State.SENT}, "message_sent_has_time|message_claimed_unless_waiting"),
        ({"state": State.SENDING}, "message_claimed_unless_waiting"),
        ({"state": "posted"}, "message_state_known|message_claimed_unless_waiting"),
        ({"subject": "Two\nlines"}, "message_subject_is_one_line"),
        ({"key": ""}, "message_has_key"),
        ({"about_kind": "hubs.hub"}, "message_about_kind_and_id"),
    ],
)
def test_the_database_refuses_a_message_that_cannot_be(
    hub: Hub, queue: Queue, changes: dict[str, Any], constraint: str
) -> None:
    message = queue(hub)
    with tenancy.use(hub), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(**changes)


def test_a_record_knows_the_messages_about_it(hub: Hub, queue: Queue, now: dt.datetime) -> None:
    about_hub = queue(hub, subject_of=hub)
    later = queue(hub, subject_of=hub, now=now + dt.timedelta(hours=1))
    queue(hub)

    with tenancy.use(hub):
        assert list(messages_about(hub)) == [later, about_hub]


def test_workers_are_told_after_the_commit(
    hub: Hub,
    queue: Queue,
    dispatched: list[dict[str, Any]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        message = queue(hub, key="offer:7")
        queue(hub, key="offer:7")
        assert dispatched == []

    assert dispatched == [{"hub_id": hub.pk, "message_id": message.pk}]


def test_a_message_for_later_waits_for_the_sweep(
    hub: Hub,
    queue: Queue,
    now: dt.datetime,
    dispatched: list[dict[str, Any]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        message = queue(hub, not_before=now + dt.timedelta(days=1))

    assert dispatched == []
    assert delivery.take_lost(hub_id=hub.pk, now=now) == []
    assert delivery.take_lost(hub_id=hub.pk, now=now + dt.timedelta(days=1)) == [message.pk]


def test_a_second_message_about_a_record_takes_two_queries(
    hub: Hub, queue: Queue, now: dt.datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    record = queue(hub)
    queue(hub, subject_of=record)
    with tenancy.use(hub), django_assert_num_queries(2):
        queue_message(
            kind="test",
            key="test:1",
            recipients=["head@ashlane.example"],
            subject="A subject",
            text="A text",
            subject_of=record,
            now=now,
        )


# --- Several on one matter ---------------------------------------------------------------------


LETTERS = [
    Letter("offer:7:head", "head@ashlane.example", "To you"),
    Letter("offer:7:contact", " c@x.example ", "A copy"),
]


def test_letters_on_one_matter_are_messages_in_one_query_and_workers_are_told_of_each(
    hub: Hub,
    queue: Queue,
    now: dt.datetime,
    dispatched: list[dict[str, Any]],
    django_assert_num_queries: DjangoAssertNumQueries,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    record = queue(hub)
    record.hub = hub
    with tenancy.use(hub), django_capture_on_commit_callbacks(execute=True):
        with django_assert_num_queries(1):
            queue_letters(LETTERS, kind="eoi-offered", subject="A place\nfor you", subject_of=record, now=now)
        assert dispatched == []

    with tenancy.use(hub):
        found = list(messages_about(record).order_by("pk"))
    assert [(one.key, one.recipients, one.text) for one in found] == [
        ("offer:7:head", ["head@ashlane.example"], "To you"),
        ("offer:7:contact", ["c@x.example"], "A copy"),
    ]
    assert {(one.kind, one.subject, one.state, one.from_name) for one in found} == {
        ("eoi-offered", "A place for you", State.QUEUED, hub.name)
    }
    assert dispatched == [{"hub_id": hub.pk, "message_id": one.pk} for one in found]
    # Told already: the sweep does not tell of them once more.
    assert delivery.take_lost(hub_id=hub.pk, now=now + dt.timedelta(seconds=1)) == []


def test_letters_whose_key_is_taken_are_refused_all_of_them(hub: Hub, queue: Queue, now: dt.datetime) -> None:
    queue(hub, key="offer:7:contact")
    with tenancy.use(hub):
        with pytest.raises(IntegrityError, match="message_queued_once"), transaction.atomic():
            queue_letters(LETTERS, kind="eoi-offered", subject="A place for you", now=now)

        assert Message.objects.count() == 1


@pytest.fixture
def use_broker(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Points the application at another broker; the list that comes back is filled with what it refused."""

    def use(url: str) -> list[str]:
        monkeypatch.setenv("CELERY_BROKER_WRITE_URL", url)
        monkeypatch.setattr(app.amqp, "_producer_pool", None)
        refused: list[str] = []
        send = tasks.deliver_message.apply_async

        def watched(**options: Any) -> None:
            try:
                send(**options)
            except OperationalError as error:
                refused.append(type(error).__name__)
                raise

        monkeypatch.setattr(tasks.deliver_message, "apply_async", watched)
        return refused

    return use


@pytest.mark.parametrize("broker", ["refuses", "does not answer"])
@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_neither_breaks_nor_delays_a_request(
    queue: Queue, use_broker: Callable[[str], list[str]], broker: str
) -> None:
    hub = factories.make_hub("northvale")
    with ExitStack() as sockets:
        dead = sockets.enter_context(socket.socket())
        dead.bind(("127.0.0.1", 0))
        if broker == "does not answer":
            # A full queue of connections: packets to it vanish, as those to a machine that is off.
            dead.listen(0)
            sockets.enter_context(socket.create_connection(dead.getsockname()))
        refused = use_broker(f"redis://127.0.0.1:{dead.getsockname()[1]}/0")
        started = time.monotonic()
        message = queue(hub)

    assert time.monotonic() - started < 3
    assert refused == ["OperationalError"]
    assert reload(message).state == State.QUEUED
    later = message.queued_at + dt.timedelta(minutes=2)
    assert delivery.take_lost(hub_id=hub.pk, now=later) == [message.pk]

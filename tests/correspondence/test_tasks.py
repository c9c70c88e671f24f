from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from correspondence import delivery, documents, mailbox, making, reminders, tasks
from correspondence.models import DocumentState, Message, State
from hubadmin.celery import app
from hubs import tenancy
from hubs.models import Hub, User
from tests import work
from tests.correspondence.conftest import Queue, document_now, reload
from tests.correspondence.makers import KIND, TestMaker
from tests.correspondence.rules import FakeRule
from tests.factories import membership_of


@pytest.fixture
def dispatched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The messages that the workers were told of."""
    told: list[int] = []
    monkeypatch.setattr(tasks.deliver_message, "apply_async", lambda kwargs, retry: told.append(kwargs["message_id"]))
    return told


def test_the_task_delivers_a_due_message_once(hub: Hub, queue: Queue) -> None:
    message = queue(hub, now=timezone.now())

    tasks.deliver_message(hub_id=hub.pk, message_id=message.pk)
    tasks.deliver_message(hub_id=hub.pk, message_id=message.pk)

    assert reload(message).state == State.SENT
    assert len(mailbox.mails()) == 1


def test_the_task_of_a_message_that_is_gone_does_nothing(hub: Hub) -> None:
    tasks.deliver_message(hub_id=hub.pk, message_id=1)

    assert mailbox.mails() == []


def test_the_sweep_visits_every_hub(hub: Hub, other_hub: Hub, queue: Queue, dispatched: list[int]) -> None:
    long_ago = timezone.now() - dt.timedelta(hours=1)
    lost = [queue(hub, now=long_ago), queue(other_hub, now=long_ago)]
    stuck = queue(other_hub, now=long_ago)
    delivery._claim(hub_id=other_hub.pk, message_id=stuck.pk, now=long_ago)

    tasks.sweep()

    assert sorted(dispatched) == [message.pk for message in lost]
    assert reload(stuck).state == State.UNCERTAIN


def test_a_dispatch_without_a_broker_is_left_to_the_sweep(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(**options: Any) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(tasks.deliver_message, "apply_async", down)

    tasks.dispatch(hub_id=hub.pk, message_id=1)


# --- Documents ----------------------------------------------------------------------------------


@pytest.fixture
def handed_out(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The documents that the workers were told of."""
    told: list[int] = []
    monkeypatch.setattr(tasks.make_document, "apply_async", lambda kwargs, retry: told.append(kwargs["document_id"]))
    return told


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("breaks", [False, True])
def test_when_a_document_is_done_or_has_failed_the_hubs_next_one_is_handed_out(
    breaks: bool, hub: Hub, administrator: User, maker: TestMaker, handed_out: list[int]
) -> None:
    def work_on(number: int) -> None:
        if breaks:
            raise ZeroDivisionError

    maker.after_part = work_on
    first, second = (work.make_document(hub, administrator, kind=KIND) for _ in range(2))

    with pytest.raises(ZeroDivisionError) if breaks else nullcontext():
        tasks.make_document(hub_id=hub.pk, document_id=first.pk)

    assert document_now(first).state == (DocumentState.FAILED if breaks else DocumentState.READY)
    assert handed_out == [second.pk]


@pytest.mark.django_db
def test_a_document_is_handed_out_when_it_has_been_asked_for(
    hub: Hub, administrator: User, handed_out: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), tenancy.use(hub):
        document = documents.request_document(
            kind=KIND,
            title="Test",
            parameters={},
            capability="view_money",
            actor=membership_of(administrator, hub),
            now=timezone.now(),
            request_key=uuid.uuid4(),
        )
    assert handed_out == [document.pk]


@pytest.mark.django_db
def test_the_sweep_takes_back_and_hands_out_documents_of_every_hub(
    hub: Hub, other_hub: Hub, administrator: User, handed_out: list[int]
) -> None:
    long_ago = timezone.now() - dt.timedelta(hours=1)
    lost = work.make_document(hub, administrator, dispatched_at=long_ago)
    silent = work.make_document(other_hub, administrator, state=DocumentState.RENDERING, heard_of_at=long_ago)

    tasks.sweep_documents()

    assert handed_out == [lost.pk, silent.pk]
    assert document_now(silent).state == DocumentState.QUEUED


@pytest.mark.django_db
def test_documents_of_every_hub_expire(hub: Hub, other_hub: Hub, administrator: User) -> None:
    long_ago = timezone.now() - dt.timedelta(days=30)
    ready: dict[str, Any] = {"state": DocumentState.READY, "snapshot": {}, "as_of": long_ago, "finished_at": long_ago}
    old = [work.make_document(one, administrator, **ready, expires_at=long_ago) for one in (hub, other_hub)]

    tasks.purge_documents()

    assert [document_now(one).state for one in old] == [DocumentState.EXPIRED] * 2


def test_documents_have_a_queue_of_their_own_on_which_a_worker_works_too() -> None:
    assert app.amqp.router.route({}, tasks.make_document.name)["queue"].name == "documents"
    assert app.amqp.router.route({}, tasks.deliver_message.name)["queue"].name == "celery"
    # What a worker works on that is told of no queue.
    assert set(app.amqp.queues.consume_from) == {"celery", "documents"}


def test_the_broker_waits_longer_than_any_task_may_take() -> None:
    limits = [task.time_limit or app.conf.task_time_limit for task in app.tasks.values()]
    assert max(limits) < app.conf.broker_transport_options["visibility_timeout"]
    # It is told in time to say why it stops.
    soft, hard = tasks.make_document.soft_time_limit, tasks.make_document.time_limit
    assert soft is not None and hard is not None and soft < hard


# --- Reminders --------------------------------------------------------------------------------


def test_the_task_derives_the_reminders_of_one_hub(hub: Hub, other_hub: Hub, rule: FakeRule) -> None:
    rule.want("fake:1", "tomorrow", timezone.now() + dt.timedelta(days=1))

    tasks.derive_reminders(hub_id=hub.pk)
    tasks.derive_reminders(hub_id=hub.pk)

    assert len(reminders_of(hub)) == 1
    assert reminders_of(other_hub) == []


def test_every_ten_minutes_the_workers_derive_every_hubs_reminders(
    hub: Hub, other_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(tasks.derive_reminders, "apply_async", lambda kwargs, retry: told.append(kwargs["hub_id"]))

    tasks.derive_everywhere()

    assert told == [hub.pk, other_hub.pk]
    [entry] = [
        entry
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if entry["task"] == "correspondence.tasks.derive_everywhere"
    ]
    assert entry["schedule"] == dt.timedelta(minutes=10)


def test_without_a_broker_what_was_changed_stays_and_the_next_round_derives(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def down(**options: Any) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(tasks.derive_reminders, "apply_async", down)

    with django_capture_on_commit_callbacks(execute=True), tenancy.use(hub):
        reminders.derive_soon()


def reminders_of(hub: Hub) -> list[Message]:
    with tenancy.use(hub):
        return list(Message.objects.reminders())


# --- Every hub for itself -------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("task", "room", "step"),
    [
        (tasks.sweep, delivery, "give_up_stuck"),
        (tasks.sweep, delivery, "take_lost"),
        (tasks.sweep_documents, making, "take_back_silent"),
        (tasks.sweep_documents, making, "take_next"),
        (tasks.purge_documents, making, "purge_expired"),
        (tasks.derive_everywhere, tasks, "dispatch_deriving"),
    ],
)
def test_the_failure_of_one_hub_is_told_and_keeps_no_other_waiting(
    task: Callable[[], None], room: object, step: str, hub: Hub, other_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, done = getattr(room, step), []

    def break_in_the_first(*, hub_id: int, **rest: Any) -> object:
        if hub_id == hub.pk:
            raise ZeroDivisionError
        done.append(hub_id)
        return real(hub_id=hub_id, **rest)

    monkeypatch.setattr(tasks, "_tell", lambda *ids, **more: None)
    monkeypatch.setattr(room, step, break_in_the_first)

    with pytest.raises(ExceptionGroup) as raised:
        task()

    assert [type(error) for error in raised.value.exceptions] == [ZeroDivisionError]
    assert hub.pk < other_hub.pk
    assert done == [other_hub.pk]


@pytest.mark.django_db
def test_what_takes_too_long_stops_at_once(hub: Hub, other_hub: Hub) -> None:
    visited = []

    def dawdle(hub_id: int) -> None:
        visited.append(hub_id)
        raise SoftTimeLimitExceeded

    with pytest.raises(SoftTimeLimitExceeded):
        tasks.for_each_hub(dawdle)
    assert visited == [hub.pk]

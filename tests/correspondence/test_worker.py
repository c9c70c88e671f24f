"""A real worker, a real broker, and `kill -9` in the middle of sending, of making a document, of deriving reminders."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from correspondence import delivery, mailbox, tasks
from correspondence.models import SILENT_AFTER, Document, DocumentFile, DocumentState, Message, State
from correspondence.outbox import queue_message
from hubadmin.celery import app
from hubadmin.local.processes import wait_until
from hubs import tenancy
from hubs.models import Hub, Role
from tests import factories, work
from tests.correspondence.conftest import document_now, reload
from tests.correspondence.makers import KIND
from tests.correspondence.rules import FakeRule

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60
StartWorker = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def hub() -> Hub:
    return factories.make_hub("northvale")


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[StartWorker]:
    """Starts workers on this test's database, mailbox and queue; they die with the test."""
    app.control.purge()
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "tests.correspondence.worker", "worker"]
        options = ["--concurrency=1", "--without-gossip", "--without-mingle", "--loglevel=ERROR"]
        with (tmp_path / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                [*command, *options],
                cwd=settings.BASE_DIR,
                env={**os.environ, "VAR_DIR": str(tmp_path)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        kill(worker)
    app.control.purge()


def kill(worker: subprocess.Popen[bytes]) -> None:
    """`kill -9` to the worker and all of its processes."""
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(timeout=10)


def queue(hub: Hub, key: str, queued_at: dt.datetime | None = None) -> Message:
    with tenancy.use(hub):
        return queue_message(
            kind="test",
            key=key,
            recipients=["head@ashlane.example"],
            subject=key,
            text="Thank you.",
            now=queued_at or timezone.now(),
        )


def arrives(message: Message) -> bool:
    return wait_until(lambda: reload(message).state == State.SENT, seconds=PATIENCE)


def mails_of(message: Message) -> int:
    return sum(mail.message_id == message.message_id for mail in mailbox.mails())


def test_kill_9_of_the_process_that_sends_makes_no_second_mail_and_loses_none(
    hub: Hub, start_worker: StartWorker, tmp_path: Path
) -> None:
    start_worker()
    struck_before, struck_after = (strike(hub, tmp_path, moment) for moment in ("before", "after"))

    # The worker hands the tasks out again by itself, and then goes on with the next message.
    assert arrives(queue(hub, "next"))
    assert_for_a_person(hub, {struck_before: 0, struck_after: 1})


def test_kill_9_of_the_whole_worker_makes_no_second_mail_and_loses_none(
    hub: Hub, start_worker: StartWorker, tmp_path: Path
) -> None:
    worker = start_worker()
    struck = strike(hub, tmp_path, "after", lambda pid: kill(worker))
    lost = queue(hub, "lost", queued_at=timezone.now() - dt.timedelta(minutes=5))
    app.control.purge()

    # As the broker does with a task that was never acknowledged.
    tasks.dispatch(hub_id=hub.pk, message_id=struck.pk)
    tasks.sweep()
    start_worker()

    assert arrives(lost)
    assert mails_of(lost) == 1
    assert_for_a_person(hub, {struck: 1})


def kill_9(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def strike(hub: Hub, folder: Path, moment: str, kill_it: Callable[[int], None] = kill_9) -> Message:
    """A message in the middle of whose sending the process, which has this id, was killed."""
    (folder / f"pause-{moment}").touch()
    message = queue(hub, f"struck {moment} the mail was written")
    note = folder / "reached"
    assert wait_until(lambda: note.exists() and note.read_text() != "", seconds=PATIENCE), "the worker never came to it"
    kill_it(int(note.read_text()))
    note.unlink()
    return message


def assert_for_a_person(hub: Hub, mails: dict[Message, int]) -> None:
    """Not sent a second time, not forgotten either: uncertain, for a person to look at, and so it stays."""
    assert {struck: reload(struck).state for struck in mails} == dict.fromkeys(mails, State.SENDING)
    delivery.give_up_stuck(hub_id=hub.pk, now=timezone.now() + dt.timedelta(minutes=11))
    assert {struck: reload(struck).state for struck in mails} == dict.fromkeys(mails, State.UNCERTAIN)
    for struck in mails:
        tasks.deliver_message(hub_id=hub.pk, message_id=struck.pk)
    assert {struck: mails_of(struck) for struck in mails} == mails


# --- Documents ----------------------------------------------------------------------------------


def become(document: Document, state: DocumentState) -> bool:
    return wait_until(lambda: document_now(document).state == state, seconds=PATIENCE)


def silent_for_long(document: Document) -> None:
    with tenancy.use(document.hub_id):
        long_ago = timezone.now() - SILENT_AFTER
        Document.objects.filter(pk=document.pk).update(heard_of_at=long_ago, dispatched_at=long_ago)


@pytest.mark.parametrize("whole_worker", [False, True], ids=["process", "worker"])
def test_kill_9_in_the_middle_of_a_document_loses_nothing_and_doubles_nothing(
    hub: Hub, start_worker: StartWorker, tmp_path: Path, whole_worker: bool
) -> None:
    ada = factories.make_member(hub, Role.ADMINISTRATOR, "Ada Administrator")
    struck, next_one = (work.make_document(hub, ada, kind=KIND) for _ in range(2))
    (tmp_path / "pause-document").touch()
    worker, note = start_worker(), tmp_path / "reached"
    tasks.hand_out(hub_id=hub.pk)
    assert wait_until(lambda: note.exists() and note.read_text() != "", seconds=PATIENCE), "the worker never came to it"
    # Half done, and seen to be.
    assert (document_now(struck).state, document_now(struck).done) == (DocumentState.RENDERING, 1)
    if whole_worker:
        kill(worker)
        start_worker()
    else:
        kill_9(int(note.read_text()))

    # The broker gives the task out again: it has been claimed, and nobody begins it a second time.
    tasks.make_document.apply_async(kwargs={"hub_id": hub.pk, "document_id": struck.pk})
    tasks.sweep_documents()
    assert document_now(struck).state == DocumentState.RENDERING
    assert document_now(next_one).state == DocumentState.QUEUED
    silent_for_long(struck)
    tasks.sweep_documents()

    assert become(struck, DocumentState.READY)
    assert become(next_one, DocumentState.READY)
    with tenancy.use(hub):
        names = sorted(DocumentFile.objects.values_list("document", "name"))
    assert names == [(one.pk, name) for one in (struck, next_one) for name in ("test.pdf", "test.xlsx")]
    assert (document_now(struck).attempt, document_now(next_one).attempt) == (2, 1)


# --- Reminders --------------------------------------------------------------------------------

DERIVED = {"fake:0:moved": State.QUEUED, "fake:1:moved": State.QUEUED, "fake:2:moved": State.QUEUED}


def test_kill_9_of_the_process_that_derives_loses_no_reminder_and_doubles_none(
    hub: Hub, rule: FakeRule, start_worker: StartWorker, tmp_path: Path
) -> None:
    before = derived_here(hub, rule)
    start_worker()

    strike_deriving(hub, tmp_path, kill_9, before)

    # The worker hands the task out again by itself.
    assert wait_until(lambda: states_of(hub) == {**DERIVED, "fake:3:first": State.CANCELLED}, seconds=PATIENCE)


def test_kill_9_of_the_whole_worker_leaves_the_reminders_to_the_next_round(
    hub: Hub, rule: FakeRule, start_worker: StartWorker, tmp_path: Path
) -> None:
    before = derived_here(hub, rule)
    worker = start_worker()

    strike_deriving(hub, tmp_path, lambda pid: kill(worker), before)
    app.control.purge()
    tasks.derive_everywhere()
    tasks.derive_everywhere()
    start_worker()

    assert wait_until(lambda: states_of(hub) == {**DERIVED, "fake:3:first": State.CANCELLED}, seconds=PATIENCE)


def derived_here(hub: Hub, rule: FakeRule) -> dict[str, str]:
    """Two reminders of which the worker's dates are others, and one that it does not want."""
    for slot in ("fake:0", "fake:1", "fake:3"):
        rule.want(slot, "first", timezone.now() + dt.timedelta(days=2))
    tasks.derive_reminders(hub_id=hub.pk)
    return states_of(hub)


def strike_deriving(hub: Hub, folder: Path, kill_it: Callable[[int], None], before: dict[str, str]) -> None:
    """Kill the process when it has written everything and committed nothing."""
    (folder / "pause-deriving").touch()
    tasks.dispatch_deriving(hub_id=hub.pk)
    note = folder / "reached"
    assert wait_until(lambda: note.exists() and note.read_text() != "", seconds=PATIENCE), "the worker never came to it"
    kill_it(int(note.read_text()))
    assert states_of(hub) == before == dict.fromkeys(before, State.QUEUED)


def states_of(hub: Hub) -> dict[str, str]:
    with tenancy.use(hub):
        return dict(Message.objects.reminders().values_list("key", "state"))


def test_the_sign_of_life_overtakes_mails_that_wait(hub: Hub) -> None:
    beats = app.conf.beat_schedule["heartbeat"]
    app.control.purge()
    for message_id in (1, 2):
        tasks.dispatch(hub_id=hub.pk, message_id=message_id)
    app.send_task(beats["task"], **beats["options"])
    tasks.dispatch_deriving(hub_id=hub.pk)

    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        taken = [channel.basic_get("celery", no_ack=True) for _ in range(4)]
    app.control.purge()

    names = [message.headers["task"] for message in taken]
    assert names == [beats["task"], *[tasks.deliver_message.name] * 2, tasks.derive_reminders.name]

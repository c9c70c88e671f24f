from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from correspondence import documents, making
from correspondence.makers import CannotBeMade
from correspondence.models import Document, DocumentFile, DocumentState
from correspondence.models.documents import SILENT_AFTER
from hubs import tenancy
from hubs.models import Hub, User
from tests import work
from tests.correspondence.conftest import Queue, document_now
from tests.correspondence.makers import KIND, TestMaker
from tests.factories import membership_of

# Its snapshot is taken in a transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def document(hub: Hub, administrator: User, now: dt.datetime) -> Document:
    return make_one(hub, administrator, now)


def make_one(hub: Hub, by: User, asked_at: dt.datetime) -> Document:
    return work.make_document(hub, by, kind=KIND, requested_at=asked_at)


def make(document: Document, now: dt.datetime) -> None:
    making.make(hub_id=document.hub_id, document_id=document.pk, clock=lambda: now)


def files_of(document: Document) -> dict[str, bytes]:
    with tenancy.use(document.hub_id):
        return {file.name: bytes(file.content) for file in DocumentFile.objects.filter(document=document)}


def change(document: Document, **changes: object) -> None:
    with tenancy.use(document.hub_id):
        Document.objects.filter(pk=document.pk).update(**changes)


def test_a_worker_makes_a_document(maker: TestMaker, document: Document, queue: Queue, now: dt.datetime) -> None:
    queue(document.hub)

    make(document, now)

    made = document_now(document)
    assert (made.state, made.done, made.total, made.attempt) == (DocumentState.READY, 3, 3, 1)
    assert made.snapshot == {"parts": 3, "messages": 1}
    assert (made.as_of, made.finished_at, made.expires_at) == (now, now, now + dt.timedelta(days=30))
    assert files_of(document) == {"test.pdf": b"%PDF 1 messages", "test.xlsx": b"PK 1 messages"}


def test_told_of_twice_it_is_made_once(maker: TestMaker, document: Document, now: dt.datetime) -> None:
    make(document, now)
    make(document, now + MINUTE)

    assert maker.snapshots == 1
    assert document_now(document).finished_at == now


def test_the_figures_are_those_of_the_hub_alone(
    maker: TestMaker, document: Document, other_hub: Hub, queue: Queue, now: dt.datetime
) -> None:
    queue(other_hub)

    make(document, now)

    assert document_now(document).snapshot == {"parts": 3, "messages": 0}


def test_each_part_is_told_at_once(maker: TestMaker, document: Document, now: dt.datetime) -> None:
    clock: Iterator[dt.datetime] = (now + number * MINUTE for number in range(10))
    seen = []

    def look(number: int) -> None:
        found = document_now(document)
        seen.append((found.state, found.done, found.total, found.heard_of_at))

    maker.after_part = look
    making.make(hub_id=document.hub_id, document_id=document.pk, clock=lambda: next(clock))

    # Claimed at 0, figures of 1, taken down at 2.
    assert seen == [(DocumentState.RENDERING, done, 3, now + (2 + done) * MINUTE) for done in range(3)]


def test_one_that_is_cancelled_meanwhile_leaves_nothing(
    maker: TestMaker, document: Document, administrator: User, now: dt.datetime
) -> None:
    parts = []

    def cancel(number: int) -> None:
        parts.append(number)
        with tenancy.use(document.hub_id):
            actor = membership_of(administrator, document.hub)
            documents.cancel_document(document=document, actor=actor, now=now)

    maker.after_part = cancel
    make(document, now)

    assert parts == [1]
    cancelled = document_now(document)
    assert (cancelled.state, cancelled.snapshot, cancelled.as_of) == (DocumentState.CANCELLED, None, None)
    assert files_of(document) == {}


def test_an_attempt_that_was_taken_for_dead_writes_nothing_more(
    maker: TestMaker, document: Document, now: dt.datetime
) -> None:
    def another_one_is_quicker(number: int) -> None:
        maker.after_part = lambda number: None
        assert making.take_back_silent(hub_id=document.hub_id, now=now + SILENT_AFTER) == 1
        make(document, now + SILENT_AFTER)

    maker.after_part = another_one_is_quicker
    make(document, now)

    made = document_now(document)
    assert (made.state, made.attempt, made.finished_at) == (DocumentState.READY, 2, now + SILENT_AFTER)
    assert len(files_of(document)) == 2


def test_one_cancelled_and_asked_for_again_is_not_finished_by_the_first_attempt(
    maker: TestMaker, document: Document, administrator: User, now: dt.datetime
) -> None:
    def change_ones_mind(number: int) -> None:
        actor = membership_of(administrator, document.hub)
        with tenancy.use(document.hub_id):
            documents.cancel_document(document=document, actor=actor, now=now)
            documents.make_again(document=document, actor=actor, now=now, request_key=uuid.uuid4())

    maker.after_part = change_ones_mind
    make(document, now)

    assert document_now(document).state == DocumentState.QUEUED
    assert files_of(document) == {}


def test_a_refusal_is_told_in_its_own_words(maker: TestMaker, document: Document, now: dt.datetime) -> None:
    def refuse(number: int) -> None:
        raise CannotBeMade("The Work Group is gone.")

    maker.after_part = refuse
    make(document, now)

    failed = document_now(document)
    assert (failed.state, failed.error, failed.finished_at) == (DocumentState.FAILED, "The Work Group is gone.", now)
    assert (failed.snapshot, failed.as_of) == (None, None)


def test_an_error_is_told_in_words_for_people_and_goes_on_to_the_log(
    maker: TestMaker, document: Document, now: dt.datetime
) -> None:
    def break_down(number: int) -> None:
        raise ZeroDivisionError("head@ashlane.example")

    maker.after_part = break_down
    with pytest.raises(ZeroDivisionError):
        make(document, now)

    failed = document_now(document)
    assert failed.state == DocumentState.FAILED
    assert failed.error.startswith("Something went wrong on our side")
    assert "ashlane" not in failed.error
    assert files_of(document) == {}


def test_one_that_takes_too_long_says_so(maker: TestMaker, document: Document, now: dt.datetime) -> None:
    def dawdle(number: int) -> None:
        raise SoftTimeLimitExceeded

    maker.after_part = dawdle
    with pytest.raises(SoftTimeLimitExceeded):
        make(document, now)

    assert document_now(document).error.startswith("It took too long.")


def test_what_failed_is_made_after_all_with_new_figures(
    maker: TestMaker, document: Document, administrator: User, queue: Queue, now: dt.datetime
) -> None:
    def refuse(number: int) -> None:
        raise CannotBeMade("Not now.")

    maker.after_part = refuse
    make(document, now)
    queue(document.hub)
    maker.after_part = lambda number: None
    with tenancy.use(document.hub_id):
        actor = membership_of(administrator, document.hub)
        documents.make_again(document=document, actor=actor, now=now, request_key=uuid.uuid4())

    make(document, now + MINUTE)

    made = document_now(document)
    assert (made.state, made.error, made.attempt) == (DocumentState.READY, "", 2)
    assert made.snapshot == {"parts": 3, "messages": 1}


# --- Dead workers -------------------------------------------------------------------------------


def test_one_that_is_heard_of_is_left_alone(document: Document, now: dt.datetime) -> None:
    change(document, state=DocumentState.RENDERING, heard_of_at=now)

    assert making.take_back_silent(hub_id=document.hub_id, now=now + SILENT_AFTER - MINUTE) == 0


def test_one_that_kills_its_workers_is_given_up(document: Document, now: dt.datetime) -> None:
    for count in (1, 2, 3):
        change(document, state=DocumentState.RENDERING, heard_of_at=now, snapshot={"parts": 3}, as_of=now)
        making.take_back_silent(hub_id=document.hub_id, now=now + SILENT_AFTER)
        found = document_now(document)
        assert found.state == (DocumentState.QUEUED if count < 3 else DocumentState.FAILED)
        assert (found.snapshot, found.as_of) == (None, None)
    assert found.error.startswith("It broke off again and again.")


# --- The queue ----------------------------------------------------------------------------------


def next_of(hub: Hub, now: dt.datetime) -> int | None:
    return making.take_next(hub_id=hub.pk, now=now)


def test_a_hub_has_one_document_at_work_and_the_oldest_is_next(
    maker: TestMaker, hub: Hub, other_hub: Hub, administrator: User, now: dt.datetime
) -> None:
    second = make_one(hub, administrator, now + MINUTE)
    first = make_one(hub, administrator, now)
    elsewhere = make_one(other_hub, administrator, now + MINUTE)

    assert next_of(hub, now) == first.pk
    # The workers were told of it.
    assert next_of(hub, now) is None
    assert next_of(other_hub, now) == elsewhere.pk
    change(first, state=DocumentState.RENDERING, heard_of_at=now)
    assert next_of(hub, now + 60 * MINUTE) is None
    change(first, state=DocumentState.QUEUED)
    make(first, now)
    assert next_of(hub, now) == second.pk


def test_workers_are_told_once_more_of_one_that_nobody_came_for(
    hub: Hub, administrator: User, now: dt.datetime
) -> None:
    lost = make_one(hub, administrator, now)
    assert next_of(hub, now) == lost.pk

    assert next_of(hub, now + MINUTE) is None
    assert next_of(hub, now + 2 * MINUTE) == lost.pk


def test_where_nothing_waits_there_is_nothing_to_tell(hub: Hub, now: dt.datetime) -> None:
    assert next_of(hub, now) is None


# --- Expiring -----------------------------------------------------------------------------------


def test_files_and_figures_go_after_thirty_days_and_the_row_stays(
    maker: TestMaker, hub: Hub, other_hub: Hub, administrator: User, now: dt.datetime
) -> None:
    old, young = make_one(hub, administrator, now), make_one(hub, administrator, now)
    elsewhere = make_one(other_hub, administrator, now)
    for document in (old, elsewhere):
        make(document, now)
    make(young, now + MINUTE)

    assert making.purge_expired(hub_id=hub.pk, now=now + dt.timedelta(days=30)) == 1
    assert making.purge_expired(hub_id=hub.pk, now=now + dt.timedelta(days=30)) == 0

    expired = document_now(old)
    assert (expired.state, expired.snapshot, files_of(old)) == (DocumentState.EXPIRED, None, {})
    assert expired.requested_by == administrator
    assert document_now(young).state == document_now(elsewhere).state == DocumentState.READY
    assert len(files_of(young)) == len(files_of(elsewhere)) == 2

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from correspondence import documents
from correspondence.models import DOCUMENT_TRANSITIONS, Document, DocumentFile, DocumentState
from hubs import tenancy, timeline
from hubs.models import Hub, Membership, User
from hubs.permissions import NotAllowed
from hubs.tenancy import AnotherHubActive
from tests import work
from tests.correspondence.conftest import document_now
from tests.factories import membership_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(administrator: User, hub: Hub) -> Membership:
    return membership_of(administrator, hub)


def ask(actor: Membership, now: dt.datetime, *, key: uuid.UUID | None = None, **fields: Any) -> Document:
    asked: dict[str, Any] = {"kind": "test", "title": "Grant report", "parameters": {"year": 2026}}
    with tenancy.use(actor.hub):
        return documents.request_document(
            capability="view_money", actor=actor, now=now, request_key=key or uuid.uuid4(), **{**asked, **fields}
        )


def in_state(document: Document, state: DocumentState, now: dt.datetime) -> Document:
    """The document as the workers would have left it."""
    changes: dict[str, object] = {"state": state, "attempt": 1, "heard_of_at": now}
    if state in (DocumentState.READY, DocumentState.EXPIRED):
        changes |= {"as_of": now, "finished_at": now, "expires_at": now, "total": 3, "done": 3}
    if state == DocumentState.READY:
        changes["snapshot"] = {}
    if state == DocumentState.FAILED:
        changes |= {"error": "It broke.", "finished_at": now}
    with tenancy.use(document.hub_id):
        Document.objects.filter(pk=document.pk).update(**changes)
    return document_now(document)


def said_of(document: Document) -> list[str]:
    with tenancy.use(document.hub_id):
        return [f"{entry.actor_name}: {entry.text}" for entry in timeline.entries_of(document)]


def cancel(document: Document, actor: Membership, now: dt.datetime) -> Document:
    with tenancy.use(document.hub_id):
        return documents.cancel_document(document=document, actor=actor, now=now)


def again(document: Document, actor: Membership, now: dt.datetime, *, key: uuid.UUID | None = None) -> Document:
    with tenancy.use(document.hub_id):
        return documents.make_again(document=document, actor=actor, now=now, request_key=key or uuid.uuid4())


def test_a_document_that_is_asked_for_waits_for_a_worker(ada: Membership, now: dt.datetime) -> None:
    document = ask(ada, now)

    assert (document.state, document.parameters, document.capability) == ("queued", {"year": 2026}, "view_money")
    assert (document.requested_by, document.requested_at) == (ada.user, now)
    assert said_of(document) == ["Ada Administrator: Asked for."]


def test_asked_for_twice_by_one_form_it_is_one_document(ada: Membership, now: dt.datetime) -> None:
    key = uuid.uuid4()

    first, second = ask(ada, now, key=key), ask(ada, now + dt.timedelta(seconds=1), key=key)

    assert first == second
    assert second.requested_at == now
    assert len(said_of(first)) == 1


@pytest.mark.parametrize("other", [{"kind": "other"}, {"title": "Release report"}, {"parameters": {"year": 2025}}])
def test_a_form_sent_before_for_another_document_is_refused(
    other: dict[str, Any], ada: Membership, now: dt.datetime
) -> None:
    key = uuid.uuid4()
    first = ask(ada, now, key=key)

    with pytest.raises(documents.AskedForAnother, match="asked for Grant report"):
        ask(ada, now, key=key, **other)

    with tenancy.use(ada.hub):
        assert list(Document.objects.all()) == [first]
    assert len(said_of(first)) == 1


def test_who_may_not_read_it_may_not_ask_for_it(hub: Hub, specialist: User, now: dt.datetime) -> None:
    with pytest.raises(NotAllowed, match="make reports"):
        ask(membership_of(specialist, hub), now)


def test_whoever_makes_reports_but_may_not_read_this_one_may_do_nothing_with_it(
    hub: Hub, ada: Membership, finance: User, now: dt.datetime
) -> None:
    payer = membership_of(finance, hub)
    with tenancy.use(hub), pytest.raises(NotAllowed, match="see all Work Groups"):
        documents.request_document(
            kind="test", title="T", parameters={}, capability="view_groups", actor=payer, now=now,
            request_key=uuid.uuid4(),
        )  # fmt: skip
    document = work.make_document(hub, ada.user, capability="view_groups")
    for act in (cancel, again):
        with pytest.raises(NotAllowed, match="see all Work Groups"):
            act(document, payer, now)
    assert document_now(document).state == DocumentState.QUEUED


def test_a_member_of_another_hub_is_stopped(ada: Membership, other_hub: Hub, stranger: User, now: dt.datetime) -> None:
    document = ask(ada, now)

    with pytest.raises(AnotherHubActive):
        cancel(document, membership_of(stranger, other_hub), now)


def test_a_hub_that_waits_for_very_many_itself_is_asked_to_wait(
    ada: Membership, other_hub: Hub, now: dt.datetime
) -> None:
    for _ in range(documents.MOST_WAITING):
        work.make_document(other_hub, ada.user)
    key = uuid.uuid4()
    ask(ada, now, key=key)
    done = in_state(ask(ada, now), DocumentState.FAILED, now)
    for _ in range(documents.MOST_WAITING - 1):
        ask(ada, now)

    with pytest.raises(documents.TooManyWaiting, match="waits for 20 documents already"):
        ask(ada, now)
    with pytest.raises(documents.TooManyWaiting):
        again(done, ada, now)
    # The form that was sent before is not refused when it is sent once more.
    assert ask(ada, now, key=key).request_key == key


@pytest.mark.parametrize("state", [DocumentState.QUEUED, DocumentState.RENDERING])
def test_a_document_is_cancelled_until_it_is_done(state: DocumentState, ada: Membership, now: dt.datetime) -> None:
    document = in_state(ask(ada, now), state, now)

    cancel(document, ada, now)
    cancel(document, ada, now)

    assert document_now(document).state == DocumentState.CANCELLED
    assert said_of(document)[0] == "Ada Administrator: Cancelled."
    assert len(said_of(document)) == 2


@pytest.mark.parametrize("state", [DocumentState.READY, DocumentState.FAILED, DocumentState.EXPIRED])
def test_what_is_over_cannot_be_cancelled(state: DocumentState, ada: Membership, now: dt.datetime) -> None:
    document = in_state(ask(ada, now), state, now)

    with pytest.raises(documents.TooLate, match=f"it is {state.label.lower()} already"):
        cancel(document, ada, now)
    assert document_now(document).state == state


@pytest.mark.parametrize("state", [DocumentState.FAILED, DocumentState.CANCELLED])
def test_what_failed_or_was_cancelled_is_made_after_all(
    state: DocumentState, ada: Membership, now: dt.datetime
) -> None:
    document = in_state(ask(ada, now), state, now)

    made = again(document, ada, now)

    assert made == document
    assert (made.state, made.error, made.done, made.dispatched_at) == ("queued", "", 0, None)
    assert made.attempt == 1
    assert said_of(document)[0] == "Ada Administrator: Asked for again."


@pytest.mark.parametrize("state", [DocumentState.READY, DocumentState.EXPIRED])
def test_what_is_ready_or_expired_is_made_anew_beside_it(
    state: DocumentState, ada: Membership, now: dt.datetime
) -> None:
    document = in_state(ask(ada, now), state, now)
    key = uuid.uuid4()

    made, twice = again(document, ada, now, key=key), again(document, ada, now, key=key)

    assert made == twice
    assert made != document
    assert (made.state, made.kind, made.title, made.parameters) == ("queued", "test", "Grant report", {"year": 2026})
    assert document_now(document).state == state


@pytest.mark.parametrize("state", [DocumentState.QUEUED, DocumentState.RENDERING])
def test_what_is_waited_for_is_not_asked_for_twice(state: DocumentState, ada: Membership, now: dt.datetime) -> None:
    document = in_state(ask(ada, now), state, now)

    assert again(document, ada, now).state == state
    assert len(said_of(document)) == 1


def test_every_state_has_its_transitions() -> None:
    assert set(DOCUMENT_TRANSITIONS) == set(DocumentState)


def test_a_document_has_one_file_of_each_format(ada: Membership, now: dt.datetime) -> None:
    document = ask(ada, now)
    file = {"hub": ada.hub, "document": document, "format": "pdf", "name": "a.pdf", "content": b"x"}
    with tenancy.use(ada.hub):
        DocumentFile.objects.create(**file)
        with pytest.raises(IntegrityError, match="document_file_once"), transaction.atomic():
            DocumentFile.objects.create(**file)


@pytest.mark.parametrize(
    "state", [DocumentState.QUEUED, DocumentState.CANCELLED, DocumentState.FAILED, DocumentState.EXPIRED]
)
def test_figures_are_kept_only_while_it_is_made_and_ready(
    state: DocumentState, ada: Membership, now: dt.datetime
) -> None:
    document = in_state(ask(ada, now), state, now)

    with (
        tenancy.use(ada.hub),
        pytest.raises(IntegrityError, match="document_figures_while_of_use"),
        transaction.atomic(),
    ):
        Document.objects.filter(pk=document.pk).update(snapshot={})


@pytest.mark.parametrize(
    ("state", "changes", "constraint"),
    [
        (DocumentState.RENDERING, {"heard_of_at": None}, "document_at_work_is_heard_of"),
        (DocumentState.READY, {"done": 2, "total": 3}, "document_ready_is_complete"),
    ],
)
def test_what_is_at_work_is_heard_of_and_what_is_ready_is_complete(
    state: DocumentState, changes: dict[str, Any], constraint: str, ada: Membership, now: dt.datetime
) -> None:
    document = in_state(ask(ada, now), state, now)

    with tenancy.use(ada.hub), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(**changes)

"""Asking for documents: a document is a row, and a worker makes its files. See `correspondence.making`."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from django.db import transaction

from correspondence.models import Document, DocumentState
from correspondence.tasks import hand_out
from hubs import timeline
from hubs.models import Membership
from hubs.permissions import Capability, require
from hubs.tenancy import active_hub_id

# Of one hub: who asks for more has lost sight of what is wanted.
MOST_WAITING = 20


class TooManyWaiting(Exception):
    """The hub waits for too many documents already; the message is a sentence to show."""


class AskedForAnother(Exception):
    """A form sent before comes back for another document; the message is a sentence to show."""


class TooLate(Exception):
    """The document is no longer in a state that allows it; the message is a sentence to show."""


def request_document(
    *,
    kind: str,
    title: str,
    parameters: Mapping[str, Any],
    capability: Capability,
    actor: Membership,
    now: dt.datetime,
    request_key: uuid.UUID,
) -> Document:
    """Ask for a document, which needs `capability` to be read; a worker makes it after the commit.

    `parameters` are for its maker, as JSON can hold them. Sent twice with one `request_key` it is one document.
    Raises `AskedForAnother`, `TooManyWaiting` and `NotAllowed`.
    """
    require(actor, "make_reports")
    require(actor, capability)
    with transaction.atomic():
        document = Document(
            hub_id=active_hub_id(),
            kind=kind,
            title=title,
            parameters=dict(parameters),
            capability=capability,
            requested_at=now,
            requested_by=actor.user,
            request_key=request_key,
        )
        if known := Document.objects.filter(request_key=request_key).first():
            return _same(known, document)
        _refuse_too_many()
        # ON CONFLICT DO NOTHING: a second transaction waits for the first one's verdict.
        Document.objects.bulk_create([document], ignore_conflicts=True)
        stored = _same(Document.objects.get(request_key=request_key), document)
        if not timeline.entries_of(stored).exists():
            timeline.record(subject=stored, actor=actor, now=now, text="Asked for.")
        transaction.on_commit(partial(hand_out, hub_id=stored.hub_id))
    return stored


def cancel_document(*, document: Document, actor: Membership, now: dt.datetime) -> Document:
    """Have a document not made, and keep nothing of it; a worker at it stops soon.

    Raises `TooLate` and `NotAllowed`.
    """
    _require(actor, document)
    with transaction.atomic():
        locked = _locked(document)
        if locked.state == DocumentState.CANCELLED:
            return locked
        if not locked.may_become(DocumentState.CANCELLED):
            raise TooLate(f"{locked.title} cannot be cancelled: it is {locked.get_state_display().lower()} already.")
        locked.state = DocumentState.CANCELLED
        locked.snapshot = locked.as_of = None
        locked.finished_at = now
        locked.save(update_fields=["state", "snapshot", "as_of", "finished_at"])
        timeline.record(subject=locked, actor=actor, now=now, text="Cancelled.")
        transaction.on_commit(partial(hand_out, hub_id=locked.hub_id))
    return locked


def make_again(*, document: Document, actor: Membership, now: dt.datetime, request_key: uuid.UUID) -> Document:
    """Make what failed or was cancelled after all; of what is ready or expired, ask for a new one with new figures.

    One that is waited for stays as it is. Raises `AskedForAnother`, `TooManyWaiting` and `NotAllowed`.
    """
    _require(actor, document)
    with transaction.atomic():
        locked = _locked(document)
        if locked.state in (DocumentState.QUEUED, DocumentState.RENDERING):
            return locked
        if not locked.may_become(DocumentState.QUEUED):
            return request_document(
                kind=locked.kind,
                title=locked.title,
                parameters=locked.parameters,
                capability=cast(Capability, locked.capability),
                actor=actor,
                now=now,
                request_key=request_key,
            )
        _refuse_too_many()
        # The number of the attempt goes on: a worker that is still at the former one writes nothing more.
        Document.objects.filter(pk=locked.pk).update(
            state=DocumentState.QUEUED,
            snapshot=None,
            as_of=None,
            done=0,
            total=0,
            error="",
            interruptions=0,
            dispatched_at=None,
            heard_of_at=None,
            finished_at=None,
        )
        timeline.record(subject=locked, actor=actor, now=now, text="Asked for again.")
        transaction.on_commit(partial(hand_out, hub_id=locked.hub_id))
    locked.refresh_from_db()
    return locked


def _require(actor: Membership, document: Document) -> None:
    require(actor, "make_reports")
    require(actor, cast(Capability, document.capability))


def _locked(document: Document) -> Document:
    return Document.objects.select_for_update().get(pk=document.pk)


def _same(known: Document, asked: Document) -> Document:
    """The document of a request's key, if it is the one that is asked for. Raises `AskedForAnother`."""
    if (known.kind, known.title, known.parameters) != (asked.kind, asked.title, asked.parameters):
        raise AskedForAnother(
            f"This form was sent before, and asked for {known.title}. Send it once more to ask for this one as well."
        )
    return known


def _refuse_too_many() -> None:
    waiting = Document.objects.unfinished().count()
    if waiting >= MOST_WAITING:
        raise TooManyWaiting(
            f"Your hub waits for {waiting} documents already. Wait until some are ready, or cancel those that "
            "nobody needs, and ask again."
        )

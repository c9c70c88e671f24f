"""Making documents, the workers' side: claim one, take its figures down, make its files, say how far it is.

A claim is an attempt with a number. Whatever an attempt writes, it writes on condition that it is still the
document's: one that was cancelled, or taken for dead and begun anew, leaves no trace.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db.models import F, Q

from correspondence.makers import CannotBeMade, MadeFile, maker_of
from correspondence.models import DISPATCH_AGAIN_AFTER, Document, DocumentFile, DocumentState
from correspondence.turns import Turn, wait_for_turn
from hubs import tenancy

log = structlog.get_logger(__name__)

KEPT_FOR = dt.timedelta(days=30)
# A document over which so many workers died is what kills them.
MOST_INTERRUPTIONS = 3
_OUR_FAULT = (
    "Something went wrong on our side, and it was written down. Make it again; if it fails once more, tell "
    "whoever runs this service."
)
_TOO_LONG = "It took too long. Ask for a part of it: one Work Group, or a shorter time."
_BROKE_OFF = "It broke off again and again. Ask for a part of it, or tell whoever runs this service."


class ClaimLost(Exception):
    """The document was cancelled, or another attempt is at it."""


@dataclass(frozen=True)
class Attempt:
    """One attempt at a document; `clock` says what time it is."""

    document: Document
    clock: Callable[[], dt.datetime]

    def note(self, **changes: Any) -> None:
        """Write how far it is, which is a sign of life as well. Raises `ClaimLost`."""
        with tenancy.own_transaction(self.document.hub_id):
            self._write(heard_of_at=self.clock(), **changes)

    def finish(self, files: Iterable[MadeFile]) -> None:
        """Keep the files, and have the document ready. Raises `ClaimLost`."""
        now = self.clock()
        with tenancy.own_transaction(self.document.hub_id):
            self._write(
                state=DocumentState.READY, done=F("total"), error="", finished_at=now, expires_at=now + KEPT_FOR
            )
            DocumentFile.objects.bulk_create(
                DocumentFile(
                    hub_id=self.document.hub_id,
                    document=self.document,
                    format=file.format,
                    name=file.name,
                    content=file.content,
                )
                for file in files
            )

    def fail(self, why: str) -> None:
        """Have the document failed, without its figures, with a sentence for people. Raises `ClaimLost`."""
        with tenancy.own_transaction(self.document.hub_id):
            self._write(state=DocumentState.FAILED, error=why, snapshot=None, as_of=None, finished_at=self.clock())

    def _write(self, **changes: Any) -> None:
        ours = Document.objects.filter(
            pk=self.document.pk, state=DocumentState.RENDERING, attempt=self.document.attempt
        )
        if not ours.update(**changes):
            raise ClaimLost


def make(*, hub_id: int, document_id: int, clock: Callable[[], dt.datetime]) -> None:
    """Make one document if it still waits for it; else do nothing. An error that is no refusal is raised again.

    Not to be called inside a transaction: claim and progress must be seen by others at once.
    """
    attempt = _claim(hub_id=hub_id, document_id=document_id, clock=clock)
    if attempt is None:
        return
    try:
        _make(attempt)
    except ClaimLost:
        log.info("document_given_up", document_id=document_id, attempt=attempt.document.attempt)
    except Exception as error:
        why, ours = _why(error)
        try:
            attempt.fail(why)
        except ClaimLost:
            log.info("document_given_up", document_id=document_id, attempt=attempt.document.attempt)
        if ours:
            raise


def take_next(*, hub_id: int, now: dt.datetime) -> int | None:
    """The id of the document that a worker is to be told of, oldest first; none while the hub has one at work.

    One at a time of each hub: the queue goes from hub to hub, and one with many documents keeps nobody waiting.
    """
    with tenancy.own_transaction(hub_id):
        wait_for_turn(Turn.DOCUMENTS, hub_id=hub_id)
        told_of = Q(state=DocumentState.QUEUED, dispatched_at__gt=now - DISPATCH_AGAIN_AFTER)
        if Document.objects.filter(Q(state=DocumentState.RENDERING) | told_of).exists():
            return None
        waiting = Document.objects.filter(state=DocumentState.QUEUED).order_by("requested_at", "pk")
        chosen = waiting.values_list("pk", flat=True).first()
        if chosen is not None:
            Document.objects.filter(pk=chosen).update(dispatched_at=now)
        return chosen


def take_back_silent(*, hub_id: int, now: dt.datetime) -> int:
    """Have documents wait anew whose worker died, or fail that kill their workers; returns how many were taken back."""
    with tenancy.own_transaction(hub_id):
        silent = list(Document.objects.silent(now).select_for_update(skip_locked=True))
        for document in silent:
            document.interruptions += 1
            document.snapshot = document.as_of = None
            if document.interruptions >= MOST_INTERRUPTIONS:
                document.state, document.error, document.finished_at = DocumentState.FAILED, _BROKE_OFF, now
            else:
                document.state, document.dispatched_at = DocumentState.QUEUED, None
            document.save(
                update_fields=["state", "snapshot", "as_of", "error", "finished_at", "interruptions", "dispatched_at"]
            )
    if silent:
        log.warning("documents_silent", count=len(silent))
    return len(silent)


def purge_expired(*, hub_id: int, now: dt.datetime) -> int:
    """Remove files and figures of documents that have expired; returns how many expired.

    That they were made, and by whom, is kept.
    """
    with tenancy.own_transaction(hub_id):
        due = Document.objects.filter(state=DocumentState.READY, expires_at__lte=now)
        ids = list(due.select_for_update().values_list("pk", flat=True))
        DocumentFile.objects.filter(document__in=ids).delete()
        return Document.objects.filter(pk__in=ids).update(state=DocumentState.EXPIRED, snapshot=None)


def _claim(*, hub_id: int, document_id: int, clock: Callable[[], dt.datetime]) -> Attempt | None:
    with tenancy.own_transaction(hub_id):
        waiting = Document.objects.filter(pk=document_id, state=DocumentState.QUEUED)
        taken = waiting.update(
            state=DocumentState.RENDERING, attempt=F("attempt") + 1, heard_of_at=clock(), done=0, total=0
        )
        return Attempt(Document.objects.get(pk=document_id), clock) if taken else None


def _make(attempt: Attempt) -> None:
    document = attempt.document
    maker = maker_of(document.kind)
    with tenancy.at_one_moment(document.hub_id):
        as_of = attempt.clock()
        figures = maker.snapshot(document.parameters, now=as_of)
    # As they are read back, so that a page made of them later says the same.
    figures = json.loads(json.dumps(figures))
    total = maker.parts(figures)
    attempt.note(snapshot=figures, as_of=as_of, total=total)
    files = list(maker.files(figures, finished=lambda parts: attempt.note(done=min(parts, total))))
    attempt.finish(files)


def _why(error: Exception) -> tuple[str, bool]:
    """What to tell people of an error, and whether it is one of ours."""
    match error:
        case CannotBeMade():
            return str(error), False
        case SoftTimeLimitExceeded():
            return _TOO_LONG, True
    return _OUR_FAULT, True

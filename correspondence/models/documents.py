"""Documents that a worker makes: what was asked for, how far it is, and the files when they are ready."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from hubs.models import User
from hubs.tenancy import HubManager, HubOwned, HubQuerySet

# A worker says so often how far it is that silence for so long means that it died.
SILENT_AFTER = dt.timedelta(minutes=3)


class DocumentState(models.TextChoices):
    """Where a document is on its way."""

    QUEUED = "queued", "Waiting"
    RENDERING = "rendering", "Being made"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


# From rendering back to queued: the worker died, and another one begins anew.
DOCUMENT_TRANSITIONS: dict[DocumentState, frozenset[DocumentState]] = {
    DocumentState.QUEUED: frozenset({DocumentState.RENDERING, DocumentState.CANCELLED}),
    DocumentState.RENDERING: frozenset(
        {DocumentState.READY, DocumentState.FAILED, DocumentState.CANCELLED, DocumentState.QUEUED}
    ),
    DocumentState.READY: frozenset({DocumentState.EXPIRED}),
    DocumentState.FAILED: frozenset({DocumentState.QUEUED}),
    DocumentState.CANCELLED: frozenset({DocumentState.QUEUED}),
    DocumentState.EXPIRED: frozenset(),
}


class DocumentQuerySet(HubQuerySet["Document"]):
    """Documents, as the sweep and the pages ask for them."""

    def silent(self, now: dt.datetime) -> Self:
        """Those whose worker died: it has not said for a while how far it is."""
        return self.filter(state=DocumentState.RENDERING, heard_of_at__lte=now - SILENT_AFTER)

    def unfinished(self) -> Self:
        """Those that wait for a worker or are being made."""
        return self.filter(state__in=[DocumentState.QUEUED, DocumentState.RENDERING])


DocumentManager = HubManager.from_queryset(DocumentQuerySet)


class Document(HubOwned):
    """A document that a person asked for. `kind` names its maker, which knows what `parameters` mean.

    `snapshot` holds the figures that all its files show, taken at `as_of`; of what is not made or is no longer kept
    there are none. `done` of `total` is how far it is.
    """

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    parameters = models.JSONField(default=dict, blank=True)
    # What somebody must be allowed to read it.
    capability = models.CharField(max_length=40)
    state = models.CharField(max_length=9, choices=DocumentState, default=DocumentState.QUEUED)
    snapshot = models.JSONField(null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Sent twice it is one document.
    request_key = models.UUIDField(default=uuid.uuid4)
    # Which attempt is at work: one that was taken for dead writes nothing more.
    attempt = models.PositiveSmallIntegerField(default=0)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    # How often a worker died over it since a person asked for it.
    interruptions = models.PositiveSmallIntegerField(default=0)
    heard_of_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[DocumentManager[Self]] = DocumentManager()

    class Meta(HubOwned.Meta):
        ordering = ["-requested_at", "-pk"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(state__in=DocumentState.values), name="document_state_known"),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="document_progress_in_order"),
            models.CheckConstraint(
                condition=~Q(state="ready")
                | Q(as_of__isnull=False, finished_at__isnull=False, expires_at__isnull=False, snapshot__isnull=False),
                name="document_ready_has_times",
            ),
            models.CheckConstraint(condition=~Q(state="ready") | Q(done=F("total")), name="document_ready_is_complete"),
            # Whoever is never heard of is never taken for dead, and keeps the hub's others waiting.
            models.CheckConstraint(
                condition=~Q(state="rendering") | Q(heard_of_at__isnull=False), name="document_at_work_is_heard_of"
            ),
            models.CheckConstraint(
                condition=Q(snapshot__isnull=True) | Q(state__in=["rendering", "ready"]),
                name="document_figures_while_of_use",
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(error=""), name="document_failed_has_reason"),
            models.UniqueConstraint(fields=["hub", "request_key"], name="document_requested_once"),
        ]
        indexes = [
            # The list of documents, newest first.
            models.Index(F("hub"), F("requested_at").desc(), name="document_newest"),
            # The sweep.
            models.Index(
                fields=["hub", "state"], condition=Q(state__in=["queued", "rendering"]), name="document_at_work"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def may_become(self, state: DocumentState) -> bool:
        """Whether the table of transitions allows this step."""
        return state in DOCUMENT_TRANSITIONS[DocumentState(self.state)]


class DocumentFile(HubOwned):
    """One file of a document that is ready; removed when the document expires."""

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        XLSX = "xlsx", "Excel workbook"

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="files")
    format = models.CharField(max_length=4, choices=Format)
    name = models.CharField(max_length=200)
    content = models.BinaryField()

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["document", "format"], name="document_file_once"),
            models.CheckConstraint(condition=Q(format__in=["pdf", "xlsx"]), name="document_file_format_known"),
        ]

    def __str__(self) -> str:
        return self.name

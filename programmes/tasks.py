"""The nights of expressions of interest, and what each hub is told after a change of the register."""

from __future__ import annotations

import datetime as dt

import structlog
from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from hubs import tenancy
from hubs.models import Hub
from programmes import applying, following

log = structlog.get_logger(__name__)


@shared_task
def purge_drafts() -> None:
    """Remove drafts that nobody came back to, hub by hub."""
    for hub in Hub.objects.all():
        with tenancy.use(hub):
            applying.purge_drafts(now=timezone.now())


@shared_task
def follow_school_changes(*, hub_id: int) -> None:
    """Tell one hub which of its schools with work in progress have changed: its failure is no other hub's."""
    with tenancy.use(hub_id):
        following.notice_changes(now=timezone.now())


@shared_task
def follow_everywhere() -> None:
    """Tell every hub, should the workers have missed a change of the register."""
    _dispatch()


def follow(*, now: dt.datetime) -> None:
    """Have the workers tell every hub of a change of the register, once that is committed. Never fails."""
    transaction.on_commit(_dispatch)


def _dispatch() -> None:
    for hub_id in Hub.objects.order_by("pk").values_list("pk", flat=True):
        try:
            follow_school_changes.apply_async(kwargs={"hub_id": hub_id}, retry=False)
        except OperationalError as error:
            # Nobody waits for the others: the night finds what was missed.
            log.warning("broker_unreachable", error=type(error).__name__)
            return

"""Celery's leaves: ids in, one domain call, harmless when run twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from celery import Task, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_process_shutdown
from django.utils import timezone
from kombu.exceptions import OperationalError

from correspondence import delivery, deriving, making, pdf
from hubs import tenancy
from hubs.models import Hub

log = structlog.get_logger(__name__)


@shared_task
def deliver_message(*, hub_id: int, message_id: int) -> None:
    """Deliver one message, unless another worker has claimed it."""
    delivery.deliver(hub_id=hub_id, message_id=message_id, now=timezone.now())


@shared_task
def sweep() -> None:
    """Hand due messages without a task to the workers; show a person those whose worker died."""
    for_each_hub(_sweep)


@shared_task(soft_time_limit=20 * 60, time_limit=25 * 60)
def make_document(*, hub_id: int, document_id: int) -> None:
    """Make one document, unless another worker has claimed it; then tell the workers of the hub's next one."""
    try:
        making.make(hub_id=hub_id, document_id=document_id, clock=timezone.now)
    finally:
        hand_out(hub_id=hub_id)


@shared_task
def sweep_documents() -> None:
    """Begin anew those whose worker died, and tell the workers of those that they do not know of."""
    for_each_hub(_sweep_documents)


@shared_task
def purge_documents() -> None:
    """Remove the files of documents that have expired."""
    for_each_hub(lambda hub_id: making.purge_expired(hub_id=hub_id, now=timezone.now()))


@shared_task
def derive_reminders(*, hub_id: int) -> None:
    """Bring one hub's reminders up to date."""
    with tenancy.use(hub_id):
        deriving.bring_up_to_date(now=timezone.now())


@shared_task
def derive_everywhere() -> None:
    """Have every hub's reminders brought up to date, each by a task of its own."""
    for_each_hub(lambda hub_id: dispatch_deriving(hub_id=hub_id))


@worker_process_shutdown.connect
def leave_no_fonts_behind(**kwargs: Any) -> None:
    """Celery's processes end without what Python does at its end."""
    pdf.forget()


def for_each_hub(do: Callable[[int], object]) -> None:
    """Do something for every hub, by its id, each for itself: the failure of one is no other hub's.

    Raises an ExceptionGroup of all failures at the end.
    """
    failures = []
    for hub_id in list(Hub.objects.order_by("pk").values_list("pk", flat=True)):
        try:
            do(hub_id)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            log.warning("hub_failed", hub_id=hub_id, error=type(error).__name__)
            failures.append(error)
    if failures:
        raise ExceptionGroup("Not done for every hub", failures)


def dispatch(*, hub_id: int, message_id: int) -> None:
    """Tell the workers of a committed message. Without a broker nothing breaks: the sweep finds it."""
    _tell(deliver_message, hub_id=hub_id, message_id=message_id)


def dispatch_deriving(*, hub_id: int) -> None:
    """Have the workers bring a hub's reminders up to date. Without a broker nothing breaks: the next round does it."""
    _tell(derive_reminders, hub_id=hub_id)


def hand_out(*, hub_id: int) -> None:
    """Tell the workers of the hub's next document, unless one is at work."""
    document_id = making.take_next(hub_id=hub_id, now=timezone.now())
    if document_id is not None:
        _tell(make_document, hub_id=hub_id, document_id=document_id)


def _sweep(hub_id: int) -> None:
    delivery.give_up_stuck(hub_id=hub_id, now=timezone.now())
    for message_id in delivery.take_lost(hub_id=hub_id, now=timezone.now()):
        dispatch(hub_id=hub_id, message_id=message_id)


def _sweep_documents(hub_id: int) -> None:
    making.take_back_silent(hub_id=hub_id, now=timezone.now())
    hand_out(hub_id=hub_id)


def _tell(task: Task[Any, Any], **ids: int) -> None:
    try:
        task.apply_async(kwargs=ids, retry=False)
    except OperationalError as error:
        log.warning("broker_unreachable", **ids, error=type(error).__name__)

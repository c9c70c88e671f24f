"""Celery's leaves: ids in, one domain call, harmless when run twice."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from correspondence import delivery
from hubs.models import Hub

log = structlog.get_logger(__name__)


@shared_task
def deliver_message(*, hub_id: int, message_id: int) -> None:
    """Deliver one message, unless another worker has claimed it."""
    delivery.deliver(hub_id=hub_id, message_id=message_id, now=timezone.now())


@shared_task
def sweep() -> None:
    """Hand due messages without a task to the workers; show a person those whose worker died."""
    for hub_id in Hub.objects.order_by("pk").values_list("pk", flat=True):
        delivery.give_up_stuck(hub_id=hub_id, now=timezone.now())
        for message_id in delivery.take_lost(hub_id=hub_id, now=timezone.now()):
            dispatch(hub_id=hub_id, message_id=message_id)


def dispatch(*, hub_id: int, message_id: int) -> None:
    """Tell the workers of a committed message. Without a broker nothing breaks: the sweep finds it."""
    try:
        deliver_message.apply_async(kwargs={"hub_id": hub_id, "message_id": message_id}, retry=False)
    except OperationalError as error:
        log.warning("broker_unreachable", message_id=message_id, error=type(error).__name__)

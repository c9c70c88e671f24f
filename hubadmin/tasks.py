"""Housekeeping of the running system."""

from __future__ import annotations

import time

from celery import shared_task
from django.core.cache import cache
from django.core.management import call_command

HEARTBEAT = "worker-heartbeat"


@shared_task
def beat() -> None:
    """Leave a sign that beat schedules and a worker works; `/readyz` looks for it."""
    cache.set(HEARTBEAT, time.time(), timeout=600)


@shared_task
def clear_sessions() -> None:
    """Remove sessions that have expired."""
    call_command("clearsessions")

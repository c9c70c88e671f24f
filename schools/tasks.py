"""The nights of the register."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from schools import freshness, refresh


@shared_task
def refresh_register() -> None:
    """Take in the newest register."""
    refresh.refresh(now=timezone.now())


@shared_task
def warn_when_overdue() -> None:
    """Tell people of a register that has not been refreshed for a week."""
    freshness.warn_when_overdue(now=timezone.now())

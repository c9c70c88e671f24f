"""The nights of expressions of interest."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub
from programmes import applying


@shared_task
def purge_drafts() -> None:
    """Remove drafts that nobody came back to, hub by hub."""
    for hub in Hub.objects.all():
        with tenancy.use(hub):
            applying.purge_drafts(now=timezone.now())

"""The nights of the register."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from schools import adding, freshness, refresh

# In seconds; below the limit at which workers end every task without a word.
LONGEST = 1500


# Off the queue when it is begun, unlike other tasks: a file that kills its worker would kill each one that came
# after, and the next night tries again anyhow.
@shared_task(acks_late=False, reject_on_worker_lost=False, soft_time_limit=LONGEST)
def refresh_register() -> None:
    """Take in the newest register."""
    refresh.refresh(now=timezone.now())


@shared_task
def warn_when_overdue() -> None:
    """Keep it when the night left no word, and tell people of a register that has not been refreshed for a week."""
    now = timezone.now()
    refresh.note_silence(now=now)
    freshness.warn_when_overdue(now=now)


@shared_task
def open_added_schools() -> None:
    """Open the schools that hubs have added and whose day has come."""
    adding.open_due(now=timezone.now())

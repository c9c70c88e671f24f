"""The workers' way in: `celery -A hubadmin.celery worker` and `… beat`."""

from __future__ import annotations

import os
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import beat_init, celeryd_init, setup_logging, task_failure
from django.core.exceptions import ImproperlyConfigured

from hubadmin.logs import what_failed

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hubadmin.settings")

log = structlog.get_logger(__name__)
app = Celery("hubadmin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logs(**kwargs: Any) -> None:
    """Celery would replace the handlers that the settings made."""


@task_failure.connect
def log_failed_task(sender: Task[Any, Any], task_id: str, exception: BaseException, **kwargs: Any) -> None:
    """Log where a task failed, and with what kind of error."""
    log.error("task_failed", task=sender.name, task_id=task_id, **what_failed(exception))


@celeryd_init.connect
def refuse_unsafe_role_in_workers(**kwargs: Any) -> None:
    """A worker writes what web pages write: the same walls hold for it."""
    from hubs.tenancy.roles import refuse_unsafe_role

    try:
        refuse_unsafe_role()
    except ImproperlyConfigured as problem:
        # Celery logs what its signals' receivers raise and goes on; this it does not catch.
        raise SystemExit(f"hubadmin: {problem}") from problem


@beat_init.connect
def beat_at_once(**kwargs: Any) -> None:
    """The first sign of life now and not after the first interval: `/readyz` waits for it."""
    app.send_task("hubadmin.tasks.beat")

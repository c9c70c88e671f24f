from __future__ import annotations

from django.apps import AppConfig


class HubadminConfig(AppConfig):
    """Wiring: settings, addresses, health, and the demo."""

    name = "hubadmin"

    def ready(self) -> None:
        # The Celery app, so that `shared_task` binds to it in web processes as well.
        from hubadmin import celery  # noqa: F401

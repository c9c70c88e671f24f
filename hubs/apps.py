from __future__ import annotations

from django.apps import AppConfig


class HubsConfig(AppConfig):
    """The ground: hubs, people, who may do what, and the walls between hubs."""

    name = "hubs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from hubs import checks, pages  # noqa: F401  (both register themselves)

from __future__ import annotations

from django.apps import AppConfig


class CorrespondenceConfig(AppConfig):
    """What leaves the building: the outbox and its delivery."""

    name = "correspondence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from hubs.pages import register

        register(label="Messages", url_name="message_list", capability="view_messages", order=60)

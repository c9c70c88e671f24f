from __future__ import annotations

from django.apps import AppConfig


class CorrespondenceConfig(AppConfig):
    """What leaves the building: the outbox and its delivery."""

    name = "correspondence"
    default_auto_field = "django.db.models.BigAutoField"

from __future__ import annotations

from django.apps import AppConfig


class WorkgroupsConfig(AppConfig):
    """Mastery Specialists, Work Groups, places, meetings and visits."""

    name = "workgroups"
    default_auto_field = "django.db.models.BigAutoField"

from __future__ import annotations

from django.apps import AppConfig


class SchoolsConfig(AppConfig):
    """The national register of schools: what the register says, and finding a school in it."""

    name = "schools"
    default_auto_field = "django.db.models.BigAutoField"

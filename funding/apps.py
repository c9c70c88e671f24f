from __future__ import annotations

from django.apps import AppConfig


class FundingConfig(AppConfig):
    """Grants, payments and the release-time ledger."""

    name = "funding"
    default_auto_field = "django.db.models.BigAutoField"

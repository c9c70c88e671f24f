"""What `manage.py check --deploy` says about the walls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db import connections
from django.db.utils import OperationalError

from hubs.tenancy.roles import what_is_wrong_with_role


@register("database")
def database_role_is_held_back(
    *, app_configs: Any, databases: Sequence[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """The application's role must be subject to row-level security."""
    found: list[CheckMessage] = []
    for alias in {"default", "national"} & set(databases or ()) & set(settings.DATABASES):
        try:
            problem = what_is_wrong_with_role(connections[alias])
        except OperationalError:
            continue
        if problem:
            found.append(
                Error(
                    f"The role of database {alias!r} {problem}.",
                    hint="Give DATABASE_URL the app role: neither superuser nor owner, without BYPASSRLS.",
                    id="hubs.E001",
                )
            )
    return found

"""What the layouts need on every page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from hubs.models import Hub
from hubs.pages import navigation_for


def page(request: HttpRequest) -> dict[str, Any]:
    """The console's navigation and the person's hubs; no query on a public page."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {}
    return {
        "console_navigation": navigation_for(membership, path=request.path),
        "hubs_of_person": SimpleLazyObject(
            lambda: list(
                Hub.objects.filter(pk__in=membership.user.memberships.active_on(timezone.localdate()).values("hub"))
            )
        ),
    }

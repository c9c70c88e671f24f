"""What every page may want to know about the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """Whether this is the demo, which says so on every page."""
    return {"is_demo": settings.DEMO}

"""What the register answers to anybody: it is public."""

from __future__ import annotations

from dataclasses import asdict

from django.core.validators import slug_re
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from hubs.access import public
from hubs.models import Hub
from hubs.ratelimit import allow, client_of
from schools.search import TOO_MUCH, choices_for
from schools.time_limit import TookTooLong

# A trust's whole office may share one address; nobody types faster than this.
SEARCHES_A_MINUTE = 120


@public
@require_safe
def school_search(request: HttpRequest) -> JsonResponse:
    """The type-ahead's answer to `?q=`: schools as choices, those near the hub `?hub=` first, or why there are none."""
    if not allow("school_search", client=client_of(request), limit=SEARCHES_A_MINUTE, per_seconds=60):
        return JsonResponse(
            {"schools": [], "error": "Too many searches in a short time. Wait a minute, then search again."},
            status=429,
            headers={"Retry-After": "60", "Cache-Control": "no-store"},
        )
    try:
        choices = choices_for(request.GET.get("q", ""), _hub_named(request.GET.get("hub", "")))
    except TookTooLong:
        return JsonResponse({"schools": [], "error": TOO_MUCH}, headers={"Cache-Control": "no-store"})
    return JsonResponse(
        {"schools": [asdict(choice) for choice in choices]}, headers={"Cache-Control": "private, max-age=60"}
    )


def _hub_named(slug: str) -> Hub | None:
    # Unknown or malformed: the search goes over the whole country, nothing more.
    return Hub.objects.filter(slug=slug).first() if slug_re.match(slug) else None

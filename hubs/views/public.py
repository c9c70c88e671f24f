"""Pages for anybody: the start page, the statements, a hub's colour and its privacy notice.

Their templates are in `templates/pages/`: home.html gets `hubs`, privacy.html `hub` and
`lead_school_name`, today's or None.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs.access import HubRequest, public
from hubs.queries import hubs_on_start_page, lead_school_of

_A_YEAR = 365 * 24 * 60 * 60


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, and the way to each hub."""
    return render(request, "pages/home.html", {"hubs": hubs_on_start_page()})


@public
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "pages/accessibility.html")


@public
@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """Which cookies there are: only necessary ones."""
    return render(request, "pages/cookies.html")


@public
@require_safe
def hub_stylesheet(request: HubRequest) -> HttpResponse:
    """The hub's colour for the header. Its address holds the colour's version, so it may be kept for a year."""
    return HttpResponse(
        f":root{{--hub-colour:{request.hub.colour};--hub-on-colour:#fff}}\n",
        content_type="text/css",
        headers={"Cache-Control": f"public, max-age={_A_YEAR}, immutable"},
    )


@public
@require_safe
def hub_privacy(request: HubRequest) -> HttpResponse:
    """The hub's privacy notice."""
    lead_school = lead_school_of(request.hub, today=timezone.localdate())
    context = {"hub": request.hub, "lead_school_name": lead_school.name if lead_school else None}
    return render(request, "pages/privacy.html", context)

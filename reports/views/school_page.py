"""A school's own page, by a private link: for its head and its lead teachers, without an account."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hubs.access import TokenRequest, token
from hubs.links import LinkExpired
from workgroups.models import Place, SchoolLink


@token("school-page")
@require_safe
def school_page(request: TokenRequest) -> HttpResponse:
    """Our dates, our notes, our actions, our days, our grant. Raises `LinkExpired` where the way has been ended."""
    link = SchoolLink.objects.filter(pk=request.link.subject_id).first()
    if link is None:
        raise Http404
    if link.ended_at:
        raise LinkExpired
    place = Place.objects.with_stage().with_school_now().get(pk=link.place_id)
    return render(request, "reports/school_page.html", {"place": place, "link": link})

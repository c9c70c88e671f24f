"""A school's own page, by a private link: for its head and its lead teachers, without an account."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs.access import TokenRequest, token
from hubs.links import LinkExpired
from reports import school_page as reads
from workgroups.models import SchoolLink


@token("school-page")
@require_safe
def school_page(request: TokenRequest) -> HttpResponse:
    """Our dates, our notes, our actions, our days, our grant. Raises `LinkExpired` where the way has been ended."""
    link = SchoolLink.objects.filter(pk=request.link.subject_id).first()
    if link is None:
        raise Http404
    if link.ended_at:
        raise LinkExpired
    now = timezone.now()
    place = reads.place_of_link(link.place_id)
    visits = reads.visits_of(place)
    context = {
        "place": place,
        "link": link,
        "teachers": reads.teachers_of(place, today=timezone.localdate(now)),
        "meetings": reads.meetings_to_come(place, now=now),
        "held": reads.meetings_held(place),
        "visits": visits,
        "actions": reads.open_actions(visits),
        "days": reads.days_of(place),
        "grant": reads.grant_of(place),
        "now": now,
        "token": request.resolver_match.kwargs["token"] if request.resolver_match else "",
    }
    return render(request, "reports/school_page.html", context)

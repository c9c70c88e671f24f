"""Private calendar addresses: the pages to open and end them, and what calendar programs read at them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from hubs.access import MemberRequest, TokenRequest, member, token
from hubs.links import LinkExpired
from hubs.methods import form_page
from workgroups import calendars, feeds
from workgroups.models import CalendarFeed, MasterySpecialist, WorkGroup
from workgroups.permissions import groups_of, specialists_of
from workgroups.views.meetings import back_to_group


@member("lead_groups")
@form_page
def group_calendar(request: MemberRequest, pk: int) -> HttpResponse:
    """Open, copy or end the address of a group's calendar."""
    group = get_object_or_404(groups_of(request.membership).with_stage(), pk=pk)
    if request.method == "POST":
        return _act(request, group)
    context = {"of_group": group, "title": f"Calendar of {group.name}", **back_to_group(request, group)}
    return _page(request, group, context)


@member("lead_groups")
@form_page
def specialist_calendar(request: MemberRequest, pk: int) -> HttpResponse:
    """Open, copy or end the address of a Specialist's calendar."""
    specialist = get_object_or_404(specialists_of(request.membership), pk=pk)
    if request.method == "POST":
        return _act(request, specialist)
    context = {
        "title": f"Calendar of {specialist.name}",
        "back_url": reverse("specialist", args=[request.hub.slug, specialist.pk]),
        "back_text": specialist.name,
    }
    return _page(request, specialist, context)


@token("calendar-feed")
@require_safe
def calendar_feed(request: TokenRequest) -> HttpResponse:
    """The calendar itself; unchanged since a program last read it, nothing but that."""
    today = timezone.localdate()
    found = CalendarFeed.objects.select_related("specialist__hub", "group__stage_year__stage")
    feed = found.filter(pk=request.link.subject_id).first()
    if feed is None:
        raise Http404
    if feeds.is_over(feed, today=today):
        raise LinkExpired
    if feed.group:
        calendar = calendars.calendar_of_group(feed.group, today=today)
    else:
        assert feed.specialist is not None, "A feed is of a Specialist or of a group."
        calendar = calendars.calendar_of_specialist(feed.specialist, today=today)
    changed_at = max(feed.made_at, calendar.changed_at or feed.made_at)
    response = HttpResponse(calendar.body, content_type="text/calendar; charset=utf-8")
    response["ETag"] = quote_etag(hashlib.sha256(calendar.body).hexdigest())
    response["Last-Modified"] = http_date(changed_at.timestamp())
    response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    patch_cache_control(response, private=True, no_cache=True)
    return get_conditional_response(request, response["ETag"], int(changed_at.timestamp()), response) or response


def _act(request: MemberRequest, of: WorkGroup | MasterySpecialist) -> HttpResponse:
    """Open an address, or end the one that there is, as the button says."""
    now = timezone.now()
    if request.POST.get("do") == "end":
        if feed := feeds.live_feed_of(of):
            feeds.end_feed(feed=feed, actor=request.membership, now=now)
        messages.success(request, "The address is ended. Calendars that used it are not kept up to date any more.")
    else:
        feeds.open_feed(of=of, actor=request.membership, now=now)
        messages.success(request, "The calendar has an address. Put it into your calendar program.")
    return redirect(request.path)


def _page(request: MemberRequest, of: WorkGroup | MasterySpecialist, context: Mapping[str, object]) -> HttpResponse:
    feed = feeds.live_feed_of(of)
    url = feeds.url_of(feed) if feed else ""
    # Calendar programs open this scheme; it asks over https all the same.
    device_url = f"webcal://{url.partition('://')[2]}" if url else ""
    return render(request, "workgroups/calendar.html", {**context, "feed": feed, "url": url, "device_url": device_url})

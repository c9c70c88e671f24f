"""The page on which a school is found: to begin a draft, and to change its school."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from hubs.access import HubRequest
from hubs.models import Hub
from hubs.ratelimit import allow, client_of, too_many
from programmes.applying import SchoolGone
from programmes.forms import SchoolChoiceForm, SchoolSearchForm
from programmes.models import ExpressionOfInterest, RecruitmentWindow
from schools import search
from schools.models import School
from schools.time_limit import TookTooLong

# As many as for the type-ahead.
SEARCHES_PER_MINUTE = 120
MOST_LISTED = 10


def school_page(
    request: HubRequest,
    window: RecruitmentWindow,
    *,
    here: str,
    back: str,
    chosen: Callable[[School], HttpResponse],
    draft: ExpressionOfInterest | None = None,
) -> HttpResponse:
    """Search, then choose. With JavaScript the type-ahead does both in one go."""
    if school := _school_of(request.POST.get("urn", ""), request.hub):
        with suppress(SchoolGone):
            return chosen(school)
    # Only what was typed now: the address of the list has a search as well, the one that found it.
    if request.POST.get("q", "").strip():
        return redirect(f"{here}?{urlencode({'q': request.POST['q'][:100]})}")
    typed = request.GET.get("q", "")[:100].strip()
    # Counted apart from the type-ahead, so that this search is there where that one has been used up.
    if typed and not allow("school-page", client=client_of(request), limit=SEARCHES_PER_MINUTE, per_seconds=60):
        return too_many(request, per_seconds=60)
    answers = request.POST if request.method == "POST" else None
    # One more than is listed tells whether these are all.
    try:
        found, too_much = search.choices_for(typed, request.hub, limit=MOST_LISTED + 1) if typed else [], False
    except TookTooLong:
        found, too_much = [], True
    context: dict[str, Any] = {"window": window, "draft": draft, "back_url": here if found else back}
    if found:
        listed = found[:MOST_LISTED]
        context["form"] = SchoolChoiceForm(answers, found=listed, more=len(found) > len(listed), again=here)
    else:
        if too_much or (typed and answers is None and search.is_too_short(typed)):
            answers = request.GET
        elif typed:
            context["searched"] = typed
        url = f"{reverse('school_search')}?hub={request.hub.slug}"
        context["form"] = SchoolSearchForm(answers, initial={"q": typed}, url=url)
        if too_much:
            context["form"].add_error("q", search.TOO_MUCH)
    return render(request, "programmes/school.html", context)


def _school_of(urn: str, hub: Hub) -> School | None:
    return search.usable_school(int(urn), hub) if urn.isascii() and urn.isdigit() and len(urn) <= 9 else None

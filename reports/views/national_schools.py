"""Any school of the register, for those who look at all hubs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from hubs.access import national
from reports import national_schools
from reports.forms import SchoolSearchForm
from schools import search
from schools.time_limit import TookTooLong


@national("view_national_figures")
@require_safe
def national_school_list(request: HttpRequest) -> HttpResponse:
    """Find a school, and read what it took part in under all its names."""
    form = SchoolSearchForm(request.GET)
    text = form.chosen()
    found: list[national_schools.Found] = []
    refusal = ""
    try:
        found = national_schools.find(text)
    except TookTooLong:
        refusal = search.TOO_MUCH
    context = {
        "form": form,
        "text": text,
        "is_too_short": search.is_too_short(text),
        "refusal": refusal,
        "found": found,
        "most": national_schools.MOST,
        "back_url": reverse("national_home"),
        "back_text": "National figures",
    }
    return render(request, "reports/national_schools.html", context)

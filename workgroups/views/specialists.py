"""The console's pages on Mastery Specialists."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs import timeline
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.methods import form_page
from hubs.permissions import may
from hubs.years import academic_year_of, label_of
from workgroups import group_queries, specialists
from workgroups.models import DaysAgreed, MasterySpecialist
from workgroups.permissions import groups_of, specialists_of
from workgroups.specialist_forms import SpecialistForm


@member("view_groups")
@require_safe
def specialist_list(request: MemberRequest) -> HttpResponse:
    """Who leads groups, with phase and cohort, school, groups and days agreed of this year; who did before."""
    today = timezone.localdate()
    year = academic_year_of(today)
    everybody = list(group_queries.with_days(MasterySpecialist.objects.all(), year=year))
    context = {
        "specialists": [one for one in everybody if _is_active(one, today)],
        "former": [one for one in everybody if not _is_active(one, today)],
        "year": label_of(year),
        "may_manage": may(request.membership, "manage_groups"),
        "back_url": reverse("group_list", args=[request.hub.slug]),
        "back_text": "Work Groups",
    }
    return render(request, "workgroups/specialist_list.html", context)


@member("lead_groups")
@require_safe
def specialist(request: MemberRequest, pk: int) -> HttpResponse:
    """Who she is, her school, her groups, what was agreed, what happened."""
    now = timezone.now()
    found = specialists_of(request.membership).select_related("school", "user").filter(pk=pk).first()
    if found is None:
        raise Http404
    sees_all = may(request.membership, "view_groups")
    context = {
        "specialist": found,
        "is_active": _is_active(found, timezone.localdate(now)),
        "groups": group_queries.with_counts(groups_of(request.membership).filter(specialist=found), now=now),
        "agreed": found.days_agreed.all(),
        "entries": timeline.entries_of(found),
        "may_manage": may(request.membership, "manage_groups"),
        "back_url": reverse("specialist_list" if sees_all else "group_list", args=[request.hub.slug]),
        "back_text": "Mastery Specialists" if sees_all else "Work Groups",
    }
    return render(request, "workgroups/specialist.html", context)


@member("manage_groups")
@form_page
def specialist_add(request: MemberRequest) -> HttpResponse:
    """Add a Specialist, with the days agreed."""
    back = reverse("specialist_list", args=[request.hub.slug])
    form = _form(request, None, back=back, submit="Add the Mastery Specialist")
    if form.is_valid():
        try:
            added = specialists.add_specialist(details=form.details(), actor=request.membership, now=timezone.now())
        except specialists.CannotKeep as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            _agree(request, added, form)
            messages.success(request, f"{added.name} is added. You can form a group with them now.")
            return redirect("specialist", request.hub.slug, added.pk)
    context = {"form": form, "back_url": back, "back_text": "Mastery Specialists"}
    return render(request, "workgroups/specialist_add.html", context)


@member("manage_groups")
@form_page
def specialist_change(request: MemberRequest, pk: int) -> HttpResponse:
    """Change what is known of a Specialist and the days agreed, or say when she stops."""
    found = get_object_or_404(MasterySpecialist.objects.select_related("school", "user"), pk=pk)
    back = reverse("specialist", args=[request.hub.slug, pk])
    form = _form(request, found, back=back, submit="Save the changes")
    if form.is_valid():
        try:
            is_news = specialists.change_specialist(
                specialist=found, details=form.details(), actor=request.membership, now=timezone.now()
            )
        except specialists.CannotKeep as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            if _agree(request, found, form) or is_news:
                messages.success(request, f"{form.cleaned_data['name']} is changed.")
            else:
                messages.info(request, "It was so already. Nothing has changed.")
            return redirect(back)
    context = {"form": form, "specialist": found, "back_url": back, "back_text": found.name}
    return render(request, "workgroups/specialist_change.html", context)


def _form(request: MemberRequest, found: MasterySpecialist | None, *, back: str, submit: str) -> SpecialistForm:
    today = timezone.localdate()
    year = academic_year_of(today)
    return SpecialistForm(
        request.POST or None,
        initial=_initial(found, year) | kept_fields(request, SpecialistForm.base_fields),
        hub=request.hub,
        members=group_queries.accounts_to_connect(request.membership, found, today=today),
        year=year,
        back=back,
        submit=submit,
        school=found.school if found else None,
    )


def _initial(found: MasterySpecialist | None, year: int) -> dict[str, Any]:
    if found is None:
        return {}
    agreed = dict(found.days_agreed.values_list("year", "half_days"))
    return {
        "name": found.name,
        "email": found.email,
        "user": found.user_id or "",
        "phase": found.phase,
        "cohort": found.cohort,
        "school": found.school.label,
        "urn": found.school_id,
        "starts_on": found.starts_on,
        "ends_on": found.ends_on,
        "days_this_year": agreed.get(year),
        "days_next_year": agreed.get(year + 1),
    }


def _agree(request: MemberRequest, found: MasterySpecialist, form: SpecialistForm) -> bool:
    """Note the days that were typed; whether they were news. Emptied boxes of what was agreed mean no days."""
    year = academic_year_of(timezone.localdate())
    known = set(DaysAgreed.objects.filter(specialist=found).values_list("year", flat=True))
    is_news = False
    for name, of_year in (("days_this_year", year), ("days_next_year", year + 1)):
        half_days = form.cleaned_data[name]
        if half_days is None and of_year not in known:
            continue
        is_news |= specialists.agree_days(
            specialist=found,
            year=of_year,
            half_days=half_days or 0,
            actor=request.membership,
            now=timezone.now(),
        )
    return is_news


def _is_active(found: MasterySpecialist, today: dt.date) -> bool:
    return found.ends_on is None or found.ends_on > today

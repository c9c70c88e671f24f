"""The console's pages on Work Groups: find, form, read, change, and put schools into one."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from hubs import listing, timeline
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.listing import Figure
from hubs.methods import form_page
from hubs.permissions import may
from hubs.years import academic_year_of
from workgroups import forming, group_queries, placing, steps
from workgroups.group_forms import ALL_YEARS, AllocationForm, GroupFilterForm, GroupForm, NewGroupForm
from workgroups.group_queries import Candidate, GroupFilter
from workgroups.meeting_queries import meetings_of_group
from workgroups.models import WorkGroup
from workgroups.permissions import groups_of
from workgroups.visit_plan import table_of_group

PER_PAGE = 50
# Of several schools in one sentence.
_MOST_NAMED = 3


@member("lead_groups")
@require_safe
def group_list(request: MemberRequest) -> HttpResponse:
    """The groups of a year, by stage and name: schools so far, next meeting; and where schools wait for one."""
    now = timezone.now()
    this_year = academic_year_of(timezone.localdate(now))
    everything = group_queries.all_groups(request.membership, now=now)
    form = GroupFilterForm(request.GET, groups=everything, this_year=this_year)
    chosen = form.chosen()
    found = [group for group in everything if chosen.fits(group)]
    sees_all = may(request.membership, "view_groups")
    waiting = group_queries.stages_waiting(chosen) if sees_all else []
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form if everything else None,
        "page": page,
        "total": len(found),
        "figures": _figures(request, found, chosen, this_year, sum(one.waiting for one in waiting)),  # type: ignore[attr-defined]
        "waiting": waiting,
        "chosen": listing.chosen_filters(request, form),
        "clear_url": request.path,
        "has_groups": bool(everything),
        "sees_all": sees_all,
        "may_manage": may(request.membership, "manage_groups"),
    }
    return render(request, "workgroups/group_list.html", context)


@member("lead_groups")
@require_safe
def group(request: MemberRequest, pk: int) -> HttpResponse:
    """What the group is, its schools, its meetings and visits, what happened."""
    now = timezone.now()
    found = groups_of(request.membership).with_stage().select_related("specialist__school").filter(pk=pk).first()
    if found is None:
        raise Http404
    members = group_queries.members_of(found)
    context = {
        "group": found,
        "members": members,
        "former": group_queries.former_members_of(found),
        "room": found.size_limit - len(members),
        "meetings": meetings_of_group(found, now=now),
        "visits": table_of_group(found, today=timezone.localdate(now)),
        "entries": timeline.entries_of(found),
        "may_manage": may(request.membership, "manage_groups"),
        "back_url": reverse("group_list", args=[request.hub.slug]),
        "back_text": "Work Groups",
    }
    return render(request, "workgroups/group.html", context)


@member("manage_groups")
@form_page
def group_form(request: MemberRequest) -> HttpResponse:
    """Form a group; which schools join it is the next page."""
    back, today = reverse("group_list", args=[request.hub.slug]), timezone.localdate()
    year = academic_year_of(today)
    specialists = group_queries.specialists_to_choose(today=today)
    form = NewGroupForm(
        request.POST or None,
        initial={"stage_year": request.GET.get("stage_year"), **kept_fields(request)},
        stage_years=group_queries.years_of_stages([year, year + 1]),
        specialists=specialists,
        today=today,
        back=back,
    )
    if form.is_valid():
        try:
            formed = forming.form_group(
                stage_year=form.chosen_stage_year(),
                name=form.cleaned_data["name"],
                specialist=form.chosen_specialist(),
                size_limit=form.chosen_limit(),
                actor=request.membership,
                now=timezone.now(),
            )
        except forming.NameTaken as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"{formed.name} is formed. Choose the schools that join it.")
            return redirect("group_places", request.hub.slug, formed.pk)
    context = {"form": form, "has_specialists": bool(specialists), "back_url": back, "back_text": "Work Groups"}
    return render(request, "workgroups/group_form.html", context)


@member("manage_groups")
@form_page
def group_change(request: MemberRequest, pk: int) -> HttpResponse:
    """Another name, Specialist or limit."""
    found = get_object_or_404(WorkGroup.objects.with_stage(), pk=pk)
    back, today = reverse("group", args=[request.hub.slug, pk]), timezone.localdate()
    now = {"name": found.name, "specialist": found.specialist_id, "size_limit": found.size_limit}
    form = GroupForm(
        request.POST or None,
        initial=now | kept_fields(request),
        specialists=group_queries.specialists_to_choose(today=today, group=found),
        today=today,
        back=back,
    )
    if form.is_valid():
        try:
            is_news = forming.change_group(
                group=found,
                name=form.cleaned_data["name"],
                specialist=form.chosen_specialist(),
                size_limit=form.cleaned_data["size_limit"],
                actor=request.membership,
                now=timezone.now(),
            )
        except forming.NameTaken as refusal:
            form.add_error("name", str(refusal))
        except forming.OwnSchool as refusal:
            form.add_error("specialist", str(refusal))
        else:
            if is_news:
                messages.success(request, f"{form.cleaned_data['name']} is changed.")
            else:
                messages.info(request, "It was so already. Nothing has changed.")
            return redirect(back)
    context = {"form": form, "group": found, "back_url": back, "back_text": found.name}
    return render(request, "workgroups/group_change.html", context)


@member("manage_groups")
@form_page
def group_places(request: MemberRequest, pk: int) -> HttpResponse:
    """Who waits for a group of this stage and year, the nearest first; those that are ticked join in one go."""
    now = timezone.now()
    counted = group_queries.with_counts(WorkGroup.objects.all(), now=now)
    found = get_object_or_404(counted.select_related("specialist__school"), pk=pk)
    back = reverse("group", args=[request.hub.slug, pk])
    waiting, elsewhere = group_queries.candidates(found)
    form = AllocationForm(
        request.POST or None,
        initial={
            "on": steps.day_to_propose(found.stage_year, today=timezone.localdate(now)),
            **kept_fields(request, AllocationForm.base_fields),
        },
        waiting=waiting,
    )
    if form.is_valid():
        joined, refusals = _join(request, found, form)
        for refusal in refusals:
            messages.error(request, refusal)
        if joined:
            _say_joined(request, found, joined)
        return redirect(request.path if refusals else back)
    members = found.members  # type: ignore[attr-defined]  # counted in the query
    context = {
        "group": found,
        "form": form,
        "rows": [(one, str(one.place.pk) in _ticked(form)) for one in waiting],
        "elsewhere": elsewhere,
        "members": members,
        "room": found.size_limit - members,
        "back_url": back,
        "back_text": found.name,
    }
    return render(request, "workgroups/group_places.html", context)


def _join(request: MemberRequest, group: WorkGroup, form: AllocationForm) -> tuple[list[Candidate], list[str]]:
    """Let those that were ticked join, each by itself; those that did, and why the others did not."""
    chosen = form.chosen()
    refused = placing.join_together(
        places=[one.place for one in chosen],
        group=group,
        on=form.cleaned_data["on"],
        actor=request.membership,
        now=timezone.now(),
    )
    joined = [one for one in chosen if one.place.pk not in refused]
    names = {one.place.pk: one.place.school_now.name for one in chosen}
    return joined, [f"{names[key]} has not joined. {why}" for key, why in refused.items()]


def _say_joined(request: MemberRequest, group: WorkGroup, joined: Sequence[Candidate]) -> None:
    names = [one.place.school_now.name for one in joined]
    messages.success(
        request, f"{_and(names)} joined {group.name}. Letters to the heads and lead teachers are on their way."
    )
    members = group.members + len(joined)  # type: ignore[attr-defined]  # counted in the query
    if members > group.size_limit:
        messages.info(request, f"{group.name} has {members} schools now, more than the {group.size_limit} you set.")


def _and(names: Sequence[str]) -> str:
    """ "Ash, Birch and Cedar"; of many the first few: "Ash, Birch, Cedar and 4 more"."""
    shown = [*names[:_MOST_NAMED]]
    if len(names) > _MOST_NAMED:
        return f"{', '.join(shown)} and {len(names) - _MOST_NAMED} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _ticked(form: AllocationForm) -> set[str]:
    return {str(value) for value in form["places"].value() or ()}


def _figures(
    request: MemberRequest, found: Sequence[WorkGroup], chosen: GroupFilter, this_year: int, waiting: int
) -> list[Figure]:
    members = sum(group.members for group in found)  # type: ignore[attr-defined]  # counted in the query
    figures = [Figure("Work Groups", len(found)), Figure("Schools in them", members)]
    if may(request.membership, "view_groups"):
        # The list of places shows this year, too, unless another one is chosen.
        year = {None: ALL_YEARS, this_year: ""}.get(chosen.year, str(chosen.year))
        query = {"state": "waiting", "stage": chosen.stage, "year": year}
        shown = urlencode({name: value for name, value in query.items() if value})
        # Where none waits, the list may offer neither that stage nor that year.
        url = f"{reverse('place_list', args=[request.hub.slug])}?{shown}" if waiting else ""
        figures.append(Figure("Schools without a group", waiting, url))
    return figures

"""The console's pages on schools' places: find one, read it, and every step that it can take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from correspondence.outbox import messages_about
from hubs import listing, timeline
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.listing import Figure
from hubs.methods import form_page
from hubs.permissions import may
from hubs.wording import moment
from hubs.years import academic_year_of
from workgroups import completing, group_queries, letters, place_queries, placing, steps
from workgroups.agreed_actions import actions_of
from workgroups.models import Place, PlaceEvent, PlaceState
from workgroups.place_forms import CompletionForm, JoinForm, MoveForm, PlaceFilterForm, StepForm
from workgroups.visit_plan import visit_slots

PER_PAGE = 50
COLUMNS = [
    ("school", "School"),
    ("stage", "Stage"),
    ("group", "Work Group"),
    ("accepted", "Accepted"),
    ("state", "State"),
]
Kind = PlaceEvent.Kind


@member("lead_groups")
@require_safe
def place_list(request: MemberRequest) -> HttpResponse:
    """Schools with a place: search, filter, sort, count."""
    this_year = academic_year_of(timezone.localdate())
    stage_years = place_queries.stage_years_with_places(request.membership)
    form = PlaceFilterForm(request.GET, stage_years=stage_years, this_year=this_year)
    chosen = form.chosen()
    counts = place_queries.counts_by_state(request.membership, chosen)
    paginator = Paginator(place_queries.places(request.membership, chosen), PER_PAGE)
    total = paginator.count = sum(counts[state] for state in chosen.states)
    context = {
        "form": form,
        "page": paginator.get_page(request.GET.get("page")),
        "total": total,
        "figures": [
            Figure(str(state.label), counts[state], listing.address(request, state=state.value)) for state in PlaceState
        ],
        "chosen": listing.chosen_filters(request, form),
        "clear_url": request.path,
        "columns": listing.columns(request, COLUMNS, sort=chosen.sort),
        "has_places": bool(stage_years),
        "back_url": reverse("group_list", args=[request.hub.slug]),
        "back_text": "Work Groups",
    }
    return render(request, "workgroups/place_list.html", context)


@member("lead_groups")
@require_safe
def place(request: MemberRequest, pk: int) -> HttpResponse:
    """Where the place stands, who takes part, its group, its history, what was written."""
    found = _get(request, pk)
    people = list(found.participants.all())
    reads_letters = may(request.membership, "view_messages")
    context = {
        "place": found,
        "teachers": [one for one in people if one.ends_on is None],
        "former_teachers": [one for one in people if one.ends_on is not None],
        "visits": visit_slots([found], today=timezone.localdate())[found.pk],
        "actions": actions_of(found),
        "history": found.events.select_related("group", "recorded_by").order_by("-pk"),
        "entries": timeline.entries_of(found),
        "letters": messages_about(found) if reads_letters else None,
        "may_manage": may(request.membership, "manage_groups"),
        "may_see_expression": may(request.membership, "view_expressions"),
        "may_see_money": may(request.membership, "view_money"),
        **_back_to_group(request, found),
    }
    return render(request, "workgroups/place.html", context)


@member("manage_groups")
@form_page
def place_join(request: MemberRequest, pk: int) -> HttpResponse:
    """Put a school into a group, the nearest first."""
    found = _get(request, pk)
    if not _can(found, Kind.JOINED):
        return _not_now(request, found)
    groups = group_queries.groups_to_join(found)
    form = JoinForm(
        request.POST or None,
        initial=_begin_with(request, JoinForm, joins=found),
        groups=groups,
        back=_url(request, found),
    )
    title = "Put the school into a group"

    def join(*, on: dt.date) -> str:
        group = form.chosen_group()
        placing.join(place=found, group=group, on=on, actor=request.membership, now=timezone.now())
        return f"{found.school_now.name} joined {group.name}. {_who_is_told(found)}"

    return _step(request, found, form, title, join, groups=groups)


@member("manage_groups")
@form_page
def place_move(request: MemberRequest, pk: int) -> HttpResponse:
    """Move a school to another group."""
    found = _get(request, pk)
    if not _can(found, Kind.MOVED):
        return _not_now(request, found)
    groups = group_queries.groups_to_join(found)
    form = MoveForm(
        request.POST or None,
        initial=_begin_with(request, MoveForm, joins=found),
        groups=groups,
        back=_url(request, found),
    )

    def move(*, on: dt.date, reason: str) -> str:
        group = form.chosen_group()
        placing.move(place=found, group=group, on=on, reason=reason, actor=request.membership, now=timezone.now())
        return f"{found.school_now.name} moved to {group.name}. {_who_is_told(found)}"

    explanation = (
        "The head and the lead teachers get a letter. What they attended stays on record, and the visits that are "
        "arranged go over to the other group's Mastery Specialist."
    )
    return _step(request, found, form, "Move the school to another group", move, explanation, groups=groups)


@member("manage_groups")
@form_page
def place_take_out(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a school out of its group, to wait for another one."""
    return _with_reason(
        request,
        pk,
        Kind.TAKEN_OUT,
        placing.take_out,
        title="Take the school out of its group",
        when="Out of the group from",
        submit="Take it out",
        explanation="It keeps its place and waits for another group. No letter is sent: tell the school yourself.",
        done="is out of the group and waits for another one.",
    )


@member("manage_groups")
@form_page
def place_leave(request: MemberRequest, pk: int) -> HttpResponse:
    """Note that a school has left."""
    return _with_reason(
        request,
        pk,
        Kind.LEFT,
        placing.leave,
        title="Record that the school has left",
        when="Left on",
        submit="Record that it has left",
        explanation=(
            "Every hub can read that it left before the end. What it attended, its notes and its people stay on "
            "record; visits to come are called off. No letter is sent."
        ),
        done="is recorded as having left.",
        warning=True,
    )


@member("manage_groups")
@form_page
def place_come_back(request: MemberRequest, pk: int) -> HttpResponse:
    """Let a school that left come back."""
    return _with_reason(
        request,
        pk,
        Kind.RETURNED,
        placing.come_back,
        title="Record that the school is back",
        when="Back since",
        submit="Record that it is back",
        explanation="It waits for a group then, as after its acceptance.",
        done="is back and waits for a group.",
    )


@member("manage_groups")
@form_page
def place_complete(request: MemberRequest, pk: int) -> HttpResponse:
    """Decide whether the school has completed, with the evidence beside the form."""
    found = _get(request, pk)
    if not _can(found, Kind.COMPLETED):
        return _not_now(request, found)
    now = timezone.now()
    form = CompletionForm(
        request.POST or None,
        initial=_begin_with(request, CompletionForm),
        back=_url(request, found),
    )

    def decide(*, on: dt.date, reason: str) -> str:
        verb = completing.complete if form.has_completed else completing.not_complete
        verb(place=found, on=on, reason=reason, actor=request.membership, now=now)
        how = "has completed" if form.has_completed else "has not completed"
        return f"It is recorded that {found.school_now.name} {how}. Every hub can read it."

    evidence = completing.evidence_of(found, now=now)
    return _step(request, found, form, "Decide on completion", decide, evidence=evidence)


@member("manage_groups")
@form_page
def place_reopen(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a decision on completion back."""
    return _with_reason(
        request,
        pk,
        Kind.REOPENED,
        completing.reopen,
        title="Take the decision on completion back",
        when="Taken back on",
        submit="Take the decision back",
        explanation="The school is in its group again and takes part. The decision and its evidence stay on record.",
        done="takes part again.",
    )


def _get(request: MemberRequest, pk: int) -> Place:
    found = place_queries.place_with_group(request.membership, pk)
    if found is None:
        raise Http404
    return found


def _with_reason(
    request: MemberRequest,
    pk: int,
    kind: PlaceEvent.Kind,
    verb: Callable[..., None],
    *,
    title: str,
    when: str,
    submit: str,
    explanation: str,
    done: str,
    warning: bool = False,
) -> HttpResponse:
    """A step that takes a day and a reason."""
    found = _get(request, pk)
    if not _can(found, kind):
        return _not_now(request, found)
    form = StepForm(
        request.POST or None,
        initial=_begin_with(request, StepForm),
        when=when,
        submit=submit,
        look="warning" if warning else "",
        back=_url(request, found),
    )

    def take(*, on: dt.date, reason: str) -> str:
        verb(place=found, on=on, reason=reason, actor=request.membership, now=timezone.now())
        return f"{found.school_now.name} {done}"

    return _step(request, found, form, title, take, explanation)


def _step(
    request: MemberRequest,
    found: Place,
    form: forms.Form,
    title: str,
    take: Callable[..., str],
    explanation: str = "",
    **more: Any,
) -> HttpResponse:
    """The page of a step: what was typed is sent on to `take`, which says what happened."""
    if form.is_valid():
        typed = {name: form.cleaned_data[name] for name in ("on", "reason") if name in form.cleaned_data}
        try:
            said = take(**typed)
        except placing.WrongDay as refusal:
            form.add_error("on", str(refusal))
        except placing.CannotPlace as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, said)
            return redirect(_url(request, found))
    context = {
        "place": found,
        "form": form,
        "title": title,
        "explanation": explanation,
        "back_url": _url(request, found),
        "back_text": found.school_now.name,
        **more,
    }
    return render(request, "workgroups/place_step.html", context)


def _begin_with(request: MemberRequest, form: type[forms.Form], *, joins: Place | None = None) -> dict[str, Any]:
    """What a form shows at first: the day, the group that led here, and what was typed before the session ended.

    The day is today or, of a place that joins a group of a year to come, when that begins.
    """
    today = timezone.localdate()
    day = steps.day_to_propose(joins.stage_year, today=today) if joins else today
    first = {"on": day, "group": request.GET.get("group")}
    return first | kept_fields(request, form.base_fields)


def _can(found: Place, kind: PlaceEvent.Kind) -> bool:
    return found.state in steps.STEPS[kind][0]


def _not_now(request: MemberRequest, found: Place) -> HttpResponse:
    """A second click, a second tab or a colleague was quicker: say where the place stands."""
    last = found.events.select_related("recorded_by").latest("pk")
    is_own = last.recorded_by == request.user
    said = [f"{found.school_now.name} {steps.standing(found)}."]
    if last.recorded_by:
        who = "you" if is_own else last.recorded_by.name
        said.append(f"That was recorded by {who}, {moment(last.recorded_at)}.")
    messages.info(request, " ".join([*said, timeline.nothing_saved(is_own=is_own)]))
    return redirect(_url(request, found))


def _url(request: MemberRequest, found: Place) -> str:
    return reverse("place", args=[request.hub.slug, found.pk])


def _back_to_group(request: MemberRequest, found: Place) -> dict[str, str]:
    if found.group:
        return {"back_url": reverse("group", args=[request.hub.slug, found.group.pk]), "back_text": found.group.name}
    return {"back_url": reverse("place_list", args=[request.hub.slug]), "back_text": "Places"}


def _who_is_told(found: Place) -> str:
    names = [name for name, _ in letters.people_of(found, now=timezone.now())]
    told = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"A letter to {told} is on its way." if len(names) == 1 else f"Letters to {told} are on their way."

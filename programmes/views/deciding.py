"""The console's pages on expressions of interest: find, read, decide."""

from __future__ import annotations

from typing import Any

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
from programmes import deciding, letters, queries
from programmes.answers import answers
from programmes.forms import DeclineForm, ExpressionFilterForm, OfferForm
from programmes.models import ExpressionOfInterest, State

PER_PAGE = 50
COLUMNS = [
    ("received", "Received"),
    ("school", "School"),
    ("authority", "Authority"),
    ("stage", "Stage"),
    ("state", "State"),
]


@member("view_expressions")
@require_safe
def expression_list(request: MemberRequest) -> HttpResponse:
    """Search, filter, count; newest first."""
    windows = list(queries.stages_with_windows())
    form = ExpressionFilterForm(request.GET, stage_years=[window.stage_year for window in windows])
    chosen = form.chosen()
    counts = queries.counts_by_state(chosen)
    total = counts[chosen.state] if chosen.state else sum(counts.values())
    paginator = Paginator(queries.expressions(chosen), PER_PAGE)
    paginator.count = total
    context = {
        "form": form,
        "page": paginator.get_page(request.GET.get("page")),
        "total": total,
        "figures": _figures(request, counts),
        "chosen": listing.chosen_filters(request, form),
        "clear_url": request.path,
        "columns": listing.columns(request, COLUMNS, sort=chosen.sort),
        "has_windows": bool(windows),
    }
    return render(request, "programmes/expression_list.html", context)


@member("view_expressions")
@require_safe
def expression(request: MemberRequest, reference: str) -> HttpResponse:
    """All answers, what was decided, what was written, what happened."""
    found = _get(reference)
    context = {
        "expression": found,
        "sections": answers(found),
        "decisions": found.decisions.select_related("decided_by"),
        "letters": messages_about(found),
        "entries": timeline.entries_of(found),
        "may_decide": may(request.membership, "decide_expressions"),
        "back_url": reverse("expression_list", args=[request.hub.slug]),
        "back_text": "Expressions of interest",
    }
    return render(request, "programmes/expression.html", context)


@member("decide_expressions")
@form_page
def offer(request: MemberRequest, reference: str) -> HttpResponse:
    """Offer a place, having read the letter."""
    found = _get(reference)
    back = _record_url(request, found)
    if not found.can_be_offered:
        return _no_longer(request, found, "offered")
    form = OfferForm(request.POST or None, initial=kept_fields(request), back=back)
    if form.is_valid():
        try:
            words = form.cleaned_data["words"]
            deciding.offer(expression=found, actor=request.membership, now=timezone.now(), words=words)
        except deciding.CannotDecide as refusal:
            messages.error(request, str(refusal))
            return redirect(back)
        return _done(request, found, f"{found.school.name} has been offered a place. {_who_is_told(found)}")
    return _decision_page(request, found, form, "Offer a place", State.OFFERED)


@member("decide_expressions")
@form_page
def decline(request: MemberRequest, reference: str) -> HttpResponse:
    """Decline, with a reason that the school reads."""
    found = _get(reference)
    back = _record_url(request, found)
    if not found.can_be_declined:
        return _no_longer(request, found, "declined")
    form = DeclineForm(request.POST or None, initial=kept_fields(request), back=back)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            deciding.decline(expression=found, actor=request.membership, now=timezone.now(), reason=reason)
        except deciding.CannotDecide as refusal:
            messages.error(request, str(refusal))
            return redirect(back)
        return _done(request, found, f"{found.school.name} has been declined. {_who_is_told(found)}")
    return _decision_page(request, found, form, "Decline", State.DECLINED)


def _get(reference: str) -> ExpressionOfInterest:
    found = queries.expression_with_answers(reference).first()
    if found is None:
        raise Http404
    return found


def _record_url(request: MemberRequest, found: ExpressionOfInterest) -> str:
    return reverse("expression", args=[request.hub.slug, found.reference])


def _done(request: MemberRequest, found: ExpressionOfInterest, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(_record_url(request, found))


def _no_longer(request: MemberRequest, found: ExpressionOfInterest, wanted: str) -> HttpResponse:
    """A second click, a second tab or a colleague was quicker: say how it stands."""
    state = found.get_state_display().lower()
    said = f"{found.reference} is {state} already." if found.state == wanted else f"{found.reference} is {state}."
    messages.info(request, f"{said} Nothing was sent now.")
    return redirect(_record_url(request, found))


def _who_is_told(found: ExpressionOfInterest) -> str:
    people = dict.fromkeys([found.headteacher_name, found.contact_name])
    return f"A letter to {' and '.join(people)} is on its way."


def _decision_page(
    request: MemberRequest, found: ExpressionOfInterest, form: Any, title: str, outcome: State
) -> HttpResponse:
    placeholder = "[what you write above]" if outcome == State.DECLINED else ""
    context = {
        "expression": found,
        "form": form,
        "title": title,
        "preview_subject": letters.decision_subject(found, outcome),
        "preview": letters.decision_preview(found, outcome, placeholder),
        "back_url": _record_url(request, found),
        "back_text": found.reference,
    }
    return render(request, "programmes/decide.html", context)


def _figures(request: MemberRequest, counts: dict[str, int]) -> list[Figure]:
    return [
        Figure("Received", sum(counts.values()), listing.address(request, state="")),
        *(
            Figure(str(state.label), counts[state], listing.address(request, state=state.value))
            for state in (State.SUBMITTED, State.OFFERED, State.DECLINED)
        ),
    ]

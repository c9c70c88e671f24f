"""The console's pages on expressions of interest: find, read, decide."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

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
from hubs.models import HubArea
from hubs.permissions import may
from hubs.wording import day, moment
from programmes import accepting, deciding, following, letters, queries
from programmes.answers import answers, school_facts, shares_address
from programmes.forms import (
    DAYS_TO_ANSWER,
    DeclineForm,
    ExpressionFilterForm,
    OfferAgainForm,
    OfferForm,
    PartForm,
    WithdrawForm,
)
from programmes.models import ExpressionOfInterest, State
from programmes.onward import ways_from
from programmes.participation import participation_of
from schools.lineage import urns_of_line

PER_PAGE = 50
# The longest query of the list that goes along to a record and back.
LONGEST_QUERY = 1000
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
        "carried": _carrying(request.GET.urlencode()),
    }
    return render(request, "programmes/expression_list.html", context)


@member("view_expressions")
@require_safe
def expression(request: MemberRequest, reference: str) -> HttpResponse:
    """All answers, what was decided, what was written, what happened."""
    found = _get(reference)
    school_and_stage, *others = answers(found)
    in_area = HubArea.objects.filter(hub=request.hub, authority=found.school_now.authority_id).exists()
    context = {
        "expression": found,
        "sections": [school_and_stage, ("About the school", school_facts(found.school_now, in_area=in_area)), *others],
        "participation": participation_of(urns_of_line(found.school_now.pk)),
        "earlier": queries.others_of_school(found),
        "decisions": found.decisions.select_related("decided_by", "answer").order_by("-decided_at", "-pk"),
        "today": timezone.localdate(),
        "letters": messages_about(found),
        "entries": timeline.entries_of(found),
        "change": found.school_changes.filter(seen_at=None).first(),
        "ways": ways_from(found, request.membership),
        "may_decide": may(request.membership, "decide_expressions"),
        "carried": _carrying(_filters(request)),
        "back_url": _list_url(request),
        "back_text": "Expressions of interest",
    }
    return render(request, "programmes/expression.html", context)


@member("decide_expressions")
@form_page
def change_seen(request: MemberRequest, reference: str, pk: int) -> HttpResponse:
    """The button under the notice that a school has changed; by itself the address leads to the record."""
    found = _get(reference)
    change = found.school_changes.filter(pk=pk).first()
    if change and request.method == "POST":
        following.mark_seen(change=change, actor=request.membership, now=timezone.now())
        messages.success(request, "The notice is marked as seen. What it said stands on the timeline.")
    return redirect(_record_url(request, found))


@member("decide_expressions")
@form_page
def offer(request: MemberRequest, reference: str) -> HttpResponse:
    """Offer a place, having read the letter."""
    found = _get(reference)
    back = _record_url(request, found)
    if not found.can_be_offered:
        return _no_longer(request, found)
    today = timezone.localdate()
    initial = {"answer_by": today + DAYS_TO_ANSWER, **kept_fields(request, OfferForm.base_fields)}
    form = OfferForm(request.POST or None, initial=initial, today=today, back=back)
    if form.is_valid():
        try:
            is_offered = deciding.offer(
                expression=found,
                actor=request.membership,
                now=timezone.now(),
                words=form.cleaned_data["words"],
                answer_by=form.cleaned_data["answer_by"],
            )
        except deciding.CannotDecide as refusal:
            messages.error(request, str(refusal))
            return redirect(back)
        if not is_offered:
            return _no_longer(request, found)
        asked = f"We ask for an answer by {day(form.cleaned_data['answer_by'])}."
        return _done(request, found, f"{found.school_now.name} has been offered a place. {_who_is_told(found)} {asked}")
    return _decision_page(request, found, form, "Offer a place", State.OFFERED)


@member("decide_expressions")
@form_page
def decline(request: MemberRequest, reference: str) -> HttpResponse:
    """Decline, with a reason that the school reads."""
    found = _get(reference)
    back = _record_url(request, found)
    if not found.can_be_declined:
        return _no_longer(request, found)
    form = DeclineForm(request.POST or None, initial=kept_fields(request), back=back)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            is_declined = deciding.decline(
                expression=found, actor=request.membership, now=timezone.now(), reason=reason
            )
        except deciding.CannotDecide as refusal:
            messages.error(request, str(refusal))
            return redirect(back)
        if not is_declined:
            return _no_longer(request, found)
        return _done(request, found, f"{found.school_now.name} has been declined. {_who_is_told(found)}")
    return _decision_page(request, found, form, "Decline", State.DECLINED)


@member("decide_expressions")
@form_page
def withdraw(request: MemberRequest, reference: str) -> HttpResponse:
    """Withdraw an offer that nobody has answered, with a reason that the school reads."""
    found = _get(reference)
    back = _record_url(request, found)
    if not found.waits_for_answer:
        return _no_longer(request, found)
    offer = queries.latest_offer(found.pk)
    initial = {"offer": offer.pk if offer else None, **kept_fields(request)}
    form = WithdrawForm(request.POST or None, initial=initial, back=back)
    if form.is_valid():
        try:
            is_withdrawn = deciding.withdraw(
                expression=found,
                offer_id=form.cleaned_data["offer"],
                actor=request.membership,
                now=timezone.now(),
                reason=form.cleaned_data["reason"],
            )
        except deciding.CannotDecide as refusal:
            messages.error(request, str(refusal))
            return redirect(back)
        if not is_withdrawn:
            return _no_longer(request, found)
        said = f"The offer to {found.school_now.name} is withdrawn. {_who_is_told(found)}"
        return _done(request, found, said)
    return _decision_page(request, found, form, "Withdraw the offer", State.WITHDRAWN)


@member("decide_expressions")
@form_page
def offer_again(request: MemberRequest, reference: str) -> HttpResponse:
    """Send the letter with an offer once more, to the same address or to one put right."""
    found = _get(reference)
    back = _record_url(request, found)
    if not found.waits_for_answer:
        return _no_longer(request, found)
    last = letters.last_offer_letter(found)
    initial = {"address": found.headteacher_email, "letter": last.pk if last else None}
    initial |= kept_fields(request, OfferAgainForm.base_fields)
    form = OfferAgainForm(request.POST or None, initial=initial, back=back)
    if form.is_valid():
        address = form.cleaned_data["address"]
        try:
            is_sent = deciding.send_offer_again(
                expression=found,
                actor=request.membership,
                now=timezone.now(),
                address=address,
                letter_id=form.cleaned_data["letter"],
            )
        except deciding.CannotDecide as refusal:
            messages.error(request, str(refusal))
            return redirect(back)
        if is_sent:
            return _done(request, found, _sent_again(found, address))
        messages.info(
            request,
            "The letter with the offer has gone out since you opened this page, so it was not sent once more: "
            "see the letters below.",
        )
        return redirect(back)
    context = {"expression": found, "form": form, "last": last, "back_url": back, "back_text": found.reference}
    return render(request, "programmes/offer_again.html", context)


@member("decide_expressions")
@form_page
def choose_part(request: MemberRequest, reference: str) -> HttpResponse:
    """Say which school is meant, where the one that sent the expression has split."""
    found = _get(reference)
    back = _record_url(request, found)
    if not found.parts:
        messages.info(request, f"{found.reference} is for {found.school_now.name}. There is nothing to choose.")
        return redirect(back)
    form = PartForm(request.POST or None, initial=kept_fields(request), parts=found.parts, back=back)
    if form.is_valid():
        part = form.part()
        try:
            deciding.choose_part(expression=found, part=part, actor=request.membership, now=timezone.now())
        except deciding.CannotDecide as refusal:
            messages.error(request, str(refusal))
            return redirect(back)
        return _done(request, found, f"{found.reference} is for {part.name} from now on.")
    context = {"expression": found, "form": form, "back_url": back, "back_text": found.reference}
    return render(request, "programmes/which_school.html", context)


def _get(reference: str) -> ExpressionOfInterest:
    found = queries.expression_with_answers(reference)
    if found is None:
        raise Http404
    return found


def _filters(request: MemberRequest) -> str:
    """The query of the list that led here, written anew: whatever was sent, it is a query and no address."""
    return urlencode(parse_qsl(request.GET.get("from", "")[:LONGEST_QUERY]))


def _carrying(filters: str) -> str:
    """What an address ends in, so that its page knows the list that led to it."""
    return f"?{urlencode({'from': filters})}" if filters else ""


def _list_url(request: MemberRequest) -> str:
    filters = _filters(request)
    return reverse("expression_list", args=[request.hub.slug]) + (f"?{filters}" if filters else "")


def _record_url(request: MemberRequest, found: ExpressionOfInterest) -> str:
    return reverse("expression", args=[request.hub.slug, found.reference]) + _carrying(_filters(request))


def _done(request: MemberRequest, found: ExpressionOfInterest, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(_record_url(request, found))


def _no_longer(request: MemberRequest, found: ExpressionOfInterest) -> HttpResponse:
    """A second click, a second tab or a colleague was quicker: say who decided what, and what became of this.

    Who only looks, as after Back, has lost nothing, and reads how it stands.
    """
    decision = found.decisions.select_related("decided_by", "answer").order_by("-decided_at", "-pk").first()
    if decision is None:
        messages.info(request, f"{found.school_now.name} has not been offered a place.")
        return redirect(_record_url(request, found))
    is_own = decision.decided_by == request.user
    who = "You" if is_own else decision.decided_by.name
    school, when = found.school_now.name, moment(decision.decided_at)
    if decision.outcome == State.OFFERED:
        said = f"{who} offered {school} a place on {when}."
    elif decision.outcome == State.WITHDRAWN:
        said = f"{who} withdrew the offer to {school} on {when}."
    else:
        said = f"{who} declined {school} on {when}."
    if answer := accepting.answer_to(decision):
        became = "accepted it" if found.state == State.ACCEPTED else "turned it down"
        said += f" {answer.name}, {answer.role}, {became} on {moment(answer.answered_at)}."
    if request.method == "POST" and is_own and not answer:
        said += " Nothing more was saved and no other letter was sent."
    elif request.method == "POST":
        said += " Nothing of yours was saved and no letter was sent."
    messages.info(request, said)
    return redirect(_record_url(request, found))


def _who_is_told(found: ExpressionOfInterest) -> str:
    people = dict.fromkeys([found.headteacher_name, found.contact_name])
    return f"A letter to {' and '.join(people)} is on its way."


def _sent_again(before: ExpressionOfInterest, address: str) -> str:
    """What is said of the letter that was sent once more, by how the expression was `before` that."""
    if address.lower() == before.headteacher_email.lower():
        return f"The letter is on its way to {address} again, with a new link."
    said = f"The letter is on its way to {address}, with a new link."
    if before.contact_is_head or before.contact_email.lower() == address.lower():
        return said
    return f"{said} {before.contact_name} gets it as well."


def _decision_page(
    request: MemberRequest, found: ExpressionOfInterest, form: Any, title: str, outcome: State
) -> HttpResponse:
    words = "" if outcome == State.OFFERED else "[what you write above]"
    context = {
        "expression": found,
        "form": form,
        "title": title,
        "one_message": shares_address(found),
        "preview_subject": letters.decision_subject(found, outcome),
        "preview": letters.decision_preview(found, outcome, words, "[the day you choose above]"),
        "back_url": _record_url(request, found),
        "back_text": found.reference,
    }
    return render(request, "programmes/decide.html", context)


def _figures(request: MemberRequest, counts: dict[str, int]) -> list[Figure]:
    """Each expression counts once, where it stands: of the offers those that nobody has answered."""
    labels = {State.OFFERED: "Unanswered offers"}
    states = [State.SUBMITTED, State.OFFERED, State.ACCEPTED, State.TURNED_DOWN, State.DECLINED]
    # Rare: where there is none it says nothing.
    if counts[State.WITHDRAWN]:
        states.append(State.WITHDRAWN)
    return [
        Figure("Received", sum(counts.values()), listing.address(request, state="")),
        *(
            Figure(labels.get(state, state.in_full), counts[state], listing.address(request, state=state.value))
            for state in states
        ),
    ]

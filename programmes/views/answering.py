"""The pages on which a school answers the offer of a place: by a link, without an account, on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs.access import TokenRequest, token
from hubs.links import LinkExpired
from hubs.methods import form_page
from hubs.ratelimit import allow, client_of, too_many
from programmes import accepting, queries
from programmes.agreement import agreement_of
from programmes.answer_forms import AcceptForm, TurnDownForm
from programmes.models import Decision, ExpressionOfInterest, OfferAnswer
from programmes.views.by_link import for_this_browser, require_current_link, token_of

AN_HOUR = 3600
# Each one may send two letters; the offices of a trust share an address and answer for all its schools.
ANSWERS_PER_HOUR = 60
Answering = AcceptForm | TurnDownForm
Form = TypeVar("Form", AcceptForm, TurnDownForm)


@token("offer-answer")
@require_safe
@for_this_browser
def offer(request: TokenRequest) -> HttpResponse:
    """What is offered, what the school would agree to, and the two ways to answer."""
    found = _offer(request)
    if accepting.answer_to(found):
        return redirect("offer_answered", token_of(request))
    if found.expression.is_withdrawn:
        return _withdrawn_page(request, found)
    return render(request, "programmes/offer.html", _shown(request, found))


@token("offer-answer")
@form_page
@for_this_browser
def accept(request: TokenRequest) -> HttpResponse:
    """Who accepts the place, and that the school agrees."""

    def accepted(form: AcceptForm) -> OfferAnswer:
        return accepting.accept_offer(**_answered(request, form))

    return _answer_page(request, AcceptForm, accepted, "programmes/offer_accept.html")


@token("offer-answer")
@form_page
@for_this_browser
def decline(request: TokenRequest) -> HttpResponse:
    """Who turns the place down, and why."""

    def turned_down(form: TurnDownForm) -> OfferAnswer:
        return accepting.turn_down_offer(reason=form.cleaned_data["reason"], **_answered(request, form))

    return _answer_page(request, TurnDownForm, turned_down, "programmes/offer_decline.html")


@token("offer-answer")
@require_safe
@for_this_browser
def answered(request: TokenRequest) -> HttpResponse:
    """What was answered, by whom and when, and what happens next."""
    found = _offer(request)
    if not accepting.answer_to(found):
        return redirect("offer", token_of(request))
    return _answered_page(request, found)


def _answer_page(
    request: TokenRequest, form_class: type[Form], act: Callable[[Form], OfferAnswer], template: str
) -> HttpResponse:
    """A form of an answer. The verb itself loads, locks and checks: here the offer is loaded only to be shown."""
    back = reverse("offer", args=[token_of(request)])
    form = form_class(request.POST, back=back) if request.method == "POST" else None
    changed = False
    if form and form.is_valid():
        if not allow("offer-answer", client=client_of(request), limit=ANSWERS_PER_HOUR, per_seconds=AN_HOUR):
            return too_many(request, per_seconds=AN_HOUR)
        try:
            answer = act(form)
        except accepting.AnsweredOtherwise:
            return _answered_page(request, _offer(request), came_late=True)
        except accepting.SchoolHasPlace as refusal:
            return render(request, "programmes/offer_second.html", {"existing": refusal.existing}, status=409)
        except accepting.OfferWithdrawn:
            return _withdrawn_page(request, _offer(request), came_late=True)
        except accepting.LinkReplaced:
            raise LinkExpired from None
        except (accepting.CannotAnswer, ExpressionOfInterest.DoesNotExist):
            raise Http404 from None
        except accepting.OfferChanged:
            changed = True
        else:
            if _is_hers(answer, form):
                return redirect(f"{reverse('offer_answered', args=[token_of(request)])}?new")
            return _answered_page(request, _offer(request), came_late=True)
    found = _offer(request)
    if accepting.answer_to(found):
        return redirect("offer_answered", token_of(request))
    if found.expression.is_withdrawn:
        return _withdrawn_page(request, found)
    seal = agreement_of(found.expression, found.promises).seal(found)
    if form is None:
        form = form_class(initial={**_head(found.expression), "seen": seal}, back=back)
    elif changed:
        form.refuse_changed(seal)
    context = {**_shown(request, found), "form": form, "back_url": back, "back_text": "The offer"}
    return render(request, template, context)


def _offer(request: TokenRequest) -> Decision:
    found = queries.latest_offer(request.link.subject_id)
    if found is None:
        raise Http404
    require_current_link(request, found.expression)
    return found


def _shown(request: TokenRequest, found: Decision) -> dict[str, Any]:
    return {
        "offer": found,
        "expression": found.expression,
        "agreement": agreement_of(found.expression, found.promises),
        "is_late": found.is_late_on(timezone.localdate()),
        "accept_url": reverse("offer_accept", args=[token_of(request)]),
        "decline_url": reverse("offer_decline", args=[token_of(request)]),
    }


def _answered_page(request: TokenRequest, found: Decision, *, came_late: bool = False) -> HttpResponse:
    """What stands, also to somebody whose answer came after it and was not taken."""
    context = {
        "offer": found,
        "expression": found.expression,
        "answer": accepting.answer_to(found),
        "lead_teachers": found.expression.lead_teachers.all(),
        "just_answered": "new" in request.GET,
        "came_late": came_late,
    }
    return render(request, "programmes/offer_answered.html", context, status=409 if came_late else 200)


def _withdrawn_page(request: TokenRequest, found: Decision, *, came_late: bool = False) -> HttpResponse:
    """That the hub has withdrawn its offer, why, and whom to ask."""
    context = {
        "expression": found.expression,
        "withdrawal": queries.withdrawal_of(found.expression_id),
        "came_late": came_late,
    }
    return render(request, "programmes/offer_withdrawn.html", context, status=409 if came_late else 200)


def _answered(request: TokenRequest, form: Answering) -> dict[str, Any]:
    return {
        "expression": ExpressionOfInterest(pk=request.link.subject_id),
        "name": form.cleaned_data["name"],
        "role": form.cleaned_data["role"],
        "seen": form.cleaned_data["seen"],
        "now": timezone.now(),
        "link_made_at": request.link.made_at,
    }


def _is_hers(answer: OfferAnswer, form: Answering) -> bool:
    """Whether the answer that stands is this person's: also after a double click, or from a second tab."""
    return (answer.name, answer.role) == (form.cleaned_data["name"], form.cleaned_data["role"])


def _head(expression: ExpressionOfInterest) -> dict[str, str]:
    """The headteacher, whom the link was sent to."""
    role = expression.contact_role if expression.contact_is_head else ""
    return {"name": expression.headteacher_name, "role": role or "Headteacher"}

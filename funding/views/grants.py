"""The console's pages on grants: find and count them, read one, decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from funding import granting, ledger, queries
from funding.forms import AmountForm, AwardForm, ClaimDayForm, GrantFilterForm, ReasonForm
from funding.models import Grant, GrantState
from funding.views.pages import money_pages
from hubs import listing, timeline
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.listing import Figure
from hubs.methods import form_page
from hubs.permissions import may
from hubs.wording import pounds
from hubs.years import academic_year_of
from workgroups.models import Place, PlaceState
from workgroups.permissions import places_of

PER_PAGE = 50
COLUMNS = [
    ("school", "School"),
    ("stage", "Stage"),
    ("state", "State"),
    ("claim", "To be claimed by"),
    ("amount", "Amount"),
]


@member("view_money")
@require_safe
def grant_list(request: MemberRequest) -> HttpResponse:
    """The grants of a year: figures in pounds, search, filter, sort; tick some to decide on them together."""
    form = filter_form(request)
    chosen = form.chosen()
    sums = queries.summed_by_state(chosen)
    together = queries.decided_together(request.membership, chosen)
    total = sum((sums[state] for state in chosen.states), queries.Summed())
    paginator = Paginator(queries.grants(chosen), PER_PAGE)
    paginator.count = total.grants
    filters = listing.address(request, state="").partition("?")[2]
    context = {
        "form": form,
        "page": paginator.get_page(request.GET.get("page")),
        "total": total,
        "figures": _figures(request, sums),
        "chosen": listing.chosen_filters(request, form),
        "clear_url": request.path,
        "columns": listing.columns(request, COLUMNS, sort=chosen.sort),
        "carried": listing.carrying(request.GET.urlencode()),
        "from_here": request.GET.urlencode(),
        "filters": filters,
        "together": together,
        "why_none": "" if together.to_approve else _why_none(together.due, sums[GrantState.DUE].grants),
        "pages": money_pages(request, "grant_list"),
        "today": timezone.localdate(),
        "may_change": may(request.membership, "change_money"),
        "may_approve": may(request.membership, "approve_money"),
    }
    return render(request, "funding/grant_list.html", context)


def _why_none(of_groups: int, due: int) -> str:
    """Why a member approves none of the grants that are due with "all", as a sentence; nothing where none is due."""
    if of_groups == 1:
        return "1 grant is due, and you set its amount or marked it as due: somebody else has to approve it."
    if of_groups:
        them = "you set their amounts or marked them as due: somebody else has to approve them"
        return f"{of_groups} grants are due, and {them}."
    if due == 1:
        return "1 grant is due, and its school has left or is not in a group yet: tick it to approve it."
    if due:
        return (
            f"{due} grants are due, and their schools have left or are not in a group yet: tick them to approve them."
        )
    return ""


@member("view_money")
@require_safe
def grant(request: MemberRequest, pk: int) -> HttpResponse:
    """What is awarded, where it stands, what can be done, what happened."""
    found = _get(pk)
    now = timezone.now()
    place = found.place
    hands = granting.had_a_hand([found])[found.pk]
    payment = queries.payment_of(found)
    may_change = may(request.membership, "change_money")
    context = {
        "grant": found,
        "place": place,
        "place_is_seen": may(request.membership, "lead_groups") and places_of(request.membership).contains(place),
        "has_left": place.state == PlaceState.LEFT and found.state != GrantState.PAID,
        "has_no_group": place.state == PlaceState.WAITING and found.state != GrantState.PAID,
        "is_late": found.state == GrantState.EXPECTED and found.claim_on < timezone.localdate(now),
        "payment": payment,
        "used": ledger.used_by_places([place])[place.pk],
        "entries": timeline.entries_of(found),
        "is_agreed": not queries.is_by_hand(found),
        "may_change": may_change,
        "can_change": may_change and not granting.why_not_to_change(found),
        "can_withhold": may_change and found.state != GrantState.WITHHELD and not granting.why_not_to_withhold(found),
        "approval": granting.may_approve(request.membership, hands) if found.state == GrantState.DUE else None,
        "approvers": queries.who_may_approve(request.hub, hands, now=now) if found.state == GrantState.DUE else [],
        "who_approves": queries.roles_that_approve(),
        "can_list": found.state == GrantState.APPROVED and not payment and may(request.membership, "pay_money"),
        "carried": listing.carrying(listing.filters_that_led_here(request)),
        "back_url": _list_url(request),
        "back_text": "Money",
    }
    return render(request, "funding/grant.html", context)


@member("view_money")
@require_safe
def grant_of_place(request: MemberRequest, pk: int) -> HttpResponse:
    """The way from a place to its grant; where there is none, to awarding one."""
    place = get_object_or_404(Place.objects.select_related("grant"), pk=pk)
    slug = request.hub.slug
    if hasattr(place, "grant"):
        return redirect("grant", slug, place.grant.pk)
    messages.info(request, "This school’s place has no grant.")
    if may(request.membership, "change_money"):
        return redirect(f"{reverse('grant_award', args=[slug])}?place={pk}")
    return redirect("grant_list", slug)


@member("change_money")
@form_page
def grant_amount(request: MemberRequest, pk: int) -> HttpResponse:
    """Another amount."""
    found = _get(pk)
    if refusal := granting.why_not_to_change(found):
        return _no_longer(request, found, refusal)
    form = AmountForm(
        request.POST or None,
        initial={"amount": found.amount_pence, **kept_fields(request)},
        back=_record_url(request, found),
    )
    approved = found.state == GrantState.APPROVED

    def change(valid: dict[str, Any]) -> str:
        granting.change_amount(
            grant=found,
            amount_pence=valid["amount"],
            reason=valid["reason"],
            actor=request.membership,
            now=timezone.now(),
        )
        again = "Its approval is taken back: " if approved else ""
        return f"The amount is {pounds(valid['amount'])} now. {again}Somebody else has to approve it."

    return _decision_page(request, found, form, "Change the amount", change)


@member("change_money")
@form_page
def grant_claim_day(request: MemberRequest, pk: int) -> HttpResponse:
    """Another day to claim it by."""
    found = _get(pk)
    if found.state != GrantState.EXPECTED:
        return _no_longer(request, found, f"The grant is {found.get_state_display().lower()} already.")
    year = found.place.stage_year.year
    form = ClaimDayForm(
        request.POST or None,
        initial={"claim_on": found.claim_on, **kept_fields(request, ClaimDayForm.base_fields)},
        back=_record_url(request, found),
        years=(year, year + 2),
    )

    def change(valid: dict[str, Any]) -> str:
        granting.change_claim_day(grant=found, claim_on=valid["claim_on"], actor=request.membership, now=timezone.now())
        return "The date is saved. Reminders follow it."

    return _decision_page(request, found, form, "When is it to be claimed?", change)


@member("change_money")
@form_page
def grant_not_due(request: MemberRequest, pk: int) -> HttpResponse:
    """Take back that it is due."""
    return _reason_page(
        request, pk, granting.not_due, {GrantState.DUE}, "Not due after all", "It is expected again.", ""
    )


@member("change_money")
@form_page
def grant_withhold(request: MemberRequest, pk: int) -> HttpResponse:
    """Withhold it."""
    states = {GrantState.EXPECTED, GrantState.DUE, GrantState.APPROVED}
    words = "The school sees on its own page that the grant is withheld, and not why."
    return _reason_page(request, pk, granting.withhold, states, "Withhold the grant", "It is withheld.", words)


@member("change_money")
@form_page
def grant_reinstate(request: MemberRequest, pk: int) -> HttpResponse:
    """Withhold it no longer."""
    return _reason_page(
        request,
        pk,
        granting.reinstate,
        {GrantState.WITHHELD},
        "Withhold it no longer",
        "It is expected again. Mark it as due when the school has done what it is for.",
        "The grant is expected again after that, and has to become due and be approved anew.",
    )


@member("change_money")
@form_page
def grant_award(request: MemberRequest) -> HttpResponse:
    """Award a grant by hand to a school whose place has none; `place` in the address chooses it beforehand."""
    back = _list_url(request)
    initial = {"place": request.GET.get("place", ""), **kept_fields(request)}
    form = AwardForm(request.POST or None, initial=initial, places=queries.places_without_grant(), back=back)
    if form.is_valid():
        place, valid = form.chosen_place(), form.cleaned_data
        try:
            made = granting.award_by_hand(
                place=place,
                amount_pence=valid["amount"],
                condition=valid["condition"],
                reason=valid["reason"],
                actor=request.membership,
                now=timezone.now(),
            )
        except granting.HasGrant as refusal:
            messages.info(request, f"{refusal} Nothing of yours was saved.")
            return redirect("grant", request.hub.slug, refusal.grant.pk)
        said = f"{place.school_now.name} is awarded {pounds(made.amount_pence)}. Somebody else has to approve it."
        messages.success(request, said)
        return redirect("grant", request.hub.slug, made.pk)
    context = {"form": form, "back_url": back, "back_text": "Money"}
    return render(request, "funding/grant_award.html", context)


def filter_form(request: MemberRequest) -> GrantFilterForm:
    """The filters of the list, as the address has them."""
    this_year = academic_year_of(timezone.localdate())
    return GrantFilterForm(request.GET, stage_years=queries.stage_years_of_grants(), this_year=this_year)


def _reason_page(
    request: MemberRequest,
    pk: int,
    verb: Callable[..., None],
    states: set[GrantState],
    title: str,
    done: str,
    explanation: str,
) -> HttpResponse:
    """A page on which a verb is given its reason, where the grant is in one of its states."""
    found = _get(pk)
    refusal = granting.why_not_to_withhold(found) if found.state in states else ""
    if refusal or found.state not in states:
        state = found.get_state_display().lower()
        return _no_longer(request, found, refusal or f"The grant is {state}, so there is nothing to do here.")
    form = ReasonForm(
        request.POST or None,
        initial=kept_fields(request),
        submit=title,
        back=_record_url(request, found),
        warns=verb is granting.withhold,
    )

    def decide(valid: dict[str, Any]) -> str:
        verb(grant=found, reason=valid["reason"], actor=request.membership, now=timezone.now())
        return done

    return _decision_page(request, found, form, title, decide, explanation)


def _decision_page(
    request: MemberRequest,
    found: Grant,
    form: forms.Form,
    title: str,
    decide: Callable[[dict[str, Any]], str],
    explanation: str = "",
) -> HttpResponse:
    """A form on one grant: what was decided is said on its page, and so is why it could not be."""
    back = _record_url(request, found)
    if form.is_valid():
        try:
            messages.success(request, decide(form.cleaned_data))
        except granting.CannotDecide as refusal:
            messages.error(request, f"{refusal} Nothing of yours was saved.")
        return redirect(back)
    context = {
        "form": form,
        "grant": found,
        "title": title,
        "explanation": explanation,
        "back_url": back,
        "back_text": found.place.school_now.name,
    }
    return render(request, "funding/grant_form.html", context)


def _get(pk: int) -> Grant:
    found = queries.grant_for_page(pk)
    if found is None:
        raise Http404
    return found


def _list_url(request: MemberRequest) -> str:
    filters = listing.filters_that_led_here(request)
    return reverse("grant_list", args=[request.hub.slug]) + (f"?{filters}" if filters else "")


def _record_url(request: MemberRequest, found: Grant) -> str:
    carried = listing.carrying(listing.filters_that_led_here(request))
    return reverse("grant", args=[request.hub.slug, found.pk]) + carried


def _no_longer(request: MemberRequest, found: Grant, why: str) -> HttpResponse:
    messages.info(request, why)
    return redirect(_record_url(request, found))


def _figures(request: MemberRequest, sums: dict[str, queries.Summed]) -> list[Figure]:
    return [
        Figure(
            f"{GrantState(state).label}: {summed.in_words}",
            pounds(summed.pence),
            listing.address(request, state=state),
        )
        for state, summed in sums.items()
    ]

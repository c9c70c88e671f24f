"""Deciding on several grants at once: what is ticked in the list, or all that match, is shown again and confirmed.

What is confirmed is what was shown: each grant is sent along with the amount that stood there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from funding import granting, queries
from funding.models import Grant, GrantState
from funding.views.grants import filter_form
from funding.views.pages import number
from hubs import listing
from hubs.access import MemberRequest, member
from hubs.methods import form_page
from hubs.permissions import NotAllowed
from hubs.wording import pounds


@dataclass(frozen=True)
class Step:
    """What is done to several grants: the state they are to be in, the verb, and the words for it."""

    wanted: GrantState
    verb: Callable[[Grant, int], None]
    title: str
    button: str
    # After "12 grants, £12,000, ".
    done: str
    next: str
    # Why a grant is not among them, of those that were chosen.
    why_not: Callable[[Grant], str]


@member("approve_money")
@form_page
def grants_approve(request: MemberRequest) -> HttpResponse:
    """Approve the grants that are due; those that this person set or marked as due are left to somebody else."""
    now = timezone.now()

    def approve(grant: Grant, seen_pence: int) -> None:
        granting.approve(grant=grant, seen_pence=seen_pence, actor=request.membership, now=now)

    chosen = _chosen(request, GrantState.DUE)
    hands = granting.had_a_hand(list(chosen))

    def why_not(grant: Grant) -> str:
        permission = granting.may_approve(request.membership, hands[grant.pk])
        return granting.why_not_to_approve(grant) or permission.reason

    step = Step(
        GrantState.DUE,
        approve,
        "Approve grants",
        "Approve",
        "approved",
        "The finance office can put them on a payment list.",
        why_not,
    )
    return _bulk_page(request, step, chosen)


@member("change_money")
@form_page
def grants_due(request: MemberRequest) -> HttpResponse:
    """Mark as due the grants of schools that have done what they are for."""
    now = timezone.now()

    def mark_due(grant: Grant, seen_pence: int) -> None:
        granting.mark_due(grant=grant, actor=request.membership, now=now)

    def why_not(grant: Grant) -> str:
        if grant.state == GrantState.EXPECTED:
            return ""
        return f"The grant is {grant.get_state_display().lower()}, so it cannot be marked as due."

    step = Step(
        GrantState.EXPECTED,
        mark_due,
        "Mark grants as due",
        "Mark as due",
        "marked as due",
        "They wait for approval now.",
        why_not,
    )
    return _bulk_page(request, step, _chosen(request, GrantState.EXPECTED))


def _bulk_page(request: MemberRequest, step: Step, chosen: dict[Grant, int]) -> HttpResponse:
    back = _back_url(request, chosen)
    if request.method == "POST":
        _do(request, step, chosen)
        return redirect(back)
    with_all = granting.why_not_with_all if request.GET.get("all") else _nothing
    refused = [(grant, why) for grant in chosen if (why := step.why_not(grant) or with_all(grant))]
    left_out = {grant for grant, _ in refused}
    grants = [grant for grant in chosen if grant not in left_out]
    context = {
        "step": step,
        "grants": grants,
        "refused": refused,
        "left_out": queries.Summed(len(refused)).in_words,
        "sum": queries.Summed(len(grants), sum(grant.amount_pence for grant in grants)),
        "back_url": back,
        "back_text": "Back" if len(chosen) == 1 else "Money",
    }
    return render(request, "funding/grants_bulk.html", context)


def _nothing(grant: Grant) -> str:
    return ""


def _do(request: MemberRequest, step: Step, chosen: dict[Grant, int]) -> None:
    """Do it to each, and say of how many it is done and of which it is not."""
    if not chosen:
        messages.error(request, "Nothing was done: tick at least one grant first.")
    done: list[Grant] = []
    refused: dict[str, list[str]] = defaultdict(list)
    # In the order in which payment lists lock them, too.
    for grant, seen_pence in sorted(chosen.items(), key=lambda one: one[0].pk):
        try:
            step.verb(grant, seen_pence)
            done.append(grant)
        except (granting.CannotDecide, NotAllowed) as refusal:
            refused[str(refusal)].append(grant.place.school_now.name)
    if done:
        summed = queries.Summed(len(done), sum(grant.amount_pence for grant in done))
        are = "is" if summed.grants == 1 else "are"
        messages.success(request, f"{summed.in_words}, {pounds(summed.pence)}, {are} {step.done}. {step.next}")
    for why, names in refused.items():
        messages.error(request, f"Not {step.done}: {', '.join(sorted(names))}. {why}")


def _chosen(request: MemberRequest, state: GrantState) -> dict[Grant, int]:
    """The grants that were chosen, each with the amount that was seen: ticked ones, or all that match in a state."""
    if request.method == "GET" and request.GET.get("all"):
        matching = replace(filter_form(request).chosen(), state=state.value)
        return {grant: grant.amount_pence for grant in queries.grants(matching)}
    sent = request.POST if request.method == "POST" else request.GET
    seen: dict[int, int | None] = {}
    for value in sent.getlist("grant"):
        pk, _, pence = value.partition("-")
        if (found_pk := number(pk)) is not None:
            seen[found_pk] = number(pence)
    found = queries.with_school_now(Grant.objects.filter(pk__in=seen))
    return {grant: seen[grant.pk] or grant.amount_pence for grant in found}


def _back_url(request: MemberRequest, chosen: dict[Grant, int]) -> str:
    """The one grant's page, or the list as it was filtered."""
    slug, filters = request.hub.slug, listing.filters_that_led_here(request)
    if len(chosen) == 1:
        return reverse("grant", args=[slug, next(iter(chosen)).pk]) + listing.carrying(filters)
    return reverse("grant_list", args=[slug]) + (f"?{filters}" if filters else "")

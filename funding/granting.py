"""Grants to schools: awarded with the place, due, approved by a second person, or withheld.

Each step is one transaction, and leaves a `GrantEvent`, from which who may approve is told, and a line of the
grant's own timeline. None of it stands on the place's: not everybody who sees a place sees money.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from correspondence import reminders
from funding.models import GRANT_TRANSITIONS, Grant, GrantEvent, GrantState
from hubs import timeline
from hubs.models import Membership, User
from hubs.permissions import NotAllowed, Permission, may, require
from hubs.tenancy import active_hub_id
from hubs.wording import plain_day, pounds
from workgroups.happenings import PlaceMade
from workgroups.models import Place, PlaceState

# By then a school has met for half of its year, and a hub can pay before a maintained school's own financial year
# ends on 31 March.
CLAIM_MONTH, CLAIM_DAY = 3, 1
# In pence: ten times the largest grant of any stage so far, and a typing error beyond.
MOST = 1_000_000


class CannotDecide(Exception):
    """The grant does not stand where this can be done; the message is a sentence to show."""


class HasGrant(Exception):
    """The place has a grant already: `grant`."""

    def __init__(self, grant: Grant) -> None:
        super().__init__(f"{grant.place.school_now.name} has a grant of {pounds(grant.amount_pence)} already.")
        self.grant = grant


@dataclass(frozen=True)
class HadAHand:
    """Who has set a grant's amount, or marked it as due, and when last: that person does not approve it."""

    user_id: int
    at: dt.datetime
    did: str = "set its amount"


# --- Awarded --------------------------------------------------------------------------------------


def award(facts: PlaceMade) -> None:
    """Award what the school accepted, with its condition word for word; nothing where the stage has no grant.

    A place is made once: the database refuses a second grant.
    """
    answer, place = facts.answer, facts.place
    if not answer.grant_pence:
        return
    grant = Grant.objects.create(
        hub_id=active_hub_id(),
        place=place,
        amount_pence=answer.grant_pence,
        condition=answer.grant_condition,
        claim_on=default_claim_day(place),
    )
    text = f"{pounds(grant.amount_pence)} awarded: the school accepted its place."
    _record(grant, GrantEvent.Kind.AWARDED, answer.name, facts.now, text)


def award_by_hand(
    *, place: Place, amount_pence: int, condition: str, reason: str, actor: Membership, now: dt.datetime
) -> Grant:
    """Award a grant to a place that has none; whoever does it does not approve it.

    Raises `NotAllowed`, `HasGrant`, and `ValueError` without a reason or for an odd amount.
    """
    require(actor, "change_money")
    _refuse_odd_amount(amount_pence)
    reason = _given(reason)
    locked = Place.objects.select_for_update(of=("self",), no_key=True).get(pk=place.pk)
    if there := Grant.objects.filter(place=locked).first():
        raise HasGrant(there)
    grant = Grant.objects.create(
        hub_id=active_hub_id(),
        place=locked,
        amount_pence=amount_pence,
        condition=condition.strip(),
        claim_on=default_claim_day(place),
        amount_changed_by=actor.user,
    )
    text = f"{pounds(amount_pence)} awarded by hand: {reason}"
    _record(grant, GrantEvent.Kind.AWARDED, actor, now, text, reason=reason)
    return grant


def default_claim_day(place: Place) -> dt.date:
    """When a grant is to be claimed unless the hub says otherwise: 1 March of the place's academic year."""
    return dt.date(place.stage_year.year + 1, CLAIM_MONTH, CLAIM_DAY)


# --- Its amount and its day -----------------------------------------------------------------------


def change_amount(*, grant: Grant, amount_pence: int, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Change the amount; an approval is taken back with it. The same amount: nothing happens.

    Raises `NotAllowed`, `CannotDecide`, and `ValueError` without a reason or for an odd amount.
    """
    require(actor, "change_money")
    _refuse_odd_amount(amount_pence)
    reason = _given(reason)
    locked = _locked(grant)
    before = locked.amount_pence
    if before == amount_pence:
        return
    if refusal := why_not_to_change(locked):
        raise CannotDecide(refusal)
    was_approved = locked.state == GrantState.APPROVED
    locked.amount_pence, locked.amount_changed_by = amount_pence, actor.user
    if was_approved:
        _go_to(locked, GrantState.DUE)
    locked.save()
    text = f"Amount changed from {pounds(before)} to {pounds(amount_pence)}: {reason}"
    text += "\nThe approval is taken back with it." if was_approved else ""
    _record(locked, GrantEvent.Kind.AMOUNT_CHANGED, actor, now, text, reason=reason, before=before)


def change_claim_day(*, grant: Grant, claim_on: dt.date, actor: Membership, now: dt.datetime) -> None:
    """Change when the grant is to be claimed. The same day: nothing happens. Raises `NotAllowed` and `CannotDecide`."""
    require(actor, "change_money")
    locked = _locked(grant)
    if locked.claim_on == claim_on:
        return
    if locked.state != GrantState.EXPECTED:
        raise CannotDecide(f"The grant is {_state(locked)} already, so no date to claim it by is needed.")
    text = f"To be claimed by {plain_day(claim_on)}, not {plain_day(locked.claim_on)}."
    locked.claim_on = claim_on
    locked.save()
    timeline.record(subject=locked, actor=actor, now=now, text=text)
    reminders.derive_soon()


def why_not_to_change(grant: Grant) -> str:
    """Why a grant's amount cannot be changed, as a sentence; nothing where it can. One query for an approved one."""
    if grant.state == GrantState.PAID:
        return "The grant is paid, so its amount stays as it is."
    if grant.state == GrantState.WITHHELD:
        return "The grant is withheld. Take that back before you change the amount."
    return _on_a_list(grant)


# --- Its state ------------------------------------------------------------------------------------


def mark_due(*, grant: Grant, actor: Membership, now: dt.datetime) -> None:
    """Say that the school has done what the grant is for. Raises `NotAllowed` and `CannotDecide`."""
    require(actor, "change_money")
    locked = _locked(grant)
    if locked.state == GrantState.DUE:
        return
    if locked.state != GrantState.EXPECTED:
        raise CannotDecide(f"The grant is {_state(locked)}, so it cannot be marked as due.")
    _go_to(locked, GrantState.DUE)
    locked.save()
    _record(locked, GrantEvent.Kind.DUE, actor, now, "Marked as due.")


def not_due(*, grant: Grant, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Take back that the grant is due. Raises `NotAllowed`, `CannotDecide`, and `ValueError` without a reason."""
    require(actor, "change_money")
    reason = _given(reason)
    locked = _locked(grant)
    if locked.state == GrantState.EXPECTED:
        return
    if locked.state != GrantState.DUE:
        raise CannotDecide(f"The grant is {_state(locked)}: only one that is due can be made not due.")
    _go_to(locked, GrantState.EXPECTED)
    locked.save()
    _record(locked, GrantEvent.Kind.NOT_DUE, actor, now, f"Not due after all: {reason}", reason=reason)


def approve(*, grant: Grant, actor: Membership, now: dt.datetime, seen_pence: int | None = None) -> None:
    """Approve the grant at its amount, which is the one that the person has seen. Approved already: nothing happens.

    Raises `CannotDecide` unless it is due and its amount still that one, and `NotAllowed` for whoever has ever set or
    changed its amount, or has marked it as due the last time: a grant is approved by a second person.
    """
    require(actor, "approve_money")
    locked = _locked(grant)
    if locked.state == GrantState.APPROVED:
        return
    if refusal := why_not_to_approve(locked):
        raise CannotDecide(refusal)
    permission = may_approve(actor, had_a_hand([locked])[locked.pk])
    if not permission:
        raise NotAllowed(permission.reason)
    if seen_pence not in (None, locked.amount_pence):
        raise CannotDecide(f"Its amount has just been changed to {pounds(locked.amount_pence)}. Look at it again.")
    _go_to(locked, GrantState.APPROVED)
    locked.approved_by, locked.approved_at = actor.user, now
    locked.save()
    _record(locked, GrantEvent.Kind.APPROVED, actor, now, f"{pounds(locked.amount_pence)} approved.")


def why_not_to_approve(grant: Grant) -> str:
    """Why a grant cannot be approved by anybody, as a sentence; nothing where it can."""
    match grant.state:
        case GrantState.DUE:
            return ""
        case GrantState.EXPECTED:
            return "The grant is not due yet. Mark it as due first."
        case _:
            return f"The grant is {_state(grant)}, so it cannot be approved."


def why_not_with_all(grant: Grant) -> str:
    """Why a grant is decided on by itself and not with all that match, as a sentence; nothing where it is not."""
    match grant.place.state:
        case PlaceState.LEFT:
            return "The school has left. Decide on its grant by itself."
        case PlaceState.WAITING:
            return "The school is not in a group yet. Decide on its grant by itself."
        case _:
            return ""


def may_approve(actor: Membership, hands: Collection[HadAHand]) -> Permission:
    """Whether a member may approve a grant in which these people had a hand."""
    permission = may(actor, "approve_money")
    if not permission:
        return permission
    for one in hands:
        if one.user_id == actor.user_id:
            return Permission(False, f"You {one.did} on {plain_day(one.at)}, so somebody else has to approve it.")
    return Permission(True)


def had_a_hand(grants: Collection[Grant]) -> dict[int, list[HadAHand]]:
    """Who does not approve each grant, by the grant's id; one query.

    Whoever has ever set or changed its amount by hand, and whoever marked it as due the last time.
    """
    setters: dict[int, dict[int, HadAHand]] = {grant.pk: {} for grant in grants}
    markers: dict[int, HadAHand] = {}
    kinds = [GrantEvent.Kind.AWARDED, GrantEvent.Kind.AMOUNT_CHANGED, GrantEvent.Kind.DUE]
    events = GrantEvent.objects.filter(grant__in=setters, kind__in=kinds).exclude(actor=None)
    for grant, user, at, kind in events.order_by("pk").values_list("grant_id", "actor_id", "happened_at", "kind"):
        if kind == GrantEvent.Kind.DUE:
            markers[grant] = HadAHand(user, at, "marked it as due")
        else:
            setters[grant][user] = HadAHand(user, at)
    return {
        grant: [*people.values(), *([markers[grant]] if grant in markers else [])] for grant, people in setters.items()
    }


def withhold(*, grant: Grant, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Withhold the grant. Withheld already: nothing happens.

    Raises `NotAllowed`, `CannotDecide`, and `ValueError` without a reason.
    """
    require(actor, "change_money")
    reason = _given(reason)
    locked = _locked(grant)
    if locked.state == GrantState.WITHHELD:
        return
    if refusal := why_not_to_withhold(locked):
        raise CannotDecide(refusal)
    _go_to(locked, GrantState.WITHHELD)
    locked.withheld_reason = reason
    locked.save()
    _record(locked, GrantEvent.Kind.WITHHELD, actor, now, f"Withheld: {reason}", reason=reason)


def why_not_to_withhold(grant: Grant) -> str:
    """Why a grant cannot be withheld, as a sentence; nothing where it can. One query for an approved one."""
    if grant.state == GrantState.PAID:
        return "The grant is paid, so it cannot be withheld any more."
    return _on_a_list(grant)


def reinstate(*, grant: Grant, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Withhold the grant no longer: it is expected again.

    Raises `NotAllowed`, `CannotDecide`, and `ValueError` without a reason.
    """
    require(actor, "change_money")
    reason = _given(reason)
    locked = _locked(grant)
    if locked.state == GrantState.EXPECTED:
        return
    if locked.state != GrantState.WITHHELD:
        raise CannotDecide(f"The grant is {_state(locked)}: it is not withheld.")
    _go_to(locked, GrantState.EXPECTED)
    locked.save()
    text = f"No longer withheld, and expected again: {reason}"
    _record(locked, GrantEvent.Kind.REINSTATED, actor, now, text, reason=reason)


def mark_paid(*, grant: Grant, how: str, actor: Membership, now: dt.datetime) -> None:
    """Write down that a grant, which the caller has locked, is paid: a step of `funding.paying`."""
    _go_to(grant, GrantState.PAID)
    grant.save()
    _record(grant, GrantEvent.Kind.PAID, actor, now, f"{pounds(grant.amount_pence)} paid {how}.")


# --- What the steps share -------------------------------------------------------------------------


def _locked(grant: Grant) -> Grant:
    return Grant.objects.select_for_update(of=("self",)).get(pk=grant.pk)


def _go_to(grant: Grant, state: GrantState) -> None:
    """Set the state, and clear what holds only in the one before: who approves it is set by `approve`."""
    assert state in GRANT_TRANSITIONS[GrantState(grant.state)], (grant.state, state)
    grant.state = state
    if state != GrantState.PAID:
        grant.approved_by = grant.approved_at = None
    grant.withheld_reason = ""


def _record(
    grant: Grant,
    kind: GrantEvent.Kind,
    actor: Membership | str,
    now: dt.datetime,
    text: str,
    *,
    reason: str = "",
    before: int | None = None,
) -> None:
    user: User | None = actor.user if isinstance(actor, Membership) else None
    GrantEvent.objects.create(
        hub_id=active_hub_id(),
        grant=grant,
        kind=kind,
        amount_pence=grant.amount_pence,
        amount_before_pence=before,
        reason=reason,
        happened_at=now,
        actor=user,
        actor_name=actor.user.name if isinstance(actor, Membership) else actor,
    )
    timeline.record(subject=grant, actor=actor, now=now, text=text)
    reminders.derive_soon()


def _on_a_list(grant: Grant) -> str:
    """That it is on a payment list, as a sentence: only an approved one can be."""
    if grant.state == GrantState.APPROVED:
        payment = grant.payments.filter(taken_back_at=None).select_related("payment_list").first()
        if payment:
            return f"The grant is on payment list {payment.payment_list.number}. Take that list back first."
    return ""


def _state(grant: Grant) -> str:
    return str(GrantState(grant.state).label).lower()


def _given(reason: str) -> str:
    if not reason.strip():
        raise ValueError("A decision on money says why.")
    return reason.strip()


def _refuse_odd_amount(amount_pence: int) -> None:
    if not 1 <= amount_pence <= MOST:
        raise ValueError(f"A grant is of up to {pounds(MOST)}.")

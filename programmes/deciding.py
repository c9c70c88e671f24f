"""What a hub decides on an expression of interest. Each is one transaction; a place or a refusal is one letter."""

from __future__ import annotations

import datetime as dt

from hubs import timeline
from hubs.models import Membership
from hubs.permissions import require
from programmes import letters, rivals
from programmes.models import LIVE, TRANSITIONS, Decision, ExpressionOfInterest, SchoolChange, State
from schools.models import School


class CannotDecide(Exception):
    """The expression does not stand where this decision can be made; the message is a sentence to show."""


def offer(*, expression: ExpressionOfInterest, actor: Membership, now: dt.datetime, words: str = "") -> None:
    """Offer a place; `words` are added to the letter. Offered already, nothing happens.

    Raises `NotAllowed` and `CannotDecide`.
    """
    _decide(expression, State.OFFERED, actor, now, words)


def decline(*, expression: ExpressionOfInterest, actor: Membership, now: dt.datetime, reason: str) -> None:
    """Decline, with a reason that the school reads. Declined already, nothing happens.

    Raises `NotAllowed`, `CannotDecide`, and `ValueError` without a reason.
    """
    if not reason.strip():
        raise ValueError("A school that is declined is told why.")
    _decide(expression, State.DECLINED, actor, now, reason)


def choose_part(*, expression: ExpressionOfInterest, part: School, actor: Membership, now: dt.datetime) -> None:
    """Say for which of the schools that its own has split into an expression is; said already, nothing happens.

    It is that school's from then on, and the other parts may send their own. Raises `NotAllowed`, and
    `CannotDecide` for a school that is no such part, or that has another one for the stage and year.
    """
    require(actor, "decide_expressions")
    locked = ExpressionOfInterest.objects.select_for_update(of=("self",)).select_related("school").get(pk=expression.pk)
    former = locked.school
    if former == part:
        return
    if part not in locked.parts:
        raise CannotDecide(f"{former.name} is not known to have split into {part.name} and others.")
    locked.school = part
    if locked.state in LIVE and (rival := rivals.rival_of(locked)):
        sent_as = rivals.sent_under(rival, locked)
        raise CannotDecide(f"{part.name} has sent {rival.reference}{sent_as} as well. Decline one of the two first.")
    locked.save(update_fields=["school"])
    SchoolChange.objects.unseen().filter(expression=locked).update(seen_at=now, seen_by=actor.user)
    text = f"It is for {part.name} ({part.urn_in_words}), one of the schools that {former.name} has become."
    timeline.record(subject=locked, actor=actor, now=now, text=text)


def _decide(expression: ExpressionOfInterest, outcome: State, actor: Membership, now: dt.datetime, words: str) -> None:
    require(actor, "decide_expressions")
    locked = (
        ExpressionOfInterest.objects.select_for_update(of=("self",))
        .select_related("hub", "school", "window__stage_year__stage")
        .get(pk=expression.pk)
    )
    if locked.state == outcome:
        return
    if outcome not in TRANSITIONS[State(locked.state)]:
        raise CannotDecide(
            f"{locked.reference} is {locked.get_state_display().lower()}, so it cannot be {outcome.label.lower()}."
        )
    if outcome == State.OFFERED and (rival := rivals.rival_of(locked)):
        _refuse_second_place(locked, rival)
    decision = Decision.objects.create(
        hub=locked.hub,
        expression=locked,
        outcome=outcome,
        words=words.strip(),
        decided_by=actor.user,
        decided_at=now,
    )
    locked.state = outcome
    locked.save(update_fields=["state"])
    said = f" {decision.words}" if decision.words else ""
    text = f"Offered a place.{said}" if outcome == State.OFFERED else f"Declined.{said}"
    timeline.record(subject=locked, actor=actor, now=now, text=text)
    letters.send_decision(expression=locked, decision=decision, now=now)


def _refuse_second_place(expression: ExpressionOfInterest, rival: ExpressionOfInterest) -> None:
    """Raise where the school's other expression comes first. Two that both wait may be decided in any order."""
    name, sent_as = expression.school_now.name, rivals.sent_under(rival, expression)
    if rival.state == State.OFFERED:
        raise CannotDecide(f"{name} has been offered a place already: {rival.reference}{sent_as}. Decline this one.")
    if expression.state == State.DECLINED:
        raise CannotDecide(f"{name} has sent {rival.reference}{sent_as} since then. Decide that one instead.")

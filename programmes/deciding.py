"""What a hub decides on an expression of interest. Each is one transaction and one letter."""

from __future__ import annotations

import datetime as dt

from hubs import timeline
from hubs.models import Membership
from hubs.permissions import require
from programmes import letters
from programmes.models import TRANSITIONS, Decision, ExpressionOfInterest, State


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
    if outcome == State.OFFERED and (rival := ExpressionOfInterest.objects.rivals_of(locked).first()):
        raise CannotDecide(f"{locked.school.name} has sent {rival.reference} since then. Decide that one instead.")
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

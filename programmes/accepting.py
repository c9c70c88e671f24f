"""How a school answers an offer. Its people have no account: they are known by name and role.

An answer is given once. Whoever comes second is told what was answered, and nothing is overwritten.
"""

from __future__ import annotations

import datetime as dt

from correspondence import reminders
from hubs import timeline
from programmes import letters, rivals
from programmes.agreement import agreement_of
from programmes.happenings import OfferAccepted, offer_accepted
from programmes.models import TRANSITIONS, Decision, ExpressionOfInterest, OfferAnswer, State
from programmes.queries import latest_offer

Answer = OfferAnswer.Answer


class CannotAnswer(Exception):
    """There is no offer that waits for an answer; the message is a sentence to show."""


class OfferWithdrawn(CannotAnswer):
    """The hub has withdrawn its offer meanwhile."""


class LinkReplaced(Exception):
    """The head's address was put right since the link was made: another one leads here."""


class AnsweredOtherwise(Exception):
    """The school has given the other answer; `answer` is it."""

    def __init__(self, answer: OfferAnswer) -> None:
        super().__init__(str(answer))
        self.answer = answer


class OfferChanged(Exception):
    """What is offered, or what the school would agree to, is not what the person has seen."""


class SchoolHasPlace(Exception):
    """The school has accepted a place in the stage and year already, under another URN; `existing` is it."""

    def __init__(self, existing: ExpressionOfInterest) -> None:
        super().__init__(existing.reference)
        self.existing = existing


def accept_offer(
    *,
    expression: ExpressionOfInterest,
    name: str,
    role: str,
    now: dt.datetime,
    seen: str | None = None,
    link_made_at: dt.datetime | None = None,
) -> OfferAnswer:
    """Accept the place that a school was offered, and keep what it agrees to word for word.

    Accepted already, that answer comes back as it was given, whoever gave it. `seen` is the seal of the agreement
    that the person has read, `link_made_at` when the link was made that she holds. Raises `AnsweredOtherwise`,
    `OfferChanged`, `SchoolHasPlace`, `LinkReplaced`, `OfferWithdrawn` and `CannotAnswer`.
    """
    locked, offer = _locked(expression, link_made_at)
    if given := _given(offer, Answer.ACCEPTED):
        return given
    _require_to_be_answered(locked, State.ACCEPTED)
    agreement = agreement_of(locked, offer.promises)
    if seen is not None and seen != agreement.seal(offer):
        raise OfferChanged
    if locked.has_other_urns and (rival := rivals.rival_of(locked)) and rival.state == State.ACCEPTED:
        raise SchoolHasPlace(rival)
    answer = OfferAnswer.objects.create(
        hub=locked.hub,
        expression=locked,
        offer=offer,
        answer=Answer.ACCEPTED,
        name=name,
        role=role,
        agreement=agreement.in_words(),
        grant_pence=agreement.grant_pence,
        grant_condition=agreement.grant_condition,
        answered_at=now,
    )
    with timeline.in_one_query():
        _write_down(locked, answer, "Accepted the place.", now)
        offer_accepted.tell(OfferAccepted(expression=locked, answer=answer, now=now))
    reminders.derive_soon()
    return answer


def turn_down_offer(
    *,
    expression: ExpressionOfInterest,
    name: str,
    role: str,
    reason: str,
    now: dt.datetime,
    seen: str | None = None,
    link_made_at: dt.datetime | None = None,
) -> OfferAnswer:
    """Turn down the place that a school was offered, with a reason that the hub reads.

    Turned down already, that answer comes back as it was given. `seen` is the seal of what the person has read,
    `link_made_at` when the link was made that she holds. Raises `AnsweredOtherwise`, `OfferChanged`, `LinkReplaced`,
    `OfferWithdrawn`, `CannotAnswer`, and `ValueError` without a reason.
    """
    if not reason.strip():
        raise ValueError("Who turns a place down says why.")
    locked, offer = _locked(expression, link_made_at)
    if given := _given(offer, Answer.TURNED_DOWN):
        return given
    _require_to_be_answered(locked, State.TURNED_DOWN)
    if seen is not None and seen != agreement_of(locked, offer.promises).seal(offer):
        raise OfferChanged
    answer = OfferAnswer.objects.create(
        hub=locked.hub,
        expression=locked,
        offer=offer,
        answer=Answer.TURNED_DOWN,
        name=name,
        role=role,
        reason=reason.strip(),
        answered_at=now,
    )
    _write_down(locked, answer, f"Turned the place down. {answer.reason}", now)
    reminders.derive_soon()
    return answer


def answer_to(offer: Decision) -> OfferAnswer | None:
    """What the school has answered to an offer, if it has; read with it by `queries.latest_offer`."""
    answer: OfferAnswer | None = getattr(offer, "answer", None)
    return answer


def require_current_link(expression: ExpressionOfInterest, link_made_at: dt.datetime) -> None:
    """Raise `LinkReplaced` for a link that was made before the head's address was put right; links say the second."""
    since = expression.links_from
    if since and link_made_at < since.replace(microsecond=0):
        raise LinkReplaced


def _locked(
    expression: ExpressionOfInterest, link_made_at: dt.datetime | None
) -> tuple[ExpressionOfInterest, Decision]:
    """The expression, locked, and the offer that is to be answered: the latest."""
    locked = (
        ExpressionOfInterest.objects.select_for_update(of=("self",))
        .select_related("hub", "school", "window__stage_year__stage")
        .with_other_urns()
        .get(pk=expression.pk)
    )
    if link_made_at:
        require_current_link(locked, link_made_at)
    offer = latest_offer(locked.pk)
    if offer is None:
        raise CannotAnswer(f"No place has been offered for {locked.reference or 'this expression of interest'}.")
    return locked, offer


def _given(offer: Decision, answer: Answer) -> OfferAnswer | None:
    given = answer_to(offer)
    if given and given.answer != answer:
        raise AnsweredOtherwise(given)
    return given


def _require_to_be_answered(expression: ExpressionOfInterest, answered: State) -> None:
    if expression.is_withdrawn:
        raise OfferWithdrawn(f"The offer of {expression.reference} is withdrawn.")
    if answered not in TRANSITIONS[State(expression.state)]:
        raise CannotAnswer(
            f"{expression.reference} is {expression.get_state_display().lower()}: no offer waits for an answer."
        )


def _write_down(expression: ExpressionOfInterest, answer: OfferAnswer, text: str, now: dt.datetime) -> None:
    expression.state = State(answer.answer)
    expression.save(update_fields=["state"])
    # Name and role may have 120 characters each; the timeline takes 200 for both.
    timeline.record(subject=expression, actor=f"{answer.name}, {answer.role}"[:200], now=now, text=text)
    letters.send_answer(expression=expression, answer=answer, now=now)

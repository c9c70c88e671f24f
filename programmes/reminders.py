"""Reminders of an offer that waits for the school's answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from correspondence.mornings import midnight_after, morning_by, morning_from
from correspondence.reminders import Rule, Wanted
from correspondence.writing import paragraphs
from hubs.wording import day, plain_day
from programmes.letters import Addressee, addressees, offer_link
from programmes.models import Decision, ExpressionOfInterest, State

_DAY = dt.timedelta(days=1)
_BEFORE = dt.timedelta(days=3)
# Whoever was offered a place so short before needs no reminder: the offer itself is one.
_FRESH = dt.timedelta(days=1)
# Then somebody rings the school.
_OF_USE_FOR = dt.timedelta(days=14)


@dataclass(frozen=True)
class OfferToAnswer:
    """Three days before the day by which an answer is asked for, until that day is over."""

    kind: str = "offer-to-answer"
    label: str = "Offer to answer"

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """To head and contact; the way to answer is the head's alone."""
        for offer, answer_by in _unanswered():
            due_at = morning_by(answer_by - _BEFORE)
            if due_at - offer.decided_at < _FRESH:
                continue
            expression = offer.expression
            for one in addressees(expression):
                yield Wanted(
                    slot=f"{self.kind}:{offer.pk}:{one.part}",
                    occurrence=answer_by.isoformat(),
                    due_at=due_at,
                    useless_at=midnight_after(answer_by),
                    recipient=one.address,
                    subject=f"Please answer by {day(answer_by)}: a place for {expression.school_now.name}",
                    text=_to_answer(expression, one, answer_by),
                    because=f"{expression.school_now.name} is asked to answer by {plain_day(answer_by)}.",
                    about=expression,
                )


@dataclass(frozen=True)
class OfferUnanswered:
    """The day after that day has passed."""

    kind: str = "offer-unanswered"
    label: str = "Offer not answered"

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """To the head."""
        for offer, answer_by in _unanswered():
            expression = offer.expression
            due_at = morning_from(answer_by + _DAY)
            for one in addressees(expression):
                if one.is_head:
                    yield Wanted(
                        slot=f"{self.kind}:{offer.pk}:{one.part}",
                        occurrence=answer_by.isoformat(),
                        due_at=due_at,
                        useless_at=due_at + _OF_USE_FOR,
                        recipient=one.address,
                        subject=f"We are waiting for your answer: a place for {expression.school_now.name}",
                        text=_unanswered_text(expression, one, answer_by),
                        because=f"{expression.school_now.name} was asked to answer by {plain_day(answer_by)}.",
                        about=expression,
                    )


OFFER_TO_ANSWER, OFFER_UNANSWERED = OfferToAnswer(), OfferUnanswered()
RULES: Sequence[Rule] = (OFFER_TO_ANSWER, OFFER_UNANSWERED)


def _unanswered() -> Iterable[tuple[Decision, dt.date]]:
    """The offers that wait for an answer, with the day by which it is asked for; those without one are not among them.

    Of a school that was offered a place again, the last offer.
    """
    offers = (
        Decision.objects.filter(outcome=State.OFFERED, expression__state=State.OFFERED)
        .select_related("expression__hub", "expression__school", "expression__window__stage_year__stage")
        .prefetch_related("expression__school__now")
        .order_by("decided_at", "pk")
    )
    latest = {offer.expression_id: offer for offer in offers}
    return [(offer, offer.answer_by) for offer in latest.values() if offer.answer_by is not None]


def _offered(expression: ExpressionOfInterest) -> str:
    stage_year = expression.stage_year
    return f"{expression.school_now.name} a place in {stage_year.title}, {stage_year.year_label}"


def _to_answer(expression: ExpressionOfInterest, one: Addressee, answer_by: dt.date) -> str:
    if one.is_head:
        asked = (
            f"Please answer by {day(answer_by)}. The headteacher, or somebody who answers for the school, accepts the "
            f"place or turns it down on this page. No account is needed:\n{offer_link(expression)}"
        )
    else:
        asked = (
            f"We have asked {expression.headteacher_name} to answer for the school by {day(answer_by)}, and have no "
            f"answer yet. The link for that is in our messages to {expression.headteacher_email}: please make sure "
            "that they are found."
        )
    return paragraphs(
        f"Dear {one.name},",
        f"We have offered {_offered(expression)}.",
        asked,
        f"Your reference: {expression.reference}",
        "If you have a question, reply to this message.",
        expression.hub.name,
    )


def _unanswered_text(expression: ExpressionOfInterest, one: Addressee, answer_by: dt.date) -> str:
    return paragraphs(
        f"Dear {one.name},",
        f"We have offered {_offered(expression)}, and asked for an answer by {day(answer_by)}. We have none yet.",
        "The place is still yours to accept or to turn down. If your school cannot take part, please turn it down, "
        f"so that we can offer the place to another school. No account is needed:\n{offer_link(expression)}",
        f"Your reference: {expression.reference}",
        "If you need more time, reply to this message and say until when.",
        expression.hub.name,
    )

"""How the tests of the pages on which a school answers an offer open and send them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from correspondence.models import Message
from hubs import tenancy
from hubs.links import make_token
from hubs.models import Role
from programmes import deciding
from programmes.models import ExpressionOfInterest, OfferAnswer, RecruitmentWindow, State
from schools.models import School
from tests import factories

REASON = "Our maths lead leaves at Easter.\r\n\r\n“Next year” <perhaps>."
PAGES = ["offer", "offer_accept", "offer_decline", "offer_answered"]
FORMS = ["offer_accept", "offer_decline"]
ANSWERED_BY = {"offer_accept": State.ACCEPTED, "offer_decline": State.TURNED_DOWN}


def an_offer(
    window: RecruitmentWindow, school: School | None = None, *, words: str = "", **fields: Any
) -> ExpressionOfInterest:
    """An expression whose school was offered a place and asked to answer within a week."""
    expression = factories.make_expression(window, school, **fields)
    offer_again(expression, words)
    return expression


def offer_again(expression: ExpressionOfInterest, words: str = "") -> None:
    """Offer it a place, once more after it was turned down."""
    now = timezone.now()
    lead = factories.make_member(expression.hub, Role.HUB_LEAD, "Olu Offerer")
    with tenancy.use(expression.hub):
        deciding.offer(
            expression=expression,
            actor=factories.membership_of(lead, expression.hub),
            now=now,
            words=words,
            answer_by=timezone.localdate(now) + dt.timedelta(days=7),
        )


def page_of(expression: ExpressionOfInterest, name: str = "offer") -> str:
    """The address of one of the pages, with a link as the letter has it."""
    return reverse(name, args=[make_token("offer-answer", hub_id=expression.hub_id, subject_id=expression.pk)])


def typed(client: Client, address: str, **answers: str) -> dict[str, str]:
    """What a form has in it when it is opened, and good answers to the rest."""
    form = client.get(address).context["form"]
    filled = {field.html_name: str(field.value() or "") for field in form}
    return {**filled, ("agreed" if "agreed" in filled else "reason"): "on" if "agreed" in filled else REASON, **answers}


def send(client: Client, expression: ExpressionOfInterest, page: str, **answers: str) -> Any:
    """Open a form and send it."""
    return client.post(page_of(expression, page), typed(client, page_of(expression, page), **answers))


def answers_to(expression: ExpressionOfInterest) -> list[OfferAnswer]:
    """What the school has answered, oldest first."""
    with tenancy.use(expression.hub_id):
        return list(expression.answers.order_by("pk"))


def letters_about(expression: ExpressionOfInterest) -> int:
    """How many letters there are."""
    with tenancy.use(expression.hub_id):
        return Message.objects.about(expression).count()

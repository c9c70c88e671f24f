"""What schools are written about their expressions of interest: wordings and who gets them."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from correspondence.outbox import queue_message
from hubs.links import make_token, public_url, without_tokens
from hubs.wording import moment
from programmes.models import Decision, ExpressionOfInterest, State

_CONFIRMATION = """\
Dear {name},

Thank you. {hub} has received your school's expression of interest.

Reference: {reference}
School: {school_in_full}
Stage: {stage}, {year}
Sent: {sent}

What happens next
{hub} will read it and write to you. You do not need to do anything now.

See what you sent, and where it stands:
{link}

If anything in it is wrong, or you have a question, reply to this message.

{hub}
"""

_OFFER = """\
Dear {name},

We are pleased to offer {school} a place in {stage}, {year}.

Your reference: {reference}
{words}
What happens next
We will write to you about the Work Group your school will join and the dates of its meetings. If your \
school can no longer take part, reply to this message as soon as you can, so that we can offer the place \
to another school.

See what you sent, and where it stands:
{link}

{hub}
"""

_DECLINE = """\
Dear {name},

Thank you for expressing your school's interest in {stage}, {year}. We are sorry that we cannot offer {school} a place.

Your reference: {reference}
{words}
If you have a question, or want to talk about what else {hub} can offer your school, reply to this message.

{hub}
"""


def send_confirmation(*, expression: ExpressionOfInterest, now: dt.datetime) -> None:
    """Tell contact and head that it has arrived: once each, and one mail where they share an address."""
    subject = f"We have received your expression of interest: {expression.reference}"
    _send_to_school(expression, "eoi-received", f"eoi-received:{expression.pk}", subject, _CONFIRMATION, "", now)


def send_decision(*, expression: ExpressionOfInterest, decision: Decision, now: dt.datetime) -> None:
    """Tell contact and head what the hub decided."""
    kind = f"eoi-{decision.outcome}"
    subject = decision_subject(expression, State(decision.outcome))
    key = f"{kind}:{decision.pk}"
    _send_to_school(expression, kind, key, subject, _wording(State(decision.outcome)), decision.words, now)


def decision_subject(expression: ExpressionOfInterest, outcome: State) -> str:
    """The subject line of an offer or a refusal."""
    what = "A place for your school" if outcome == State.OFFERED else "Your expression of interest"
    return f"{what}: {expression.stage_year.title}, {expression.stage_year.year_label} ({expression.reference})"


def decision_preview(expression: ExpressionOfInterest, outcome: State, words: str) -> str:
    """The first letter that would go out, to be read before deciding: the head's, unless the address is shared."""
    return without_tokens(_fill(_wording(outcome), expression, _addressees(expression)[0][1], words))


def _addressees(expression: ExpressionOfInterest) -> list[tuple[str, str, str]]:
    """Who gets a letter: part, name and address. Where both share an address, it is the contact's."""
    people = {expression.headteacher_email.lower(): ("head", expression.headteacher_name, expression.headteacher_email)}
    people[expression.contact_email.lower()] = ("contact", expression.contact_name, expression.contact_email)
    return list(people.values())


def _wording(outcome: State) -> str:
    return _OFFER if outcome == State.OFFERED else _DECLINE


def _send_to_school(
    expression: ExpressionOfInterest, kind: str, key: str, subject: str, wording: str, words: str, now: dt.datetime
) -> None:
    for part, name, address in _addressees(expression):
        queue_message(
            kind=kind,
            key=f"{key}:{part}",
            recipients=[address],
            subject=subject,
            text=_fill(wording, expression, name, words),
            subject_of=expression,
            now=now,
        )


def _fill(wording: str, expression: ExpressionOfInterest, name: str, words: str) -> str:
    stage_year = expression.stage_year
    token = make_token("expression-confirmation", hub_id=expression.hub_id, subject_id=expression.pk)
    return wording.format(
        name=name,
        hub=expression.hub.name,
        school=expression.school_now.name,
        school_in_full=expression.school_in_full,
        reference=expression.reference,
        stage=stage_year.title,
        year=stage_year.year_label,
        sent=moment(expression.submitted_at),
        words=f"\n{words.strip()}\n" if words.strip() else "",
        link=public_url(reverse("expression_sent", args=[token])),
    )

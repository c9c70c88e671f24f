"""What schools are written about their expressions of interest: wordings and who gets them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from correspondence.models import Message
from correspondence.outbox import Letter, messages_about, queue_letters
from correspondence.sending import call_off
from hubs.links import make_token, public_url, without_tokens
from hubs.wording import day, moment
from programmes.agreement import agreement_of
from programmes.models import Decision, ExpressionOfInterest, OfferAnswer, State

# The kinds of letters with an offer: the first one, and those that a person sends once more.
_OFFERED, _AGAIN = "eoi-offered", "offer-again"
# All that say what the hub has decided.
_DECIDED = (_OFFERED, _AGAIN, "eoi-declined", "eoi-withdrawn")

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
{please_answer}
The headteacher, or somebody who answers for the school, accepts the place or turns it down on this page. \
No account is needed:
{offer_link}

What your school would agree to
{agreement}

What happens next
Once the place is accepted, we will write to you about the Work Group your school will join and the dates of \
its meetings. If your school cannot take part, please turn the place down on the same page, so that we can \
offer it to another school.

See what you sent, and where it stands:
{link}

{hub}
"""

# The contact's, where the head is somebody else: the head answers.
_OFFER_ANSWERED_BY_HEAD = """\
Dear {name},

We are pleased to offer {school} a place in {stage}, {year}.

Your reference: {reference}
{words}
What happens next
{head_asked}

What your school would agree to
{agreement}

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

_WITHDRAW = """\
Dear {name},

We have offered {school} a place in {stage}, {year}. We are sorry that we have to withdraw this offer: the link in our \
letter can no longer be used to accept the place. You do not need to do anything.

Your reference: {reference}
{words}
If you have a question, or want to talk about what else {hub} can offer your school, reply to this message.

{hub}
"""

_LINKS_ENDED = "Links in our earlier messages do not work any more. Please use this message instead."

_ACCEPTED = """\
Dear {name},

{who} has accepted a place in {stage}, {year}, for {school}, on {answered}.

Your reference: {reference}

What was agreed
{agreement}

What happens next
{hub} will put your school into a Work Group and write to you with the dates of its meetings. You do not need \
to do anything now, but please tell your two lead teachers.

See what you sent, and where it stands:
{link}

If anything in this is wrong, reply to this message. Keep it: it is your copy of what was agreed.

{hub}
"""

_TURNED_DOWN = """\
Dear {name},

{who} has turned down the place in {stage}, {year}, that {school} was offered, on {answered}.

Your reference: {reference}

The reason that was given
{reason}

We are sorry that it does not fit this time. If this is wrong, or your school changes its mind, reply to this \
message as soon as you can: we may be able to offer the place again.

{hub}
"""


def send_confirmation(*, expression: ExpressionOfInterest, now: dt.datetime) -> None:
    """Tell contact and head that it has arrived: once each, and one mail where they share an address."""
    subject = f"We have received your expression of interest: {expression.reference}"
    texts = {to: _fill(_CONFIRMATION, expression, to) for to in addressees(expression)}
    _send(texts, expression, kind="eoi-received", of=expression.pk, subject=subject, now=now)


def send_decision(*, expression: ExpressionOfInterest, decision: Decision, now: dt.datetime) -> None:
    """Tell contact and head what the hub decided; the way to answer an offer is the head's alone.

    What was written of earlier decisions, and has not gone out, goes out no more, and neither do their reminders.
    """
    call_off(messages_about(expression).filter(Q(kind__in=_DECIDED) | ~Q(slot="")), now=now)
    outcome = State(decision.outcome)
    agreement, answer_by = _agreement(expression, outcome), day(decision.answer_by)
    texts = {
        to: _decided(expression, to, outcome, decision.words, agreement, answer_by) for to in addressees(expression)
    }
    subject = decision_subject(expression, outcome)
    _send(texts, expression, kind=f"eoi-{outcome.value}", of=decision.pk, subject=subject, now=now)


def send_offer_again(
    *, expression: ExpressionOfInterest, offer: Decision, after: int | None, is_put_right: bool, now: dt.datetime
) -> None:
    """Send whoever answers the letter with an offer once more, with a new link; `after` is the last one before it.

    It takes the place of one that has not gone out. Where the address `is_put_right` all links before have ended:
    nothing with one goes out any more, and the contact gets the letter, too, with a new link.
    """
    head, *others = addressees(expression)
    to, words, earlier = [head], offer.words, messages_about(expression)
    if is_put_right:
        to, words = [head, *others], f"{_LINKS_ENDED}\n\n{words}"
    else:
        earlier = earlier.filter(kind__in=(_OFFERED, _AGAIN), recipients=[head.address])
    call_off(earlier, now=now)
    answer_by = "" if offer.is_late_on(timezone.localdate(now)) else day(offer.answer_by)
    agreement = _agreement(expression, State.OFFERED)
    texts = {one: _decided(expression, one, State.OFFERED, words, agreement, answer_by) for one in to}
    subject = f"Sent again: {decision_subject(expression, State.OFFERED)}"
    _send(texts, expression, kind=_AGAIN, of=f"{expression.pk}:{after}", subject=subject, now=now)


def last_offer_letter(expression: ExpressionOfInterest) -> Message | None:
    """The last letter with an offer that was written to whoever answers it."""
    head = addressees(expression)[0]
    return messages_about(expression).filter(kind__in=(_OFFERED, _AGAIN), recipients=[head.address]).first()


def send_answer(*, expression: ExpressionOfInterest, answer: OfferAnswer, now: dt.datetime) -> None:
    """Send contact and head a copy of what the school answered to an offer."""
    accepted = answer.answer == OfferAnswer.Answer.ACCEPTED
    kind = "offer-accepted" if accepted else "offer-turned-down"
    what = "Your school has accepted its place" if accepted else "Your school has turned its place down"
    subject = f"{what}: {expression.stage_year.title}, {expression.stage_year.year_label} ({expression.reference})"
    texts = {
        to: _fill(
            _ACCEPTED if accepted else _TURNED_DOWN,
            expression,
            to,
            who=f"{answer.name}, {answer.role},",
            answered=moment(answer.answered_at),
            agreement=answer.agreement,
            reason=answer.reason,
        )
        for to in addressees(expression)
    }
    _send(texts, expression, kind=kind, of=answer.pk, subject=subject, now=now)


def decision_subject(expression: ExpressionOfInterest, outcome: State) -> str:
    """The subject line of an offer, a refusal or a withdrawal."""
    subjects = {State.OFFERED: "A place for your school", State.WITHDRAWN: "Our offer of a place is withdrawn"}
    what = subjects.get(outcome, "Your expression of interest")
    return f"{what}: {expression.stage_year.title}, {expression.stage_year.year_label} ({expression.reference})"


def decision_preview(expression: ExpressionOfInterest, outcome: State, words: str, answer_by: str = "") -> str:
    """The first letter that would go out, to be read before deciding: the head's, unless the address is shared.

    `answer_by` is how to write the day by which an answer to an offer is asked for.
    """
    first = addressees(expression)[0]
    return without_tokens(_decided(expression, first, outcome, words, _agreement(expression, outcome), answer_by))


@dataclass(frozen=True)
class Addressee:
    """Somebody of the school who is written to; `is_head` says that the head reads it."""

    part: Literal["head", "contact"]
    name: str
    address: str
    is_head: bool


def addressees(expression: ExpressionOfInterest) -> list[Addressee]:
    """Head and contact, the head first. Where both share an address, it is the contact alone."""
    contact_is_head = expression.contact_email.lower() == expression.headteacher_email.lower()
    contact = Addressee("contact", expression.contact_name, expression.contact_email, contact_is_head)
    if contact_is_head:
        return [contact]
    return [Addressee("head", expression.headteacher_name, expression.headteacher_email, True), contact]


def offer_link(expression: ExpressionOfInterest) -> str:
    """The whole address of the page on which the school answers an offer."""
    token = make_token("offer-answer", hub_id=expression.hub_id, subject_id=expression.pk)
    return public_url(reverse("offer", args=[token]))


def _agreement(expression: ExpressionOfInterest, outcome: State) -> str:
    return agreement_of(expression).in_words() if outcome == State.OFFERED else ""


def _decided(
    expression: ExpressionOfInterest, to: Addressee, outcome: State, words: str, agreement: str, answer_by: str
) -> str:
    said = f"\n{words.strip()}\n" if words.strip() else ""
    if outcome != State.OFFERED:
        return _fill(_WITHDRAW if outcome == State.WITHDRAWN else _DECLINE, expression, to, words=said)
    if to.is_head:
        please = f"Please answer by {answer_by}" if answer_by else "Please answer as soon as you can"
        link = offer_link(expression)
        return _fill(_OFFER, expression, to, words=said, please_answer=please, offer_link=link, agreement=agreement)
    head_asked = (
        f"We have asked {expression.headteacher_name} to answer for the school"
        f"{f' by {answer_by}' if answer_by else ''}. The link for that is in our message to "
        f"{expression.headteacher_email}: please make sure that it is found. Once the place is accepted, we will "
        "write to you both about the Work Group your school will join and the dates of its meetings."
    )
    return _fill(_OFFER_ANSWERED_BY_HEAD, expression, to, words=said, head_asked=head_asked, agreement=agreement)


def _send(
    texts: dict[Addressee, str],
    expression: ExpressionOfInterest,
    *,
    kind: str,
    of: int | str,
    subject: str,
    now: dt.datetime,
) -> None:
    """A letter each; `of` says what happened, mostly by its id, which has these letters once."""
    letters = [Letter(f"{kind}:{of}:{to.part}", to.address, text) for to, text in texts.items()]
    queue_letters(letters, kind=kind, subject=subject, subject_of=expression, now=now)


def _fill(wording: str, expression: ExpressionOfInterest, to: Addressee, **more: str) -> str:
    stage_year = expression.stage_year
    token = make_token("expression-confirmation", hub_id=expression.hub_id, subject_id=expression.pk)
    return wording.format(
        name=to.name,
        hub=expression.hub.name,
        school=expression.school_now.name,
        school_in_full=expression.school_in_full,
        reference=expression.reference,
        stage=stage_year.title,
        year=stage_year.year_label,
        sent=moment(expression.submitted_at),
        link=public_url(reverse("expression_sent", args=[token])),
        **more,
    )

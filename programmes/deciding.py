"""What a hub decides on an expression of interest. Each is one transaction; a place or a refusal is one letter."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from correspondence import reminders
from hubs import timeline
from hubs.locking import locked
from hubs.models import Membership
from hubs.permissions import require
from hubs.wording import plain_day
from programmes import letters, rivals
from programmes.happenings import SchoolChosen, school_chosen
from programmes.models import LIVE, TRANSITIONS, Decision, ExpressionOfInterest, SchoolChange, State
from programmes.queries import latest_offer
from schools.models import School


class CannotDecide(Exception):
    """The expression does not stand where this decision can be made; the message is a sentence to show."""


def offer(
    *,
    expression: ExpressionOfInterest,
    actor: Membership,
    now: dt.datetime,
    words: str = "",
    answer_by: dt.date | None = None,
) -> bool:
    """Offer a place; `words` are added to the letter, which asks for an answer by the day `answer_by`, if any.

    Whether it is this that did it: offered already, nothing happens. Raises `NotAllowed` and `CannotDecide`.
    """
    return _decide(expression, State.OFFERED, actor, now, words, answer_by)


def decline(*, expression: ExpressionOfInterest, actor: Membership, now: dt.datetime, reason: str) -> bool:
    """Decline, with a reason that the school reads.

    Whether it is this that did it: declined already, nothing happens. Raises `NotAllowed`, `CannotDecide`, and
    `ValueError` without a reason.
    """
    if not reason.strip():
        raise ValueError("A school that is declined is told why.")
    return _decide(expression, State.DECLINED, actor, now, reason)


def withdraw(
    *, expression: ExpressionOfInterest, offer_id: int | None, actor: Membership, now: dt.datetime, reason: str
) -> bool:
    """Withdraw an offer that nobody has answered, with a reason that the school reads.

    Whether it is this that did it: withdrawn already, nothing happens. `offer_id` is the offer that the person has
    seen. Raises `NotAllowed`, `CannotDecide`, also where another offer waits by now, and `ValueError` without a reason.
    """
    if not reason.strip():
        raise ValueError("A school whose offer is withdrawn is told why.")
    return _decide(expression, State.WITHDRAWN, actor, now, reason, offer_id=offer_id)


def send_offer_again(
    *, expression: ExpressionOfInterest, actor: Membership, now: dt.datetime, address: str, letter_id: int | None
) -> bool:
    """Send the head the letter with an offer that waits once more, with a new link; whether it is this that did it.

    `letter_id` is the last such letter that the person has seen: after a later one, as after a second click or of
    another offer, nothing is sent. Another address is the head's from then on: all links of the expression that were
    made before lead nowhere any more, and a contact who is somebody else gets the letter, too. Raises `NotAllowed`
    and `CannotDecide`.
    """
    require(actor, "decide_expressions")
    found = locked(
        ExpressionOfInterest.objects.select_related("hub", "school", "window__stage_year__stage"), expression.pk
    )
    offer = latest_offer(found.pk)
    if offer is None or not found.waits_for_answer:
        raise CannotDecide(f"{found.reference} is {found.get_state_display().lower()}: no offer waits for an answer.")
    last = letters.last_offer_letter(found)
    if (last.pk if last else None) != letter_id:
        return False
    text = f"Sent the letter with the offer again, to {address}."
    is_put_right = address.lower() != found.headteacher_email.lower()
    if is_put_right:
        field = "contact_email" if found.contact_is_head else "head_email"
        setattr(found, field, address)
        found.links_from = now
        found.save(update_fields=[field, "links_from"])
        text += " That is the headteacher's address from now on: links in earlier messages lead nowhere any more."
        text += "".join(f" {one.name} is sent it as well." for one in letters.addressees(found) if not one.is_head)
    timeline.record(subject=found, actor=actor, now=now, text=text)
    letters.send_offer_again(expression=found, offer=offer, after=letter_id, is_put_right=is_put_right, now=now)
    reminders.derive_soon()
    return True


def choose_part(*, expression: ExpressionOfInterest, part: School, actor: Membership, now: dt.datetime) -> None:
    """Say for which of the schools that its own has split into an expression is; said already, nothing happens.

    It is that school's from then on, and the other parts may send their own. Raises `NotAllowed`, and
    `CannotDecide` for a school that is no such part, or that has another one for the stage and year.
    """
    require(actor, "decide_expressions")
    found = locked(ExpressionOfInterest.objects.select_related("school"), expression.pk, no_key=False)
    former = found.school
    if former == part:
        return
    if part not in found.parts:
        raise CannotDecide(f"{former.name} is not known to have split into {part.name} and others.")
    found.school = part
    if found.state in LIVE and (rival := rivals.rival_of(found)):
        sent_as = rivals.sent_under(rival, found)
        raise CannotDecide(f"{part.name} has sent {rival.reference}{sent_as} as well. {_way_out(found, rival)}")
    # A room above may have a word against it: then all of it is as before.
    with transaction.atomic():
        found.save(update_fields=["school"])
        SchoolChange.objects.unseen().filter(expression=found).update(seen_at=now, seen_by=actor.user)
        text = f"It is for {part.name} ({part.urn_in_words}), one of the schools that {former.name} has become."
        timeline.record(subject=found, actor=actor, now=now, text=text)
        school_chosen.tell(SchoolChosen(expression=found, former=former, actor=actor, now=now))
    reminders.derive_soon()


def _decide(
    expression: ExpressionOfInterest,
    outcome: State,
    actor: Membership,
    now: dt.datetime,
    words: str,
    answer_by: dt.date | None = None,
    *,
    offer_id: int | None = None,
) -> bool:
    """Write a decision down, with its letters, in place of earlier ones that have not gone out.

    Whether it is this that did it. A withdrawal is of the offer `offer_id`, and of no other.
    """
    require(actor, "decide_expressions")
    found = locked(
        ExpressionOfInterest.objects.select_related("hub", "school", "window__stage_year__stage"), expression.pk
    )
    if found.state == outcome:
        return False
    if outcome not in TRANSITIONS[State(found.state)]:
        raise CannotDecide(
            f"{found.reference} is {found.get_state_display().lower()}, so it cannot be {outcome.label.lower()}."
        )
    if outcome == State.WITHDRAWN and (waiting := latest_offer(found.pk)) and waiting.pk != offer_id:
        raise CannotDecide(
            f"{found.school_now.name} has been offered a place again since you opened this page. Nothing was "
            "withdrawn: read the offer that waits first."
        )
    if answer_by and answer_by <= timezone.localdate(now):
        raise CannotDecide("Choose a day that is still to come for the school's answer.")
    if outcome == State.OFFERED and (rival := rivals.rival_of(found)):
        _refuse_second_place(found, rival)
    decision = Decision.objects.create(
        hub=found.hub,
        expression=found,
        outcome=outcome,
        words=words.strip(),
        answer_by=answer_by,
        decided_by=actor.user,
        decided_at=now,
    )
    found.state = outcome
    found.save(update_fields=["state"])
    said = f" {decision.words}" if decision.words else ""
    asked = f" To be answered by {plain_day(answer_by)}." if answer_by else ""
    done = {State.OFFERED: f"Offered a place.{asked}", State.DECLINED: "Declined.", State.WITHDRAWN: "Offer withdrawn."}
    timeline.record(subject=found, actor=actor, now=now, text=f"{done[outcome]}{said}")
    letters.send_decision(expression=found, decision=decision, now=now)
    reminders.derive_soon()
    return True


def _refuse_second_place(expression: ExpressionOfInterest, rival: ExpressionOfInterest) -> None:
    """Raise where the school's other expression comes first. Two that both wait may be decided in any order."""
    name, other = expression.school_now.name, f"{rival.reference}{rivals.sent_under(rival, expression)}"
    if rival.state in (State.OFFERED, State.ACCEPTED):
        has = "has accepted a place" if rival.state == State.ACCEPTED else "has been offered a place"
        raise CannotDecide(
            f"{name} {has} already: {other}.{' Decline this one.' if expression.can_be_declined else ''}"
        )
    if expression.state in (State.DECLINED, State.TURNED_DOWN, State.WITHDRAWN):
        raise CannotDecide(f"{name} has sent {other} since then. Decide that one instead.")


def _way_out(expression: ExpressionOfInterest, rival: ExpressionOfInterest) -> str:
    """What to do where two live expressions would be one school's."""
    match [each for each in (expression, rival) if each.can_be_declined]:
        case [one]:
            return f"Decline {one.reference} first."
        case [_, _]:
            return "Decline one of the two first."
    if State.OFFERED in (expression.state, rival.state):
        return "Ask the school to turn one of the two places down first."
    return "Both have accepted a place: one of them has to choose another part."

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db.utils import IntegrityError
from django.utils import timezone

from correspondence import deriving
from correspondence.models import Message
from correspondence.models import State as MessageState
from hubs import tenancy, timeline
from hubs.links import make_token
from hubs.models import Hub, Membership, Role
from hubs.permissions import NotAllowed
from programmes import accepting, deciding
from programmes.models import Decision, ExpressionOfInterest, OfferAnswer, RecruitmentWindow, State
from tests import factories
from tests.locks import begin_meanwhile
from tests.programmes.conftest import reload

REASON = "The funding for this stage has ended."


@pytest.fixture
def offered(sent: ExpressionOfInterest, decider: Membership, now: dt.datetime) -> ExpressionOfInterest:
    """To be answered within a week."""
    with tenancy.use(sent.hub):
        by = timezone.localdate(now) + dt.timedelta(days=7)
        deciding.offer(expression=sent, actor=decider, now=now, answer_by=by)
    return reload(sent)


def withdraw(expression: ExpressionOfInterest, actor: Membership, now: dt.datetime, reason: str = REASON) -> None:
    with tenancy.use(expression.hub_id):
        deciding.withdraw(expression=expression, actor=actor, now=now, reason=reason)


def again(
    expression: ExpressionOfInterest, actor: Membership, now: dt.datetime, *, address: str = "", seen: int = 0
) -> bool:
    with tenancy.use(expression.hub_id):
        to = address or expression.headteacher_email
        return deciding.send_offer_again(expression=expression, actor=actor, now=now, address=to, seen=seen)


def accept(expression: ExpressionOfInterest, now: dt.datetime, link_made_at: dt.datetime | None = None) -> OfferAnswer:
    with tenancy.use(expression.hub_id):
        return accepting.accept_offer(
            expression=expression, name="Hana Head", role="Headteacher", now=now, link_made_at=link_made_at
        )


def letters(expression: ExpressionOfInterest, kind: str) -> list[Message]:
    with tenancy.use(expression.hub_id):
        return list(Message.objects.about(expression).filter(kind=kind).order_by("pk"))


def said(expression: ExpressionOfInterest) -> list[str]:
    with tenancy.use(expression.hub_id):
        return list(timeline.entries_of(expression).order_by("pk").values_list("text", flat=True))


def waiting_reminders(hub: Hub, now: dt.datetime) -> list[Message]:
    with tenancy.use(hub):
        deriving.bring_up_to_date(now=now)
        return list(Message.objects.reminders().filter(state=MessageState.QUEUED).order_by("pk"))


# --- Withdrawn ----------------------------------------------------------------------------------


def test_an_offer_is_withdrawn_once_with_a_letter_to_each(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    for _ in range(2):
        withdraw(offered, decider, now)

    assert reload(offered).state == State.WITHDRAWN
    with tenancy.use(offered.hub_id):
        decision = Decision.objects.get(expression=offered, outcome=State.WITHDRAWN)
    assert (decision.words, decision.decided_by, decision.answer_by) == (REASON, decider.user, None)
    written = letters(offered, "eoi-withdrawn")
    assert len(written) == 2
    assert {REASON in one.text and "/offer/" not in one.text for one in written} == {True}
    assert written[0].subject.startswith("Our offer of a place is withdrawn: ")
    assert said(offered)[-1] == f"Offer withdrawn. {REASON}"


def test_its_reminders_vanish(hub: Hub, offered: ExpressionOfInterest, decider: Membership, now: dt.datetime) -> None:
    assert waiting_reminders(hub, now)

    withdraw(offered, decider, now)

    assert waiting_reminders(hub, now) == []


def test_who_may_not_decide_withdraws_nothing(offered: ExpressionOfInterest, hub: Hub, now: dt.datetime) -> None:
    mina = factories.membership_of(factories.make_member(hub, Role.MASTERY_SPECIALIST, "Mina"), hub)

    with pytest.raises(NotAllowed):
        withdraw(offered, mina, now)
    with pytest.raises(NotAllowed):
        again(offered, mina, now)

    assert reload(offered).state == State.OFFERED
    assert letters(offered, "offer-again") == []


def test_it_needs_a_reason(offered: ExpressionOfInterest, decider: Membership, now: dt.datetime) -> None:
    with pytest.raises(ValueError, match="told why"):
        withdraw(offered, decider, now, reason=" ")
    with pytest.raises(IntegrityError, match="withdrawn_with_a_reason"), tenancy.use(offered.hub_id):
        Decision.objects.create(
            hub=offered.hub, expression=offered, outcome="withdrawn", decided_by=decider.user, decided_at=now
        )


def test_what_is_answered_is_not_withdrawn(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    accept(offered, now)

    with pytest.raises(deciding.CannotDecide, match="is accepted, so it cannot be withdrawn"):
        withdraw(offered, decider, now)
    with pytest.raises(deciding.CannotDecide, match="is accepted: no offer waits for an answer"):
        again(offered, decider, now)


def test_it_can_be_offered_again_and_then_accepted(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    withdraw(offered, decider, now)
    with pytest.raises(accepting.OfferWithdrawn):
        accept(offered, now)

    with tenancy.use(offered.hub_id):
        deciding.offer(expression=offered, actor=decider, now=now + dt.timedelta(days=1))
    assert accept(offered, now + dt.timedelta(days=1)).answer == "accepted"


def test_a_school_that_has_applied_again_is_not_offered_the_withdrawn_place(
    window: RecruitmentWindow, offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    withdraw(offered, decider, now)
    newer = factories.make_expression(window, offered.school)

    with tenancy.use(offered.hub_id), pytest.raises(deciding.CannotDecide, match=f"has sent {newer.reference}"):
        deciding.offer(expression=offered, actor=decider, now=now)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["answer", "withdrawal"])
def test_an_answer_and_a_withdrawal_at_the_same_moment_are_one_of_the_two(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime, first: str
) -> None:
    refused: list[str] = []

    def try_to_accept() -> None:
        try:
            accept(offered, now)
        except accepting.OfferWithdrawn as refusal:
            refused.append(str(refusal))

    def try_to_withdraw() -> None:
        try:
            withdraw(offered, decider, now)
        except deciding.CannotDecide as refusal:
            refused.append(str(refusal))

    quicker, slower = try_to_accept, try_to_withdraw
    if first == "withdrawal":
        quicker, slower = slower, quicker
    with tenancy.use(offered.hub_id):
        quicker()
        other = begin_meanwhile(slower)
        assert other.is_alive()
    other.join()

    accepted = first == "answer"
    assert reload(offered).state == (State.ACCEPTED if accepted else State.WITHDRAWN)
    assert len(refused) == 1
    assert [bool(letters(offered, kind)) for kind in ("offer-accepted", "eoi-withdrawn")] == [accepted, not accepted]


# --- Sent again ---------------------------------------------------------------------------------


def test_the_letter_is_sent_again_to_the_head_alone_and_once_for_two_clicks(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    assert [again(offered, decider, now), again(offered, decider, now)] == [True, False]

    (letter,) = letters(offered, "offer-again")
    assert letter.recipients == [offered.headteacher_email]
    assert "/offer/" in letter.text
    assert letter.subject.startswith("Sent again: A place for your school: ")
    assert said(offered)[-1] == f"Sent the letter with the offer again, to {offered.headteacher_email}."
    assert reload(offered).offer_links_from is None

    assert again(offered, decider, now, seen=1)
    assert len(letters(offered, "offer-again")) == 2


@pytest.mark.parametrize("contact_is_head", [True, False])
def test_another_address_is_the_heads_from_then_on_and_ends_the_links_before(
    window: RecruitmentWindow, hub: Hub, decider: Membership, now: dt.datetime, contact_is_head: bool
) -> None:
    head: dict[str, Any] = {} if contact_is_head else {"head_name": "Hana Head", "head_email": "hana@wrong.example"}
    found = factories.make_expression(
        window, contact_is_head=contact_is_head, contact_email="cleo@school.example", **head
    )
    with tenancy.use(hub):
        by = timezone.localdate(now) + dt.timedelta(days=7)
        deciding.offer(expression=found, actor=decider, now=now, answer_by=by)
    found = reload(found)
    of_head = next(one for one in waiting_reminders(hub, now) if "/offer/" in one.text)
    old_link = make_token("offer-answer", hub_id=hub.pk, subject_id=found.pk, made_at=now - dt.timedelta(days=1))
    with tenancy.use(hub):
        old_text = re.sub(r"/offer/[^/]+/", f"/offer/{old_link}/", of_head.text)
        Message.objects.filter(pk=of_head.pk).update(text=old_text)

    later = now + dt.timedelta(hours=1)
    assert again(found, decider, later, address="hana@right.example")

    fresh = reload(found)
    assert (fresh.headteacher_email, fresh.offer_links_from) == ("hana@right.example", later)
    assert letters(found, "offer-again")[0].recipients == ["hana@right.example"]
    # What waits goes to the new address, too, with a link that was made since.
    after = {one.slot: one for one in waiting_reminders(hub, later)}
    assert after[of_head.slot].recipients == ["hana@right.example"]
    assert "/offer/" in after[of_head.slot].text
    assert old_link not in after[of_head.slot].text
    with pytest.raises(accepting.LinkReplaced):
        accept(found, later, link_made_at=later - dt.timedelta(seconds=1))
    assert accept(found, later, link_made_at=later.replace(microsecond=0)).answer == "accepted"


@pytest.mark.django_db(transaction=True)
def test_two_who_send_it_again_at_the_same_moment_send_one_letter(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    did: list[bool] = []
    with tenancy.use(offered.hub_id):
        did.append(again(offered, decider, now))
        other = begin_meanwhile(lambda: did.append(again(offered, decider, now)))
        assert other.is_alive()
    other.join()

    assert did == [True, False]
    assert len(letters(offered, "offer-again")) == 1


def test_after_the_day_to_answer_by_the_letter_asks_for_an_answer_soon(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    again(offered, decider, now + dt.timedelta(days=8))

    assert "Please answer as soon as you can\n" in letters(offered, "offer-again")[0].text

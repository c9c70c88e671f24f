from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db.utils import IntegrityError
from django.utils import timezone

from correspondence import deriving, sending
from correspondence.models import Message
from correspondence.models import State as MessageState
from hubs import tenancy, timeline
from hubs.links import make_token
from hubs.models import Hub, Membership, Role
from hubs.permissions import NotAllowed
from programmes import accepting, deciding
from programmes import letters as letters_of_programmes
from programmes.models import Decision, ExpressionOfInterest, OfferAnswer, RecruitmentWindow, State
from programmes.queries import latest_offer
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


def offer_of(expression: ExpressionOfInterest) -> int | None:
    with tenancy.use(expression.hub_id):
        offer = latest_offer(expression.pk)
    return offer.pk if offer else None


def withdraw(
    expression: ExpressionOfInterest,
    actor: Membership,
    now: dt.datetime,
    *,
    reason: str = REASON,
    offer_id: int | None = None,
) -> bool:
    """The offer that stands, or the one that a page had shown."""
    shown = offer_id or offer_of(expression)
    with tenancy.use(expression.hub_id):
        return deciding.withdraw(expression=expression, offer_id=shown, actor=actor, now=now, reason=reason)


def last_letter(expression: ExpressionOfInterest) -> int | None:
    with tenancy.use(expression.hub_id):
        letter = letters_of_programmes.last_offer_letter(expression)
    return letter.pk if letter else None


def again(
    expression: ExpressionOfInterest,
    actor: Membership,
    now: dt.datetime,
    *,
    address: str = "",
    letter_id: int | None = None,
) -> bool:
    """After the last letter, or the one that a page had shown as the last."""
    shown = letter_id or last_letter(expression)
    with tenancy.use(expression.hub_id):
        to = address or expression.headteacher_email
        return deciding.send_offer_again(expression=expression, actor=actor, now=now, address=to, letter_id=shown)


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
    assert [withdraw(offered, decider, now) for _ in range(2)] == [True, False]

    assert reload(offered).state == State.WITHDRAWN
    with tenancy.use(offered.hub_id):
        decision = Decision.objects.get(expression=offered, outcome=State.WITHDRAWN)
    assert (decision.words, decision.decided_by, decision.answer_by) == (REASON, decider.user, None)
    written = letters(offered, "eoi-withdrawn")
    assert len(written) == 2
    assert {REASON in one.text and "/offer/" not in one.text for one in written} == {True}
    assert written[0].subject.startswith("Our offer of a place is withdrawn: ")
    assert "the link in our letter can no longer be used to accept the place" in " ".join(written[0].text.split())
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


def test_the_offer_that_a_page_had_shown_is_withdrawn_and_no_other(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    shown, letter = offer_of(offered), last_letter(offered)
    withdraw(offered, decider, now)
    later = now + dt.timedelta(hours=1)
    with tenancy.use(offered.hub_id):
        deciding.offer(expression=offered, actor=decider, now=later)

    with pytest.raises(deciding.CannotDecide, match="has been offered a place again since you opened this page"):
        withdraw(offered, decider, later, offer_id=shown)
    assert not again(offered, decider, later, letter_id=letter)

    assert reload(offered).state == State.OFFERED
    assert len(letters(offered, "eoi-withdrawn")) == 2
    assert letters(offered, "offer-again") == []
    assert withdraw(offered, decider, later)


def test_what_was_written_of_a_withdrawn_offer_and_has_not_gone_out_goes_out_no_more(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    again(offered, decider, now)
    queued, failed = letters(offered, "eoi-offered")[1], letters(offered, "offer-again")[0]
    put_into_state(failed, MessageState.FAILED)

    withdraw(offered, decider, now)

    assert state_of(queued) == MessageState.CANCELLED
    assert state_of(failed) == MessageState.FAILED
    with tenancy.use(offered.hub_id), pytest.raises(sending.TooLate, match="what it says has changed"):
        sending.retry(message=failed, actor=decider, now=now)
    assert {one.state for one in letters(offered, "eoi-withdrawn")} == {MessageState.QUEUED}


@pytest.mark.parametrize("state", [MessageState.HELD, MessageState.UNCERTAIN])
def test_a_withdrawal_that_has_not_gone_out_is_none_after_a_new_offer(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime, state: MessageState
) -> None:
    withdraw(offered, decider, now)
    withdrawal = put_into_state(letters(offered, "eoi-withdrawn")[0], state)
    with tenancy.use(offered.hub_id):
        deciding.offer(expression=offered, actor=decider, now=now)

    with tenancy.use(offered.hub_id):
        withdrawal.refresh_from_db()
        assert sending.why_unwanted(withdrawal, now=now)
    assert {one.state for one in letters(offered, "eoi-offered")[2:]} == {MessageState.QUEUED}


def put_into_state(message: Message, state: MessageState) -> Message:
    """As a person has held it back, or as a mail server has left it."""
    tried: dict[str, Any] = {"claimed_at": message.queued_at, "attempts": 1, "last_error": "Refused."}
    with tenancy.use(message.hub_id):
        extra = {} if state == MessageState.HELD else tried
        Message.objects.filter(pk=message.pk).update(state=state, **extra)
        message.refresh_from_db()
    return message


def state_of(message: Message) -> str:
    with tenancy.use(message.hub_id):
        return Message.objects.get(pk=message.pk).state


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
    shown = last_letter(offered)
    assert [again(offered, decider, now, letter_id=shown) for _ in range(2)] == [True, False]

    (letter,) = letters(offered, "offer-again")
    assert letter.recipients == [offered.headteacher_email]
    assert "/offer/" in letter.text
    assert letter.subject.startswith("Sent again: A place for your school: ")
    assert said(offered)[-1] == f"Sent the letter with the offer again, to {offered.headteacher_email}."
    assert reload(offered).links_from is None

    assert again(offered, decider, now)
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
    assert (fresh.headteacher_email, fresh.links_from) == ("hana@right.example", later)
    to_head, *to_contact = letters(found, "offer-again")
    assert to_head.recipients == ["hana@right.example"]
    # Whose link has ended as well.
    assert [one.recipients for one in to_contact] == ([] if contact_is_head else [["cleo@school.example"]])
    for one in (to_head, *to_contact):
        assert "/expression-sent/" in one.text
        assert "Links in our earlier messages do not work any more" in one.text
        assert ("/offer/" in one.text) == (one is to_head)
    assert "links in earlier messages lead nowhere any more" in said(found)[-1]
    assert ("is sent it as well" in said(found)[-1]) != contact_is_head
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
    shown = last_letter(offered)
    with tenancy.use(offered.hub_id):
        did.append(again(offered, decider, now, letter_id=shown))
        other = begin_meanwhile(lambda: did.append(again(offered, decider, now, letter_id=shown)))
        assert other.is_alive()
    other.join()

    assert did == [True, False]
    assert len(letters(offered, "offer-again")) == 1


def test_after_the_day_to_answer_by_the_letter_asks_for_an_answer_soon(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    again(offered, decider, now + dt.timedelta(days=8))

    assert "Please answer as soon as you can\n" in letters(offered, "offer-again")[0].text


@pytest.mark.parametrize("state", [MessageState.HELD, MessageState.FAILED])
def test_to_another_address_nothing_written_before_goes_out_any_more(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime, state: MessageState
) -> None:
    before = [put_into_state(one, state) for one in letters(offered, "eoi-offered")]

    again(offered, decider, now, address="hana@right.example")

    with tenancy.use(offered.hub_id):
        for one in before:
            one.refresh_from_db()
            assert sending.why_unwanted(one, now=now)
    assert {state_of(one) for one in before} == {MessageState.CANCELLED if state == MessageState.HELD else state}


def test_to_the_same_address_only_the_heads_is_replaced(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    head, contact = letters(offered, "eoi-offered")

    again(offered, decider, now)

    assert (head.recipients, contact.recipients) == ([offered.headteacher_email], [offered.contact_email])
    assert (state_of(head), state_of(contact)) == (MessageState.CANCELLED, MessageState.QUEUED)


def test_a_reminder_has_a_new_link_when_the_address_was_put_back_before_the_reminders_are_derived(
    hub: Hub, offered: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    of_head = next(one for one in waiting_reminders(hub, now) if "/offer/" in one.text)
    old_link = make_token("offer-answer", hub_id=hub.pk, subject_id=offered.pk, made_at=now - dt.timedelta(days=1))
    with tenancy.use(hub):
        old_text = re.sub(r"/offer/[^/]+/", f"/offer/{old_link}/", of_head.text)
        Message.objects.filter(pk=of_head.pk).update(text=old_text, state=MessageState.HELD)

    again(offered, decider, now, address="hana@wrong.example")
    again(reload(offered), decider, now, address=offered.headteacher_email)

    with tenancy.use(hub):
        # Nor does it go out before they are.
        of_head.refresh_from_db()
        assert sending.why_unwanted(of_head, now=now)
        deriving.bring_up_to_date(now=now)
        of_head.refresh_from_db()
        assert not sending.why_unwanted(of_head, now=now)
    assert of_head.recipients == [offered.headteacher_email]
    assert of_head.state == MessageState.HELD
    assert "/offer/" in of_head.text
    assert old_link not in of_head.text

from __future__ import annotations

import datetime as dt

import pytest

from correspondence import delivery, mailbox, sending
from correspondence.models import TRANSITIONS, Message, State
from hubs import tenancy, timeline
from hubs.models import Hub, Membership, User
from hubs.permissions import NotAllowed
from tests.correspondence.conftest import Queue, in_state, reload
from tests.factories import membership_of

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def ada(administrator: User, hub: Hub) -> Membership:
    return membership_of(administrator, hub)


def retry(message: Message, actor: Membership, now: dt.datetime, *, sure: bool = False) -> Message:
    with tenancy.use(message.hub_id):
        return sending.retry(message=message, actor=actor, now=now, sure=sure)


def cancel(message: Message, actor: Membership, now: dt.datetime) -> Message:
    with tenancy.use(message.hub_id):
        return sending.cancel(message=message, actor=actor, now=now)


def timeline_of(message: Message) -> list[str]:
    with tenancy.use(message.hub_id):
        return [f"{entry.actor_name}: {entry.text}" for entry in timeline.entries_of(message)]


def test_a_failed_message_is_sent_again_from_the_beginning(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime
) -> None:
    message = in_state(queue(hub), State.FAILED)

    again = retry(message, ada, now + HOUR)

    assert (again.state, again.attempts, again.last_error) == (State.QUEUED, 0, "")
    assert timeline_of(message) == ["Ada Administrator: Sent again."]
    delivery.deliver(hub_id=hub.pk, message_id=message.pk, now=now + HOUR)
    assert reload(message).state == State.SENT
    assert [mail.message_id for mail in mailbox.mails()] == [message.message_id]


def test_an_uncertain_message_is_sent_again_only_by_somebody_who_is_sure(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime
) -> None:
    message = in_state(queue(hub), State.UNCERTAIN)

    with pytest.raises(sending.MayArriveTwice):
        retry(message, ada, now)
    assert reload(message).state == State.UNCERTAIN
    assert timeline_of(message) == []

    retry(message, ada, now, sure=True)
    assert reload(message).state == State.QUEUED
    assert timeline_of(message) == ["Ada Administrator: Sent again, although it may have arrived already."]


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING])
def test_sending_again_what_is_on_its_way_changes_nothing(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime, state: State
) -> None:
    message = in_state(queue(hub), state)

    assert retry(message, ada, now + HOUR, sure=True).state == state
    assert reload(message).not_before == message.not_before
    assert timeline_of(message) == []


@pytest.mark.parametrize("state", [State.SENT, State.CANCELLED])
def test_what_was_sent_or_cancelled_cannot_be_sent_again(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime, state: State
) -> None:
    message = in_state(queue(hub), state)

    with pytest.raises(sending.TooLate, match=r"cannot be sent again: it is (sent|cancelled)\."):
        retry(message, ada, now, sure=True)


def test_a_waiting_message_can_be_cancelled_and_is_not_sent(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime
) -> None:
    message = queue(hub)

    cancel(message, ada, now)
    cancel(message, ada, now)

    delivery.deliver(hub_id=hub.pk, message_id=message.pk, now=now)
    assert reload(message).state == State.CANCELLED
    assert mailbox.mails() == []
    assert timeline_of(message) == ["Ada Administrator: Cancelled: it will not be sent."]


@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.FAILED, State.UNCERTAIN])
def test_what_is_no_longer_waiting_cannot_be_cancelled(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime, state: State
) -> None:
    message = in_state(queue(hub), state)

    with pytest.raises(sending.TooLate, match="cannot be cancelled"):
        cancel(message, ada, now)
    assert reload(message).state == state


def test_a_mastery_specialist_may_neither_send_again_nor_cancel(
    hub: Hub, queue: Queue, specialist: User, now: dt.datetime
) -> None:
    mina = membership_of(specialist, hub)
    failed, waiting = in_state(queue(hub), State.FAILED), queue(hub)

    with pytest.raises(NotAllowed):
        retry(failed, mina, now)
    with pytest.raises(NotAllowed):
        cancel(waiting, mina, now)
    assert (reload(failed).state, reload(waiting).state) == (State.FAILED, State.QUEUED)


def test_every_state_has_its_row_in_the_table_of_transitions() -> None:
    assert set(TRANSITIONS) == set(State)

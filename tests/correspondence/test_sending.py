from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from correspondence import delivery, deriving, mailbox, sending
from correspondence.models import TRANSITIONS, Message, State
from hubs import tenancy, timeline
from hubs.links import make_token
from hubs.models import Hub, Membership, User
from hubs.permissions import NotAllowed
from tests.correspondence.conftest import Queue, in_state, reload
from tests.correspondence.rules import FakeRule
from tests.factories import membership_of

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
Act = Callable[..., Message]


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


# --- Before it goes ---------------------------------------------------------------------------


def act(verb: Act, message: Message, actor: Membership, now: dt.datetime) -> Message:
    with tenancy.use(message.hub_id):
        return verb(message=message, actor=actor, now=now)


def test_what_is_held_back_is_not_sent_until_it_is_let_go(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime
) -> None:
    message = queue(hub)

    act(sending.hold, message, ada, now)
    act(sending.hold, message, ada, now)
    delivery.deliver(hub_id=hub.pk, message_id=message.pk, now=now + HOUR)
    assert delivery.take_lost(hub_id=hub.pk, now=now + HOUR) == []
    assert (reload(message).state, mailbox.mails()) == (State.HELD, [])

    act(sending.release, message, ada, now + HOUR)
    act(sending.release, message, ada, now + HOUR)
    assert delivery.take_lost(hub_id=hub.pk, now=now + HOUR) == [message.pk]
    assert timeline_of(message) == [
        "Ada Administrator: Let go: it is sent in its time.",
        "Ada Administrator: Held back: it is not sent until somebody lets it go.",
    ]


def test_what_is_let_go_before_its_time_waits_for_it(hub: Hub, queue: Queue, ada: Membership, now: dt.datetime) -> None:
    message = queue(hub, not_before=now + 5 * HOUR)
    act(sending.hold, message, ada, now)
    act(sending.release, message, ada, now)

    assert delivery.take_lost(hub_id=hub.pk, now=now + 4 * HOUR) == []
    assert delivery.take_lost(hub_id=hub.pk, now=now + 5 * HOUR) == [message.pk]


@pytest.mark.parametrize("held", [False, True])
def test_what_waits_or_is_held_back_can_be_sent_at_once(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime, held: bool
) -> None:
    message = queue(hub, not_before=now + 5 * HOUR)
    if held:
        act(sending.hold, message, ada, now)

    act(sending.send_now, message, ada, now)

    delivery.deliver(hub_id=hub.pk, message_id=message.pk, now=now)
    assert reload(message).state == State.SENT
    assert timeline_of(message)[0] == "Ada Administrator: Sent at once."


@pytest.mark.parametrize(
    ("verb", "states"),
    [
        (sending.hold, [State.SENDING, State.SENT, State.FAILED, State.UNCERTAIN, State.CANCELLED]),
        (sending.release, [State.SENT, State.FAILED, State.UNCERTAIN, State.CANCELLED]),
        (sending.send_now, [State.SENT, State.FAILED, State.UNCERTAIN, State.CANCELLED]),
        (sending.retry, [State.HELD]),
    ],
)
def test_what_cannot_be_done_any_more_is_refused_in_words(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime, verb: Act, states: list[State]
) -> None:
    for state in states:
        message = in_state(queue(hub), state)
        with pytest.raises(sending.TooLate, match=r"^This message .*: it is .+\.$"):
            act(verb, message, ada, now)
        assert reload(message).state == state
        assert timeline_of(message) == []


@pytest.mark.parametrize("verb", [sending.release, sending.send_now])
def test_what_is_of_no_use_any_more_is_not_sent(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime, verb: Act
) -> None:
    message = in_state(queue(hub), State.HELD)
    with tenancy.use(hub):
        Message.objects.filter(pk=message.pk).update(useless_at=now)

    with pytest.raises(sending.TooLate, match="of no use any more"):
        act(verb, message, ada, now)
    assert reload(message).state == State.HELD


@pytest.mark.parametrize("verb", [sending.hold, sending.release, sending.send_now])
def test_a_mastery_specialist_may_not_touch_what_will_go_out(
    hub: Hub, queue: Queue, specialist: User, now: dt.datetime, verb: Act
) -> None:
    message = queue(hub)

    with pytest.raises(NotAllowed):
        act(verb, message, membership_of(specialist, hub), now)
    assert reload(message).state == State.QUEUED


# --- Reminders of what has changed --------------------------------------------------------------


def derive(hub: Hub, now: dt.datetime) -> list[Message]:
    """The hub's reminders as the engine leaves them, oldest first."""
    with tenancy.use(hub):
        deriving.bring_up_to_date(now=now)
        return list(Message.objects.reminders().order_by("pk"))


def states(hub: Hub) -> dict[str, str]:
    with tenancy.use(hub):
        return dict(Message.objects.reminders().values_list("key", "state"))


def test_a_failed_reminder_whose_date_has_moved_is_not_sent_beside_the_new_one(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime
) -> None:
    rule.want("fake:1", "21", now, useless_at=now + 9 * DAY)
    failed = in_state(derive(hub, now)[0], State.FAILED)
    rule.want("fake:1", "28", now + 7 * DAY)
    derive(hub, now)

    with pytest.raises(sending.TooLate, match="what it reminds of has changed"):
        retry(failed, ada, now)

    assert states(hub) == {"fake:1:21": State.FAILED, "fake:1:28": State.QUEUED}
    assert timeline_of(failed) == []


@pytest.mark.parametrize(
    ("verb", "state"),
    [(sending.retry, State.FAILED), (sending.release, State.HELD), (sending.send_now, State.QUEUED)],
)
def test_a_reminder_that_nobody_wants_any_more_is_not_sent(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime, verb: Act, state: State
) -> None:
    rule.want("fake:1", "21", now + DAY)
    reminder = in_state(derive(hub, now)[0], state)
    rule.wishes.clear()

    with pytest.raises(sending.TooLate, match="what it reminds of has changed"):
        act(verb, reminder, ada, now)

    assert reload(reminder).state == state
    assert timeline_of(reminder) == []


@pytest.mark.parametrize("state", [State.FAILED, State.UNCERTAIN])
def test_a_reminder_of_what_has_passed_is_not_said_to_be_on_its_way(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime, state: State
) -> None:
    rule.want("fake:1", "21", now, useless_at=now + HOUR)
    reminder = in_state(derive(hub, now)[0], state)

    with pytest.raises(sending.TooLate, match="of no use any more"):
        retry(reminder, ada, now + HOUR, sure=True)

    assert reload(reminder).state == state


def test_a_failed_reminder_that_is_still_wanted_is_sent_again(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime
) -> None:
    rule.want("fake:1", "21", now)
    failed = in_state(derive(hub, now)[0], State.FAILED)

    retry(failed, ada, now)
    derive(hub, now)

    assert states(hub) == {"fake:1:21": State.QUEUED}


def test_a_reminder_whose_date_has_come_back_takes_the_place_of_the_one_that_waits(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime
) -> None:
    rule.want("fake:1", "21", now, useless_at=now + 9 * DAY)
    rule.want("fake:2", "21", now)
    failed = in_state(derive(hub, now)[0], State.FAILED)
    rule.want("fake:1", "28", now + 7 * DAY)
    derive(hub, now)
    rule.want("fake:1", "21", now, useless_at=now + 9 * DAY)

    # Before the engine has run.
    retry(failed, ada, now)

    assert states(hub) == {"fake:1:21": State.QUEUED, "fake:1:28": State.CANCELLED, "fake:2:21": State.QUEUED}


# --- Several at once ------------------------------------------------------------------------------


def several(hub: Hub, messages: list[Message], wanted: State, actor: Membership, now: dt.datetime) -> sending.Several:
    with tenancy.use(hub):
        return sending.bring_several(keys=[one.pk for one in messages], wanted=wanted, actor=actor, now=now)


@pytest.mark.parametrize(
    ("verb", "wanted", "before"),
    [
        (sending.hold, State.HELD, State.QUEUED),
        (sending.release, State.QUEUED, State.HELD),
        (sending.cancel, State.CANCELLED, State.HELD),
    ],
)
def test_several_become_what_each_becomes_on_its_own(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime, verb: Act, wanted: State, before: State
) -> None:
    alone, *together = (in_state(queue(hub), before) for _ in range(3))
    with tenancy.use(hub):
        Message.objects.update(dispatched_at=now)
    act(verb, alone, ada, now)

    for _ in range(2):
        became = several(hub, together, wanted, ada, now)
        assert (became.done, became.refused) == (together, [])

    def facts(message: Message) -> list[object]:
        found = reload(message)
        return [found.state, found.cancelled_by_id, found.dispatched_at, found.not_before, timeline_of(message)]

    assert [facts(one) for one in together] == [facts(alone)] * 2
    assert facts(alone)[0] == wanted


def test_of_several_each_is_refused_for_its_own_reason(
    hub: Hub, queue: Queue, rule: FakeRule, ada: Membership, now: dt.datetime
) -> None:
    rule.want("fake:1", "21", now + DAY)
    rule.want("fake:2", "21", now + DAY)
    reminders = [in_state(one, State.HELD) for one in derive(hub, now)]
    rule.want("fake:2", "28", now + 7 * DAY)
    letter, useless, cancelled = (in_state(queue(hub), state) for state in [State.HELD, State.HELD, State.CANCELLED])
    with tenancy.use(hub):
        Message.objects.filter(pk=useless.pk).update(useless_at=now)

    became = several(hub, [*reminders, letter, useless, cancelled], State.QUEUED, ada, now)

    assert became.done == [reminders[0], letter]
    assert became.refused == [
        (reminders[1], "not wanted any more"),
        (useless, "of no use any more"),
        (cancelled, "cancelled"),
    ]
    assert [reload(one).state for one in (reminders[1], useless)] == [State.HELD] * 2
    assert timeline_of(reminders[1]) == []


def test_a_mastery_specialist_may_not_touch_several(hub: Hub, queue: Queue, specialist: User, now: dt.datetime) -> None:
    message = queue(hub)

    with pytest.raises(NotAllowed):
        several(hub, [message], State.CANCELLED, membership_of(specialist, hub), now)
    assert reload(message).state == State.QUEUED


# --- What is known afterwards --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        (State.QUEUED, State.CANCELLED),
        (State.HELD, State.CANCELLED),
        (State.SENDING, State.SENDING),
        (State.FAILED, State.FAILED),
        (State.UNCERTAIN, State.UNCERTAIN),
        (State.CANCELLED, State.CANCELLED),
        (State.SENT, State.SENT),
    ],
)
def test_what_is_called_off_does_not_go_out_any_more(
    hub: Hub, queue: Queue, ada: Membership, now: dt.datetime, state: State, becomes: State
) -> None:
    message = in_state(queue(hub), state)

    with tenancy.use(hub):
        sending.call_off(Message.objects.filter(pk=message.pk), now=now)

    after = reload(message)
    assert (after.state, after.cancelled_by) == (becomes, None)
    assert after.useless_at == (None if state == State.SENT else now)
    if state != State.SENDING:
        with pytest.raises(sending.TooLate):
            retry(message, ada, now, sure=True)


def test_a_reminder_that_is_called_off_stays_held_back_and_is_written_anew(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime
) -> None:
    def want(made_at: dt.datetime) -> str:
        token = make_token("offer-answer", hub_id=hub.pk, subject_id=7, made_at=made_at)
        rule.want("fake:1", "2026-12-01", now + DAY, text=f"Answer: https://hubs.example/offer/{token}/")
        return token

    old = want(now - DAY)
    with tenancy.use(hub):
        deriving.bring_up_to_date(now=now)
        message = Message.objects.get()
        sending.hold(message=message, actor=ada, now=now)
        sending.call_off(Message.objects.all(), now=now)
        with pytest.raises(sending.TooLate):
            sending.release(message=message, actor=ada, now=now)
    new = want(now)
    with tenancy.use(hub):
        deriving.bring_up_to_date(now=now)

    after = reload(message)
    assert after.state == State.HELD
    assert new in after.text
    assert old not in after.text


def test_who_cancelled_a_message_is_known(hub: Hub, queue: Queue, ada: Membership, now: dt.datetime) -> None:
    message = in_state(queue(hub), State.HELD)

    cancel(message, ada, now)

    assert (reload(message).state, reload(message).cancelled_by_id) == (State.CANCELLED, ada.user_id)


def test_every_state_has_its_row_in_the_table_of_transitions() -> None:
    assert set(TRANSITIONS) == set(State)

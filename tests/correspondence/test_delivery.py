from __future__ import annotations

import datetime as dt
import smtplib
import socket
import threading
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction

from correspondence import delivery, mailbox, sending
from correspondence.models import DeliveryAttempt, Message, Outcome, State
from correspondence.queries import attempts_of
from hubs import tenancy
from hubs.models import Hub, Role
from tests import factories
from tests.correspondence.backends import ScriptedBackend
from tests.correspondence.conftest import Queue, reload

MINUTE = dt.timedelta(minutes=1)
MailServer = type[ScriptedBackend]


def deliver(message: Message, now: dt.datetime) -> Message:
    delivery.deliver(hub_id=message.hub_id, message_id=message.pk, now=now)
    return reload(message)


def attempts(message: Message) -> list[DeliveryAttempt]:
    with tenancy.use(message.hub_id):
        return list(attempts_of(message))


def test_a_due_message_is_sent_with_its_fixed_message_id(hub: Hub, queue: Queue, now: dt.datetime) -> None:
    message = deliver(queue(hub), now)

    assert message.state == State.SENT
    assert message.sent_at is not None
    assert now <= message.sent_at < now + MINUTE
    (mail,) = mailbox.mails()
    assert mail.message_id == f"<{message.uuid}@hubadmin.invalid>"
    (attempt,) = attempts(message)
    assert (attempt.outcome, attempt.error, attempt.started_at) == (Outcome.SENT, "", now)


def test_absence_notices_are_told_not_to_answer(
    hub: Hub, queue: Queue, now: dt.datetime, mail_server: MailServer
) -> None:
    deliver(queue(hub), now)

    assert mail_server.sent[0].extra_headers["Auto-Submitted"] == "auto-generated"


def test_delivering_twice_sends_once(hub: Hub, queue: Queue, now: dt.datetime) -> None:
    message = deliver(queue(hub), now)
    deliver(message, now + MINUTE)

    assert len(mailbox.mails()) == 1
    assert len(attempts(message)) == 1


def test_a_message_is_not_sent_before_its_time(hub: Hub, queue: Queue, now: dt.datetime) -> None:
    message = queue(hub, not_before=now + MINUTE)

    assert deliver(message, now).state == State.QUEUED
    assert mailbox.mails() == []
    assert deliver(message, now + MINUTE).state == State.SENT


def test_another_hubs_message_is_out_of_reach(hub: Hub, other_hub: Hub, queue: Queue, now: dt.datetime) -> None:
    message = queue(hub)

    delivery.deliver(hub_id=other_hub.pk, message_id=message.pk, now=now)

    assert mailbox.mails() == []
    assert reload(message).state == State.QUEUED


@pytest.mark.django_db(transaction=True)
def test_delivering_inside_a_transaction_is_refused(queue: Queue, now: dt.datetime) -> None:
    message = queue(factories.make_hub("northvale"), not_before=now)

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        delivery.deliver(hub_id=message.hub_id, message_id=message.pk, now=now)


@pytest.mark.django_db(transaction=True)
def test_the_mail_goes_outside_any_transaction_when_the_claim_is_seen_by_all(
    queue: Queue, now: dt.datetime, mail_server: MailServer
) -> None:
    message = queue(factories.make_hub("northvale"))
    seen: list[tuple[bool, str]] = []
    mail_server.while_sending = lambda: seen.append((connection.in_atomic_block, reload(message).state))

    deliver(message, now)

    assert seen == [(False, State.SENDING)]


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_one_mail(queue: Queue, now: dt.datetime) -> None:
    message = queue(factories.make_hub("northvale"))
    together = threading.Barrier(4)

    def work() -> None:
        try:
            together.wait(timeout=10)
            delivery.deliver(hub_id=message.hub_id, message_id=message.pk, now=now)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert len(mailbox.mails()) == 1
    assert len(attempts(message)) == 1
    assert reload(message).state == State.SENT


@pytest.mark.django_db(transaction=True)
def test_a_second_worker_that_comes_while_the_first_is_sending_does_nothing(
    queue: Queue, now: dt.datetime, mail_server: MailServer
) -> None:
    message = queue(factories.make_hub("northvale"))
    # Runs within the first worker's sending: the second one is over before the first one has sent.
    mail_server.while_sending = lambda: delivery.deliver(hub_id=message.hub_id, message_id=message.pk, now=now)

    assert deliver(message, now).state == State.SENT
    assert len(mail_server.sent) == 1


# --- What goes wrong -------------------------------------------------------------------------

REFUSED_NOW = {"head@ashlane.example": (451, b"greylisted, head@ashlane.example")}
REFUSED_FOR_GOOD = {"head@ashlane.example": (550, b"no such user head@ashlane.example")}
TROUBLE = {
    "no connection": ("open", ConnectionRefusedError(), State.QUEUED, Outcome.TRY_AGAIN),
    "no such server": ("open", socket.gaierror(), State.QUEUED, Outcome.TRY_AGAIN),
    "server too slow to greet": ("open", TimeoutError(), State.QUEUED, Outcome.TRY_AGAIN),
    "wrong password": ("open", smtplib.SMTPAuthenticationError(535, b"no"), State.QUEUED, Outcome.TRY_AGAIN),
    "server busy": ("send", smtplib.SMTPSenderRefused(421, b"busy", "x"), State.QUEUED, Outcome.TRY_AGAIN),
    "greylisted": ("send", smtplib.SMTPRecipientsRefused(REFUSED_NOW), State.QUEUED, Outcome.TRY_AGAIN),
    "try later after data": ("send", smtplib.SMTPDataError(452, b"full"), State.QUEUED, Outcome.TRY_AGAIN),
    "no such user": ("send", smtplib.SMTPRecipientsRefused(REFUSED_FOR_GOOD), State.FAILED, Outcome.REFUSED),
    "spam": ("send", smtplib.SMTPDataError(554, b"spam"), State.FAILED, Outcome.REFUSED),
    "sender unknown": ("send", smtplib.SMTPSenderRefused(550, b"who", "x"), State.FAILED, Outcome.REFUSED),
    "address not ASCII": ("send", smtplib.SMTPNotSupportedError(), State.FAILED, Outcome.REFUSED),
    "no address": ("send", ValueError("bad address head@ashlane.example"), State.FAILED, Outcome.REFUSED),
    "hung up": ("send", smtplib.SMTPServerDisconnected(), State.UNCERTAIN, Outcome.UNCERTAIN),
    "no answer": ("send", TimeoutError(), State.UNCERTAIN, Outcome.UNCERTAIN),
    "connection reset": ("send", ConnectionResetError(), State.UNCERTAIN, Outcome.UNCERTAIN),
    "something else": ("send", smtplib.SMTPException(), State.UNCERTAIN, Outcome.UNCERTAIN),
}


@pytest.mark.parametrize(("step", "error", "state", "outcome"), TROUBLE.values(), ids=TROUBLE.keys())
def test_what_becomes_of_a_message_depends_on_what_went_wrong(
    hub: Hub,
    queue: Queue,
    now: dt.datetime,
    mail_server: MailServer,
    step: str,
    error: Exception,
    state: State,
    outcome: Outcome,
) -> None:
    mail_server.script[step] = error

    message = deliver(queue(hub), now)

    assert message.state == state
    (attempt,) = attempts(message)
    assert attempt.outcome == outcome
    assert attempt.error == message.last_error
    assert attempt.error.endswith(".")
    assert "@" not in attempt.error


def test_one_recipient_to_try_again_is_enough_to_try_again() -> None:
    error = smtplib.SMTPRecipientsRefused({"a@x.example": (550, b"no"), "b@x.example": (450, b"later")})

    assert delivery.judge(error).outcome == Outcome.TRY_AGAIN


def test_a_server_that_takes_nothing_without_a_word_has_not_sent(
    hub: Hub, queue: Queue, now: dt.datetime, mail_server: MailServer
) -> None:
    mail_server.script["take nothing"] = Exception()

    assert deliver(queue(hub), now).state == State.FAILED


def test_trouble_with_saying_goodbye_does_not_unsend_a_mail(
    hub: Hub, queue: Queue, now: dt.datetime, mail_server: MailServer
) -> None:
    mail_server.script["close"] = smtplib.SMTPServerDisconnected()

    assert deliver(queue(hub), now).state == State.SENT


def test_an_address_that_is_none_fails_for_good(hub: Hub, queue: Queue, now: dt.datetime, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.correspondence.test_delivery.CheckingBackend"

    message = deliver(queue(hub, recipients=["head@ashlane..example"]), now)

    assert (message.state, message.last_error) == (State.FAILED, "An address is not a valid e-mail address.")


class CheckingBackend(ScriptedBackend):
    """Prepares the addresses as Django's SMTP back end does."""

    def send_messages(self, email_messages: Any) -> int:
        from django.core.mail.message import sanitize_address

        for address in email_messages[0].recipients():
            sanitize_address(address, "utf-8")
        return 1


def test_an_error_that_is_not_of_mail_leaves_the_message_to_the_sweep(
    hub: Hub, queue: Queue, now: dt.datetime, mail_server: MailServer
) -> None:
    message = queue(hub)
    mail_server.script["send"] = TypeError()

    with pytest.raises(TypeError):
        deliver(message, now)

    assert reload(message).state == State.SENDING
    delivery.give_up_stuck(hub_id=hub.pk, now=now + 10 * MINUTE)
    assert reload(message).state == State.UNCERTAIN


def test_a_server_out_of_reach_is_tried_less_and_less_often_and_then_no_more(
    hub: Hub, queue: Queue, now: dt.datetime, mail_server: MailServer
) -> None:
    mail_server.script["open"] = ConnectionRefusedError()
    message = queue(hub)
    waits = []
    moment = now
    while (message := deliver(message, moment)).state == State.QUEUED:
        waits.append(round((message.not_before - moment) / MINUTE))
        moment = message.not_before
        assert delivery.take_lost(hub_id=hub.pk, now=moment) == [message.pk]

    assert waits == [1, 5, 30, 120, 360]
    assert message.state == State.FAILED
    assert len(attempts(message)) == 6


def test_what_is_called_off_while_it_is_being_sent_is_not_tried_again(
    hub: Hub, queue: Queue, now: dt.datetime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.script["send"] = smtplib.SMTPSenderRefused(421, b"busy", "x")
    judge = delivery.judge

    def meanwhile(error: Exception) -> delivery.Result:
        with tenancy.own_transaction(hub.pk):
            sending.call_off(Message.objects.all(), now=now)
        return judge(error)

    monkeypatch.setattr(delivery, "judge", meanwhile)
    message = deliver(queue(hub), now)

    assert message.state == State.CANCELLED
    assert [attempt.outcome for attempt in attempts(message)] == [Outcome.TRY_AGAIN]


def test_a_server_that_comes_back_gets_the_mail(
    hub: Hub, queue: Queue, now: dt.datetime, mail_server: MailServer
) -> None:
    mail_server.script["open"] = ConnectionRefusedError()
    message = deliver(queue(hub), now)
    mail_server.script.clear()

    message = deliver(message, message.not_before)

    assert (message.state, message.last_error) == (State.SENT, "")
    assert len(mail_server.sent) == 1
    assert [attempt.outcome for attempt in attempts(message)] == [Outcome.SENT, Outcome.TRY_AGAIN]


# --- Workers that die ------------------------------------------------------------------------


@pytest.fixture
def claimed(hub: Hub, queue: Queue, now: dt.datetime) -> Message:
    """A message whose worker died while sending."""
    message = queue(hub)
    claim = delivery._claim(hub_id=hub.pk, message_id=message.pk, now=now)
    assert claim is not None
    return claim


def test_a_message_that_hangs_in_sending_becomes_uncertain_after_ten_minutes(
    claimed: Message, now: dt.datetime
) -> None:
    assert delivery.give_up_stuck(hub_id=claimed.hub_id, now=now + 9 * MINUTE) == 0
    assert reload(claimed).state == State.SENDING

    assert delivery.give_up_stuck(hub_id=claimed.hub_id, now=now + 10 * MINUTE) == 1
    assert reload(claimed).state == State.UNCERTAIN
    assert [attempt.outcome for attempt in attempts(claimed)] == [Outcome.UNCERTAIN]


def test_an_uncertain_message_is_never_sent_again_by_itself(claimed: Message, now: dt.datetime) -> None:
    delivery.give_up_stuck(hub_id=claimed.hub_id, now=now + 10 * MINUTE)
    later = now + dt.timedelta(days=2)

    assert delivery.take_lost(hub_id=claimed.hub_id, now=later) == []
    assert deliver(claimed, later).state == State.UNCERTAIN
    assert mailbox.mails() == []
    assert delivery.give_up_stuck(hub_id=claimed.hub_id, now=later) == 0


def test_a_worker_given_up_for_dead_may_still_report(claimed: Message, now: dt.datetime) -> None:
    delivery.give_up_stuck(hub_id=claimed.hub_id, now=now + 10 * MINUTE)

    sent = delivery.Result(Outcome.SENT)
    delivery._finish(claimed, sent, started_at=now, finished_at=now + 11 * MINUTE)

    message = reload(claimed)
    assert (message.state, message.sent_at) == (State.SENT, now + 11 * MINUTE)


def test_a_late_report_does_not_touch_what_a_person_has_sent_again(claimed: Message, now: dt.datetime) -> None:
    delivery.give_up_stuck(hub_id=claimed.hub_id, now=now + 10 * MINUTE)
    ada = factories.membership_of(factories.make_member(claimed.hub, Role.ADMINISTRATOR, "Ada"), claimed.hub)
    with tenancy.use(claimed.hub_id):
        sending.retry(message=claimed, actor=ada, now=now + 11 * MINUTE, sure=True)

    failed = delivery.Result(Outcome.REFUSED, "The mail server refused the message.")
    delivery._finish(claimed, failed, started_at=now, finished_at=now + 12 * MINUTE)

    assert reload(claimed).state == State.QUEUED
    assert len(attempts(claimed)) == 2


# --- The sweep -------------------------------------------------------------------------------


def test_a_message_whose_task_was_lost_is_taken_after_two_minutes_and_once(
    hub: Hub, queue: Queue, now: dt.datetime
) -> None:
    message = queue(hub)

    assert delivery.take_lost(hub_id=hub.pk, now=now + MINUTE) == []
    assert delivery.take_lost(hub_id=hub.pk, now=now + 2 * MINUTE) == [message.pk]
    assert delivery.take_lost(hub_id=hub.pk, now=now + 3 * MINUTE) == []
    assert delivery.take_lost(hub_id=hub.pk, now=now + 4 * MINUTE) == [message.pk]


def test_one_sweep_takes_the_oldest_of_a_hub_and_not_too_many(
    hub: Hub, queue: Queue, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SWEEP_LIMIT", 2)
    waiting = [queue(hub, now=now - minutes * MINUTE) for minutes in (3, 5, 4)]

    assert delivery.take_lost(hub_id=hub.pk, now=now) == [waiting[1].pk, waiting[2].pk]
    assert delivery.take_lost(hub_id=hub.pk, now=now) == [waiting[0].pk]


def test_a_sweep_of_one_hub_leaves_another_hubs_messages(
    hub: Hub, other_hub: Hub, queue: Queue, now: dt.datetime
) -> None:
    queue(other_hub)

    assert delivery.take_lost(hub_id=hub.pk, now=now + 2 * MINUTE) == []


# --- Attempts stay as they were written ------------------------------------------------------


@pytest.mark.parametrize("change", ["UPDATE {} SET error = 'x'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_an_attempt(hub: Hub, queue: Queue, now: dt.datetime, change: str) -> None:
    deliver(queue(hub), now)

    with tenancy.use(hub), connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cursor.execute(change.format(DeliveryAttempt._meta.db_table))
        cursor.execute("SELECT count(*) FROM correspondence_deliveryattempt")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"outcome": "lost", "error": "x"}, "attempt_outcome_known"),
        ({"outcome": Outcome.SENT, "error": "x"}, "attempt_error_unless_sent"),
        ({"outcome": Outcome.REFUSED, "error": ""}, "attempt_error_unless_sent"),
    ],
)
def test_the_database_refuses_an_attempt_that_cannot_be(
    hub: Hub, queue: Queue, now: dt.datetime, values: dict[str, Any], constraint: str
) -> None:
    message = queue(hub)
    with tenancy.use(hub), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        DeliveryAttempt.objects.create(hub=hub, message=message, started_at=now, finished_at=now, **values)


def test_an_attempt_cannot_end_before_it_starts(hub: Hub, queue: Queue, now: dt.datetime) -> None:
    message = queue(hub)
    with tenancy.use(hub), pytest.raises(IntegrityError, match="ends_after_start"), transaction.atomic():
        DeliveryAttempt.objects.create(
            hub=hub, message=message, started_at=now, finished_at=now - MINUTE, outcome=Outcome.SENT
        )

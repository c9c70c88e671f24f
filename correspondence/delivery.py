"""Delivering a message: claim it, send it outside any transaction, write down how that ended."""

from __future__ import annotations

import datetime as dt
import smtplib
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formataddr

import structlog
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F

from correspondence.models import DeliveryAttempt, Message, Outcome, State
from hubs import tenancy

log = structlog.get_logger(__name__)

# How long to wait after the first, second … attempt that could not be made; after the last one it failed.
RETRY_AFTER = (
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=6),
)
# Of one hub in one sweep, so that a hub with a thousand mails does not keep the others waiting.
SWEEP_LIMIT = 200


@dataclass(frozen=True)
class Result:
    """How an attempt ended; `error` is a sentence for people, without addresses or server's text."""

    outcome: Outcome
    error: str = ""


def deliver(*, hub_id: int, message_id: int, now: dt.datetime) -> None:
    """Send one message if it is due and nobody else has claimed it; else do nothing.

    Not to be called inside a transaction: the claim must be seen by others before the mail goes.
    """
    started = time.monotonic()
    message = _claim(hub_id=hub_id, message_id=message_id, now=now)
    if message is None:
        return
    result = send(message)
    finished_at = now + dt.timedelta(seconds=time.monotonic() - started)
    _finish(message, result, started_at=now, finished_at=finished_at)


def send(message: Message) -> Result:
    """Hand a message to the mail server. An error that is no error of mail propagates.

    The message then stays claimed and becomes uncertain, as after the death of the worker.
    """
    connection: BaseEmailBackend = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail_server_unreachable", message_id=message.pk, error=type(error).__name__)
        return Result(Outcome.TRY_AGAIN, "The mail server could not be reached.")
    try:
        taken = as_email(message, connection).send()
    except (OSError, ValueError, smtplib.SMTPException) as error:
        log.warning("mail_not_sent", message_id=message.pk, error=type(error).__name__)
        return judge(error)
    finally:
        # What goes wrong with saying goodbye does not change what was sent.
        with suppress(OSError, smtplib.SMTPException):
            connection.close()
    return Result(Outcome.SENT) if taken else Result(Outcome.REFUSED, "The mail server did not take the message.")


def judge(error: Exception) -> Result:
    """What an error while sending means: a refusal for now, one for good, or nobody knows."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            if all(code >= 500 for code in codes):
                return Result(Outcome.REFUSED, "The recipient's mail server refused the address.")
            return Result(Outcome.TRY_AGAIN, "The recipient's mail server asked to try again later.")
        case smtplib.SMTPResponseException() if 400 <= error.smtp_code < 500:
            return Result(Outcome.TRY_AGAIN, "The mail server asked to try again later.")
        case smtplib.SMTPResponseException() if error.smtp_code >= 500:
            return Result(Outcome.REFUSED, "The mail server refused the message.")
        case smtplib.SMTPNotSupportedError():
            return Result(Outcome.REFUSED, "The mail server cannot send to an address of this form.")
        case ValueError():
            return Result(Outcome.REFUSED, "An address is not a valid e-mail address.")
    return Result(Outcome.UNCERTAIN, "The connection broke while sending: the mail may or may not have arrived.")


def as_email(message: Message, connection: BaseEmailBackend) -> EmailMessage:
    """The mail that a message stands for."""
    return EmailMessage(
        subject=message.subject,
        body=message.text,
        from_email=formataddr((message.from_name, message.from_address)),
        to=message.recipients,
        reply_to=[message.reply_to] if message.reply_to else None,
        # Auto-Submitted keeps absence notices from answering.
        headers={"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"},
        connection=connection,
    )


def give_up_stuck(*, hub_id: int, now: dt.datetime) -> int:
    """Make messages uncertain whose worker died while sending; returns how many.

    They are never sent again by themselves: the mail may have arrived.
    """
    result = Result(Outcome.UNCERTAIN, "Sending was interrupted: the mail may or may not have arrived.")
    with tenancy.use(hub_id):
        stuck = list(Message.objects.stuck(now).select_for_update(skip_locked=True))
        for message in stuck:
            _write_down(message, result, started_at=message.claimed_at or now, finished_at=now)
    if stuck:
        log.warning("messages_stuck", count=len(stuck))
    return len(stuck)


def take_lost(*, hub_id: int, now: dt.datetime) -> list[int]:
    """Ids of due messages that no worker knows of, oldest first; the caller dispatches them."""
    with tenancy.use(hub_id):
        lost = Message.objects.due(now).without_task(now).order_by("not_before")
        ids = list(lost.select_for_update(skip_locked=True).values_list("pk", flat=True)[:SWEEP_LIMIT])
        if ids:
            Message.objects.filter(pk__in=ids).update(dispatched_at=now)
    return ids


def _claim(*, hub_id: int, message_id: int, now: dt.datetime) -> Message | None:
    with tenancy.own_transaction(hub_id):
        due = Message.objects.due(now).filter(pk=message_id)
        if not due.update(state=State.SENDING, claimed_at=now, attempts=F("attempts") + 1):
            return None
        return Message.objects.get(pk=message_id)


def _finish(message: Message, result: Result, *, started_at: dt.datetime, finished_at: dt.datetime) -> None:
    with tenancy.own_transaction(message.hub_id):
        _write_down(message, result, started_at=started_at, finished_at=finished_at)


def _write_down(message: Message, result: Result, *, started_at: dt.datetime, finished_at: dt.datetime) -> None:
    """Add the attempt and move the message on, unless a person has sent it again meanwhile."""
    DeliveryAttempt.objects.create(
        hub_id=message.hub_id,
        message=message,
        started_at=started_at,
        finished_at=finished_at,
        outcome=result.outcome,
        error=result.error,
    )
    # Uncertain too: a worker that was given up may come back and know better.
    claim = Message.objects.filter(pk=message.pk, claimed_at=started_at)
    claim.filter(state__in=[State.SENDING, State.UNCERTAIN]).update(**_next(message, result, finished_at))
    if result.outcome == Outcome.TRY_AGAIN:
        # Called off while it was being sent: there is no second attempt.
        called_off = Message.objects.filter(pk=message.pk, slot="", state=State.QUEUED, useless_at__lte=finished_at)
        called_off.update(state=State.CANCELLED)


def _next(message: Message, result: Result, now: dt.datetime) -> dict[str, object]:
    match result.outcome:
        case Outcome.SENT:
            return {"state": State.SENT, "sent_at": now, "last_error": ""}
        case Outcome.UNCERTAIN:
            return {"state": State.UNCERTAIN, "last_error": result.error}
        case Outcome.TRY_AGAIN if message.attempts <= len(RETRY_AFTER):
            return {
                "state": State.QUEUED,
                "not_before": now + RETRY_AFTER[message.attempts - 1],
                "claimed_at": None,
                "dispatched_at": None,
                "last_error": result.error,
            }
    return {"state": State.FAILED, "last_error": result.error}

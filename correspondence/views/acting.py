"""What a person can do about a message, each after a page that says what it means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from correspondence import sending
from correspondence.forms import ActForm, SendAgainForm
from correspondence.models import Message, State
from hubs import listing
from hubs.access import MemberRequest, member
from hubs.layout import Look
from hubs.methods import form_page
from hubs.models import Membership
from hubs.wording import moment

# Who comes from the page of what will go out is led back to it.
UPCOMING = "upcoming"


class Verb(Protocol):
    """One of `correspondence.sending`."""

    def __call__(self, *, message: Message, actor: Membership, now: dt.datetime) -> Message:
        """Do it, or raise `sending.TooLate`."""


@dataclass(frozen=True)
class Act:
    """A verb, and how its page asks for it."""

    verb: Verb
    states: frozenset[State]
    question: str
    label: str
    # What it means, said before it is done; and what happened, said afterwards.
    meaning: Callable[[Message, dt.datetime], str]
    done: Callable[[Message, dt.datetime], str]
    look: Look = ""


def possible(message: Message, *, unwanted: str) -> set[str]:
    """What can be done about a message in its state: names of pages. `unwanted` as `why_not_again` says it."""
    found = {name for name, act in _ACTS.items() if message.state in act.states}
    may_be_sent_again = message.state in sending.CAN_BE_SENT_AGAIN and not unwanted
    return found | {"message_retry"} if may_be_sent_again else found


def why_not_again(message: Message, *, now: dt.datetime) -> str:
    """Why a message that was not sent is not wanted any more, as a sentence; nothing for all others."""
    return sending.why_unwanted(message, now=now) if message.state in sending.CAN_BE_SENT_AGAIN else ""


def url_of(request: MemberRequest, message: Message) -> str:
    """The page of a message."""
    return reverse("message", args=[request.hub.slug, message.pk])


@member("retry_messages")
@form_page
def message_retry(request: MemberRequest, *, message_id: int) -> HttpResponse:
    """Send a message again, after a page that says what may happen."""
    found = get_object_or_404(Message, pk=message_id)
    uncertain = found.state == State.UNCERTAIN
    data = request.POST if request.method == "POST" else None
    form = SendAgainForm(data, may_arrive_twice=uncertain, back_url=url_of(request, found))
    if request.method == "POST" and form.is_valid():
        sure = form.cleaned_data.get("sure", False)
        try:
            sending.retry(message=found, actor=request.membership, now=timezone.now(), sure=sure)
        except sending.TooLate as refusal:
            notices.info(request, str(refusal))
        except sending.MayArriveTwice:
            # It became uncertain while the person was reading: ask properly.
            return redirect("message_retry", request.hub.slug, found.pk)
        else:
            notices.success(request, "The message is on its way again.")
        return redirect(url_of(request, found))
    if unwanted := why_not_again(found, now=timezone.now()):
        notices.info(request, unwanted)
    elif found.state in sending.CAN_BE_SENT_AGAIN:
        context = {"message": found, "form": form, "back_url": url_of(request, found)}
        return render(request, "correspondence/message_retry.html", context)
    return redirect(url_of(request, found))


@member("retry_messages")
@form_page
def message_hold(request: MemberRequest, *, message_id: int) -> HttpResponse:
    """Hold a waiting message back."""
    return _act(request, "message_hold", message_id)


@member("retry_messages")
@form_page
def message_release(request: MemberRequest, *, message_id: int) -> HttpResponse:
    """Let a message go that is held back."""
    return _act(request, "message_release", message_id)


@member("retry_messages")
@form_page
def message_send_now(request: MemberRequest, *, message_id: int) -> HttpResponse:
    """Send a waiting message at once."""
    return _act(request, "message_send_now", message_id)


@member("retry_messages")
@form_page
def message_cancel(request: MemberRequest, *, message_id: int) -> HttpResponse:
    """Keep a waiting message from being sent."""
    return _act(request, "message_cancel", message_id)


def _act(request: MemberRequest, name: str, message_id: int) -> HttpResponse:
    found, act, now = get_object_or_404(Message, pk=message_id), _ACTS[name], timezone.now()
    if request.method == "POST":
        try:
            act.verb(message=found, actor=request.membership, now=now)
        except sending.TooLate as refusal:
            notices.info(request, str(refusal))
        else:
            notices.success(request, act.done(found, now))
        return redirect(_back_url(request, found))
    if found.state not in act.states:
        return redirect(url_of(request, found))
    back_url = _back_url(request, found)
    context = {
        "message": found,
        "question": act.question,
        "meaning": act.meaning(found, now),
        "form": ActForm(act.label, look=act.look, back_url=back_url),
        "back_url": back_url,
    }
    return render(request, "correspondence/message_act.html", context)


def _back_url(request: MemberRequest, found: Message) -> str:
    if request.GET.get("via") != UPCOMING:
        return url_of(request, found)
    filters = listing.filters_that_led_here(request)
    return reverse("upcoming", args=[request.hub.slug]) + (f"?{filters}" if filters else "")


# --- What is said ------------------------------------------------------------------------------


def _when(message: Message, now: dt.datetime) -> str:
    return f"on {moment(message.not_before)}" if message.not_before > now else "at once, as its time has come"


def _hold_means(message: Message, now: dt.datetime) -> str:
    said = "It is not sent until somebody lets it go."
    if message.slot:
        said += " If the date that it reminds of moves, it moves with it and stays held back."
    if message.useless_at:
        said += f" From {moment(message.useless_at)} on it is of no use any more, and is not sent at all."
    return said


def _cancel_means(message: Message, now: dt.datetime) -> str:
    said = "It will not be sent, and it cannot be queued again."
    return (
        f"{said} If the date that it reminds of moves, a new message is written for the new date."
        if message.slot
        else said
    )


def _send_now_means(message: Message, now: dt.datetime) -> str:
    if message.not_before <= now:
        return "It goes out at once."
    return f"It goes out at once, instead of on {moment(message.not_before)}. It is not sent a second time then."


_ACTS: dict[str, Act] = {
    "message_hold": Act(
        sending.hold,
        frozenset({State.QUEUED}),
        "Hold this message back?",
        "Hold it back",
        _hold_means,
        lambda message, now: "The message is held back. It is not sent until somebody lets it go.",
    ),
    "message_release": Act(
        sending.release,
        frozenset({State.HELD}),
        "Let this message go?",
        "Let it go",
        lambda message, now: f"It is sent {_when(message, now)}.",
        lambda message, now: f"The message is let go. It is sent {_when(message, now)}.",
    ),
    "message_send_now": Act(
        sending.send_now,
        frozenset({State.QUEUED, State.HELD}),
        "Send this message now?",
        "Send it now",
        _send_now_means,
        lambda message, now: "The message is on its way.",
    ),
    "message_cancel": Act(
        sending.cancel,
        frozenset({State.QUEUED, State.HELD}),
        "Cancel this message?",
        "Cancel the message",
        _cancel_means,
        lambda message, now: "The message is cancelled. It will not be sent.",
        look="warning",
    ),
}

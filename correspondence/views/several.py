"""Holding back, letting go or cancelling several messages: what is ticked, or all that match, is confirmed first."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace

from django.contrib import messages as notices
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from correspondence import queries, sending
from correspondence.models import Message, State
from correspondence.views.upcoming import end_of, filter_form, line_of
from hubs import listing
from hubs.access import MemberRequest, member
from hubs.layout import Look
from hubs.methods import form_page

# Each is a field of the form, of which a request may bring 500.
MOST_AT_ONCE = 400


@dataclass(frozen=True)
class Step:
    """What is done to several messages: the state they are to be in, and the words for it."""

    wanted: State
    title: str
    meaning: str
    # Round "12 messages": "Hold 12 messages back".
    button: tuple[str, str]
    # After "12 messages" and "12 messages not".
    done: str
    # Of all that match, those in this state; in any where there is none.
    among: State | None = None
    look: Look = ""


HOLD = Step(
    State.HELD,
    "Hold messages back",
    "They are not sent until somebody lets them go. If the date that a message reminds of moves, the message moves "
    "with it and stays held back.",
    ("Hold", "back"),
    "held back",
    among=State.QUEUED,
)
RELEASE = Step(
    State.QUEUED,
    "Let messages go",
    "Each is sent in its time, or at once where that has passed.",
    ("Let", "go"),
    "let go",
    among=State.HELD,
)
CANCEL = Step(
    State.CANCELLED,
    "Cancel messages",
    "They will not be sent, and they cannot be queued again. If the date that a message reminds of moves, a new "
    "message is written for the new date.",
    ("Cancel", ""),
    "cancelled",
    look="warning",
)


@member("retry_messages")
@form_page
def upcoming_hold(request: MemberRequest) -> HttpResponse:
    """Hold several waiting messages back."""
    return _page(request, HOLD)


@member("retry_messages")
@form_page
def upcoming_release(request: MemberRequest) -> HttpResponse:
    """Let several messages go that are held back."""
    return _page(request, RELEASE)


@member("retry_messages")
@form_page
def upcoming_cancel(request: MemberRequest) -> HttpResponse:
    """Keep several waiting messages from being sent."""
    return _page(request, CANCEL)


def _page(request: MemberRequest, step: Step) -> HttpResponse:
    now = timezone.now()
    filters = listing.filters_that_led_here(request)
    back_url = reverse("upcoming", args=[request.hub.slug]) + (f"?{filters}" if filters else "")
    if request.method == "POST":
        _do(request, step, now)
        return redirect(back_url)
    if request.GET.get("all"):
        chosen = filter_form(request).chosen
        if step.among:
            chosen = replace(chosen, state=step.among)
        matching = queries.upcoming(chosen, until=end_of(chosen, now))
        found, total = list(matching[:MOST_AT_ONCE]), matching.count()
    else:
        found = list(Message.objects.filter(pk__in=_ticked(request.GET)).order_by("pk"))
        total = len(found)
    obstacles = sending.what_keeps(found, step.wanted, now=now)
    lines = [line_of(request, message, now) for message in found if message.pk not in obstacles]
    before, after = step.button
    context = {
        "step": step,
        "lines": lines,
        "button": f"{before} {_counted(len(lines))} {after}".strip(),
        "refused": [(message, obstacles[message.pk]) for message in found if message.pk in obstacles],
        "left_out": _counted(len(obstacles)),
        "shown": len(found),
        "total": total,
        "back_url": back_url,
        "back_text": "What will go out",
    }
    return render(request, "correspondence/upcoming_several.html", context)


def _do(request: MemberRequest, step: Step, now: dt.datetime) -> None:
    """Do it to what was sent along, and say to how many it is done, and to which it is not and why."""
    became = sending.bring_several(keys=_ticked(request.POST), wanted=step.wanted, actor=request.membership, now=now)
    if became.done:
        notices.success(request, f"{_counted(len(became.done))} {step.done}.")
    refused: dict[str, list[str]] = defaultdict(list)
    for message, why in became.refused:
        refused[why].append(", ".join(message.recipients))
    for why, recipients in refused.items():
        they_are = "it is" if len(recipients) == 1 else "they are"
        to = ", ".join(sorted(recipients))
        notices.error(request, f"{_counted(len(recipients))} not {step.done}, as {they_are} {why}: to {to}.")
    if not became.done and not became.refused:
        notices.error(request, "Nothing was done: tick at least one message first.")


def _ticked(sent: QueryDict) -> list[int]:
    """The keys that were sent along."""
    values = sent.getlist("message")
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) <= 18]


def _counted(number: int) -> str:
    return "1 message" if number == 1 else f"{number} messages"

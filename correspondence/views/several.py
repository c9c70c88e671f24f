"""Holding back or cancelling several messages that wait: what is ticked, or all that match, is shown and confirmed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from correspondence import queries, sending
from correspondence.models import Message, State
from correspondence.views.acting import Verb
from correspondence.views.upcoming import end_of, filter_form, line_of
from hubs import listing
from hubs.access import MemberRequest, member
from hubs.layout import Look
from hubs.methods import form_page
from hubs.permissions import NotAllowed

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
    # After "not", and after "1 message" and "12 messages".
    done: str
    one_done: str
    several_done: str
    look: Look = ""


HOLD = Step(
    State.HELD,
    "Hold messages back",
    "They are not sent until somebody lets them go. If the date moves that one reminds of, it moves along and stays "
    "held back.",
    ("Hold", "back"),
    "held back",
    "is held back. It is not sent until somebody lets it go.",
    "are held back. They are not sent until somebody lets them go.",
)
CANCEL = Step(
    State.CANCELLED,
    "Cancel messages",
    "They will not be sent, and they cannot be queued again. If the date moves that one reminds of, there is a new one "
    "for that.",
    ("Cancel", ""),
    "cancelled",
    "is cancelled. It will not be sent.",
    "are cancelled. They will not be sent.",
    look="warning",
)


@member("retry_messages")
@form_page
def upcoming_hold(request: MemberRequest) -> HttpResponse:
    """Hold several waiting messages back."""
    return _page(request, HOLD, sending.hold)


@member("retry_messages")
@form_page
def upcoming_cancel(request: MemberRequest) -> HttpResponse:
    """Keep several waiting messages from being sent."""
    return _page(request, CANCEL, sending.cancel)


def _page(request: MemberRequest, step: Step, verb: Verb) -> HttpResponse:
    now = timezone.now()
    filters = listing.filters_that_led_here(request)
    back_url = reverse("upcoming", args=[request.hub.slug]) + (f"?{filters}" if filters else "")
    if request.method == "POST":
        _do(request, step, verb, _ticked(request.POST.getlist("message")))
        return redirect(back_url)
    if request.GET.get("all"):
        chosen = filter_form(request).chosen
        if step.wanted == State.HELD:
            chosen = replace(chosen, state=State.QUEUED)
        matching = queries.upcoming(chosen, until=end_of(chosen, now))
        found, total = list(matching[:MOST_AT_ONCE]), matching.count()
    else:
        found = _ticked(request.GET.getlist("message"))
        total = len(found)
    refused = [(message, why) for message in found if (why := sending.why_not(message, step.wanted))]
    left_out = {message.pk for message, _ in refused}
    lines = [line_of(request, message, now) for message in found if message.pk not in left_out]
    before, after = step.button
    context = {
        "step": step,
        "lines": lines,
        "counted": _counted(len(lines)),
        "button": f"{before} {_counted(len(lines))} {after}".strip(),
        "refused": refused,
        "left_out": _counted(len(refused)),
        "shown": len(found),
        "total": total,
        "back_url": back_url,
        "back_text": "What will go out",
    }
    return render(request, "correspondence/upcoming_several.html", context)


def _do(request: MemberRequest, step: Step, verb: Verb, chosen: Iterable[Message]) -> None:
    """Do it to each, and say to how many it is done, and to which it is not and why."""
    now = timezone.now()
    done = 0
    refused: dict[str, list[str]] = defaultdict(list)
    for message in chosen:
        try:
            verb(message=message, actor=request.membership, now=now)
            done += 1
        except (sending.TooLate, NotAllowed) as refusal:
            refused[str(refusal)].append(", ".join(message.recipients))
    if done:
        notices.success(request, f"{_counted(done)} {step.one_done if done == 1 else step.several_done}")
    for why, recipients in refused.items():
        notices.error(
            request, f"Not {step.done}: {_counted(len(recipients))}, to {', '.join(sorted(recipients))}. {why}"
        )
    if not done and not refused:
        notices.error(request, "Nothing was done: tick at least one message first.")


def _ticked(values: Iterable[str]) -> list[Message]:
    """The hub's messages among those that were sent along, in the order in which the engine locks them, too."""
    keys = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) <= 18]
    return list(Message.objects.filter(pk__in=keys).order_by("pk"))


def _counted(number: int) -> str:
    return "1 message" if number == 1 else f"{number} messages"

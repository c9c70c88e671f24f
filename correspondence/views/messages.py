"""The hub's messages: the list, and one message."""

from __future__ import annotations

from dataclasses import replace

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from correspondence import queries
from correspondence.forms import MessageFilter
from correspondence.models import WAITING, Message, State
from correspondence.views import acting
from correspondence.views.acting import url_of
from hubs import listing, timeline
from hubs.access import MemberRequest, member
from hubs.layout import Button
from hubs.links import without_tokens
from hubs.listing import Figure
from hubs.permissions import may
from hubs.summary import SummaryRow
from hubs.wording import moment

PAGE_SIZE = 50


@member("view_messages")
@require_safe
def message_list(request: MemberRequest) -> HttpResponse:
    """The hub's messages, newest first."""
    form = MessageFilter(request.GET)
    form.is_valid()
    words, state = form.cleaned_data.get("q", ""), form.cleaned_data.get("state", "")
    found = queries.messages_of_hub(state=state, words=words)
    context = {
        "form": form,
        "chosen": listing.chosen_filters(request, form),
        "clear_url": request.path,
        "figures": [
            Figure(one.label, count, listing.address(request, state=one.value))
            for one, count in queries.count_per_state(words=words).items()
            # What there is none of says nothing, but that none was sent does.
            if count or one == State.SENT
        ],
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "correspondence/message_list.html", context)


@member("view_messages")
@require_safe
def message(request: MemberRequest, *, message_id: int) -> HttpResponse:
    """One message: its state, what can be done now, facts, text, attempts, timeline."""
    found = get_object_or_404(Message, pk=message_id)
    now = timezone.now()
    unwanted = acting.why_not_again(found, now=now)
    context = {
        "message": found,
        # Not the links: whoever sees the hub's messages is not the invited person, nor the head.
        "text": without_tokens(found.text),
        "next": queries.what_happens_next(found, now=now, unwanted=unwanted),
        "actions": _actions(request, found, unwanted),
        "facts": _facts(found),
        "record": queries.record_of(found),
        "attempts": queries.attempts_of(found),
        "entries": timeline.entries_of(found),
        "back_url": reverse("message_list", args=[request.hub.slug]),
        "back_text": "All messages",
    }
    return render(request, "correspondence/message.html", context)


@member("view_messages")
@require_safe
def message_record(request: MemberRequest, *, message_id: int) -> HttpResponse:
    """Go to the page of the record that a message is about; to the message itself where there is none."""
    found = get_object_or_404(Message, pk=message_id)
    record = queries.record_of(found)
    address = getattr(record, "get_absolute_url", None)
    return redirect(address() if address else url_of(request, found))


def _actions(request: MemberRequest, found: Message, unwanted: str) -> list[Button]:
    """What this person can do about it now, the main thing first."""
    if not may(request.membership, "retry_messages"):
        return []
    offered = {
        "message_retry": Button("Send again"),
        "message_release": Button("Let it go"),
        "message_send_now": Button("Send now", look="secondary"),
        "message_hold": Button("Hold it back", look="secondary"),
        "message_cancel": Button("Cancel this message", look="secondary"),
    }
    possible = acting.possible(found, unwanted=unwanted)
    return [
        replace(button, url=reverse(name, args=[request.hub.slug, found.pk]))
        for name, button in offered.items()
        if name in possible
    ]


def _facts(found: Message) -> list[SummaryRow]:
    rows = [
        SummaryRow("To", ", ".join(found.recipients)),
        SummaryRow("From", f"{found.from_name} <{found.from_address}>"),
        SummaryRow("Replies go to", found.reply_to),
        SummaryRow("Written", moment(found.queued_at)),
    ]
    if found.because:
        rows.insert(1, SummaryRow("Why", found.because))
    if found.state in WAITING and found.not_before > found.queued_at:
        rows.append(SummaryRow("Not sent before", moment(found.not_before)))
    if found.state in WAITING and found.useless_at:
        rows.append(SummaryRow("Of no use from", moment(found.useless_at)))
    if found.sent_at:
        rows.append(SummaryRow("Sent", moment(found.sent_at)))
    return rows

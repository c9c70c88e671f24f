"""The hub's messages: the list, one message, and what a person can do about it."""

from __future__ import annotations

from django.contrib import messages as notices
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from correspondence import queries, sending
from correspondence.forms import CancelForm, MessageFilter, SendAgainForm
from correspondence.models import Message, State
from hubs import listing, timeline
from hubs.access import MemberRequest, member
from hubs.layout import Button
from hubs.links import without_tokens
from hubs.listing import Figure
from hubs.methods import form_page
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
    context = {
        "message": found,
        # Not the links: whoever sees the hub's messages is not the invited person, nor the head.
        "text": without_tokens(found.text),
        "next": queries.what_happens_next(found, now=timezone.now()),
        "action": _action(request, found),
        "facts": _facts(found),
        "record": queries.record_of(found),
        "attempts": queries.attempts_of(found),
        "entries": timeline.entries_of(found),
        "back_url": reverse("message_list", args=[request.hub.slug]),
        "back_text": "All messages",
    }
    return render(request, "correspondence/message.html", context)


@member("retry_messages")
@form_page
def message_retry(request: MemberRequest, *, message_id: int) -> HttpResponse:
    """Send a message again, after a page that says what may happen."""
    found = get_object_or_404(Message, pk=message_id)
    uncertain = found.state == State.UNCERTAIN
    data = request.POST if request.method == "POST" else None
    form = SendAgainForm(data, may_arrive_twice=uncertain, back_url=_url_of(request, found))
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
        return redirect(_url_of(request, found))
    if uncertain or found.may_become(State.QUEUED):
        return render(request, "correspondence/message_retry.html", _question(request, found, form))
    return redirect(_url_of(request, found))


@member("retry_messages")
@form_page
def message_cancel(request: MemberRequest, *, message_id: int) -> HttpResponse:
    """Keep a waiting message from being sent."""
    found = get_object_or_404(Message, pk=message_id)
    form = CancelForm(back_url=_url_of(request, found))
    if request.method == "POST":
        try:
            sending.cancel(message=found, actor=request.membership, now=timezone.now())
        except sending.TooLate as refusal:
            notices.info(request, str(refusal))
        else:
            notices.success(request, "The message is cancelled. It will not be sent.")
        return redirect(_url_of(request, found))
    if found.may_become(State.CANCELLED):
        return render(request, "correspondence/message_cancel.html", _question(request, found, form))
    return redirect(_url_of(request, found))


def _action(request: MemberRequest, found: Message) -> Button | None:
    """What this person can do about it now."""
    if not may(request.membership, "retry_messages"):
        return None
    if found.state in (State.FAILED, State.UNCERTAIN):
        return Button("Send again", url=reverse("message_retry", args=[request.hub.slug, found.pk]))
    if found.may_become(State.CANCELLED):
        url = reverse("message_cancel", args=[request.hub.slug, found.pk])
        return Button("Cancel this message", url=url, look="secondary")
    return None


def _question(request: MemberRequest, found: Message, form: SendAgainForm | CancelForm) -> dict[str, object]:
    return {"message": found, "form": form, "back_url": _url_of(request, found)}


def _url_of(request: MemberRequest, found: Message) -> str:
    return reverse("message", args=[request.hub.slug, found.pk])


def _facts(found: Message) -> list[SummaryRow]:
    rows = [
        SummaryRow("To", ", ".join(found.recipients)),
        SummaryRow("From", f"{found.from_name} <{found.from_address}>"),
        SummaryRow("Replies go to", found.reply_to),
        SummaryRow("Written", moment(found.queued_at)),
    ]
    if found.state == State.QUEUED and found.not_before > found.queued_at:
        rows.append(SummaryRow("Not sent before", moment(found.not_before)))
    if found.sent_at:
        rows.append(SummaryRow("Sent", moment(found.sent_at)))
    return rows

"""What will go out: the messages that wait, day by day, and what can be done about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from correspondence import queries, reminders
from correspondence.forms import UpcomingFilter
from correspondence.models import Message, State
from correspondence.mornings import midnight_after
from correspondence.queries import Upcoming
from correspondence.views.acting import UPCOMING
from hubs import listing
from hubs.access import MemberRequest, member
from hubs.listing import Figure
from hubs.permissions import may
from hubs.wording import clock, day, short_day

PAGE_SIZE = 100


@dataclass(frozen=True)
class Line:
    """A message as the page shows it: what kind, why or, of a letter, its subject, and when it goes out."""

    message: Message
    label: str
    why: str
    record_url: str
    when: str
    is_held: bool


@dataclass(frozen=True)
class Day:
    """The messages of a day; `label` says which."""

    label: str
    lines: list[Line]


@member("view_messages")
@require_safe
def upcoming(request: MemberRequest) -> HttpResponse:
    """The messages that will go out in the next seven days or, asked for, fourteen."""
    form = filter_form(request)
    now = timezone.now()
    chosen = form.chosen
    until = end_of(chosen, now)
    from_here = request.GET.urlencode()
    counts = queries.count_waiting(chosen, until=until)
    page = Paginator(queries.upcoming(chosen, until=until), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "chosen": listing.chosen_filters(request, form),
        "clear_url": request.path,
        "days": _days(request, page.object_list, now),
        "ahead": chosen.days,
        "page": page,
        "figures": [
            Figure("Will go out", counts[State.QUEUED], listing.address(request, state=State.QUEUED)),
            Figure("Held back", counts[State.HELD], listing.address(request, state=State.HELD)),
        ],
        "may_act": may(request.membership, "retry_messages"),
        "carried": listing.carrying(from_here, UPCOMING),
        "from_here": from_here,
        "to_hold": 0 if chosen.state == State.HELD else counts[State.QUEUED],
        "to_release": 0 if chosen.state == State.QUEUED else counts[State.HELD],
        "hold_all_url": _all_url(request, "upcoming_hold"),
        "release_all_url": _all_url(request, "upcoming_release"),
        "cancel_all_url": _all_url(request, "upcoming_cancel"),
        "horizon_url": listing.address(request, ahead="14"),
        "back_url": reverse("message_list", args=[request.hub.slug]),
        "back_text": "All messages",
    }
    return render(request, "correspondence/upcoming.html", context)


def filter_form(request: MemberRequest) -> UpcomingFilter:
    """What somebody looks for, validated."""
    form = UpcomingFilter(request.GET)
    form.is_valid()
    return form


def end_of(chosen: Upcoming, now: dt.datetime) -> dt.datetime:
    """When the days that somebody looks at are over."""
    return midnight_after(timezone.localdate(now) + dt.timedelta(days=chosen.days))


def _all_url(request: MemberRequest, name: str) -> str:
    """The address of what is done to all that match."""
    filters = {field: value for field, value in request.GET.items() if field in UpcomingFilter.base_fields and value}
    query = urlencode({"all": 1, **filters, "from": request.GET.urlencode()})
    return f"{reverse(name, args=[request.hub.slug])}?{query}"


def _days(request: MemberRequest, messages: Iterable[Message], now: dt.datetime) -> list[Day]:
    """In order of time; first what is due: it goes out within a minute, unless somebody holds it back."""
    return [
        Day(label, [line_of(request, one, now) for one in group])
        for label, group in groupby(messages, key=lambda one: _label(one.not_before, now))
    ]


def _label(when: dt.datetime, now: dt.datetime) -> str:
    if when <= now:
        return "Due now"
    near = {0: "Today, ", 1: "Tomorrow, "}.get((timezone.localdate(when) - timezone.localdate(now)).days, "")
    return f"{near}{day(when)}"


def line_of(request: MemberRequest, message: Message, now: dt.datetime) -> Line:
    """A message as this page and those on several of them show it."""
    is_held = message.state == State.HELD
    if message.not_before > now:
        when = clock(message.not_before)
    else:
        when = f"Since {short_day(message.not_before)}" if is_held else "At once"
    leads_to_record = message.because and message.about_kind
    return Line(
        message=message,
        label=reminders.label_of(message.kind) or "Letter",
        why=message.because or message.subject,
        record_url=reverse("message_record", args=[request.hub.slug, message.pk]) if leads_to_record else "",
        when=when,
        is_held=is_held,
    )

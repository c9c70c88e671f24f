"""How the pages write dates, sums and states; `hubs.wording` has the words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.core.paginator import Page
from django.utils.html import format_html, format_html_join

from hubs.wording import clock, day, days, from_today, in_days, moment, pounds, short_day

register = template.Library()

# A state has the same colour on every page; the word always stands with it.
STATE_COLOURS = {
    "grey": ("draft", "closed", "cancelled", "ended", "expired", "left", "not_completed", "expected"),
    "blue": ("submitted", "received", "sent", "planned", "open", "taking_part", "arranged", "in_group", "due"),
    "purple": ("confirmed", "eligible", "redirected", "approved", "held_back"),
    "yellow": (
        "waiting",
        "waiting_list",
        "pending",
        "queued",
        "sending",
        "look_at_it",
        "invited",
        "to_arrange",
        "to_log",
        "rendering",
    ),
    "green": (
        "offered",
        "accepted",
        "allocated",
        "completed",
        "delivered",
        "active",
        "paid",
        "held",
        "ready",
        "present",
    ),
    "red": (
        "declined",
        "failed",
        "not_eligible",
        "bounced",
        "turned_down",
        "withdrawn",
        "missed",
        "absent",
        "withheld",
    ),
    "orange": ("uncertain", "late", "overdue", "substitute"),
}
COLOUR_OF_STATE = {state: colour for colour, states in STATE_COLOURS.items() for state in states}


for write in (day, short_day, clock, moment, from_today, pounds, days, in_days):
    register.filter(write)


@register.filter
def state_colour(state: str) -> str:
    """The colour of a state's tag; grey for a state that has none of its own."""
    return COLOUR_OF_STATE.get(str(state), "grey")


@register.filter
def unbroken(text: str, part: str) -> str:
    """A text in which one part, a reference, is never broken into two lines."""
    before, found, after = text.partition(part)
    return format_html('{}<span class="app-reference">{}</span>{}', before, part, after) if found else text


@register.filter
def telephone(number: str) -> str:
    """A telephone number, to be called from a phone."""
    return format_html('<a class="govuk-link" href="tel:{}">{}</a>', number.replace(" ", ""), number)


@register.filter
def addresses(given: str | Iterable[str]) -> str:
    """One e-mail address or several; one that is too long for its line is broken before its @ first."""
    several = [given] if isinstance(given, str) else given
    parts = (address.rpartition("@") for address in several)
    written = format_html_join(", ", "{}<wbr>{}{}", parts)
    # One element, for on a phone the parts of a cell stand beside each other.
    return format_html('<span class="app-anywhere">{}</span>', written)


@register.filter
def page_numbers(page: Page[Any]) -> list[int | None]:
    """The numbers to offer below a list, None where some are left out: 1, None, 6, 7, 8, None, 20."""
    shown = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [number if isinstance(number, int) else None for number in shown]

from __future__ import annotations

import datetime as dt

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template

from hubs.templatetags import look


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{{ moment|day }}", "Tuesday 3 March 2026"),
        ("{{ moment|short_day }}", "3 Mar 2026"),
        ("{{ moment|clock }}", "1:30pm"),
        ("{{ moment|moment }}", "Tuesday 3 March 2026, 1:30pm"),
        ("{{ moment|from_today:today }}", "tomorrow"),
        ("{{ pence|pounds }}", "£75.50"),
        ("{{ half_days|days }}", "7½ days"),
    ],
)
def test_pages_write_dates_and_sums_as_letters_do(written: str, expected: str) -> None:
    moment, today = dt.datetime(2026, 3, 3, 13, 30, tzinfo=dt.UTC), dt.date(2026, 3, 2)
    context = {"moment": moment, "today": today, "pence": 7_550, "half_days": 15}
    assert Template("{% load look %}" + written).render(Context(context)) == expected


def test_a_state_has_one_colour_and_an_unknown_one_is_grey() -> None:
    assert look.state_colour("waiting_list") == "yellow"
    assert look.state_colour("no such state") == "grey"
    assert {look.state_colour(refused) for refused in ("declined", "turned_down", "withdrawn")} == {"red"}
    assert sum(len(states) for states in look.STATE_COLOURS.values()) == len(look.COLOUR_OF_STATE)


def test_a_reference_is_kept_in_one_line_and_the_rest_stays_text() -> None:
    assert look.unbroken("A <b> place (EOI-7K3QX)", "EOI-7K3QX") == (
        'A &lt;b&gt; place (<span class="app-reference">EOI-7K3QX</span>)'
    )
    assert look.unbroken("A <b> place", "EOI-7K3QX") == "A <b> place"


def test_an_address_goes_on_at_its_at_and_stays_text() -> None:
    assert look.addresses("a<b@school.example") == ('<span class="app-anywhere">a&lt;b<wbr>@school.example</span>')
    assert look.addresses(["one@school.example", "two@school.example"]) == (
        '<span class="app-anywhere">one<wbr>@school.example, two<wbr>@school.example</span>'
    )


def test_pages_far_away_are_left_out() -> None:
    assert look.page_numbers(Paginator(range(1000), 50).page(7)) == [1, None, 6, 7, 8, None, 20]

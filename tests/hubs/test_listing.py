from __future__ import annotations

import pytest
from django import forms
from django.http import HttpRequest
from django.test import RequestFactory

from hubs import listing


class Filters(forms.Form):
    q = forms.CharField(required=False)
    year = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[("", "All"), (2027, "2027/28")]
    )
    sort = forms.CharField(required=False, widget=forms.HiddenInput)


def asked(query: str) -> HttpRequest:
    return RequestFactory().get(f"/list/{query}")


@pytest.mark.parametrize(
    ("query", "changes", "expected"),
    [
        ("", {}, "/list/"),
        ("", {"state": "sent"}, "/list/?state=sent"),
        ("?q=ash&state=open", {"state": "sent"}, "/list/?q=ash&state=sent"),
        ("?q=ash&state=open", {"state": ""}, "/list/?q=ash"),
        ("?state=open", {"state": ""}, "/list/"),
        ("?q=ash&page=7", {"state": "sent"}, "/list/?q=ash&state=sent"),
        ("?q=&state=open", {}, "/list/?state=open"),
        ("?q=a%26b%3Dc", {}, "/list/?q=a%26b%3Dc"),
    ],
)
def test_an_address_keeps_what_else_was_chosen_and_begins_at_the_first_page(
    query: str, changes: dict[str, str], expected: str
) -> None:
    assert listing.address(asked(query), **changes) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        ("?q=++", []),
        ("?q=ash&sort=-name", [("“ash”", "/list/?sort=-name")]),
        ("?q=ash&year=2027&page=3", [("“ash”", "/list/?year=2027"), ("2027/28", "/list/?q=ash")]),
        ("?q=ash&year=1999", [("“ash”", "/list/?year=1999")]),
    ],
)
def test_each_filter_in_force_can_be_taken_away_alone(query: str, expected: list[tuple[str, str]]) -> None:
    request = asked(query)
    form = Filters(request.GET)
    form.is_valid()

    chosen = listing.chosen_filters(request, form)

    assert [(one.label, one.remove_url) for one in chosen] == expected


@pytest.mark.parametrize(
    ("sort", "name", "town"),
    [
        ("name", ("-name", "ascending"), ("town", "none")),
        ("-name", ("name", "descending"), ("town", "none")),
        ("-town", ("name", "none"), ("town", "descending")),
    ],
)
def test_a_heading_sorts_by_its_column_and_then_the_other_way_round(
    sort: str, name: tuple[str, str], town: tuple[str, str]
) -> None:
    columns = listing.columns(asked(f"?q=ash&sort={sort}&page=2"), [("name", "Name"), ("town", "Town")], sort=sort)

    assert columns == [
        listing.Column("Name", f"/list/?q=ash&sort={name[0]}", name[1]),  # type: ignore[arg-type]
        listing.Column("Town", f"/list/?q=ash&sort={town[0]}", town[1]),  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ""),
        ("?from=q%3Dash%26state%3Dopen", "q=ash&state=open"),
        ("?from=https%3A//elsewhere.example/", ""),
        ("?from=%3Fq%3D%3Cb%3E", "%3Fq=%3Cb%3E"),
        ("?from=" + "q%3D" + "x" * 2000, "q=" + "x" * 998),
    ],
)
def test_a_record_knows_the_list_that_led_to_it_and_no_other_address(query: str, expected: str) -> None:
    assert listing.filters_that_led_here(asked(query)) == expected


def test_a_list_without_filters_leaves_a_records_address_alone() -> None:
    assert listing.carrying("") == ""
    assert listing.carrying("q=ash", "beyond") == "?via=beyond&from=q%3Dash"
    assert listing.carrying("q=ash&page=2") == "?from=q%3Dash%26page%3D2"

"""What stands above a list: figures, chosen filters and columns to sort by, each with the address it leads to.

An address keeps whatever else was chosen and begins again at the first page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.http import HttpRequest

# The longest query of a list that goes along to a record and back.
LONGEST_QUERY = 1000


@dataclass(frozen=True)
class Figure:
    """A number or a sum above a list; its link, if it has one, shows what it counts."""

    label: str
    value: int | str
    url: str = ""


@dataclass(frozen=True)
class ChosenFilter:
    """A filter in force, and the address of the list without it."""

    label: str
    remove_url: str


@dataclass(frozen=True)
class Column:
    """A column's heading, and the address of the list sorted by it: the other way round where it is so already."""

    label: str
    url: str
    direction: Literal["ascending", "descending", "none"]


class FilterForm(forms.Form):
    """What to look for in a list; a choice in the address that the list does not offer is ignored, and no error."""

    def clean(self) -> dict[str, Any] | None:
        """Leave away what is not offered."""
        for name in [name for name in self.errors if isinstance(self.fields[name], forms.ChoiceField)]:
            del self.errors[name]
        return super().clean()


def address(request: HttpRequest, **changes: str) -> str:
    """This list's address with some parameters changed; an empty value takes one away."""
    kept = {name: value for name, value in request.GET.items() if name != "page"} | changes
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"{request.path}?{query}" if query else request.path


def chosen_filters(request: HttpRequest, form: forms.Form) -> list[ChosenFilter]:
    """The visible fields of a validated form in which something valid was chosen; typed words stand in quotes."""
    chosen = []
    for field in form.visible_fields():
        value = form.cleaned_data.get(field.name)
        if value:
            choices: Iterable[tuple[Any, Any]] = getattr(field.field, "choices", [])
            label = str(dict(choices).get(value, f"“{value}”"))
            chosen.append(ChosenFilter(label, address(request, **{field.name: ""})))
    return chosen


def columns(request: HttpRequest, headings: Iterable[tuple[str, str]], *, sort: str) -> list[Column]:
    """The headings, each given as key and label; `sort` is the key in force, with a minus where descending."""
    found = []
    for key, label in headings:
        if sort == key:
            found.append(Column(label, address(request, sort=f"-{key}"), "ascending"))
        else:
            direction: Literal["descending", "none"] = "descending" if sort == f"-{key}" else "none"
            found.append(Column(label, address(request, sort=key), direction))
    return found


def filters_that_led_here(request: HttpRequest) -> str:
    """The query of the list that led to this record, written anew: whatever was sent, it is a query and no address."""
    return urlencode(parse_qsl(request.GET.get("from", "")[:LONGEST_QUERY]))


def carrying(filters: str, via: str = "") -> str:
    """What a record's address ends in, so that its page knows the list that led to it.

    `via` names the page of that list to a record that several lead to.
    """
    kept = {"via": via, "from": filters}
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"?{query}" if query else ""

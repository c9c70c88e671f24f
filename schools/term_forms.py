"""The six half-terms of a year, as they are typed. Whether they can be, `schools.terms` says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from crispy_forms.layout import Div
from django import forms

from hubs.layout import Button, Group, form_helper
from hubs.widgets import PARTS, DateField
from hubs.wording import plain_day
from schools.assumed_terms import Span
from schools.calendar import HALF_TERM_NAMES, NUMBERS, HalfTermDates
from schools.terms import Edge, Fault

_DAYS = 2 * len(NUMBERS)


def _day_field(which: str, number: int) -> DateField:
    what = f"the {which} day of the {HALF_TERM_NAMES[number]}"
    return DateField(
        label=f"{which.capitalize()} day",
        error_messages={
            "required": f"Enter {what}",
            "invalid": f"Enter a real date for {what}, like 27 9 2026",
            "incomplete": f"Enter the %(parts)s of {what} as well",
            "year": f"Enter the year of {what} with four figures, like 2026",
        },
    )


class TermDatesForm(forms.Form):
    """First and last day of each half-term, and the days that were `shown` when the form was opened."""

    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    starts_1, ends_1 = _day_field("first", 1), _day_field("last", 1)
    starts_2, ends_2 = _day_field("first", 2), _day_field("last", 2)
    starts_3, ends_3 = _day_field("first", 3), _day_field("last", 3)
    starts_4, ends_4 = _day_field("first", 4), _day_field("last", 4)
    starts_5, ends_5 = _day_field("first", 5), _day_field("last", 5)
    starts_6, ends_6 = _day_field("first", 6), _day_field("last", 6)

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = (
            Group(
                HALF_TERM_NAMES[number][0].upper() + HALF_TERM_NAMES[number][1:],
                Div(
                    Div(f"starts_{number}", css_class="govuk-grid-column-one-half"),
                    Div(f"ends_{number}", css_class="govuk-grid-column-one-half"),
                    css_class="govuk-grid-row",
                ),
            )
            for number in NUMBERS
        )
        self.helper = form_helper("Save the dates", *groups, others=[Button("Cancel", url=back, look="link")])

    def clean_shown(self) -> dict[int, Span] | None:
        """The half-terms that were shown; none where that cannot be read."""
        try:
            days = [dt.date.fromisoformat(day) for day in self.cleaned_data["shown"].split()]
        except ValueError:
            return None
        spans = map(Span, days[::2], days[1::2])
        return dict(zip(NUMBERS, spans, strict=True)) if len(days) == _DAYS else None

    @property
    def dates(self) -> dict[int, Span]:
        """The half-terms of which both days could be read: all six, once the form is valid."""
        spans = {number: (f"starts_{number}", f"ends_{number}") for number in NUMBERS}
        days = self.cleaned_data
        return {
            number: Span(days[first], days[last])
            for number, (first, last) in spans.items()
            if {first, last} <= days.keys()
        }

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Show each fault at its day."""
        for fault in faults:
            self.add_error(f"{fault.edge}_{fault.number}", fault.words)


def sent_again(sent: TermDatesForm, half_terms: Sequence[HalfTermDates], *, back: str) -> TermDatesForm:
    """A valid form once more, beside the half-terms that hold by now, which it has seen then.

    Those that were left as they were shown follow what holds by now. Where somebody else has changed one that was
    changed here too, each day that is another has an error.
    """
    current = {half_term.number: half_term.span for half_term in half_terms}
    shown = sent.cleaned_data["shown"] or current
    wanted = {number: current[number] if span == shown[number] else span for number, span in sent.dates.items()}
    edges: tuple[Edge, ...] = ("starts", "ends")
    typed = {
        f"{edge}_{number}_{part}": str(getattr(day, part))
        for number, span in wanted.items()
        for edge, day in zip(edges, span, strict=True)
        for part in PARTS
    }
    form = TermDatesForm({**typed, "shown": filled_with(half_terms)["shown"]}, back=back)
    form.full_clean()
    form.refuse(
        Fault(number, edge, f"Check the {which} day of the {HALF_TERM_NAMES[number]}: it is {plain_day(now)} by now")
        for number, span in wanted.items()
        if current[number] != shown[number]
        for edge, which, day, now in zip(edges, ("first", "last"), span, current[number], strict=True)
        if day != now
    )
    return form


def filled_with(half_terms: Iterable[HalfTermDates]) -> dict[str, Any]:
    """What the form shows first: the dates that hold."""
    days = {
        f"{edge}_{half_term.number}": day
        for half_term in half_terms
        for edge, day in (("starts", half_term.starts_on), ("ends", half_term.ends_on))
    }
    return {**days, "shown": " ".join(str(day) for day in days.values())}

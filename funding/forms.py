"""The forms on grants and payments. They validate what was typed, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError

from funding import paying
from funding.fields import PoundsField
from funding.models import GrantState, PaymentList
from funding.queries import AWARDED, SORTS, Filter
from hubs.fields import SearchField, line, long_text
from hubs.layout import Button, Question, form_helper
from hubs.listing import FilterForm
from hubs.widgets import DateField
from hubs.years import label_of
from programmes.models import StageYear
from workgroups.models import Place

EVERY_YEAR = "all"


def year_choices(years: Iterable[int], *, this_year: int) -> list[tuple[str, str]]:
    """This year first, which needs no choosing, then every year and each other one, the latest first."""
    others = sorted({*years} - {this_year}, reverse=True)
    return [
        ("", f"{label_of(this_year)}, this year"),
        *((str(year), label_of(year)) for year in others),
        (EVERY_YEAR, "All years"),
    ]


def chosen_year(value: str, *, this_year: int) -> int | None:
    """The year that was chosen: none for every year."""
    if value == EVERY_YEAR:
        return None
    return int(value) if value else this_year


class StageYearFilterForm(FilterForm):
    """Which stage and year to look at; anything unknown in the address is ignored."""

    stage = forms.ChoiceField(label="Stage", required=False)
    year = forms.ChoiceField(label="Year", required=False)

    def __init__(self, *args: Any, stage_years: Iterable[StageYear], this_year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.this_year = this_year
        titles: dict[str, str] = {}
        years: set[int] = set()
        for stage_year in stage_years:
            titles.setdefault(stage_year.stage.slug, stage_year.title)
            years.add(stage_year.year)
        cast(forms.ChoiceField, self.fields["stage"]).choices = [("", "All stages"), *titles.items()]
        cast(forms.ChoiceField, self.fields["year"]).choices = year_choices(years, this_year=this_year)


class GrantFilterForm(StageYearFilterForm):
    """What to look for among the grants."""

    STATES: ClassVar = [("", "All states"), (AWARDED, "Awarded, not withheld"), *GrantState.choices]

    q = SearchField(label="School, place or URN", required=False, max_length=100)
    state = forms.ChoiceField(label="State", required=False, choices=STATES)
    sort = forms.ChoiceField(
        required=False,
        choices=[(f"{sign}{key}", key) for key in SORTS for sign in ("", "-")],
        widget=forms.HiddenInput,
    )
    field_order = ["q", "state", "stage", "year", "sort"]

    def chosen(self) -> Filter:
        """What was chosen, without what is not valid."""
        self.is_valid()
        valid = self.cleaned_data
        return Filter(
            search=valid.get("q", ""),
            stage=valid.get("stage", ""),
            year=chosen_year(valid.get("year", ""), this_year=self.this_year),
            state=valid.get("state", ""),
            sort=valid.get("sort") or "school",
        )


class AmountForm(forms.Form):
    """Another amount, and why."""

    amount = PoundsField(label="Amount in pounds")
    reason = long_text("Why?", "Say why the amount is another one")

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            "Change the amount", Question("amount", width=10), "reason", others=[Button("Cancel", back, look="link")]
        )


class ReasonForm(forms.Form):
    """Why a decision on money is made."""

    reason = long_text("Why?", "Say why")

    def __init__(self, *args: Any, submit: str, back: str, warns: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            submit, "reason", others=[Button("Cancel", back, look="link")], look="warning" if warns else ""
        )


class ClaimDayForm(forms.Form):
    """When a grant is to be claimed."""

    claim_on = DateField(
        label="To be claimed by",
        help_text="For example, 1 3 2027.",
        error_messages={"required": "Enter the day by which it is to be claimed"},
    )

    def __init__(self, *args: Any, back: str, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.years = years
        self.helper = form_helper("Save the date", "claim_on", others=[Button("Cancel", back, look="link")])

    def clean_claim_on(self) -> dt.date:
        """A day of the years in which the grant can be claimed."""
        day: dt.date = self.cleaned_data["claim_on"]
        first, last = self.years[0], self.years[-1]
        if not dt.date(first, 9, 1) <= day <= dt.date(last, 8, 31):
            raise ValidationError(f"Enter a day between 1 September {first} and 31 August {last}")
        return day


class AwardForm(forms.Form):
    """A grant that is awarded by hand."""

    place = forms.ChoiceField(
        label="School",
        help_text="Schools whose place has no grant.",
        error_messages={"required": "Choose the school", "invalid_choice": "Choose a school from the list"},
    )
    amount = PoundsField(label="Amount in pounds")
    condition = long_text("What must the school have done for it? (optional)", hint="The school reads this.")
    reason = long_text(
        "Why is it awarded by hand?", "Say why it is awarded by hand", hint="The school does not see it."
    )

    def __init__(self, *args: Any, places: Iterable[Place], back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {str(place.pk): place for place in places}
        named = [(pk, f"{place.school_now.name}, {place.stage_year}") for pk, place in self.places.items()]
        cast(forms.ChoiceField, self.fields["place"]).choices = [("", "Choose a school"), *named]
        self.helper = form_helper(
            "Award the grant",
            "place",
            Question("amount", width=10),
            "condition",
            "reason",
            others=[Button("Cancel", back, look="link")],
        )

    def chosen_place(self) -> Place:
        """The place that was chosen, once the form is valid."""
        return self.places[self.cleaned_data["place"]]


class PaidForm(forms.Form):
    """When and how a payment list was paid."""

    paid_on = DateField(
        label="When was it paid?",
        help_text="For example, 27 3 2027.",
        error_messages={"required": "Enter the day on which it was paid"},
    )
    reference = line(
        "Reference",
        "Enter the reference of the payment",
        longest=60,
        hint="The finance office’s own, for instance of its payment run.",
    )

    def __init__(self, *args: Any, payment_list: PaymentList, now: dt.datetime, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.payment_list, self.now = payment_list, now
        self.helper = form_helper(
            "Mark as paid", "paid_on", Question("reference", width=20), others=[Button("Cancel", back, look="link")]
        )

    def clean_paid_on(self) -> dt.date:
        """A day on which the list can have been paid."""
        day: dt.date = self.cleaned_data["paid_on"]
        if refusal := paying.why_not_paid_on(self.payment_list, day, now=self.now):
            raise ValidationError(refusal)
        return day

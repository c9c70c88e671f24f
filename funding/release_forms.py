"""The forms on release time. They validate what was typed, and nothing else."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from funding.accounts import SORTS, Filter
from funding.forms import StageYearFilterForm, chosen_year, year_choices
from funding.ledger import InSchool
from hubs.fields import SearchField, line, long_text
from hubs.layout import Button, Question, form_helper
from hubs.widgets import DateField
from hubs.wording import days


class ReleaseFilterForm(StageYearFilterForm):
    """What to look for among the schools' accounts."""

    q = SearchField(label="School, place, URN or Work Group", required=False, max_length=100)
    sort = forms.ChoiceField(
        required=False,
        choices=[(f"{sign}{key}", key) for key in SORTS for sign in ("", "-")],
        widget=forms.HiddenInput,
    )
    field_order = ["q", "stage", "year", "sort"]

    def chosen(self) -> Filter:
        """What was chosen, without what is not valid."""
        self.is_valid()
        valid = self.cleaned_data
        return Filter(
            search=valid.get("q", ""),
            stage=valid.get("stage", ""),
            year=chosen_year(valid.get("year", ""), this_year=self.this_year),
            sort=valid.get("sort") or "school",
        )


class YearForm(forms.Form):
    """Which academic year; anything unknown in the address is this one."""

    year = forms.ChoiceField(label="Year", required=False)

    def __init__(self, *args: Any, years: Iterable[int], this_year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.this_year = this_year
        choices = year_choices(years, this_year=this_year)[:-1]
        cast(forms.ChoiceField, self.fields["year"]).choices = choices

    def chosen(self) -> int:
        """The year that was chosen."""
        self.is_valid()
        return int(self.cleaned_data.get("year") or self.this_year)


class InSchoolForm(forms.Form):
    """Release that was spent in school: when, how long, and what for."""

    worked_on = DateField(
        label="When?",
        help_text="For example, 27 11 2026.",
        error_messages={"required": "Enter the day on which it was"},
    )
    half_days = forms.TypedChoiceField(
        label="How long?",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how long it was", "invalid_choice": "Choose how long it was from the list"},
    )
    words = line(
        "What was it for?",
        "Say what it was for",
        longest=200,
        hint="For example, planning the next unit together.",
    )
    # Of this showing of the form: sent twice, it is logged once.
    key = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": "Open this form anew"})

    def __init__(self, *args: Any, most: int, back: str, both: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4
        length = cast(forms.TypedChoiceField, self.fields["half_days"])
        length.choices = [(half_days, days(half_days)) for half_days in range(1, most + 1)]
        if both:
            length.help_text = "Both lead teachers together: half a day of each is 1 day."
        self.helper = form_helper(
            "Log the days",
            "worked_on",
            Question("half_days", inline=True),
            "words",
            others=[Button("Cancel", back, look="link")],
        )

    def clean_worked_on(self) -> dt.date:
        """A day that has come."""
        day: dt.date = self.cleaned_data["worked_on"]
        if day > timezone.localdate():
            raise ValidationError("Enter today or a day before: days are logged once they have been worked")
        return day

    @property
    def logged(self) -> InSchool:
        """What was typed, once it is valid."""
        valid = self.cleaned_data
        return InSchool(on=valid["worked_on"], half_days=valid["half_days"], words=valid["words"], key=valid["key"])


class CorrectionForm(forms.Form):
    """Why a row of the ledger is taken back."""

    reason = long_text("Why?", "Enter why you are taking it back")

    def __init__(self, *args: Any, hint: str, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = hint
        self.helper = form_helper(
            "Take it back", "reason", others=[Button("Cancel", back, look="link")], look="warning"
        )

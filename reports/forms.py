"""What people look for in the lists of this room; anything unknown in an address is ignored."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from hubs.fields import SearchField
from hubs.listing import FilterForm
from hubs.years import label_of
from reports.schools import NO_TRUST, SORTS, Area, Filter
from schools.kinds import Phase

# A fifth of pupils with free school meals is near the national average; hubs favour schools well above it.
BANDS = (15, 25, 35, 50)


class SchoolSearchForm(forms.Form):
    """What to look for among all schools."""

    q = SearchField(label="Name, place, postcode or URN", required=False, max_length=100)

    def chosen(self) -> str:
        """What was typed, or nothing where that is not valid."""
        self.is_valid()
        return str(self.cleaned_data.get("q", ""))


class SchoolFilterForm(FilterForm):
    """What to look for among a hub's schools."""

    q = SearchField(label="Name, place, postcode or URN", required=False, max_length=100)
    authority = forms.ChoiceField(label="Local authority", required=False)
    phase = forms.ChoiceField(
        label="Phase, by ages",
        required=False,
        choices=[("", "All phases"), *((phase.value, phase.value.capitalize()) for phase in Phase)],
    )
    trust = forms.ChoiceField(label="Trust", required=False)
    took_part = forms.ChoiceField(label="Took part", required=False)
    meals = forms.TypedChoiceField(
        label="Free school meals",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Any share"), *((band, f"{band}% of pupils or more") for band in BANDS)],
    )
    status = forms.ChoiceField(
        label="Status",
        required=False,
        choices=[("", "Open or opening"), ("closed", "Closed"), ("all", "Open and closed")],
    )
    sort = forms.ChoiceField(
        required=False,
        choices=[(f"{sign}{key}", key) for key in SORTS for sign in ("", "-")],
        widget=forms.HiddenInput,
    )

    def __init__(self, *args: Any, area: Area, this_year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("authority", [("", "All authorities"), *area.authorities])
        self._offer("trust", [("", "All trusts"), (NO_TRUST, "No trust"), *area.trusts])
        self._offer(
            "took_part",
            [
                ("", "Whether or not"),
                ("ever", "Took part"),
                ("never", "Never took part"),
                ("completed", "Completed a stage"),
                ("this_year", f"Takes part in {label_of(this_year)}"),
            ],
        )

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def chosen(self) -> Filter:
        """What was chosen, without what is not valid."""
        self.is_valid()
        valid = self.cleaned_data
        return Filter(
            search=valid.get("q", ""),
            authority=valid.get("authority", ""),
            phase=valid.get("phase", ""),
            trust=valid.get("trust", ""),
            took_part=valid.get("took_part", ""),
            meals=valid.get("meals"),
            status=valid.get("status", ""),
            sort=valid.get("sort") or "name",
        )

"""What a hub types about what a school did before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from hubs.layout import Button, Question, form_helper
from hubs.wording import plain_day
from hubs.years import label_of
from programmes.models import Participation
from programmes.participation import FIRST_YEAR, taught_in
from schools.models import School

BY_DATE = "by_date"


class ParticipationForm(forms.Form):
    """A stage, a year, how it ended and, where the school has had several URNs, which of them it was."""

    stage = forms.TypedChoiceField(
        label="Stage",
        coerce=int,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose the stage"),
    )
    year = forms.TypedChoiceField(
        label="Academic year",
        coerce=int,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose the academic year"),
    )
    outcome = forms.ChoiceField(
        label="How did it end?",
        choices=Participation.Outcome,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose how it ended"),
    )
    urn = forms.ChoiceField(
        label="Which school was it then?",
        widget=forms.RadioSelect,
        help_text="What a school did stays with the URN that it had then",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose which school it was"),
    )

    def __init__(
        self,
        *args: Any,
        line: Sequence[School],
        stages: Iterable[tuple[int, str]],
        this_year: int,
        back: str,
        **kwargs: Any,
    ) -> None:
        kwargs["initial"] = {"urn": BY_DATE, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.line = {school.urn: school for school in line}
        years = [(year, label_of(year)) for year in range(this_year, FIRST_YEAR - 1, -1)]
        self._choices("stage", [("", "Choose a stage"), *stages])
        self._choices("year", [("", "Choose a year"), *years])
        self._choices("urn", [(BY_DATE, "The one of that year"), *((school.urn, school.name) for school in line)])
        if len(self.line) == 1:
            del self.fields["urn"]
        hints = {BY_DATE: "By the dates at which the register says they opened and closed"}
        hints |= {str(school.urn): _dates_of(school) for school in line}
        urns = [Question("urn", choice_hints=hints)] if len(self.line) > 1 else []
        self.helper = form_helper(
            "Record it", "stage", "year", "outcome", *urns, others=[Button("Cancel", url=back, look="link")]
        )

    def _choices(self, name: str, choices: list[tuple[Any, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean(self) -> dict[str, Any]:
        """Find the school of the year by the dates, and ask where those leave it open."""
        cleaned = super().clean() or self.cleaned_data
        urn = cleaned.get("urn", BY_DATE)
        if urn != BY_DATE:
            cleaned["school"] = self.line[int(urn)]
        elif "year" in cleaned and "urn" not in self.errors:
            possible = taught_in(list(self.line.values()), cleaned["year"])
            if len(possible) > 1:
                self.add_error("urn", ValidationError(f"Choose which school it was: {_and(possible)} may be meant"))
            else:
                cleaned["school"] = possible[0]
        return cleaned


class RemoveForm(forms.Form):
    """Nothing to type: the button says it."""

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper("Remove it", look="warning", others=[Button("Cancel", url=back, look="link")])


def _dates_of(school: School) -> str:
    opened = f"opened {plain_day(school.opened_on)}" if school.opened_on else ""
    closed = f"closed {plain_day(school.closed_on)}" if school.closed_on else ""
    urn = f"URN {school.urn}" if school.is_of_register else "not in the register yet"
    return ", ".join(part for part in (urn, opened, closed) if part)


def _and(schools: Sequence[School]) -> str:
    named = [f"{school.name} ({school.urn})" if school.is_of_register else school.name for school in schools]
    return f"{', '.join(named[:-1])} and {named[-1]}"

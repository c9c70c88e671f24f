"""What people type about a school that the register does not know yet: checked here, and nothing else."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from hubs.fields import line
from hubs.layout import Button, Question, form_helper
from hubs.models import LocalAuthority
from hubs.widgets import DateField
from schools.adding import KINDS, PHASES, NewSchool, is_special
from schools.kinds import AGES_OF_PHASE, PHASES_BY_NAME

OLDEST = 19
# The register has what opened long ago, and nobody plans for longer ahead than these years.
EARLIEST_OPENING = dt.date(2000, 1, 1)
YEARS_AHEAD = 5
FEWEST_LETTERS = 2
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")


def _age(label: str, missing: str) -> forms.IntegerField:
    wrong = f"{missing} as a number from 0 to {OLDEST}"
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=OLDEST,
        widget=forms.TextInput({"inputmode": "numeric"}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), wrong),
    )


class NewSchoolForm(forms.Form):
    """A school that is so new that the register does not know it. `seen` are the URNs that it is none of."""

    name = line("Name of the school", "Enter the name of the school", longest=200)
    town = line("Town or village", "Enter the town or village", longest=80)
    postcode = line("Postcode", "Enter the postcode", longest=20)
    authority = forms.ChoiceField(
        label="Local authority",
        help_text="One of the hub's area",
        error_messages={"required": "Choose the local authority"},
    )
    kind = forms.ChoiceField(
        label="What kind of school will it be?",
        choices=[(key, kind.label) for key, kind in KINDS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the kind of school"},
    )
    phase = forms.ChoiceField(
        label="Phase",
        help_text="A special school has none",
        required=False,
        choices=[("", "Choose a phase"), *((phase, phase) for phase in PHASES)],
    )
    low_age = _age("Youngest age", "Enter the youngest age")
    high_age = _age("Oldest age", "Enter the oldest age")
    opens_on = DateField(
        label="When does it open?",
        help_text="The day on which it is expected to open, or has opened. For example, 1 9 2026.",
        error_messages={"required": "Enter the day on which it opens"},
    )
    seen = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, authorities: Iterable[LocalAuthority], back: str, submit: str = "Continue", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["authority"].choices = [  # type: ignore[attr-defined]
            ("", "Choose an authority"),
            *((authority.code, authority.name) for authority in authorities),
        ]
        self.helper = form_helper(
            submit,
            Question("name", width="two-thirds"),
            Question("town", width="two-thirds"),
            Question("postcode", width=10),
            "authority",
            "kind",
            "phase",
            Question("low_age", width=2),
            Question("high_age", width=2),
            "opens_on",
            others=[Button("Cancel", url=back, look="link")],
        )

    def clean_name(self) -> str:
        """A name that somebody can read out and look for."""
        name: str = self.cleaned_data["name"]
        if sum(character.isalpha() for character in name) < FEWEST_LETTERS:
            raise ValidationError("Enter the name of the school in words")
        return name

    def clean_opens_on(self) -> dt.date:
        """The day; none that can only be a slip of the pen."""
        day: dt.date = self.cleaned_data["opens_on"]
        last = timezone.localdate().year + YEARS_AHEAD
        if day < EARLIEST_OPENING or day.year > last:
            raise ValidationError(f"Enter a day from {EARLIEST_OPENING.year} to {last}")
        return day

    def clean_postcode(self) -> str:
        """The postcode as the register writes it."""
        match = _POSTCODE.fullmatch(self.cleaned_data["postcode"].replace(" ", "").upper())
        if not match:
            raise ValidationError("Enter a full postcode, like LS1 4AP")
        return f"{match[1]} {match[2]}"

    def clean(self) -> dict[str, Any]:
        """The phase, and the ages in their order and such as the phase has."""
        cleaned = super().clean() or {}
        if "kind" in cleaned and is_special(cleaned["kind"]):
            cleaned["phase"] = ""
        elif not cleaned.get("phase") and "phase" not in self.errors:
            self.add_error("phase", "Choose the phase")
        low, high, phase = cleaned.get("low_age"), cleaned.get("high_age"), cleaned.get("phase")
        if low is not None and high is not None and low > high:
            self.add_error("high_age", "Enter an oldest age that is not below the youngest")
        elif high is not None and phase and high < (least := _least_oldest_age(phase)):
            self.add_error("high_age", f"Enter an oldest age of {least} or more, or choose another phase than {phase}")
        return cleaned

    def given(self) -> NewSchool:
        """What a valid form says."""
        return NewSchool(**{name: value for name, value in self.cleaned_data.items() if name != "seen"})

    def has_seen(self, urns: Iterable[int]) -> bool:
        """Whether the person has said that it is none of these schools."""
        return {str(urn) for urn in urns} <= set(self.cleaned_data["seen"].split())


def _least_oldest_age(phase: str) -> int:
    """The age to which a school keeps children at least, if it serves all of a phase of the register."""
    return max(AGES_OF_PHASE[served][1] for served in PHASES_BY_NAME[phase])

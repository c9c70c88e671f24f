"""What people type about Mastery Specialists: checked here, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from crispy_forms.helper import FormHelper
from django import forms
from django.urls import reverse

from hubs.fields import email, line
from hubs.halves import DaysField
from hubs.layout import Button, Question, form_helper
from hubs.models import Hub, User
from hubs.widgets import DateField
from hubs.years import label_of
from programmes.models import Stage
from schools import search
from schools.models import School
from schools.time_limit import TookTooLong
from workgroups.specialists import SpecialistDetails

MOST_LISTED = 10


class SpecialistForm(forms.Form):
    """Who a Specialist is, and at which school she teaches.

    The school is typed: by name, town, postcode or URN. JavaScript turns the box into a type-ahead that fills `urn`;
    without it the schools that were found are asked for, as radio buttons.
    """

    name = line("Full name", "Enter the full name")
    email = email("E-mail address", "Enter the e-mail address", hint="Letters and calendars go there")
    user = forms.TypedChoiceField(
        label="Account",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="With an account they see their own groups and visits here",
        error_messages={"invalid_choice": "Choose a member from the list"},
    )
    phase = forms.ChoiceField(
        label="Phase",
        choices=Stage.Phase,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose the phase"),
    )
    cohort = forms.IntegerField(
        label="Cohort",
        min_value=1,
        max_value=99,
        help_text="Numbered by phase: primary cohort 11 and secondary cohort 10 began in 2025/26",
        widget=forms.TextInput({"inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), "Enter the number of the cohort, like 7"
        ),
    )
    school = line(
        "Their own school",
        "Enter the school's name, town, postcode or URN",
        longest=300,
        hint="Start typing its name, town, postcode or URN. Their days are paid to it, and none of their groups has it",
        autocomplete="off",
    )
    urn = forms.IntegerField(required=False, min_value=1, max_value=999_999_999, widget=forms.HiddenInput)
    # Its choices are what the search finds for the box above.
    found = forms.Field(label="Which of these is it?", required=False, widget=forms.RadioSelect)
    starts_on = DateField(
        label="Works for the hub from",
        help_text="For example, 1 9 2026",
        error_messages={"required": "Enter the day from which they work for the hub"},
    )
    ends_on = DateField(
        label="Works for the hub no more from (optional)",
        help_text="The first day on which they do not. Their groups stay as they are until you change those",
        required=False,
    )
    days_this_year = DaysField(required=False, most_half_days=400)
    days_next_year = DaysField(required=False, most_half_days=400)

    def __init__(
        self,
        *args: Any,
        hub: Hub,
        members: Iterable[User],
        year: int,
        back: str,
        submit: str,
        school: School | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.hub, self.back, self.submit = hub, back, submit
        # The one that she has taught at so far: it may have closed.
        self.taught_at = school
        self.members = {member.pk: member for member in members}
        cast(forms.ChoiceField, self.fields["user"]).choices = [
            ("", "The member with this e-mail address, when there is one"),
            *((pk, f"{member.name}, {member.email}") for pk, member in self.members.items()),
        ]
        for name, of_year in (("days_this_year", year), ("days_next_year", year + 1)):
            self.fields[name].label = f"Days agreed for {label_of(of_year)} (optional)"
            self.fields[name].help_text = "Whole or half days, like 15 or 7½"
        url = f"{reverse('school_search')}?hub={hub.slug}"
        self.fields["school"].widget.attrs.update(
            {"data-school-search": "", "data-url": url, "data-urn-field": "id_urn"}
        )
        self._offered: list[search.Choice] = []

    @property
    def helper(self) -> FormHelper:
        """The layout, with the schools to choose from where several were found."""
        hints = {str(choice.urn): choice.hint for choice in self._offered}
        found = [Question("found", choice_hints=hints)] if self._offered else []
        return form_helper(
            self.submit,
            Question("name", width="two-thirds"),
            Question("email", width="two-thirds"),
            "user",
            "phase",
            Question("cohort", width=2),
            "school",
            *found,
            "starts_on",
            "ends_on",
            Question("days_this_year", width=5),
            Question("days_next_year", width=5),
            others=[Button("Cancel", url=self.back, look="link")],
        )

    def clean(self) -> dict[str, Any]:
        """Find the school, and ask where several have what was typed."""
        cleaned = super().clean() or self.cleaned_data
        if "school" in cleaned:
            self._find(cleaned["school"])
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "Enter a day that is not before the first one, or leave it empty")
        return cleaned

    def _find(self, typed: str) -> None:
        """Put the school that is meant into `cleaned_data`, or say what to do about what was typed."""
        if school := self._named(typed):
            self.cleaned_data["own_school"] = school
            return
        if search.is_too_short(typed):
            self.add_error("school", "Type at least three letters or digits")
            return
        try:
            self._offered = search.choices_for(typed, self.hub, limit=MOST_LISTED)
        except TookTooLong:
            self.add_error("school", search.TOO_MUCH)
            return
        cast(forms.RadioSelect, self.fields["found"].widget).choices = [(one.urn, one.label) for one in self._offered]
        chosen = str(self.cleaned_data.get("found"))
        if not self._offered:
            self.add_error("school", "No school is found: check the spelling, or enter the postcode or URN")
        elif chosen in {str(one.urn) for one in self._offered}:
            self.cleaned_data["own_school"] = School.objects.get(pk=int(chosen))
        else:
            self.add_error("found", "Choose the school, or enter another name, town, postcode or URN above")

    def _named(self, typed: str) -> School | None:
        """The school that was chosen from the type-ahead, or whose URN was typed, or none."""
        urn = self.cleaned_data.get("urn")
        if self.taught_at and self.taught_at.pk == urn and self.taught_at.label == typed:
            return self.taught_at
        # Without JavaScript the URN is still that of the school before, whatever was typed.
        if urn and (chosen := search.usable_school(urn, self.hub)) and chosen.label == typed:
            return chosen
        is_number = typed.isascii() and typed.isdigit() and len(typed) <= 9
        return search.usable_school(int(typed), self.hub) if is_number else None

    def details(self) -> SpecialistDetails:
        """What a valid form says of the Specialist."""
        valid = self.cleaned_data
        return SpecialistDetails(
            name=valid["name"],
            email=valid["email"].lower(),
            phase=Stage.Phase(valid["phase"]),
            cohort=valid["cohort"],
            school=valid["own_school"],
            starts_on=valid["starts_on"],
            ends_on=valid["ends_on"],
            user=self.members[valid["user"]] if valid["user"] else None,
        )

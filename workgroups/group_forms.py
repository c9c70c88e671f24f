"""What people type about Work Groups and who is in them: checked here, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms

from hubs.fields import line
from hubs.layout import Button, Question, form_helper
from hubs.listing import FilterForm
from hubs.widgets import DateField
from hubs.wording import plain_day
from hubs.years import label_of
from programmes.models import StageYear
from workgroups.group_queries import Candidate, GroupFilter
from workgroups.models import MasterySpecialist, WorkGroup

MOST_SCHOOLS = 60
ALL_YEARS = "all"
_NUMBER = f"Enter a number of schools from 1 to {MOST_SCHOOLS}, like 7"


def _size_limit(*, required: bool) -> forms.IntegerField:
    return forms.IntegerField(
        label="Most schools" if required else "Most schools (optional)",
        required=required,
        min_value=1,
        max_value=MOST_SCHOOLS,
        widget=forms.TextInput({"inputmode": "numeric"}),
        help_text="You are warned when there are more"
        if required
        else "You are warned when there are more. Left empty, it is what the stage plans",
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), _NUMBER),
    )


def _specialist() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label="Mastery Specialist",
        coerce=int,
        help_text="Their own school cannot be in the group",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose the Mastery Specialist"),
    )


def _in_words(specialist: MasterySpecialist, today: dt.date) -> str:
    begins = f", from {plain_day(specialist.starts_on)}" if specialist.starts_on > today else ""
    return f"{specialist.name}, {specialist.cohort_in_words}{begins}"


class _GroupForm(forms.Form):
    """What forming and changing have in common."""

    name = line("Name of the group", "Enter a name", hint="Schools read it in letters, for example “Ashby 1”")
    specialist = _specialist()

    def offer(self, specialists: Iterable[MasterySpecialist], *, today: dt.date) -> None:
        """Let one of these be chosen; of one who is still to begin, it says from when."""
        self.specialists = {specialist.pk: specialist for specialist in specialists}
        cast(forms.ChoiceField, self.fields["specialist"]).choices = [
            ("", "Choose a Mastery Specialist"),
            *((pk, _in_words(one, today)) for pk, one in self.specialists.items()),
        ]

    def chosen_specialist(self) -> MasterySpecialist:
        """The one that was chosen."""
        return self.specialists[self.cleaned_data["specialist"]]


class NewGroupForm(_GroupForm):
    """Stage and year, name, Specialist, limit."""

    stage_year = forms.TypedChoiceField(
        label="Stage",
        coerce=int,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose the stage and year"),
    )
    size_limit = _size_limit(required=False)

    field_order = ("stage_year", "name", "specialist", "size_limit")

    def __init__(
        self,
        *args: Any,
        stage_years: Sequence[StageYear],
        specialists: Iterable[MasterySpecialist],
        today: dt.date,
        back: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.stage_years = {stage_year.pk: stage_year for stage_year in stage_years}
        years: dict[str, list[tuple[int, str]]] = {}
        for stage_year in stage_years:
            years.setdefault(stage_year.year_label, []).append((stage_year.pk, stage_year.title))
        cast(forms.ChoiceField, self.fields["stage_year"]).choices = [("", "Choose a stage"), *years.items()]
        self.offer(specialists, today=today)
        self.helper = form_helper(
            "Form the group",
            "stage_year",
            Question("name", width="two-thirds"),
            "specialist",
            Question("size_limit", width=2),
            others=[Button("Cancel", url=back, look="link")],
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a Specialist who does not work for the hub in the year of the stage."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("specialist") and cleaned.get("stage_year"):
            specialist, stage_year = self.chosen_specialist(), self.chosen_stage_year()
            if not specialist.works_in(stage_year.year):
                said = f"{specialist.name} does not work for the hub in {stage_year.year_label}. Choose somebody else"
                self.add_error("specialist", said)
        return cleaned

    def chosen_stage_year(self) -> StageYear:
        """The one that was chosen."""
        return self.stage_years[self.cleaned_data["stage_year"]]

    def chosen_limit(self) -> int:
        """What was typed or, for nothing, what the stage plans."""
        return int(self.cleaned_data["size_limit"] or self.chosen_stage_year().largest_group)


class GroupForm(_GroupForm):
    """Another name, Specialist or limit."""

    size_limit = _size_limit(required=True)

    def __init__(
        self, *args: Any, specialists: Iterable[MasterySpecialist], today: dt.date, back: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offer(specialists, today=today)
        self.helper = form_helper(
            "Save the changes",
            Question("name", width="two-thirds"),
            "specialist",
            Question("size_limit", width=2),
            others=[Button("Cancel", url=back, look="link")],
        )


class AllocationForm(forms.Form):
    """Which of the schools that wait join a group, and from when. The boxes stand in the rows of a table."""

    places = forms.TypedMultipleChoiceField(
        label="Schools",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick at least one school",
            "invalid_choice": "One of the schools does not wait for a group any more. Tick the ones that join",
        },
    )
    on = DateField(
        label="They join on",
        help_text="For example, 1 9 2026",
        error_messages={"required": "Enter the day on which they join"},
    )

    def __init__(self, *args: Any, waiting: Sequence[Candidate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting = {one.place.pk: one for one in waiting if not one.why_not}
        cast(forms.MultipleChoiceField, self.fields["places"]).choices = [
            (pk, one.place.school_now.name) for pk, one in self.waiting.items()
        ]

    def chosen(self) -> list[Candidate]:
        """Those that were ticked, the nearest first."""
        ticked = set(self.cleaned_data["places"])
        return [one for pk, one in self.waiting.items() if pk in ticked]


class GroupFilterForm(FilterForm):
    """What to look for in the list of groups; anything unknown in the address is ignored."""

    stage = forms.ChoiceField(label="Stage", required=False)
    year = forms.ChoiceField(label="Year", required=False)
    specialist = forms.TypedChoiceField(label="Mastery Specialist", required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, groups: Iterable[WorkGroup], this_year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.this_year = this_year
        stages: dict[str, str] = {}
        years: set[int] = set()
        specialists: dict[int, str] = {}
        for group in groups:
            stages.setdefault(group.stage_year.stage.slug, group.stage_year.title)
            years.add(group.stage_year.year)
            specialists[group.specialist_id] = group.specialist.name
        self._offer("stage", [("", "All stages"), *sorted(stages.items(), key=lambda stage: stage[1])])
        self._offer("year", years_to_choose(years, this_year))
        named = sorted(specialists.items(), key=lambda one: one[1])
        self._offer("specialist", [("", "All Mastery Specialists"), *((pk, name) for pk, name in named)])

    def _offer(self, name: str, choices: list[tuple[Any, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def chosen(self) -> GroupFilter:
        """What was chosen, without what is not valid."""
        self.is_valid()
        valid = self.cleaned_data
        return GroupFilter(
            stage=valid.get("stage", ""),
            year=year_chosen(valid.get("year", ""), self.this_year),
            specialist=valid.get("specialist"),
        )


def years_to_choose(years: Iterable[int], this_year: int) -> list[tuple[str, str]]:
    """This year, unless another one or all are chosen."""
    others = sorted(set(years) - {this_year}, reverse=True)
    return [
        ("", f"This year, {label_of(this_year)}"),
        *((str(year), label_of(year)) for year in others),
        (ALL_YEARS, "All years"),
    ]


def year_chosen(value: str, this_year: int) -> int | None:
    """The year that a choice stands for; None for all."""
    if value == ALL_YEARS:
        return None
    return int(value) if value else this_year

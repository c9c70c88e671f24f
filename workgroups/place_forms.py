"""What people type about schools' places: checked here, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, cast

from django import forms

from hubs.fields import SearchField, TextField, long_text
from hubs.layout import Button, Look, Question, form_helper
from hubs.listing import FilterForm
from hubs.widgets import DateField
from programmes.models import StageYear
from workgroups.group_forms import year_chosen, years_to_choose
from workgroups.group_queries import Candidate
from workgroups.models import PlaceState, WorkGroup
from workgroups.place_queries import OF_A_GROUP, SORTS, PlaceFilter

COMPLETED, NOT_COMPLETED = "completed", "not_completed"


def _on(label: str) -> DateField:
    return DateField(label=label, help_text="For example, 3 11 2026", error_messages={"required": "Enter the day"})


def _reason(label: str, missing: str, *, hint: str = "The hub's people read it, the school does not") -> TextField:
    return long_text(label, missing, hint=hint)


class StepForm(forms.Form):
    """A day and a reason, in the words of what happens."""

    on = _on("")
    reason = _reason("Why?", "Enter the reason")

    def __init__(
        self, *args: Any, when: str, submit: str, back: str, look: Look = "", reason: str = "Why?", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].label, self.fields["reason"].label = when, reason
        self.helper = form_helper(submit, "on", "reason", look=look, others=[Button("Cancel", url=back, look="link")])


class _WhichGroupForm(forms.Form):
    """The groups that a place can be in, with what tells which one is best."""

    group = forms.TypedChoiceField(
        label="Work Group",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose the Work Group"),
    )

    def offer(self, groups: Iterable[tuple[WorkGroup, Candidate]]) -> dict[str, str]:
        """Let one of these be chosen; their hints."""
        self.groups = {group.pk: group for group, candidate in groups if not candidate.why_not}
        cast(forms.ChoiceField, self.fields["group"]).choices = [(pk, group.name) for pk, group in self.groups.items()]
        return {str(group.pk): _hint(group, candidate) for group, candidate in groups}

    def chosen_group(self) -> WorkGroup:
        """The one that was chosen."""
        return self.groups[self.cleaned_data["group"]]


class JoinForm(_WhichGroupForm):
    """Which group a place joins, and from when."""

    on = _on("Joins on")

    def __init__(self, *args: Any, groups: Sequence[tuple[WorkGroup, Candidate]], back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            "Put the school into the group",
            Question("group", choice_hints=self.offer(groups)),
            "on",
            others=[Button("Cancel", url=back, look="link")],
        )


class MoveForm(_WhichGroupForm):
    """To which group a place moves, from when, and why."""

    on = _on("Moves on")
    reason = _reason("Why?", "Enter the reason")

    def __init__(self, *args: Any, groups: Sequence[tuple[WorkGroup, Candidate]], back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            "Move the school",
            Question("group", choice_hints=self.offer(groups)),
            "on",
            "reason",
            others=[Button("Cancel", url=back, look="link")],
        )


class CompletionForm(forms.Form):
    """Whether a school has completed, decided when and why."""

    outcome = forms.ChoiceField(
        label="Has the school completed?",
        choices=[(COMPLETED, "Yes, it has completed"), (NOT_COMPLETED, "No, it has not completed")],
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose whether the school has completed"),
    )
    on = _on("Decided on")
    reason = _reason(
        "Why do you decide so?", "Enter the reason for the decision", hint="It is kept with the evidence of this day"
    )

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hints = {
            COMPLETED: "The Department counts it as a school that has completed",
            NOT_COMPLETED: "It is known to have taken part, and not as a school that has completed",
        }
        self.helper = form_helper(
            "Save the decision",
            Question("outcome", choice_hints=hints),
            "on",
            "reason",
            others=[Button("Cancel", url=back, look="link")],
        )

    @property
    def has_completed(self) -> bool:
        """What a valid form says."""
        return bool(self.cleaned_data["outcome"] == COMPLETED)


class PlaceFilterForm(FilterForm):
    """What to look for in the list of places; anything unknown in the address is ignored."""

    STATES: ClassVar = [("", "All states"), (OF_A_GROUP, "Of a Work Group"), *PlaceState.choices]

    q = SearchField(label="School, place or URN", required=False, max_length=100)
    stage = forms.ChoiceField(label="Stage", required=False)
    year = forms.ChoiceField(label="Year", required=False)
    state = forms.ChoiceField(label="State", required=False, choices=STATES)
    sort = forms.ChoiceField(
        required=False,
        choices=[(f"{sign}{key}", key) for key in SORTS for sign in ("", "-")],
        widget=forms.HiddenInput,
    )

    def __init__(self, *args: Any, stage_years: Iterable[StageYear], this_year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.this_year = this_year
        stages: dict[str, str] = {}
        years: set[int] = set()
        for stage_year in stage_years:
            stages.setdefault(stage_year.stage.slug, stage_year.title)
            years.add(stage_year.year)
        self._offer("stage", [("", "All stages"), *stages.items()])
        self._offer("year", years_to_choose(years, this_year))

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def chosen(self) -> PlaceFilter:
        """What was chosen, without what is not valid."""
        self.is_valid()
        valid = self.cleaned_data
        return PlaceFilter(
            search=valid.get("q", ""),
            stage=valid.get("stage", ""),
            year=year_chosen(valid.get("year", ""), self.this_year),
            state=valid.get("state", ""),
            sort=valid.get("sort") or "school",
        )


def _hint(group: WorkGroup, candidate: Candidate) -> str:
    """ "5 of 7 schools · Mina Mastery · 2.3 km away"."""
    members = f"{group.members} of {group.size_limit} schools"  # type: ignore[attr-defined]  # counted in the query
    away = f"{candidate.kilometres} away" if candidate.kilometres else "distance not known"
    return f"{members} · {group.specialist.name} · {away}"

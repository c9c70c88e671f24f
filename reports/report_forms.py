"""What people ask for when they ask for a report: checked here, and nothing else."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, cast

from django import forms

from hubs.layout import Button, Group, Question, form_helper
from hubs.widgets import DateField
from hubs.years import label_of
from reports.report_makers import REPORTS, ReportMaker
from reports.report_queries import About
from reports.scopes import Asked, Period, Scope, ScopeKind

BETWEEN = "between"
# Years before anything was counted, and after anything is planned, are typing errors.
_EARLIEST, _LATEST = dt.date(2014, 9, 1), dt.date(2100, 8, 31)
_HINTS = {
    "grant-report": "What each school was awarded, where that stands, and what was paid.",
    "release-report": "What schools have used of the days they promised, and Mastery Specialists of those agreed.",
}


class ReportForm(forms.Form):
    """Which report, of what, and of which time. `request_key` makes one of what is sent twice."""

    kind = forms.ChoiceField(
        label="Which report?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a report", "invalid_choice": "Choose a report from the list"},
    )
    about = forms.ChoiceField(
        label="What is it about?",
        help_text="The whole hub, or one Work Group, Mastery Specialist or school",
        error_messages={
            "required": "Choose what the report is about",
            "invalid_choice": "Choose again what the report is about: what was chosen is no longer there",
        },
    )
    time = forms.ChoiceField(
        label="Which time?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose an academic year, or two dates", "invalid_choice": "Choose a time"},
    )
    first = DateField(label="First day", required=False, help_text="For example, 1 1 2027")
    last = DateField(label="Last day", required=False, help_text="For example, 31 3 2027")
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        kinds: Sequence[ReportMaker[Any]],
        about: About,
        this_year: int,
        back: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._offer("kind", [(maker.kind, maker.title) for maker in kinds])
        self._offer("about", about.as_choices())
        self._offer("time", [*((str(year), label_of(year)) for year in about.years), (BETWEEN, "Between two dates")])
        # Whoever may read one kind alone is not asked which.
        if len(kinds) == 1:
            self.fields["kind"].widget = forms.HiddenInput()
            self.initial["kind"] = kinds[0].kind
        self.initial.setdefault("time", str(this_year))
        self.initial.setdefault("about", "hub-0")
        self.helper = form_helper(
            "Make the report",
            *([Question("kind", choice_hints=_HINTS)] if len(kinds) > 1 else []),
            Question("about", width="full"),
            "time",
            Group("Only for a report between two dates", "first", "last", size="s"),
            others=[Button("Cancel", url=back, look="link")],
        )

    def clean(self) -> dict[str, Any]:
        """Two dates are needed where they were chosen, and in order."""
        given = super().clean() or {}
        if given.get("time") != BETWEEN:
            return given
        for name, which in (("first", "first"), ("last", "last")):
            if name in self.errors:
                continue
            if not given.get(name):
                self.add_error(name, f"Enter the {which} day of the report")
            elif not _EARLIEST <= given[name] <= _LATEST:
                self.add_error(name, f"Enter a {which} day from September {_EARLIEST.year} on")
        first, last = given.get("first"), given.get("last")
        if first and last and not self.errors and last < first:
            self.add_error("last", "Enter a last day that is not before the first one")
        return given

    def asked(self) -> Asked:
        """What was asked for, of a valid form."""
        given = self.cleaned_data
        kind, _, pk = given["about"].partition("-")
        scope = Scope(cast(ScopeKind, kind), int(pk))
        if given["time"] == BETWEEN:
            return Asked(scope, Period(given["first"], given["last"]))
        return Asked(scope, Period.of_year(int(given["time"])))

    def maker(self) -> ReportMaker[Any]:
        """Which report was asked for, of a valid form."""
        return REPORTS[self.cleaned_data["kind"]]

    def _offer(self, name: str, choices: Any) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices


class MakeAgainForm(forms.Form):
    """Only a button; sent twice it is one report."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("request_key", uuid.uuid4())
        self.helper = form_helper("Make it", others=[Button("Leave it as it is", url=back, look="link")])

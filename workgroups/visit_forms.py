"""What people type about support visits: checked here, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django import forms
from django.core.validators import MaxLengthValidator
from django.forms.boundfield import BoundField
from django.utils import timezone

from hubs.fields import UNSEEN, TextField, line, long_text
from hubs.layout import Button, Question, form_helper
from hubs.listing import FilterForm
from hubs.moments import NoSuchTime, london, time_field
from hubs.seen import SeenForm
from hubs.widgets import PARTS, DateField, DateWidget
from hubs.wording import days, moment
from workgroups.day_forms import WarnedForm
from workgroups.models import AgreedAction, MasterySpecialist, Visit
from workgroups.visit_plan import SlotState
from workgroups.visiting import ActionAgreed, VisitLog

# How many actions one visit may agree on.
ACTIONS = 6
# How many of them are shown before somebody asks for more.
ACTIONS_AT_FIRST = 2
# Far more than there are to put right.
_MOST_ROWS = 100
_LONGEST_NOTE = 5000
_LONGEST_ACTION = 500
# In digits: what a key's column holds.
LONGEST_KEY = 18
_LENGTHS = [(number, days(number)) for number in range(1, 5)]
_RELEASES = [(0, "None"), *((number, days(number)) for number in range(1, 9))]


def _length(label: str) -> forms.TypedChoiceField:
    missing = "Select how long it takes of your time"
    return forms.TypedChoiceField(
        label=label,
        choices=_LENGTHS,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": missing, "invalid_choice": missing},
    )


def _moment(form: forms.Form) -> dt.datetime | None:
    """Day and time of a form together, in London; adds an error where the clocks leave the time out."""
    day, starts = form.cleaned_data.get("day"), form.cleaned_data.get("starts")
    if day is None or starts is None:
        return None
    try:
        return london(day, starts)
    except NoSuchTime as error:
        form.add_error("starts", str(error))
        return None


class ArrangeForm(WarnedForm):
    """When a visit is to be, and how long."""

    day = DateField(
        label="Day of the visit", help_text="For example, 12 11 2026", error_messages={"required": "Enter the day"}
    )
    starts = time_field("When it starts", missing="Enter when it starts, like 9:30am")
    half_days = _length("How long it takes")

    def __init__(self, *args: Any, submit: str, back: str, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.helper = form_helper(
            submit,
            "day",
            Question("starts", width=10),
            Question("half_days", inline=True),
            others=[Button("Cancel", url=back, look="link")],
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a day that has passed, or one of another decade."""
        cleaned = super().clean() or {}
        day = cleaned.get("day")
        if day and day < self.today:
            self.add_error("day", "Enter a day to come. A visit that was held already can be logged straight away")
        elif day and day > self.today + dt.timedelta(days=500):
            self.add_error("day", "Enter a day within this academic year or the next")
        cleaned["starts_at"] = _moment(self)
        return cleaned


def arranged(visit: Visit) -> dict[str, Any]:
    """What the form begins with where a visit is arranged."""
    local = timezone.localtime(visit.starts_at)
    return {"day": local.date(), "starts": f"{local:%H:%M}", "half_days": visit.half_days}


@dataclass(frozen=True)
class ActionRow:
    """The boxes of one action."""

    number: int
    text: BoundField
    who: BoundField
    due: BoundField
    # Which action it changes, where it can be one that is written already.
    key: BoundField | None = None

    @property
    def is_begun(self) -> bool:
        """Whether something stands in one of them, or is wrong with it."""
        return any(field.value() or field.errors for field in (self.text, self.who, self.due))


class DoneField(forms.TypedMultipleChoiceField):
    """Earlier actions to tick. One that is not in the list any more was ticked by somebody else: that is no mistake."""

    def valid_value(self, value: Any) -> bool:
        """Whatever is a key: the verb takes those that are open."""
        return str(value).isdecimal() and len(str(value)) <= LONGEST_KEY


class LogForm(forms.Form):
    """What is written about a visit: for the school, for the hub alone, and what was agreed."""

    # In the order of the page, and so of the summary of errors; the actions follow the note for the school.
    done = DoneField(
        label="Which of these are done?",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Tick what stands in the list"},
    )
    day = DateField(label="Day of the visit", error_messages={"required": "Enter the day on which it was"})
    starts = time_field("When it started", missing="Enter when it started, like 9:30am")
    met = line("Whom you met", "Enter whom you met", longest=300, hint="Like both lead teachers and the head")
    shared_note = long_text("Note of the visit", "Write a note for the school", longest=_LONGEST_NOTE, rows=10)
    internal_note = long_text("Internal note (optional)", longest=_LONGEST_NOTE, rows=5)
    half_days = _length("How long it took of your time")
    teachers_half_days = forms.TypedChoiceField(
        label="Release time of the lead teachers",
        choices=[("", "Choose"), *_RELEASES],
        coerce=int,
        help_text="Both together: two teachers for half a day each are 1 day",
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), "Choose how long the lead teachers were released, or none"
        ),
    )

    action_parts: ClassVar[tuple[str, ...]] = ("text", "who", "due")

    def __init__(self, *args: Any, now: dt.datetime, earlier: Iterable[AgreedAction] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        choices = [(action.pk, action.text) for action in earlier]
        if choices:
            cast(DoneField, self.fields["done"]).choices = choices
        else:
            del self.fields["done"]
        actions = {name: field for number in self.numbers() for name, field in self.action_fields(number).items()}
        self.fields.update(actions)
        self.order_fields(["done", "day", "starts", "met", "shared_note", *actions])

    def numbers(self) -> range:
        """The numbers of the rows in which actions are typed."""
        return range(1, ACTIONS + 1)

    def actions(self) -> list[ActionRow]:
        """The rows in which actions are typed."""
        return [
            ActionRow(number, *(self[f"action_{number}_{part}"] for part in self.action_parts))
            for number in self.numbers()
        ]

    def actions_at_first(self) -> list[ActionRow]:
        """The rows that are there from the beginning."""
        return self.actions()[:ACTIONS_AT_FIRST]

    def more_actions(self) -> list[ActionRow]:
        """The rows that are folded away until they are needed."""
        return self.actions()[ACTIONS_AT_FIRST:]

    def needs_more_actions(self) -> bool:
        """Whether something stands in the rows that are folded away."""
        return any(row.is_begun for row in self.more_actions())

    def clean(self) -> dict[str, Any]:
        """Refuse a time to come, and who or when of an action that says not what."""
        cleaned = super().clean() or {}
        cleaned["starts_at"] = starts_at = _moment(self)
        if starts_at and starts_at > self.now:
            self.add_error("day", "Enter a day and time that have passed: a visit is logged once it was held")
        for number in self.numbers():
            text, who, due = (cleaned.get(f"action_{number}_{part}") for part in ("text", "who", "due"))
            if (who or due) and not text and f"action_{number}_text" not in self.errors:
                self.add_error(f"action_{number}_text", f"Enter what was agreed as action {number}, or leave it empty")
        return cleaned

    def log(self) -> VisitLog:
        """What was typed, once it is valid."""
        cleaned = self.cleaned_data
        parts = ("starts_at", "half_days", "teachers_half_days", "met", "shared_note", "internal_note")
        return VisitLog(**{part: cleaned[part] for part in parts}, actions=tuple(self._agreed()))

    def done_already(self) -> frozenset[int]:
        """The earlier actions that were ticked."""
        return frozenset(self.cleaned_data.get("done", ()))

    def box_names(self) -> set[str]:
        """The names under which what is typed is sent."""
        return {name for field in self for name in _names(field)}

    def _agreed(self) -> Iterator[ActionAgreed]:
        for number in self.numbers():
            text, who, due = (self.cleaned_data[f"action_{number}_{part}"] for part in ("text", "who", "due"))
            if text:
                yield ActionAgreed(text, who, due, self.key_of(number))

    def action_fields(self, number: int) -> dict[str, forms.Field]:
        """The fields of one row, by name."""
        return _action_fields(number)

    def key_of(self, number: int) -> int | None:
        """The action that this row changes: none, in a new log."""
        return None


class PutRightForm(LogForm, SeenForm):
    """The same of a visit that is logged, with the reason; its open actions stand in the rows."""

    action_parts: ClassVar = (*LogForm.action_parts, "key")

    reason = long_text(
        "Why is it put right?",
        "Enter why: it stays on the timeline, and beside the days in the ledger",
        rows=3,
        hint="The hub’s people read it on the timeline. The school does not",
        longest=500,
    )

    def __init__(self, *args: Any, written: VisitLog, **kwargs: Any) -> None:
        self.written = written
        super().__init__(*args, initial={**_initial(written), **kwargs.pop("initial")}, **kwargs)

    def numbers(self) -> range:
        """As many rows as there are open actions, or were when it was opened, and those of a new log."""
        sent = sum(name.endswith("_key") for name in self.data)
        return range(1, max(ACTIONS, len(self.written.actions), min(sent, _MOST_ROWS)) + 1)

    def shown(self) -> set[int]:
        """The actions that stood in the rows when the form was opened."""
        return {key for number in self.numbers() if (key := self.key_of(number))}

    def key_of(self, number: int) -> int | None:
        """The action that stood in this row when the form was opened."""
        key: int | None = self.cleaned_data.get(f"action_{number}_key")
        return key

    def action_fields(self, number: int) -> dict[str, forms.Field]:
        """Beside its boxes, which action it is."""
        key = forms.IntegerField(required=False, widget=forms.HiddenInput)
        return {**super().action_fields(number), f"action_{number}_key": key}

    def differing(self) -> list[tuple[str, str]]:
        """Where what stands is not what was typed, in words."""
        typed = _in_words(self.log())
        return [(label, text) for label, text in _in_words(self.written).items() if text != typed[label]]


class MissForm(forms.Form):
    """Why a visit did not take place; `visit` is the key of the one that was arranged, if one was."""

    visit = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = long_text(
        "Why did it not take place?",
        "Enter why it did not take place",
        rows=3,
        hint="The hub’s people read it. The school does not",
        longest=500,
    )

    def __init__(self, *args: Any, submit: str, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(submit, "reason", others=[Button("Cancel", url=back, look="link")])


class VisitFilterForm(FilterForm):
    """Which of the visits to list."""

    THIS_YEAR = "year"

    when = forms.ChoiceField(
        label="When", required=False, choices=[("", "This term"), (THIS_YEAR, "This academic year")]
    )
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "All states"), *((state.value, state.label) for state in SlotState if state != SlotState.LATER)],
    )
    specialist = forms.TypedChoiceField(label="Mastery Specialist", required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, specialists: Sequence[MasterySpecialist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.TypedChoiceField, self.fields["specialist"])
        field.choices = [("", "All Specialists"), *((one.pk, one.name) for one in specialists)]
        if not specialists:
            del self.fields["specialist"]


def _action_fields(number: int) -> dict[str, forms.Field]:
    return {
        f"action_{number}_text": TextField(
            label=f"Action {number}",
            required=False,
            validators=[MaxLengthValidator(_LONGEST_ACTION, f"Write action {number} in {_LONGEST_ACTION} characters")],
            widget=forms.Textarea(attrs={"rows": 2}),
            error_messages={"null_characters_not_allowed": UNSEEN},
        ),
        f"action_{number}_who": line(
            "Who (optional)", f"Enter who does action {number}", required=False, hint="Name or role"
        ),
        f"action_{number}_due": DateField(label="By when (optional)", required=False),
    }


def _initial(log: VisitLog) -> dict[str, Any]:
    local = timezone.localtime(log.starts_at)
    initial: dict[str, Any] = {
        "day": local.date(),
        "starts": f"{local:%H:%M}",
        "half_days": log.half_days,
        "teachers_half_days": log.teachers_half_days,
        "met": log.met,
        "shared_note": log.shared_note,
        "internal_note": log.internal_note,
    }
    for number, action in enumerate(log.actions, start=1):
        parts = (("text", action.text), ("who", action.who), ("due", action.due_on), ("key", action.key))
        for part, value in parts:
            initial[f"action_{number}_{part}"] = value
    return initial


def _in_words(log: VisitLog) -> dict[str, str]:
    return {
        "When": moment(log.starts_at),
        "Whom you met": log.met,
        "Note of the visit": log.shared_note,
        "What was agreed": "\n".join(map(str, log.actions)),
        "Internal note": log.internal_note,
        "How long it took of your time": days(log.half_days),
        "Release time of the lead teachers": days(log.teachers_half_days),
    }


def _names(field: BoundField) -> Iterator[str]:
    if isinstance(field.field.widget, DateWidget):
        yield from (f"{field.html_name}_{part}" for part in PARTS)
    else:
        yield field.html_name

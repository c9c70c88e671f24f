"""What people type about changes of schools: checked here, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms

from hubs.fields import SearchField, TextField
from hubs.layout import Button, Question, form_helper
from hubs.listing import FilterForm
from hubs.models import LocalAuthority
from schools.changes import Filter
from schools.models import Doubt

_STILL_OPEN = "One of the two should be closed, and is open"
SAME, TURNED_ROUND, NOT_SAME = "same", "back", "not"
# Of two schools nobody may know which is the earlier one.
DOUBTS = [(doubt.value, _STILL_OPEN if doubt == Doubt.STILL_OPEN else doubt.label) for doubt in Doubt]


@dataclass(frozen=True)
class Answer:
    """An answer to choose: how it is sent, what it says, and what follows from it."""

    value: str
    label: str
    hint: str


class ChangeFilterForm(FilterForm):
    """What to look for in the list; anything unknown in the address is ignored."""

    STATES: ClassVar = [("", "To confirm"), ("decided", "Decided")]

    q = SearchField(label="School or URN", required=False, max_length=100)
    doubt = forms.ChoiceField(label="Doubt", required=False, choices=[("", "All doubts"), *DOUBTS])
    authority = forms.ChoiceField(label="Authority", required=False)
    state = forms.ChoiceField(label="State", required=False, choices=STATES)

    def __init__(self, *args: Any, authorities: Iterable[LocalAuthority], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["authority"].choices = [  # type: ignore[attr-defined]
            ("", "All authorities"),
            *((authority.code, authority.name) for authority in authorities),
        ]

    def chosen(self) -> Filter:
        """What was chosen, without what is not valid."""
        self.is_valid()
        valid = self.cleaned_data
        return Filter(
            search=valid.get("q", ""),
            doubt=valid.get("doubt", ""),
            authority=valid.get("authority", ""),
            decided=valid.get("state") == "decided",
        )


class RulingForm(forms.Form):
    """Whether two schools are one, and why. `seen` is the latest ruling that the page shows.

    Of the answers, `SAME` is that the first school of the address went on as the second, `TURNED_ROUND` the reverse.
    """

    answer = forms.ChoiceField(
        label="Are they the same school?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether they are the same school"},
    )
    reason = TextField(
        label="How do you know?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For example, “The head told us” or “Governors' minutes of May”. Other hubs of the area read it.",
        error_messages={
            "required": "Say how you know: others rely on it",
            "max_length": "Write 2,000 characters or fewer",
            "null_characters_not_allowed": "Take out the character that cannot be seen, or write it again",
        },
    )
    seen = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, back: str, answers: Sequence[Answer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].choices = [(answer.value, answer.label) for answer in answers]  # type: ignore[attr-defined]
        self.helper = form_helper(
            "Save the decision",
            Question("answer", choice_hints={answer.value: answer.hint for answer in answers}, inline=False),
            Question("reason"),
            others=[Button("Cancel", url=back, look="link")],
        )

    @property
    def same_school(self) -> bool:
        """The answer, of a valid form."""
        return bool(self.cleaned_data["answer"] != NOT_SAME)

    @property
    def turned_round(self) -> bool:
        """Whether it is the second school of the address that went on as the first, of a valid form."""
        return bool(self.cleaned_data["answer"] == TURNED_ROUND)

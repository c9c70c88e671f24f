"""What people of a school type to answer an offer: checked here, and nothing else."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from hubs.fields import line, long_text
from hubs.layout import Button, form_helper
from hubs.seen import SeenForm

_CHANGED = "Read the offer again: it has changed since you opened this page"


class _AnswerForm(SeenForm):
    """Who answers; what this person has seen is the agreement on the page, see `programmes.agreement`."""

    # What was for something else where the offer has changed.
    given_anew: ClassVar[tuple[str, ...]] = ()

    name = line("Your full name", "Enter your full name", autocomplete="name")
    role = line(
        "Your role at the school", "Enter your role at the school, like headteacher", autocomplete="organization-title"
    )

    def refuse_changed(self, seal: str) -> None:
        """Say that the offer is another one than the page had shown, and take what is shown now as read."""
        self.take_as_seen(seal, but_for=self.given_anew)
        self.add_error(None, _CHANGED)


class AcceptForm(_AnswerForm):
    """Who accepts a place for the school, having read what it agrees to."""

    given_anew = ("agreed",)

    agreed = forms.BooleanField(
        label="The school agrees to all of this, and I may say so for the school",
        error_messages={"required": "Tick the box if the school agrees, or go back and turn the place down"},
    )

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            "Accept the place", "name", "role", "agreed", others=[Button("Cancel", url=back, look="link")]
        )


class TurnDownForm(_AnswerForm):
    """Who turns a place down for the school, and why."""

    reason = long_text(
        "Why can the school not take the place?",
        "Enter the reason, so that the hub knows what would fit your school",
        rows=5,
        hint="The hub reads this. It helps it to offer you something that fits",
    )

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            "Turn the place down",
            "name",
            "role",
            "reason",
            look="warning",
            others=[Button("Cancel", url=back, look="link")],
        )

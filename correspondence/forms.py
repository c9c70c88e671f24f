"""The forms of the pages about messages. They validate what was typed, and nothing else."""

from __future__ import annotations

from typing import cast

from django import forms
from django.http import QueryDict

from correspondence import reminders
from correspondence.models import State
from correspondence.queries import LETTERS, Upcoming
from hubs.layout import Button, Look, form_helper
from hubs.listing import FilterForm


class MessageFilter(FilterForm):
    """Which messages to list."""

    q = forms.CharField(label="Recipient or subject", required=False, max_length=100)
    state = forms.ChoiceField(label="State", required=False, choices=[("", "All states"), *State.choices])


class SendAgainForm(forms.Form):
    """Asks to be sure where the message may arrive twice; else only a button."""

    sure = forms.BooleanField(
        label="Send it again, although it may arrive twice",
        error_messages={"required": "Tick the box if the message is to be sent again, although it may arrive twice"},
    )

    def __init__(self, data: QueryDict | None, *, may_arrive_twice: bool, back_url: str) -> None:
        super().__init__(data)
        if not may_arrive_twice:
            del self.fields["sure"]
        self.helper = form_helper("Send again", others=[Button("Leave it as it is", url=back_url, look="link")])


class ActForm(forms.Form):
    """Only a button."""

    def __init__(self, label: str, *, look: Look, back_url: str) -> None:
        super().__init__()
        leave = Button("Leave it as it is", url=back_url, look="link")
        self.helper = form_helper(label, others=[leave], look=look)


class UpcomingFilter(FilterForm):
    """Which waiting messages to list, and how far ahead."""

    q = forms.CharField(label="Recipient or subject", required=False, max_length=100)
    kind = forms.ChoiceField(label="Kind", required=False)
    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "All"), (State.QUEUED, "Will go out"), (State.HELD, "Held back")]
    )
    ahead = forms.ChoiceField(
        label="How far ahead", required=False, choices=[("", "The next 7 days"), ("14", "The next 14 days")]
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        kinds = [("", "All kinds"), *reminders.labels().items(), (LETTERS, "Letters")]
        cast(forms.ChoiceField, self.fields["kind"]).choices = kinds

    @property
    def chosen(self) -> Upcoming:
        """What was chosen, once it is validated; what is no choice is as if nothing was."""
        cleaned = self.cleaned_data
        return Upcoming(
            words=cleaned.get("q", ""),
            kind=cleaned.get("kind", ""),
            state=cleaned.get("state", ""),
            days=int(cleaned.get("ahead") or 7),
        )

"""The forms of the pages about messages. They validate what was typed, and nothing else."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from correspondence.models import State
from hubs.layout import Button, form_helper


class MessageFilter(forms.Form):
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


class CancelForm(forms.Form):
    """Only a button."""

    def __init__(self, *, back_url: str) -> None:
        super().__init__()
        leave = Button("Leave it as it is", url=back_url, look="link")
        self.helper = form_helper("Cancel the message", others=[leave], look="warning")

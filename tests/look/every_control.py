"""A form with every control that the form pack knows, in every state."""

from __future__ import annotations

from crispy_forms.helper import FormHelper
from django import forms

from hubs.layout import Button, Group, Question, form_helper
from hubs.widgets import DateField

STAGES = [("developing", "Developing"), ("embedding", "Embedding"), ("sustaining", "Sustaining")]
YEARS = [("1", "Year 1"), ("2", "Year 2"), ("3", "Year 3")]
YES_NO = [("yes", "Yes"), ("no", "No")]
HINT = "A quiet word of help"


class EveryControl(forms.Form):
    """Each field is required and has a hint, so that sending nothing shows all there is to show."""

    school_name = forms.CharField(label="Name of the school", help_text=HINT, error_messages={"required": "Enter it"})
    email = forms.EmailField(label="Headteacher's e-mail address", help_text=HINT)
    telephone = forms.CharField(label="Telephone", help_text=HINT, widget=forms.TextInput({"type": "tel"}))
    pupils = forms.IntegerField(label="How many pupils?", help_text=HINT)
    why_now = forms.CharField(label="Why now?", help_text=HINT, widget=forms.Textarea, max_length=500)
    hopes = forms.CharField(label="What do you hope for?", help_text=HINT, widget=forms.Textarea)
    role = forms.ChoiceField(label="Your role", help_text=HINT, choices=[("", "Choose one"), ("head", "Headteacher")])
    stage = forms.ChoiceField(label="Which stage?", help_text=HINT, choices=STAGES, widget=forms.RadioSelect)
    took_part = forms.ChoiceField(label="Before?", help_text=HINT, choices=YES_NO, widget=forms.RadioSelect)
    years = forms.MultipleChoiceField(
        label="Which years?", help_text=HINT, choices=YEARS, widget=forms.CheckboxSelectMultiple
    )
    promise = forms.BooleanField(label="We will give ten days' release", help_text=HINT)
    start = DateField(label="When could you start?", help_text=HINT)
    proof = forms.FileField(label="Proof", help_text=HINT)
    password = forms.CharField(label="Password", help_text=HINT, widget=forms.PasswordInput)
    token = forms.CharField(widget=forms.HiddenInput)

    @property
    def helper(self) -> FormHelper:
        """Some questions laid out by hand, for the kitchen sink."""
        return form_helper(
            "Continue",
            Question("school_name", width="two-thirds"),
            Group("How we reach you", "email", Question("telephone", width=20)),
            Question("pupils", width=4),
            "why_now",
            "hopes",
            "role",
            Question("stage", choice_hints={"developing": "For schools new to Teaching for Mastery"}),
            "took_part",
            "years",
            "promise",
            "start",
            "proof",
            "password",
            others=[Button("Save and come back later", name="action", value="save", look="secondary")],
        )

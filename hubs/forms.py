"""The forms of the ground. They validate what was typed, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from django import forms
from django.contrib.auth import password_validation
from django.forms.boundfield import BoundWidget
from django.urls import reverse

from hubs import colours
from hubs.fields import email, line, telephone
from hubs.layout import Button, Group, Question, form_helper
from hubs.models import Hub, Role, User
from hubs.profile import Profile
from hubs.queries import authorities_by_region
from hubs.widgets import DateField


def _role_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Role",
        choices=Role.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a role"},
    )


_ROLE_HINTS: dict[str, str] = {
    Role.ADMINISTRATOR: "Does everything a lead does, and manages the hub's details and members.",
    Role.HUB_LEAD: "Sees and decides expressions of interest, opens recruitment, sees the messages.",
    Role.ASSISTANT_LEAD: "The same as a hub lead.",
    Role.MASTERY_SPECIALIST: "Plans the meetings of her Work Groups and visits their schools. Sees no other groups.",
}


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    name = line("Name", "Enter the person's name")
    email = email(
        "E-mail address",
        "Enter the person's e-mail address",
        hint="The invitation goes to this address, and only it can join.",
    )
    role = _role_field()

    helper = form_helper(
        "Send the invitation",
        Question("name", width="two-thirds"),
        Question("email", width="two-thirds"),
        Question("role", choice_hints=_ROLE_HINTS),
    )


class RoleForm(forms.Form):
    """Another role for a member."""

    role = _role_field()

    helper = form_helper("Change the role", Question("role", choice_hints=_ROLE_HINTS))


class JoinForm(forms.Form):
    """What an invited person without an account gives to open one."""

    name = line("Your name", "Enter your name", hint="As your colleagues know you.", autocomplete="name")
    password = forms.CharField(
        label="Choose a password",
        strip=False,
        help_text="At least 10 characters. Three words that do not belong together make a good one.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": "Choose a password"},
    )

    helper = form_helper("Join", Question("name", width="two-thirds"), Question("password", width="two-thirds"))

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Hold the password against the rules, and against the person's own name and address."""
        cleaned = super().clean() or {}
        if password := cleaned.get("password"):
            try:
                password_validation.validate_password(password, User(email=self.email, name=cleaned.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class ProfileForm(forms.Form):
    """What a hub says about itself."""

    name = line("Name of the hub", "Enter the hub's name")
    contact_email = email(
        "E-mail address",
        "Enter the hub's e-mail address",
        hint="Schools see it on the hub's pages and in its messages.",
    )
    contact_phone = telephone("Telephone number (optional)", required=False)
    reply_to = email(
        "Reply-to address",
        "Enter the hub's reply-to e-mail address",
        hint="Where an answer to one of the hub's messages goes.",
    )
    privacy_role = forms.ChoiceField(
        label="What the hub is under data protection law",
        choices=Hub.PrivacyRole,
        widget=forms.RadioSelect,
        help_text="Most hubs are processors. The privacy notice says so.",
        error_messages={"required": "Choose what the hub is under data protection law"},
    )
    privacy_contact_email = email(
        "E-mail address for questions about privacy",
        "Enter the privacy contact's e-mail address",
        hint="Stands in the privacy notice.",
    )

    def __init__(self, *args: Any, hub: Hub, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            "Save",
            Group(
                "How schools know the hub",
                Question("name", width="two-thirds"),
                Question("contact_email", width="two-thirds"),
                Question("contact_phone", width=20),
                Question("reply_to", width="two-thirds"),
            ),
            Group("Privacy", "privacy_role", Question("privacy_contact_email", width="two-thirds")),
            others=[Button("Cancel", url=reverse("hub_settings", args=[hub.slug]), look="link")],
        )

    @property
    def profile(self) -> Profile:
        """What was typed, once it is valid."""
        return Profile(**self.cleaned_data)


class ColourForm(forms.Form):
    """The hub's colour, on which the header's white text must be readable."""

    colour = line(
        "Colour",
        "Enter a colour, like #00625e",
        longest=20,
        hint="Six digits and letters after a #, like #00625e. The hub's name stands on it in white.",
    )

    helper = form_helper("Save the colour", Question("colour", width=10))

    def clean_colour(self) -> str:
        """The colour as `#rrggbb`."""
        typed: str = self.cleaned_data["colour"]
        colour = colours.parse(typed)
        if colour is None:
            raise forms.ValidationError("Enter a # and six digits or letters from a to f, like #00625e")
        if not colours.readable(colour):
            raise forms.ValidationError(
                f"Choose a darker colour: white text on {colour} has a contrast of "
                f"{colours.contrast_in_words(colour)}, and it must be at least 4.5 to 1. "
                f"The nearest darker one is {colours.nearest_readable(colour)}."
            )
        return colour

    @property
    def suggestion(self) -> str | None:
        """A readable shade of a colour that was refused."""
        colour = colours.parse(self.data.get("colour", ""))
        return None if colour is None or colours.readable(colour) else colours.nearest_readable(colour)


@dataclass(frozen=True)
class RegionBoxes:
    """The local authorities of a region, each a box to tick."""

    name: str
    boxes: list[BoundWidget]

    @property
    def ticked(self) -> int:
        """How many of them are ticked."""
        return sum(bool(box.data["selected"]) for box in self.boxes)


class AreasForm(forms.Form):
    """The local authorities whose schools a hub serves, region by region."""

    codes = forms.MultipleChoiceField(
        label="Local authorities",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick at least one local authority",
            "invalid_choice": "Choose local authorities from the list",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.authorities = authorities_by_region()
        cast(forms.MultipleChoiceField, self.fields["codes"]).choices = [
            (authority.code, authority.name) for _, authorities in self.authorities for authority in authorities
        ]

    def regions(self) -> list[RegionBoxes]:
        """The boxes to tick, region by region."""
        boxes = iter(self["codes"].subwidgets)
        return [RegionBoxes(region, list(islice(boxes, len(authorities)))) for region, authorities in self.authorities]


class LeadSchoolForm(forms.Form):
    """A new lead school, and from when."""

    name = line("Name of the school or trust", "Enter the name of the school or trust", longest=200)
    urn = forms.RegexField(
        r"^\d{6}$",
        label="URN (optional)",
        required=False,
        help_text="Six digits. Leave it empty for a trust.",
        widget=forms.TextInput({"inputmode": "numeric"}),
        error_messages={"invalid": "Enter the URN with six digits, like 123456, or leave it empty"},
    )
    starts_on = DateField(
        label="Leads the hub from",
        help_text=(
            "For example, 1 9 2026. The present lead school leads until the day before, "
            "and one that has not begun yet is replaced."
        ),
        error_messages={"required": "Enter the day from which it leads the hub"},
    )

    helper = form_helper(
        "Save the lead school", Question("name", width="two-thirds"), Question("urn", width=10), "starts_on"
    )

    def clean_urn(self) -> int | None:
        """The URN as a number, or None."""
        return int(self.cleaned_data["urn"]) if self.cleaned_data["urn"] else None

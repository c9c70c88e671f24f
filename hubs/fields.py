"""The fields our forms are made of: what they keep, and messages that say what to do."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

LONGEST_EMAIL = 254
# Said of several lines, in which nobody finds it by what is missing.
UNSEEN = "Take out the character that cannot be seen, or write it again"
_PHONE = re.compile(r"^\+?[\d\s().-]{8,25}(\s*(ext\.?|x|extension)\s*\d{1,6})?$", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
# Of a page or of a mailbox; "Maths/PE lead" and "St. John's" are none.
_ADDRESS = re.compile(r"://|\bwww\.|@|\w\.\w{2,}/", re.IGNORECASE)
_FEWEST_DIGITS = 8
# What comes along when text is copied, or turns the reading direction of all that follows; not the joiners, which
# some tongues write with.
_UNSEEN = re.compile(
    "[\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
# Letters and symbols by their category, and yet nothing is drawn: the Hangul fillers and the empty Braille cell.
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800")


class TextField(forms.CharField):
    """Text in which something can be seen, refused with one message, whatever is wrong with it."""

    def to_python(self, value: Any) -> str:
        """The text; none at all where it is made of spaces, control characters and others that nobody sees."""
        text: str = super().to_python(value) or ""
        return text if any(map(_can_be_seen, text)) else ""

    def run_validators(self, value: Any) -> None:
        """Raise the first refusal only: the others would say the same once more."""
        try:
            super().run_validators(value)
        except ValidationError as refusal:
            raise refusal.error_list[0] from refusal


class SearchField(forms.CharField):
    """What to look for: no more than its longest, which the box then shows, and anything else left away."""

    def to_python(self, value: Any) -> str:
        """The text, cut to the longest there may be."""
        return str(super().to_python(value))[: self.max_length]

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What the box shows: as much as is looked for."""
        return data[: self.max_length] if isinstance(data, str) else data


class LineField(TextField):
    """One line: runs of spaces and line breaks become one space, as names go into letters and headers.

    Characters that nobody sees are taken out.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {"address": "Take the web or e-mail address out"}

    def to_python(self, value: Any) -> str:
        """The line, without the spaces around it."""
        return " ".join(_UNSEEN.sub("", super().to_python(value)).split())

    def validate(self, value: str) -> None:
        """Refuse what looks like an address: strangers' words go into our letters, to whomever they name."""
        super().validate(value)
        if _ADDRESS.search(value):
            raise ValidationError(self.error_messages["address"], code="address")


class EmailField(TextField, forms.EmailField):
    """An e-mail address, with the capitals that were typed."""


class TelephoneField(LineField):
    """A number that can be dialled, however it is grouped, with or without an extension."""

    def clean(self, value: Any) -> str:
        """The number as it was typed; raises ValidationError for one that nobody could dial."""
        number: str = super().clean(value)
        if number and (not _PHONE.match(number) or len(_DIGIT.findall(number)) < _FEWEST_DIGITS):
            raise ValidationError("Enter a telephone number, like 01632 960 001 or 07700 900 982", code="invalid")
        return number


def line(
    label: str, missing: str, *, longest: int = 120, hint: str = "", required: bool = True, **attrs: str
) -> LineField:
    """One line of text; `missing` is the message for none, `attrs` are the box's attributes."""
    return LineField(
        label=label,
        max_length=longest,
        required=required,
        help_text=hint,
        error_messages=_messages(missing, longest),
        widget=forms.TextInput(attrs=attrs),
    )


def email(label: str, missing: str, *, hint: str = "", **attrs: str) -> EmailField:
    """An e-mail address; the message shows what one looks like."""
    wish = f"{missing}, like name@school.sch.uk"
    return EmailField(
        label=label,
        help_text=hint,
        max_length=LONGEST_EMAIL,
        error_messages={**_messages(missing, LONGEST_EMAIL), "required": wish, "invalid": wish},
        widget=forms.EmailInput(attrs={"spellcheck": "false", **attrs}),
    )


def telephone(label: str, *, hint: str = "", required: bool = True, **attrs: str) -> TelephoneField:
    """A telephone number."""
    return TelephoneField(
        label=label,
        max_length=30,
        required=required,
        help_text=hint,
        error_messages=_messages("Enter a telephone number", 30),
        widget=forms.TextInput(attrs={"type": "tel", **attrs}),
    )


def long_text(label: str, missing: str = "", *, longest: int = 2000, rows: int = 4, hint: str = "") -> TextField:
    """Several lines; without `missing`, the message for none, they may be left empty."""
    return TextField(
        label=label,
        required=bool(missing),
        max_length=longest,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={
            "required": missing,
            "max_length": f"Write {longest:,} characters or fewer",
            "null_characters_not_allowed": UNSEEN,
        },
    )


def _messages(missing: str, longest: int) -> dict[str, str]:
    return {
        "required": missing,
        "max_length": f"{missing} in {longest} characters or fewer",
        "address": f"{missing}, without a web or e-mail address",
        "null_characters_not_allowed": missing,
    }


def _can_be_seen(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANKS

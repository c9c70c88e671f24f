"""A time of the day as people type it, and the moment in London that it makes with a day."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from hubs.fields import LineField

LONDON = ZoneInfo("Europe/London")
_NOON = 12
# Said without "am" or "pm": nobody meets at two in the morning. From seven on it may be breakfast.
_AFTERNOON = range(1, 7)
_TIME = re.compile(r"(\d{1,2})(?:[.:h ]?(\d{2}))?\s*(am|pm|a|p)?", re.IGNORECASE)
_WORDS = {"noon": dt.time(12), "midday": dt.time(12), "midnight": dt.time(0)}


class NoSuchTime(ValueError):
    """The clocks went forward over this time; the message is a sentence to show."""


def time_of_day(text: str) -> dt.time | None:
    """The time that somebody typed: 1:30pm, 1.30 pm, 13:30, 1330, 9, noon; none where it cannot be read.

    From one to half past six without "am" or "pm" are in the afternoon, unless typed with a nought before.
    """
    typed = re.sub(r"(?<=[ap])\.\s*m\.?$", "m", text.strip().lower())
    if typed in _WORDS:
        return _WORDS[typed]
    match = _TIME.fullmatch(typed)
    if not match:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if half:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half.startswith("p") else 0)
    elif hour in _AFTERNOON and not match[1].startswith("0"):
        hour += _NOON
    try:
        return dt.time(hour, minute)
    except ValueError:
        return None


def london(day: dt.date, time: dt.time) -> dt.datetime:
    """The moment in London; of an hour that the clocks repeat in October the first one.

    Raises `NoSuchTime` for an hour that they leave out in March.
    """
    moment = dt.datetime.combine(day, time, LONDON)
    if moment.astimezone(dt.UTC).astimezone(LONDON).replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise NoSuchTime("Enter another time: the clocks go forward that night, from 1am to 2am")
    return moment


class TimeField(LineField):
    """A time of the day in one box, as people type it."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": "Enter a time, like 1:30pm",
        "invalid": "Enter a time like 1:30pm or 13:30",
    }

    def clean(self, value: Any) -> dt.time | None:
        """The time, or none for nothing; raises ValidationError for what cannot be read."""
        line = super().clean(value)
        if not line:
            return None
        time = time_of_day(line)
        if time is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return time


def time_field(label: str, *, missing: str, hint: str = "Like 1:30pm or 13:30") -> TimeField:
    """A time of the day; `missing` is the message for none."""
    return TimeField(
        label=label,
        max_length=20,
        help_text=hint,
        error_messages={"required": missing, "max_length": "Enter a time like 1:30pm or 13:30"},
        widget=forms.TextInput({"autocomplete": "off"}),
    )

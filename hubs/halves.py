"""An amount of time in days, halves among them, as people type it; it is kept in half-days."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from hubs.fields import LineField
from hubs.wording import days

_DAYS = re.compile(r"(\d{0,3})\s*(½|1/2|[.,]50?)?(?:[.,]0+)?\s*(?:days?)?", re.IGNORECASE)


def half_days_of(text: str) -> int | None:
    """The half-days in what somebody typed: 12, 7.5, 7½, 7 1/2, ½ day; none where it cannot be read."""
    match = _DAYS.fullmatch(text.strip())
    if not match or not (match[1] or match[2]):
        return None
    return 2 * int(match[1] or 0) + bool(match[2])


class DaysField(LineField):
    """Days, whole or half; its value is in half-days, and none for nothing where it is not required."""

    def __init__(self, *, most_half_days: int, missing: str = "Enter days as a number, like 15 or 7½", **kwargs: Any):
        self.most, self.missing = most_half_days, missing
        messages = {"required": missing, "address": missing, "max_length": missing}
        super().__init__(max_length=20, error_messages=messages, widget=forms.TextInput, **kwargs)

    def clean(self, value: Any) -> int | None:
        """The half-days; raises ValidationError for what is no number of whole or half days, and for too many."""
        text: str = super().clean(value)
        if not text:
            return None
        half_days = half_days_of(text)
        if half_days is None:
            raise ValidationError(self.missing, code="invalid")
        if half_days > self.most:
            raise ValidationError(f"Enter {days(self.most)} or fewer", code="max_value")
        return half_days

    def prepare_value(self, value: Any) -> Any:
        """As it is typed: half-days as days, without the noun."""
        return days(value).split(" ")[0] if isinstance(value, int) else value

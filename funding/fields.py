"""The form field for a sum of money."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from funding.granting import MOST
from hubs.wording import pounds

_SUM = re.compile(r"£?(?P<pounds>[0-9]{1,3}(,[0-9]{3})+|[0-9]{1,9})(\.(?P<pence>[0-9]{1,2}))?")


class PoundsField(forms.CharField):
    """A sum typed in pounds, with or without the sign, commas and pence; its value is in pence."""

    default_error_messages = {
        "required": "Enter the amount in pounds, like 1,000",
        "invalid": "Enter the amount in pounds, like 1,000 or 750.50",
        "nothing": "Enter an amount of at least £0.01",
        "too_much": f"Enter an amount of no more than {pounds(MOST)}",
        "null_characters_not_allowed": "Enter the amount in pounds, like 1,000 or 750.50",
    }

    def clean(self, value: Any) -> int:
        """The sum in pence; raises ValidationError."""
        typed = super().clean(value)
        found = _SUM.fullmatch("".join(typed.split()))
        if not found:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        pence = int(found["pounds"].replace(",", "")) * 100 + int((found["pence"] or "").ljust(2, "0"))
        for wrong, code in ((pence == 0, "nothing"), (pence > MOST, "too_much")):
            if wrong:
                raise ValidationError(self.error_messages[code], code=code)
        return pence

    def prepare_value(self, value: Any) -> Any:
        """Pence as a person would type them: 1,000 or 750.50; what was typed as it was."""
        return pounds(value).removeprefix("£") if isinstance(value, int) else value

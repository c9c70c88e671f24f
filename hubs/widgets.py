"""Form controls that Django does not bring: a date in three boxes, a school by name, postcode or URN."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.datastructures import MultiValueDict

PARTS = ("day", "month", "year")
MONTHS = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)


class DateWidget(forms.MultiWidget):
    """Day, month and year in three boxes. The months may be typed as numbers or names.

    Its value is `YYYY-M-D` as typed, empty parts and mistakes included, so that `DateField` can
    say what is missing and the boxes show again what the person wrote.
    """

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        boxes: dict[str, forms.Widget | type[forms.Widget]] = {
            part: forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}) for part in PARTS
        }
        super().__init__(boxes, attrs)

    def id_for_label(self, id_: str, index: str = PARTS[0]) -> str:
        """The id of the first box."""
        return f"{id_}_{index}" if id_ else id_

    def decompress(self, value: Any) -> list[str]:
        """Day, month and year of a date, or of what was typed, mistakes included."""
        if isinstance(value, dt.date):
            return [str(value.day), str(value.month), str(value.year)]
        year, month, day = [*str(value or "").split("-"), "", "", ""][:3]
        return [day, month, year]

    def value_from_datadict(  # type: ignore[override]  # one text, as DateField reads it, not a list
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str
    ) -> str | None:
        """`YYYY-M-D` as typed, or None when all three boxes are empty."""
        typed = super().value_from_datadict(data, files, name)
        day, month, year = ((part or "").strip().replace("-", "") for part in typed)
        return f"{year}-{month}-{day}" if day or month or year else None


class DateField(forms.DateField):
    """A date typed into three boxes; its messages say which part is missing."""

    widget = DateWidget
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": "Enter a date",
        "invalid": "Enter a real date, like 27 9 2026",
        "incomplete": "Enter the %(parts)s of the date as well",
        "year": "Enter the year with four figures, like 2026",
    }

    def to_python(self, value: Any) -> dt.date | None:
        """The date, or None for none; raises ValidationError naming the part that is missing or wrong."""
        if not isinstance(value, str) or not value:
            return super().to_python(value)
        year, month, day = value.split("-")
        missing = [name for name, part in zip(PARTS, (day, month, year), strict=True) if not part]
        if missing:
            raise self._error("incomplete", parts=" and the ".join(missing))
        if not (year.isdecimal() and len(year) == 4):
            raise self._error("year")
        try:
            return dt.date(int(year), _month(month), int(day))
        except ValueError as error:
            raise self._error("invalid") from error

    def _error(self, code: str, **params: str) -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code=code, params=params)


def _month(text: str) -> int:
    """The number of a month typed as a number or by its name; raises ValueError for anything else."""
    name = text.lower()[:3]
    return MONTHS.index(name) + 1 if name in MONTHS else int(text)

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from hubs.halves import DaysField, half_days_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15", 30), ("0", 0), ("7.5", 15), ("7,5", 15), ("7½", 15), ("7 ½", 15), ("7 1/2", 15), ("½", 1), ("1/2", 1),
        (".5", 1), ("12 days", 24), ("1 day", 2), ("½ Day", 1), (" 3 ", 6), ("3.0", 6), ("2.50", 5), ("200", 400),
        ("", None), ("days", None), ("7.25", None), ("-1", None), ("a week", None), ("1234", None), ("٣½", 7),
    ],
)  # fmt: skip
def test_days_are_read_as_people_write_them(text: str, expected: int | None) -> None:
    assert half_days_of(text) == expected


def test_a_field_says_what_to_do() -> None:
    field = DaysField(most_half_days=20)
    assert field.clean("7½") == 15
    for text, told in {"": "like 15 or 7½", "soon": "like 15 or 7½", "10.5": "Enter 10 days or fewer"}.items():
        with pytest.raises(ValidationError, match=told):
            field.clean(text)
    assert DaysField(most_half_days=20, required=False).clean("") is None


@pytest.mark.parametrize("half_days", range(41))
def test_what_is_shown_can_be_sent_again(half_days: int) -> None:
    field = DaysField(most_half_days=40)
    assert field.clean(field.prepare_value(half_days)) == half_days
    assert field.prepare_value("seven") == "seven"

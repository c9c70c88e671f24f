from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from funding.fields import PoundsField
from funding.granting import MOST
from hubs.wording import pounds

FIELD = PoundsField()


@pytest.mark.parametrize(
    ("typed", "pence"),
    [
        ("1,000", 100_000),
        ("1000", 100_000),
        (" £1,000.50 ", 100_050),
        ("£ 1 000", 100_000),
        ("750.5", 75_050),
        ("0.01", 1),
        ("10,000", MOST),
        ("0099", 9_900),
    ],
)
def test_a_sum_is_read_as_people_type_it(typed: str, pence: int) -> None:
    assert FIELD.clean(typed) == pence


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter the amount in pounds, like 1,000"),
        (None, "Enter the amount in pounds, like 1,000"),
        ("a lot", "Enter the amount in pounds, like 1,000 or 750.50"),
        ("1,00", "Enter the amount in pounds, like 1,000 or 750.50"),
        ("1.000", "Enter the amount in pounds, like 1,000 or 750.50"),
        ("1,000.505", "Enter the amount in pounds, like 1,000 or 750.50"),
        ("-5", "Enter the amount in pounds, like 1,000 or 750.50"),
        ("1e3", "Enter the amount in pounds, like 1,000 or 750.50"),
        ("$5", "Enter the amount in pounds, like 1,000 or 750.50"),
        ("١٠٠", "Enter the amount in pounds, like 1,000 or 750.50"),
        ("9" * 200, "Enter the amount in pounds, like 1,000 or 750.50"),
        ("5\x00", "Enter the amount in pounds, like 1,000 or 750.50"),
        ("0", "Enter an amount of at least £0.01"),
        ("0.00", "Enter an amount of at least £0.01"),
        ("10,000.01", "Enter an amount of no more than £10,000"),
    ],
)
def test_what_is_no_sum_is_refused_with_what_to_do(typed: str | None, said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        FIELD.clean(typed)
    assert refusal.value.messages == [said]


@given(st.integers(1, MOST))
def test_a_sum_that_a_page_writes_is_read_as_the_same(pence: int) -> None:
    assert FIELD.clean(pounds(pence)) == FIELD.clean(FIELD.prepare_value(pence)) == pence


def test_a_box_shows_pence_as_pounds_and_what_was_typed_as_it_was() -> None:
    assert FIELD.prepare_value(75_050) == "750.50"
    assert FIELD.prepare_value("a lot") == "a lot"

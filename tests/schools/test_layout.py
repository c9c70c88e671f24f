from __future__ import annotations

import pytest

from schools.layout import COLUMNS, READ, Parse, Unreadable, code, day, percentage, postcode, text, whole


@pytest.mark.parametrize(
    ("parse", "value", "read"),
    [
        (text(5), " abc ", "abc"),
        (text(5), "", ""),
        (code(3), "001", "001"),
        (code(4), "", ""),
        (whole(10), " 7 ", "7"),
        (whole(10), "", None),
        (percentage, "21.7", "21.7"),
        (percentage, "21.74", "21.7"),
        (percentage, "100", "100.0"),
        (percentage, "", None),
        (day, "31-08-2024", "2024-08-31"),
        (day, "", None),
        (postcode, "bs50aa", "BS5 0AA"),
        (postcode, "EC3A  5DE", "EC3A 5DE"),
        (postcode, "9999", "9999"),
        (postcode, "", ""),
    ],
)
def test_values_are_read(parse: Parse, value: str, read: str | None) -> None:
    assert parse(value) == read


@pytest.mark.parametrize(
    ("parse", "value"),
    [
        (text(5), "abcdef"),
        (code(3), "12"),
        (code(3), "٣٣٣"),
        (whole(10), "11"),
        (whole(10), "-1"),
        (whole(10), "1.5"),
        (whole(10), "²"),
        (percentage, "100.1"),
        (percentage, "SUPP"),
        (day, "2024-08-31"),
        (day, "31-02-2024"),
        (postcode, "a good deal of text"),
    ],
)
def test_what_cannot_be_meant_is_refused(parse: Parse, value: str) -> None:
    with pytest.raises(Unreadable):
        parse(value)


def test_every_column_we_read_is_of_the_register_s_layout() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 140
    assert {column.header for column in READ} <= set(COLUMNS)

from __future__ import annotations

from correspondence.writing import one_line, paragraphs


def test_one_line_keeps_the_words() -> None:
    assert one_line("  A\tplace\r\n\r\nfor   you\x85\x7f ") == "A place for you"


def test_what_is_empty_leaves_no_gap_in_a_letter() -> None:
    assert paragraphs("Dear Mina,", "", "See you:\n\nsoon.\n", "  ", "Northvale") == (
        "Dear Mina,\n\nSee you:\n\nsoon.\n\nNorthvale\n"
    )

from __future__ import annotations

from correspondence.writing import one_line


def test_one_line_keeps_the_words() -> None:
    assert one_line("  A\tplace\r\n\r\nfor   you\x85\x7f ") == "A place for you"

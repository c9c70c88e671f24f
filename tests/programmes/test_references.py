from __future__ import annotations

import re

import pytest

from programmes.references import ALPHABET, new_reference


def test_a_reference_is_eoi_and_five_characters_of_the_alphabet() -> None:
    for _ in range(200):
        assert re.fullmatch(f"EOI-[{ALPHABET}]{{5}}", new_reference())


@pytest.mark.parametrize("alike", ["0O", "1IL", "2Z", "5S", "8B", "UV"])
def test_of_characters_that_look_alike_at_most_one_is_used(alike: str) -> None:
    assert len(set(alike) & set(ALPHABET)) <= 1


def test_no_vowel_can_spell_a_word() -> None:
    assert not set("AEIOU") & set(ALPHABET)


def test_the_alphabet_has_each_character_once_and_capitals_only() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert ALPHABET.upper() == ALPHABET


def test_references_differ() -> None:
    made = {new_reference() for _ in range(200)}

    # Of four million, two equal ones in two hundred come once in two hundred times; three never.
    assert len(made) >= 198

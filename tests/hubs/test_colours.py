from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubs import colours

channels = st.integers(0, 255)
any_colour = st.builds("#{:02x}{:02x}{:02x}".format, channels, channels, channels)


def test_black_on_white_has_the_greatest_contrast_there_is() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)


def test_a_colour_has_no_contrast_to_itself() -> None:
    assert colours.contrast("#00625e", "#00625e") == 1


@pytest.mark.parametrize(("colour", "ratio"), [("#767676", 4.54), ("#777777", 4.48), ("#ff0000", 4.0)])
def test_contrast_agrees_with_known_values(colour: str, ratio: float) -> None:
    assert colours.contrast(colour, colours.WHITE) == pytest.approx(ratio, abs=0.01)


def test_the_default_colour_is_readable() -> None:
    assert colours.readable(colours.DEFAULT)


def test_a_contrast_just_below_the_minimum_is_not_rounded_up_to_it() -> None:
    assert not colours.readable("#777777")
    assert colours.contrast_in_words("#777777") == "4.4 to 1"


@given(any_colour, any_colour)
def test_contrast_does_not_depend_on_which_colour_comes_first(first: str, second: str) -> None:
    assert colours.contrast(first, second) == colours.contrast(second, first)
    assert 1 <= colours.contrast(first, second) <= 21.0001


@given(any_colour)
def test_the_offered_shade_is_always_readable(colour: str) -> None:
    assert colours.readable(colours.nearest_readable(colour))


@given(any_colour)
def test_a_readable_colour_is_offered_unchanged(colour: str) -> None:
    assert (colours.nearest_readable(colour) == colour) == colours.readable(colour)


@given(any_colour)
def test_the_offered_shade_is_never_lighter_in_any_channel(colour: str) -> None:
    offered = colours.nearest_readable(colour)
    assert all(int(offered[i : i + 2], 16) <= int(colour[i : i + 2], 16) for i in (1, 3, 5))


@given(any_colour)
def test_the_offered_shade_is_only_as_dark_as_it_must_be(colour: str) -> None:
    offered = colours.nearest_readable(colour)
    if offered != colour:
        assert colours.contrast(offered, colours.WHITE) < 4.75


@given(any_colour)
def test_a_colour_reads_back_as_itself(colour: str) -> None:
    assert colours.parse(colour) == colour
    assert colours.parse(f" {colour.upper().removeprefix('#')} ") == colour


def test_a_short_colour_is_written_out() -> None:
    assert colours.parse("#0aF") == "#00aaff"


@given(st.text())
def test_whatever_is_typed_becomes_a_proper_colour_or_none(text: str) -> None:
    colour = colours.parse(text)
    assert colour is None or re.fullmatch("#[0-9a-f]{6}", colour)

"""A hub's own colour, and whether text can be read on it."""

from __future__ import annotations

import math
import re

DEFAULT = "#00625e"
WHITE = "#ffffff"
# WCAG 2.2, success criterion 1.4.3, for text of normal size.
MINIMUM_CONTRAST = 4.5


def contrast(first: str, second: str) -> float:
    """Contrast of two `#rrggbb` colours, from 1 to 21 (WCAG 2.2's definition)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str) -> bool:
    """Whether the header's white text can be read on this colour."""
    return contrast(colour, WHITE) >= MINIMUM_CONTRAST


def contrast_in_words(colour: str) -> str:
    """The contrast of white text on a colour, like "7.4 to 1"; never rounded up into the minimum."""
    return f"{math.floor(contrast(colour, WHITE) * 10) / 10} to 1"


def parse(text: str) -> str | None:
    """`#rrggbb` from what a person typed, with or without #, in capitals or short; None when it is no colour."""
    digits = text.strip().removeprefix("#").lower()
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return f"#{digits}" if re.fullmatch(r"[0-9a-f]{6}", digits) else None


def nearest_readable(colour: str) -> str:
    """The colour itself where white text can be read on it, else the lightest darker shade that passes."""
    channels = _channels(colour)
    # Black passes, and a darker shade never has less contrast than a lighter one: the first that passes is it.
    shades = ("#" + "".join(f"{channel * step // 255:02x}" for channel in channels) for step in range(255, -1, -1))
    return next(shade for shade in shades if readable(shade))


def _luminance(colour: str) -> float:
    red, green, blue = (channel / 255 for channel in _channels(colour))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

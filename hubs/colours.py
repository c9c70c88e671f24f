"""A hub's own colour, and whether text can be read on it."""

from __future__ import annotations

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


def _luminance(colour: str) -> float:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

"""Bars as inline SVG: on pages and in PDFs alike, with a title that is read out, and always beside their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_WIDTH = 360
_LINE = 46


@dataclass(frozen=True)
class Bar:
    """A bar as long as its amount, which is 0 or more, and how it is written: "£4,000"."""

    label: str
    amount: int
    words: str


def bars(title: str, drawn: Sequence[Bar], *, colour: str) -> SafeString:
    """A chart of bars one below the other, each under its label; the longest takes the whole width."""
    longest = max((bar.amount for bar in drawn), default=0) or 1
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="app-chart" role="img" aria-label="{title}" width="{width}" '
        'height="{height}" viewBox="0 0 {width} {height}"><title>{title}</title>{bars}</svg>',
        title=title,
        width=_WIDTH,
        height=_LINE * len(drawn),
        bars=format_html_join(
            "",
            '<text x="0" y="{}" font-family="Noto Sans" font-size="14">{}</text>'
            '<text x="{}" y="{}" font-family="Noto Sans" font-size="14" font-weight="bold" text-anchor="end">{}</text>'
            '<rect x="0" y="{}" width="{}" height="14" fill="{}"/>',
            (
                (_LINE * at + 17, bar.label, _WIDTH, _LINE * at + 17, bar.words, _LINE * at + 24, width, colour)
                for at, (bar, width) in enumerate((bar, _WIDTH * bar.amount // longest) for bar in drawn)
            ),
        ),
    )

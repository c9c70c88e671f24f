"""How a form that is shown once more names its fields."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def in_words(name: str) -> str:
    """The name of a field as words: `head_email` is Head email."""
    return name.replace("-", " ").replace("_", " ").strip().capitalize()

"""Where the record of an expression of interest leads on: to pages of rooms above, which this one knows nothing of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hubs.models import Membership
from programmes.models import ExpressionOfInterest


class Way(NamedTuple):
    """A link of the record: "The school's place" and its address."""

    label: str
    url: str


Finder = Callable[[ExpressionOfInterest, Membership], Way | None]
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Have the record show where `finder` leads a member, in one query; called once, when the room's app is ready."""
    _finders.append(finder)


def ways_from(expression: ExpressionOfInterest, membership: Membership) -> list[Way]:
    """The links for a member who looks at an expression; those of an accepted one only, for others lead nowhere."""
    if not expression.is_accepted:
        return []
    return [way for finder in _finders if (way := finder(expression, membership))]

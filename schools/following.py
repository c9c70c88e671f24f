"""What follows from a change of the register in rooms that the register knows nothing of."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class Follow(Protocol):
    """Brings a room's own records up to the register as it is now; harmless when called twice."""

    def __call__(self, *, now: dt.datetime) -> None:
        """Follow the register as it is at that moment."""


_followers: list[Follow] = []


def register(follow: Follow) -> None:
    """Have a room follow every change of the register; called once, when the room's app is ready."""
    _followers.append(follow)


def follow(*, now: dt.datetime) -> None:
    """Let every room follow; called after an import or a ruling has been committed."""
    for room in _followers:
        room(now=now)

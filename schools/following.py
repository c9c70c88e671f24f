"""What follows from a change of the register in rooms that the register knows nothing of."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

import structlog


class Follow(Protocol):
    """Brings a room's own records up to the register as it is now; harmless when called twice."""

    def __call__(self, *, now: dt.datetime) -> None:
        """Follow the register as it is at that moment."""


log = structlog.get_logger(__name__)
_followers: list[Follow] = []


def register(follow: Follow) -> None:
    """Have a room follow every change of the register; called once, when the room's app is ready."""
    _followers.append(follow)


def follow(*, now: dt.datetime) -> None:
    """Let every room follow; called after an import or a ruling has been committed. Never fails.

    What was committed is so, whatever becomes of it elsewhere: a room that fails catches up by itself.
    """
    for room in _followers:
        try:
            room(now=now)
        except Exception as error:
            # Without the error's own words, which may name anybody.
            log.error("register_not_followed", room=room.__module__, error=type(error).__name__)  # noqa: TRY400

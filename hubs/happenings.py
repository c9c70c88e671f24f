"""How a room tells the rooms above it, which it knows nothing of, that something has happened.

A happening is declared where it happens and told in its verb's transaction; a room above listens from its
app's `ready`. What a listener raises undoes the verb: what belongs together is done together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Happening(Generic[T]):
    """Something that happens, with its facts as a small frozen dataclass."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[T], object]] = []

    def listen(self, listener: Callable[[T], object]) -> None:
        """Have a room act whenever it happens; called once, when the room's app is ready."""
        self._listeners.append(listener)

    def tell(self, facts: T) -> None:
        """Say that it happened, in the caller's transaction."""
        for listener in self._listeners:
            listener(facts)

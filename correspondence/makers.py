"""Who makes a document: a maker for each kind, registered by the room that knows what it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from correspondence.models import DocumentFile

Figures = dict[str, Any]


class CannotBeMade(Exception):
    """There is nothing to make the document of; the message is a sentence to show."""


@dataclass(frozen=True)
class MadeFile:
    """A file of a document."""

    format: DocumentFile.Format
    name: str
    content: bytes


class Maker(Protocol):
    """Makes the documents of one kind: first takes their figures down, then makes every file of these alone."""

    def snapshot(self, parameters: Mapping[str, Any], *, now: dt.datetime) -> Figures:
        """What the document says, as JSON can hold it, read from the active hub as it is at one moment.

        Raises `CannotBeMade`.
        """

    def parts(self, figures: Figures) -> int:
        """How many parts, of which people are told, the document has: schools, for instance."""

    def files(self, figures: Figures, *, finished: Callable[[int], None]) -> Iterable[MadeFile]:
        """The files. Calls `finished` with the number of parts so far, at least every minute; what it raises goes on.

        Asks the database nothing: all files say the same.
        """


_makers: dict[str, Maker] = {}


def register(kind: str, maker: Maker) -> None:
    """Have a maker make the documents of a kind; called once, when the room's app is ready."""
    _makers[kind] = maker


def maker_of(kind: str) -> Maker:
    """The maker of a kind; raises KeyError where no room has registered one."""
    return _makers[kind]

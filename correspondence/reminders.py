"""Reminders are derived, not scheduled: rules say which messages ought to exist, the engine makes it so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from django.db.models import Model


@dataclass(frozen=True)
class Wanted:
    """A reminder that ought to exist.

    `slot` says what it is about and to whom, whatever the date: "meeting-in-10-days:17:ana@school.example".
    `occurrence` is the date that it reminds of: one that was sent is not sent again for the same occurrence,
    and one that waits follows its slot to another. From `useless_at` on nobody wants it any more.
    """

    slot: str
    occurrence: str
    due_at: dt.datetime
    useless_at: dt.datetime
    recipient: str
    subject: str
    text: str
    about: Model


class Rule(Protocol):
    """Which reminders of one kind ought to exist in the active hub."""

    # Also the beginning of each slot; a letter's `kind`.
    kind: str
    # As pages name it: "Visit to arrange".
    label: str

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterable[Wanted]:
        """Those that are due until a moment and still of use `now`, in a fixed number of queries."""


_rules: dict[str, Rule] = {}


def register(rule: Rule) -> None:
    """Have the engine follow a rule; called once, when the room's app is ready."""
    _rules[rule.kind] = rule


def derive_soon() -> None:
    """Have a worker bring the active hub's reminders up to date once the caller's transaction is committed."""

"""Reminders are derived, not scheduled: rules say which messages ought to exist, the engine makes it so.

The engine is `correspondence.deriving`. See docs/decisions/0011-reminders-are-derived-messages.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from django.db import connection, transaction
from django.db.models import Model

from hubs.tenancy import active_hub_id


@dataclass(frozen=True)
class Wanted:
    """A reminder that ought to exist.

    `slot` says what it is about and to whom, whatever the date: "meeting-in-10-days:17:participant-4". There is
    one for each slot at a time. `occurrence` is the date that it reminds of: one that was sent is not sent again for
    the same occurrence, and one that waits follows its slot to another. From `useless_at` on nobody wants it.
    """

    slot: str
    occurrence: str
    due_at: dt.datetime
    useless_at: dt.datetime
    recipient: str
    subject: str
    text: str
    # A sentence for the hub's people: "The meeting of the Ashby group is on Tuesday 3 March 2026."
    because: str
    # None where it is about several records.
    about: Model | None

    @property
    def key(self) -> str:
        """The idempotency key of its message: one for each slot and occurrence, for good."""
        return f"{self.slot}:{self.occurrence}"


class Rule(Protocol):
    """Which reminders of one kind ought to exist in the active hub. It reads, and writes nothing."""

    @property
    def kind(self) -> str:
        """Also the beginning of each slot; the message's `kind`."""

    @property
    def label(self) -> str:
        """As pages name it: "Visit to arrange"."""

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterable[Wanted]:
        """Those that are due until a moment and still of use `now`, in a fixed number of queries."""


class Preparation(Protocol):
    """What the texts of reminders need to be there first: a person's own link, for instance."""

    def __call__(self, *, now: dt.datetime) -> None:
        """Make it in the active hub where it is missing, in a fixed number of queries."""


_rules: dict[str, Rule] = {}
_preparations: list[Preparation] = []


def register(rule: Rule) -> None:
    """Have the engine follow a rule; called once, when the room's app is ready."""
    _rules[rule.kind] = rule


def register_preparation(preparation: Preparation) -> None:
    """Have the engine make something before it asks the rules; called once, when the room's app is ready."""
    _preparations.append(preparation)


def label_of(kind: str) -> str:
    """What pages call the reminders of a kind; nothing for other messages."""
    rule = _rules.get(kind)
    return rule.label if rule else ""


def labels() -> dict[str, str]:
    """What pages call the reminders, by kind, in the order of the words."""
    return {rule.kind: rule.label for rule in sorted(_rules.values(), key=lambda rule: rule.label)}


def prepare(*, now: dt.datetime) -> None:
    """Make what the rules' texts need in the active hub."""
    for preparation in _preparations:
        preparation(now=now)


def wanted(*, now: dt.datetime, until: dt.datetime, kind: str = "") -> Iterator[tuple[str, Wanted]]:
    """What all rules, or the one of a kind, want in the active hub: due until a moment, and still of use.

    Each with its kind.
    """
    for name, rule in _rules_of(kind):
        for one in rule(now=now, until=until):
            if one.due_at <= until and one.useless_at > now:
                yield name, one


def _rules_of(kind: str) -> list[tuple[str, Rule]]:
    return [(name, rule) for name, rule in _rules.items() if kind in ("", name)]


@dataclass(frozen=True)
class _Derive:
    """What is to be done after the commit: equal to another one for the same hub."""

    hub_id: int

    def __call__(self) -> None:
        # The tasks know the engine, and the engine knows the rules.
        from correspondence.tasks import dispatch_deriving

        dispatch_deriving(hub_id=self.hub_id)


def derive_soon() -> None:
    """Have a worker bring the active hub's reminders up to date once the caller's transaction is committed.

    However often it is called within one transaction, the worker is told once.
    """
    derive = _Derive(active_hub_id())
    if not any(todo == derive for _, todo, *_ in connection.run_on_commit):
        transaction.on_commit(derive)

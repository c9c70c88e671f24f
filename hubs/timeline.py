"""What happened to a record, in plain English, for good."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models import Model, QuerySet

from hubs.models import Membership, TimelineEntry, User
from hubs.tenancy import active_hub_id
from hubs.wording import moment

_gathered: ContextVar[list[TimelineEntry] | None] = ContextVar("timeline_entries", default=None)


@contextmanager
def in_one_query() -> Iterator[None]:
    """Write what is recorded within, of whatever records, together at its end; nothing where something is raised.

    For a verb that rooms above listen to, each with an entry of its own.
    """
    entries: list[TimelineEntry] = []
    outer = _gathered.set(entries)
    try:
        yield
    finally:
        _gathered.reset(outer)
    TimelineEntry.objects.bulk_create(entries)


def record(*, subject: Model, actor: Membership | str, now: dt.datetime, text: str) -> None:
    """Add an entry to a saved record's timeline, in the caller's transaction.

    `actor` is the member who did it or, for people without an account, how to name them.
    """
    entry = TimelineEntry(
        hub_id=active_hub_id(),
        subject_kind=subject._meta.label_lower,
        subject_id=subject.pk,
        happened_at=now,
        actor=actor.user if isinstance(actor, Membership) else None,
        actor_name=actor.user.name if isinstance(actor, Membership) else actor,
        text=text,
    )
    gathered = _gathered.get()
    if gathered is None:
        entry.save()
    else:
        gathered.append(entry)


def entries_of(subject: Model) -> QuerySet[TimelineEntry]:
    """A record's timeline, newest first."""
    return TimelineEntry.objects.filter(subject_kind=subject._meta.label_lower, subject_id=subject.pk).order_by(
        "-happened_at", "-pk"
    )


def last_of(subject: Model, *, reader: User) -> str:
    """Who recorded what last, for a reader whose own wish came after it, and that the wish changed nothing.

    Whoever clicks twice reads that hers is there; anybody else, that somebody was quicker.
    """
    last = entries_of(subject).first()
    if last is None:
        return "Nothing of yours was saved."
    is_hers = last.actor_id == reader.pk
    who, saved = ("you", "Nothing more") if is_hers else (last.actor_name, "Nothing of yours")
    return f"Recorded by {who}, {moment(last.happened_at)}: {last.text.removesuffix('.')}. {saved} was saved."

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


def entries_of(*subjects: Model) -> QuerySet[TimelineEntry]:
    """The timeline of a record, or of several of a kind together, newest first."""
    kinds = {subject._meta.label_lower for subject in subjects}
    found = TimelineEntry.objects.filter(subject_kind__in=kinds, subject_id__in={subject.pk for subject in subjects})
    return found.order_by("-happened_at", "-pk")


def last_of(subject: Model, *, reader: User) -> str:
    """Who recorded what last, for a reader whose own wish came after it, and that the wish changed nothing.

    Whoever clicks twice reads that hers is there; anybody else, that somebody was quicker.
    """
    last = entries_of(subject).first()
    if last is None:
        return nothing_saved(is_own=False)
    return f"{_recorded(last, reader)} {nothing_saved(is_own=last.actor_id == reader.pk)}"


def nothing_saved(*, is_own: bool) -> str:
    """That a wish that came second changed nothing; `is_own`, where what stands is its own person's."""
    return "Nothing more was saved." if is_own else "Nothing of yours was saved."


def recorded_last(subject: Model, *, reader: User) -> str:
    """Who recorded what last of a record that has a timeline, as a sentence."""
    return _recorded(entries_of(subject)[0], reader)


def _recorded(entry: TimelineEntry, reader: User) -> str:
    who = "you" if entry.actor_id == reader.pk else entry.actor_name
    return f"Recorded by {who}, {moment(entry.happened_at)}: {entry.text.removesuffix('.')}."

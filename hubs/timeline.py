"""What happened to a record, in plain English, for good."""

from __future__ import annotations

import datetime as dt

from django.db.models import Model, QuerySet

from hubs.models import Membership, TimelineEntry
from hubs.tenancy import active_hub_id


def record(*, subject: Model, actor: Membership | str, now: dt.datetime, text: str) -> TimelineEntry:
    """Add an entry to a saved record's timeline, in the caller's transaction.

    `actor` is the member who did it or, for people without an account, how to name them.
    """
    return TimelineEntry.objects.create(
        hub_id=active_hub_id(),
        subject_kind=subject._meta.label_lower,
        subject_id=subject.pk,
        happened_at=now,
        actor=actor.user if isinstance(actor, Membership) else None,
        actor_name=actor.user.name if isinstance(actor, Membership) else actor,
        text=text,
    )


def entries_of(subject: Model) -> QuerySet[TimelineEntry]:
    """A record's timeline, newest first."""
    return TimelineEntry.objects.filter(subject_kind=subject._meta.label_lower, subject_id=subject.pk).order_by(
        "-happened_at", "-pk"
    )

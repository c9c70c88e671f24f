"""The reminder engine: makes the waiting reminders of a hub those that its rules want.

Of each slot at most one message waits, also when a person sends one again. After a run it is the one that is wanted:
where the date moves it moves along, and where nobody wants it any more it is cancelled, until somebody does. What was
sent, or cancelled by a person, is settled for its occurrence: it is left alone and nothing takes its place. What a
person holds back stays held, whatever the date.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from correspondence import reminders
from correspondence.models import WAITING, Message, State
from correspondence.reminders import Wanted
from correspondence.turns import Turn, wait_for_turn
from correspondence.writing import written
from hubs.links import undated
from hubs.models import Hub
from hubs.tenancy import active_hub_id

# How far ahead reminders become messages. People look at the coming week, so what they see there has been there for
# a week; and what lies further ahead would be written anew with every date that moves until then.
HORIZON = dt.timedelta(days=14)
# What follows the facts while a message waits.
_FOLLOWING = (
    "kind",
    "key",
    "about_kind",
    "about_id",
    "from_name",
    "from_address",
    "reply_to",
    "recipients",
    "subject",
    "text",
    "not_before",
    "useless_at",
    "because",
)
_WRITTEN = (*_FOLLOWING, "state", "dispatched_at", "attempts", "last_error")


@dataclass
class Changes:
    """What a run has changed."""

    created: list[Message] = field(default_factory=list)
    changed: list[Message] = field(default_factory=list)
    cancelled: list[Message] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.created or self.changed or self.cancelled)


@transaction.atomic
def bring_up_to_date(*, now: dt.datetime) -> Changes:
    """Make the active hub's waiting reminders those that the rules want; two at once come one after the other.

    Harmless however often and late it runs: what should have gone out before and is still of use is due at once.
    """
    hub = Hub.objects.get(pk=active_hub_id())
    wait_for_turn(Turn.REMINDERS, hub_id=hub.pk)
    reminders.prepare(now=now)
    wanted: dict[str, tuple[str, Wanted]] = {}
    for kind, one in reminders.wanted(now=now, until=now + HORIZON):
        wanted.setdefault(one.slot, (kind, one))
    rows = _rows_by_slot(wanted)
    changes = Changes()
    for slot, (kind, one) in wanted.items():
        _settle(rows.pop(slot, []), _message(hub, kind, one, now=now), changes, now=now)
    # Nobody wants these.
    for unwanted in rows.values():
        _cancel(unwanted, changes)
    _write(changes)
    return changes


def unwanted(rows: Iterable[Message], *, now: dt.datetime) -> set[int]:
    """The keys of the reminders that their rules do not want by now, for the same occurrence; each is asked once."""
    rows_of: dict[str, list[Message]] = defaultdict(list)
    for row in rows:
        rows_of[row.kind].append(row)
    found = set()
    for kind, of_kind in rows_of.items():
        wanted: dict[str, str] = {}
        for _, one in reminders.wanted(now=now, until=now + HORIZON, kind=kind):
            wanted.setdefault(one.slot, one.key)
        found |= {row.pk for row in of_kind if wanted.get(row.slot) != row.key}
    return found


def keep_from_waiting_beside(message: Message) -> None:
    """Cancel what else waits of a reminder's slot; of other messages, nothing. In one's turn."""
    if message.slot:
        others = Message.objects.filter(slot=message.slot, state__in=WAITING).exclude(pk=message.pk)
        others.update(state=State.CANCELLED)


def _rows_by_slot(slots: Iterable[str]) -> dict[str, list[Message]]:
    """The reminders that wait, and all others of these slots; locked, so that nobody sends them meanwhile."""
    found: dict[str, list[Message]] = defaultdict(list)
    concerned = Message.objects.reminders().filter(Q(state__in=WAITING) | Q(slot__in=list(slots)))
    for row in concerned.with_tried().select_for_update(of=("self",)).order_by("pk"):
        found[row.slot].append(row)
    return found


def _message(hub: Hub, kind: str, one: Wanted, *, now: dt.datetime) -> Message:
    message = written(
        hub=hub,
        kind=kind,
        key=one.key,
        recipients=[one.recipient],
        subject=one.subject,
        text=one.text,
        subject_of=one.about,
        now=now,
        not_before=one.due_at,
    )
    message.slot, message.useless_at, message.because = one.slot, one.useless_at, one.because
    return message


def _settle(rows: list[Message], fresh: Message, changes: Changes, *, now: dt.datetime) -> None:
    """Make the message that is wanted the only one of its slot that waits, unless its occurrence is settled."""
    if any(row.state == State.HELD for row in rows):
        fresh.state = State.HELD
    own = None
    if not any(row.key == fresh.key and _is_settled(row) for row in rows):
        own = _own(rows, fresh)
        if own is None:
            changes.created.append(fresh)
        elif _follow(own, fresh, now=now):
            changes.changed.append(own)
    _cancel((row for row in rows if row is not own), changes)


def _is_settled(row: Message) -> bool:
    """Whether it was sent, is on its way or needs a person; or a person has cancelled it."""
    return row.state not in (*WAITING, State.CANCELLED) or row.cancelled_by_id is not None


def _own(rows: list[Message], fresh: Message) -> Message | None:
    """The message of the slot that becomes the one that is wanted, if there is one.

    One that a mail server may know keeps its occurrence: it is not turned into another.
    """
    movable = [row for row in rows if not _is_settled(row) and (row.key == fresh.key or not row.was_tried)]
    return max(movable, key=lambda row: (row.key == fresh.key, row.state in WAITING, row.pk), default=None)


def _follow(row: Message, fresh: Message, *, now: dt.datetime) -> bool:
    """Let a message become what is wanted by now; whether it was anything else."""
    before = [getattr(row, name) for name in _WRITTEN]
    begins_anew = row.key != fresh.key or row.state == State.CANCELLED
    # Due by now, if only by a person's wish; or waiting for the mail server.
    is_under_way = row.not_before <= now or row.dispatched_at is not None or row.was_tried
    keeps_its_time = is_under_way and not begins_anew
    # Of a link that went to another address, or stands in what was called off, nobody knows whether it leads anywhere.
    keeps_its_text = (undated(row.text), row.recipients, row.useless_at) == (
        undated(fresh.text),
        fresh.recipients,
        fresh.useless_at,
    )
    for name in _FOLLOWING:
        if not ((name == "not_before" and keeps_its_time) or (name == "text" and keeps_its_text)):
            setattr(row, name, getattr(fresh, name))
    row.state = fresh.state
    if begins_anew:
        row.dispatched_at, row.attempts, row.last_error = None, 0, ""
    return before != [getattr(row, name) for name in _WRITTEN]


def _cancel(rows: Iterable[Message], changes: Changes) -> None:
    for row in rows:
        if row.state in WAITING:
            row.state = State.CANCELLED
            changes.cancelled.append(row)


def _write(changes: Changes) -> None:
    """In two statements. The sweep finds what is due: no worker is told of it here."""
    Message.objects.bulk_create(changes.created)
    Message.objects.bulk_create(
        [*changes.changed, *changes.cancelled],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_WRITTEN,
    )

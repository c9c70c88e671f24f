"""Support visits: arranged, moved, logged with what was seen and agreed, missed, put right. Each is one transaction.

A slot is the `number`th visit of a term to a place; its place is locked while what stands in it changes, so of two
people who act at once the second is told what the first has done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from django.utils import timezone

from correspondence import reminders
from hubs import timeline
from hubs.models import Membership
from hubs.permissions import NotAllowed, require
from hubs.seen import require_seen, seal
from hubs.wording import days, moment, plain_day
from workgroups import letters, steps
from workgroups.handing_over import specialist_at
from workgroups.happenings import VisitHeld, visit_held
from workgroups.models import VISIT_TRANSITIONS, AgreedAction, InternalNote, Place, Visit, VisitDraft, VisitState
from workgroups.permissions import places_of
from workgroups.roster import group_visited
from workgroups.visit_plan import VisitSlot, name_of_slot, slot_of


class CannotVisit(Exception):
    """The visit does not stand where this can be done with it; the message is a sentence to show."""


@dataclass(frozen=True)
class ActionAgreed:
    """Something agreed at a visit: what, who does it and by when, where that was said."""

    text: str
    who: str = ""
    due_on: dt.date | None = None
    # Of one that is written already.
    key: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        who = f" ({self.who})" if self.who else ""
        return f"{self.text}{who}{f', by {plain_day(self.due_on)}' if self.due_on else ''}"


@dataclass(frozen=True)
class VisitLog:
    """What is written about a visit that was held. Of it, the school never sees `internal_note`."""

    starts_at: dt.datetime
    # The Specialist's time, and the lead teachers' release, all together.
    half_days: int
    teachers_half_days: int
    met: str
    shared_note: str
    internal_note: str = ""
    actions: tuple[ActionAgreed, ...] = ()


def arrange_visit(
    *, place: Place, term: int, number: int, starts_at: dt.datetime, half_days: int, actor: Membership, now: dt.datetime
) -> Visit:
    """Put a visit into the calendar; arranged just so already, nothing happens.

    Raises `NotAllowed`, and `CannotVisit` where another one stands or for a day that has passed.
    """
    locked = _lock(place, actor)
    slot = _slot(locked, term, number, now)
    if slot.visit and not slot.is_open:
        if slot.visit.state == VisitState.ARRANGED and _is_at(slot.visit, starts_at, half_days):
            return slot.visit
        raise CannotVisit(_what_stands(slot.visit, slot.name))
    if locked.group is None:
        raise CannotVisit(f"{locked.school_now.name} is in no Work Group. Put it into one, then arrange its visits.")
    _refuse_the_past(starts_at, now)
    visit = Visit.objects.create(
        hub=locked.hub,
        place=locked,
        specialist=locked.group.specialist,
        term=term,
        number=number,
        starts_at=starts_at,
        half_days=half_days,
        made_at=now,
        changed_at=now,
    )
    _record(visit, locked, actor, now, f"Arranged for {moment(starts_at)}, {days(half_days)}.")
    reminders.derive_soon()
    return visit


def move_visit(*, visit: Visit, starts_at: dt.datetime, half_days: int, actor: Membership, now: dt.datetime) -> None:
    """Arrange a visit for another time or length; arranged just so already, nothing happens.

    Raises `NotAllowed`, and `CannotVisit` for one that is held or missed, for a school that is in no group any more,
    or for a day that has passed.
    """
    place, locked = _lock_visit(visit, actor)
    if locked.state != VisitState.ARRANGED:
        raise CannotVisit(_what_stands(locked, name_of_slot(locked.term, locked.number)))
    if _is_at(locked, starts_at, half_days):
        return
    if place.group is None:
        said = "Log the visit or, if it did not take place, say so"
        raise CannotVisit(f"{place.school_now.name} is in no Work Group. {said}.")
    _refuse_the_past(starts_at, now)
    before = moment(locked.starts_at)
    # One that was to be by now may be another one's still: see `workgroups.handing_over`.
    _change(locked, now, starts_at=starts_at, half_days=half_days, specialist=place.group.specialist)
    _record(locked, place, actor, now, f"Moved to {moment(starts_at)}, {days(half_days)}. It was to be on {before}.")
    reminders.derive_soon()


def miss_visit(*, visit: Visit, reason: str, actor: Membership, now: dt.datetime) -> None:
    """Say that an arranged visit does not take place, and why: another one can be arranged. Said already, no-op.

    Raises `NotAllowed`, `CannotVisit` for one that was held, and `ValueError` without a reason.
    """
    if not reason.strip():
        raise ValueError("A visit that did not take place has a reason.")
    place, locked = _lock_visit(visit, actor)
    if locked.state == VisitState.MISSED and locked.missed_reason == reason.strip():
        return
    if VisitState.MISSED not in VISIT_TRANSITIONS[VisitState(locked.state)]:
        raise CannotVisit(_what_stands(locked, name_of_slot(locked.term, locked.number)))
    _change(locked, now, state=VisitState.MISSED, missed_reason=reason.strip())
    _record(locked, place, actor, now, f"Did not take place on {moment(locked.starts_at)}: {locked.missed_reason}")
    reminders.derive_soon()


def give_up_visit(*, place: Place, term: int, number: int, reason: str, actor: Membership, now: dt.datetime) -> Visit:
    """Mark a visit that was never arranged as missed, with the reason: nobody is asked for it any more.

    It can be arranged or logged all the same. Marked already, nothing happens. Raises `NotAllowed`, `CannotVisit` where
    a visit stands or none is due, and `ValueError` without a reason.
    """
    if not reason.strip():
        raise ValueError("A visit that is missed has a reason.")
    locked = _lock(place, actor)
    slot = _slot(locked, term, number, now)
    if slot.is_given_up:
        if slot.missed[-1].missed_reason != reason.strip():
            raise CannotVisit(_what_stands(slot.missed[-1], slot.name))
        return slot.missed[-1]
    if slot.visit and not slot.is_open:
        raise CannotVisit(_what_stands(slot.visit, slot.name))
    if locked.group is None or not slot.can_be_given_up:
        raise CannotVisit(f"No {slot.name} to {locked.school_now.name} is due, so none can be missed.")
    visit = Visit.objects.create(
        hub=locked.hub,
        place=locked,
        specialist=locked.group.specialist,
        term=term,
        number=number,
        state=VisitState.MISSED,
        missed_reason=reason.strip(),
        was_arranged=False,
        starts_at=now,
        made_at=now,
        changed_at=now,
    )
    _record(visit, locked, actor, now, f"Marked as missed: {visit.missed_reason}")
    reminders.derive_soon()
    return visit


def call_off_visits(*, place: Place, why: str, actor: Membership, now: dt.datetime) -> None:
    """Call off the visits to come to a school that has no group any more, in the verb that has locked it.

    `why` is the end of a sentence: "the school has left".
    """
    coming = Visit.objects.filter(place=place, state=VisitState.ARRANGED, starts_at__gt=now)
    for visit in coming.select_related("hub"):
        _change(visit, now, state=VisitState.MISSED, missed_reason=f"{why[0].upper()}{why[1:]}.")
        _record(visit, place, actor, now, f"Called off for {moment(visit.starts_at)}: {why}.")


def log_visit(
    *,
    place: Place,
    term: int,
    number: int,
    log: VisitLog,
    actor: Membership,
    now: dt.datetime,
    done: frozenset[int] = frozenset(),
) -> Visit:
    """Write down a visit that was held, arranged before or not, and tell the school that its note can be read.

    `done` are the place's open actions, by key, that turned out to be done. Her draft goes. Sent twice with the same
    content, nothing happens. Raises `NotAllowed`, `ValueError` without whom she met or a note for the school, and
    `CannotVisit` where another log stands or for a time to come.
    """
    if not (log.met.strip() and log.shared_note.strip()):
        raise ValueError("A visit is logged with whom she met and a note for the school.")
    locked = _lock(place, actor)
    slot = _slot(locked, term, number, now)
    standing = None if slot.is_open else slot.visit
    if standing and standing.state == VisitState.HELD:
        if _log_of(standing, standing.actions.all()) == _tidy(log):
            return standing
        raise CannotVisit(_what_stands(standing, slot.name))
    if locked.group is None and standing is None:
        raise CannotVisit(f"{locked.school_now.name} is in no Work Group, and no visit to it was arranged.")
    _refuse_the_future(log.starts_at, now)
    # One that was arranged stays with her whom it was arranged with.
    visit = standing or Visit(hub=locked.hub, place=locked, term=term, number=number, made_at=now)
    if standing is None and locked.group:
        group = group_visited(locked, timezone.localdate(log.starts_at)) or locked.group
        visit.specialist = specialist_at(group, log.starts_at)
    _write(visit, log, actor, now)
    open_actions = AgreedAction.objects.filter(place=locked, done_on=None, pk__in=done).exclude(visit=visit)
    open_actions.update(done_on=timezone.localdate(log.starts_at))
    VisitDraft.objects.filter(place=locked, term=term, number=number, author=actor.user).delete()
    _record(visit, locked, actor, now, f"Held on {moment(visit.starts_at)}, {days(visit.half_days)}.")
    visit_held.tell(VisitHeld(visit=visit, actor=actor, now=now))
    letters.send_visit_note(visit=visit, place=locked, now=now)
    reminders.derive_soon()
    return visit


def put_right_visit(
    *,
    visit: Visit,
    log: VisitLog,
    reason: str,
    actor: Membership,
    now: dt.datetime,
    seen: str = "",
    shown: Collection[int] | None = None,
) -> bool:
    """Put right what was logged, with a reason that stays on the timeline; whether anything was another.

    The school reads what holds now. Actions that are done stay as they are, whatever the log says of them, and so do
    those that were not `shown` to who writes, by their keys, where that is known. `seen` is the seal of what it
    replaces. Raises `NotAllowed`, `ValueError` without a reason, whom she met or a note,
    `CannotVisit` for a visit that is not held or for a time to come, and `WrittenMeanwhile` where it was put right by
    somebody else.
    """
    if not (reason.strip() and log.met.strip() and log.shared_note.strip()):
        raise ValueError("What is put right has a reason, whom she met and a note for the school.")
    place, locked = _lock_visit(visit, actor)
    if locked.state != VisitState.HELD:
        raise CannotVisit(_what_stands(locked, name_of_slot(locked.term, locked.number)))
    done = set(locked.actions.exclude(done_on=None).values_list("pk", flat=True))
    log = replace(log, actions=tuple(action for action in log.actions if action.key not in done))
    before, after = log_of(locked), _tidy(log)
    if shown is not None:
        before = replace(before, actions=tuple(action for action in before.actions if action.key in shown))
    if before == after:
        return False
    require_seen(seen, seal_of(locked))
    _refuse_the_future(log.starts_at, now)
    _write(locked, log, actor, now, shown)
    _record(locked, place, actor, now, f"Put right: {_what_changed(before, after)}. {reason.strip()}")
    if _time_of(before) != _time_of(after):
        visit_held.tell(VisitHeld(visit=locked, actor=actor, now=now, reason=reason.strip()))
    reminders.derive_soon()
    return True


def log_of(visit: Visit) -> VisitLog:
    """What is written about a visit and can be put right: of its actions, those that are open."""
    return _log_of(visit, visit.actions.filter(done_on=None))


def seal_of(visit: Visit) -> str:
    """What tells what is written about this visit from anything else, whether what was agreed is done or not."""
    return seal(_log_of(visit, visit.actions.all()))


def _lock(place: Place, actor: Membership) -> Place:
    """The place, locked, which the member must see."""
    require(actor, "lead_groups")
    locked = steps.locked(place)
    if not places_of(actor).filter(pk=locked.pk).exists():
        raise NotAllowed(f"{locked.school_now.name} is in another Mastery Specialist’s group.")
    return locked


def _lock_visit(visit: Visit, actor: Membership) -> tuple[Place, Visit]:
    place = _lock(visit.place, actor)
    return place, Visit.objects.select_related("specialist", "hub").get(pk=visit.pk, place=place)


def _slot(place: Place, term: int, number: int, now: dt.datetime) -> VisitSlot:
    slot = slot_of(place, term=term, number=number, today=timezone.localdate(now))
    if slot is None:
        raise CannotVisit(f"{place.school_now.name} is in no Work Group now, so it has no such visit.")
    return slot


def _is_at(visit: Visit, starts_at: dt.datetime, half_days: int) -> bool:
    return (visit.starts_at, visit.half_days) == (starts_at, half_days)


def _what_stands(visit: Visit, name: str) -> str:
    """Why something else cannot be done with a visit, and what can."""
    when = moment(visit.starts_at)
    if visit.state == VisitState.HELD:
        return f"The {name} is logged already: it was held on {when}. Put it right if something is wrong."
    if visit.state == VisitState.MISSED and not visit.was_arranged:
        return f"The {name} is marked as missed already: {visit.missed_reason}"
    if visit.state == VisitState.MISSED:
        return f"The {name} of {when} did not take place: {visit.missed_reason.removesuffix('.')}. Arrange another one."
    return f"The {name} is arranged already, for {when}. Move it if it is to be at another time."


def _refuse_the_past(starts_at: dt.datetime, now: dt.datetime) -> None:
    if timezone.localdate(starts_at) < timezone.localdate(now):
        raise CannotVisit(f"{moment(starts_at)} has passed. Choose a day to come or, if the visit was then, log it.")


def _refuse_the_future(starts_at: dt.datetime, now: dt.datetime) -> None:
    if starts_at > now:
        raise CannotVisit(f"{moment(starts_at)} is still to come. A visit is logged once it has been held.")


def _change(visit: Visit, now: dt.datetime, **fields: object) -> None:
    """Change what calendars show of a visit."""
    for name, value in fields.items():
        setattr(visit, name, value)
    visit.changed_at = now
    visit.sequence += 1
    visit.save(update_fields=[*fields, "changed_at", "sequence"])


def _write(
    visit: Visit, log: VisitLog, actor: Membership, now: dt.datetime, shown: Collection[int] | None = None
) -> None:
    """Make a visit and what belongs to it say what the log says."""
    log = _tidy(log)
    if visit.pk:
        visit.sequence += 1
    visit.state = VisitState.HELD
    visit.starts_at, visit.half_days, visit.teachers_half_days = _time_of(log)
    visit.met, visit.shared_note = log.met, log.shared_note
    visit.held_recorded_at = visit.held_recorded_at or now
    visit.changed_at = now
    visit.save()
    _write_internal_note(visit, log.internal_note, actor, now)
    _write_actions(visit, log.actions, now, shown)


def _write_internal_note(visit: Visit, text: str, actor: Membership, now: dt.datetime) -> None:
    note = InternalNote.objects.filter(visit=visit).first()
    if text and (note is None or note.text != text):
        said = {"hub_id": visit.hub_id, "text": text, "written_by": actor.user, "written_at": now}
        InternalNote.objects.update_or_create(visit=visit, defaults=said)
    elif note and not text:
        note.delete()


def _write_actions(
    visit: Visit, actions: Iterable[ActionAgreed], now: dt.datetime, shown: Collection[int] | None
) -> None:
    """Have the visit's open actions that were shown be these: those that were written before change in their places."""
    rows = list(visit.actions.all())
    there = {row.pk: row for row in rows if row.done_on is None}
    position = max((row.position for row in rows), default=0)
    for action in actions:
        row = there.pop(action.key or 0, None)
        if row is None:
            position += 1
            row = AgreedAction(
                hub_id=visit.hub_id, place_id=visit.place_id, visit=visit, position=position, agreed_at=now
            )
        row.text, row.who, row.due_on = action.text, action.who, action.due_on
        row.save()
    for row in there.values():
        if shown is None or row.pk in shown:
            row.delete()


def _tidy(log: VisitLog) -> VisitLog:
    """A log as it is kept, so that two that say the same are equal."""
    actions = (ActionAgreed(one.text.strip(), one.who.strip(), one.due_on, one.key) for one in log.actions)
    return VisitLog(
        *_time_of(log),
        met=log.met.strip(),
        shared_note=log.shared_note.strip(),
        internal_note=log.internal_note.strip(),
        actions=tuple(action for action in actions if action.text),
    )


def _log_of(visit: Visit, actions: Iterable[AgreedAction]) -> VisitLog:
    note = InternalNote.objects.filter(visit=visit).first()
    return VisitLog(
        starts_at=visit.starts_at,
        half_days=visit.half_days,
        teachers_half_days=visit.teachers_half_days,
        met=visit.met,
        shared_note=visit.shared_note,
        internal_note=note.text if note else "",
        actions=tuple(ActionAgreed(one.text, one.who, one.due_on, one.pk) for one in actions),
    )


def _time_of(log: VisitLog) -> tuple[dt.datetime, int, int]:
    return log.starts_at, log.half_days, log.teachers_half_days


def _what_changed(before: VisitLog, after: VisitLog) -> str:
    """In words, with the figures that were wrong and are right; of a note, only that it changed."""
    figures = [
        ("time", moment(before.starts_at), moment(after.starts_at)),
        ("length", days(before.half_days), days(after.half_days)),
        ("lead teachers’ release", days(before.teachers_half_days), days(after.teachers_half_days)),
    ]
    words = [f"{what} {after}, not {before}" for what, before, after in figures if before != after]
    texts = {
        "whom she met": before.met != after.met,
        "note for the school": before.shared_note != after.shared_note,
        "internal note": before.internal_note != after.internal_note,
        "agreed actions": before.actions != after.actions,
    }
    return ", ".join([*words, *(f"{what} changed" for what, changed in texts.items() if changed)])


def _record(visit: Visit, place: Place, actor: Membership, now: dt.datetime, said: str) -> None:
    """On the timeline of the visit and, naming it, on that of the place."""
    timeline.record(subject=visit, actor=actor, now=now, text=said)
    name = name_of_slot(visit.term, visit.number)
    timeline.record(subject=place, actor=actor, now=now, text=f"{name.capitalize()}: {said[0].lower()}{said[1:]}")

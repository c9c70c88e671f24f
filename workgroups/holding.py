"""What is recorded once a meeting was held: who came, what was written up. Each is one transaction.

Rooms above count days by it: see `workgroups.happenings`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from correspondence import reminders
from hubs import timeline
from hubs.models import Membership
from hubs.seen import require_seen, seal
from workgroups.happenings import AttendanceMarked, MeetingHeld, attendance_marked, meeting_held
from workgroups.models import MEETING_TRANSITIONS, Attendance, InternalNote, Meeting, MeetingState, Participant
from workgroups.planning import lock_meeting
from workgroups.roster import participants_on

_MARK = Attendance.Mark


class CannotHold(Exception):
    """The meeting cannot be recorded as held; the message is a sentence to show."""


class NotHeld(Exception):
    """What belongs to a meeting that was held was asked of another one; the message is a sentence to show."""


class MarksIncomplete(Exception):
    """The marks are not of exactly those who took part on the day; the message is a sentence to show."""


@dataclass(frozen=True)
class Marked:
    """Whether a lead teacher came, or who came in her stead."""

    participant: Participant
    mark: str
    substitute_name: str = ""


@dataclass(frozen=True)
class MeetingRecord:
    """What the schools read about a meeting afterwards."""

    observed_lesson: str = ""
    discussion: str = ""
    agreed_actions: str = ""


def who_is_marked(meeting: Meeting) -> list[Participant]:
    """Whose attendance is recorded: who took part in the group on the day and, once it was held, who is marked."""
    found = participants_on(meeting.group, meeting.day)
    there = {participant.pk for participant in found}
    marked = Participant.objects.filter(attendance__meeting=meeting).exclude(pk__in=there)
    others = marked.select_related("place__school").prefetch_related("place__school__now")
    return [*found, *others.order_by("place", "position", "pk")] if meeting.state == MeetingState.HELD else found


def hold_meeting(
    *,
    meeting: Meeting,
    marks: Sequence[Marked],
    record: MeetingRecord,
    internal_note: str,
    actor: Membership,
    now: dt.datetime,
) -> Meeting:
    """Record that a meeting was held, and who came; recorded already, nothing happens.

    Raises `NotAllowed`, `CannotHold` for one that is cancelled or to come, and `MarksIncomplete`.
    """
    locked = lock_meeting(meeting, actor)
    if locked.state == MeetingState.HELD:
        return locked
    if MeetingState.HELD not in MEETING_TRANSITIONS[MeetingState(locked.state)]:
        raise CannotHold("This meeting was cancelled, so nothing was recorded. If it was held after all, plan it anew.")
    if locked.starts_at > now:
        raise CannotHold("This meeting has not begun yet. Record it afterwards, or change its time first.")
    _check_complete(marks, who_is_marked(locked))
    locked.state = MeetingState.HELD
    locked.held_recorded_at = locked.changed_at = now
    if locked.to_be_confirmed:
        locked.to_be_confirmed = False
        locked.sequence += 1
    _write(locked, record)
    locked.save()
    attendance = Attendance.objects.bulk_create(_row(locked, marked, now) for marked in marks)
    _write_internally(locked, internal_note, actor, now)
    timeline.record(subject=locked, actor=actor, now=now, text=f"Held. {attendance_in_words(attendance)}")
    meeting_held.tell(MeetingHeld(locked, actor, now))
    if attendance:
        attendance_marked.tell(AttendanceMarked(locked, attendance, actor, now))
    reminders.derive_soon()
    return locked


def put_right_attendance(
    *, meeting: Meeting, marks: Sequence[Marked], reason: str, actor: Membership, now: dt.datetime, seen: str = ""
) -> list[Attendance]:
    """Put right who came to a meeting that was held, and return what was another; alike already, nothing happens.

    `seen` is the seal of what it replaces. Raises `NotAllowed`, `NotHeld`, `MarksIncomplete`, `ValueError` without a
    reason, and `WrittenMeanwhile` where somebody else has put it right.
    """
    if not reason.strip():
        raise ValueError("Attendance is put right with a reason: days are counted by it.")
    locked = lock_meeting(meeting, actor)
    _require_held(locked)
    _check_complete(marks, who_is_marked(locked))
    rows = {row.participant_id: row for row in locked.attendance.select_related("participant")}
    stood = seal_of_attendance(rows.values())
    changed = []
    said = []
    for marked in marks:
        row = rows.get(marked.participant.pk)
        if row is None:
            row = _row(locked, marked, now)
            said.append(f"{marked.participant.name}: {in_words(row)}.")
        elif (row.mark, row.substitute_name) != (marked.mark, marked.substitute_name):
            before = in_words(row)
            row.mark, row.substitute_name, row.recorded_at = marked.mark, marked.substitute_name, now
            said.append(f"{marked.participant.name}: {in_words(row)}, not {before}.")
        else:
            continue
        changed.append(row)
    if changed:
        require_seen(seen, stood)
        for row in changed:
            row.save()
        Meeting.objects.filter(pk=locked.pk).update(changed_at=now)
        text = f"Attendance put right. {' '.join(said)} Reason: {reason.strip()}"
        timeline.record(subject=locked, actor=actor, now=now, text=text)
        attendance_marked.tell(AttendanceMarked(locked, changed, actor, now, reason.strip()))
        reminders.derive_soon()
    return changed


def write_up_meeting(
    *,
    meeting: Meeting,
    record: MeetingRecord,
    internal_note: str,
    actor: Membership,
    now: dt.datetime,
    seen: str = "",
) -> bool:
    """Write what the schools read about a meeting that was held and, apart, what the hub alone reads.

    Whether anything was another. `seen` is the seal of what it replaces. Raises `NotAllowed`, `NotHeld`, and
    `WrittenMeanwhile` where another write-up stands by now.
    """
    locked = lock_meeting(meeting, actor)
    _require_held(locked)
    if (record_of(locked), noted_internally(locked)) == (record, internal_note):
        return False
    require_seen(seen, seal_of(locked))
    written = record_of(locked) != record
    if written:
        _write(locked, record)
        locked.changed_at = now
        locked.save()
    noted = _write_internally(locked, internal_note, actor, now)
    said = ["The write-up was changed."] * written + ["The internal note was changed."] * noted
    timeline.record(subject=locked, actor=actor, now=now, text=" ".join(said))
    reminders.derive_soon()
    return True


def seal_of(meeting: Meeting) -> str:
    """What tells this write-up, the internal note included, from any other."""
    return seal(record_of(meeting), noted_internally(meeting))


def record_of(meeting: Meeting) -> MeetingRecord:
    """What is written about a meeting by now."""
    return MeetingRecord(meeting.observed_lesson, meeting.discussion, meeting.agreed_actions)


def internal_note_of(meeting: Meeting) -> InternalNote | None:
    """What the hub alone reads about a meeting: for pages of members who may lead its group, and for nobody else."""
    return getattr(meeting, "internal_note", None)


def seal_of_attendance(attendance: Iterable[Attendance]) -> str:
    """What tells these marks from any others."""
    return seal(sorted((row.participant_id, row.mark, row.substitute_name) for row in attendance))


def noted_internally(meeting: Meeting) -> str:
    """The text of what the hub alone reads, or none."""
    note = internal_note_of(meeting)
    return note.text if note else ""


def attendance_in_words(attendance: Iterable[Attendance]) -> str:
    """ "5 of 6 lead teachers came, one of them as a substitute." """
    rows = list(attendance)
    if not rows:
        return "Nobody was in the group on that day."
    came = sum(row.somebody_came for row in rows)
    substitutes = sum(row.mark == _MARK.SUBSTITUTE for row in rows)
    said = f"{came} of {len(rows)} came"
    return f"{said}, {substitutes} of them as a substitute." if substitutes else f"{said}."


def _require_held(meeting: Meeting) -> None:
    if meeting.state != MeetingState.HELD:
        raise NotHeld(f"This meeting is {meeting.get_state_display().lower()}. Record that it was held first.")


def _check_complete(marks: Sequence[Marked], participants: Iterable[Participant]) -> None:
    """Raise unless each is marked once, nobody else is, and each substitute has a name."""
    wanted = {participant.pk: participant.name for participant in participants}
    given = [marked.participant.pk for marked in marks]
    if missing := [name for key, name in wanted.items() if key not in given]:
        raise MarksIncomplete(f"Choose whether they came: {', '.join(missing)}. The group has changed meanwhile.")
    if len(given) != len(wanted) or set(given) != set(wanted):
        raise MarksIncomplete("Somebody here did not take part on that day by now. Check who came and send it again.")
    if any((marked.mark == _MARK.SUBSTITUTE) != bool(marked.substitute_name.strip()) for marked in marks):
        raise MarksIncomplete("Enter the name of each substitute, and of substitutes only.")


def _row(meeting: Meeting, marked: Marked, now: dt.datetime) -> Attendance:
    return Attendance(
        hub_id=meeting.hub_id,
        meeting=meeting,
        participant=marked.participant,
        mark=marked.mark,
        substitute_name=marked.substitute_name.strip(),
        recorded_at=now,
    )


def in_words(row: Attendance) -> str:
    """ "present", "absent", or "substitute" and who that was."""
    return f"substitute {row.substitute_name}" if row.substitute_name else row.get_mark_display().lower()


def _write(meeting: Meeting, record: MeetingRecord) -> None:
    meeting.observed_lesson = record.observed_lesson
    meeting.discussion = record.discussion
    meeting.agreed_actions = record.agreed_actions


def _write_internally(meeting: Meeting, text: str, actor: Membership, now: dt.datetime) -> bool:
    """Keep what the hub alone reads, or none; whether it was another."""
    there = InternalNote.objects.filter(meeting=meeting).first()
    if (there.text if there else "") == text:
        return False
    if there and not text:
        there.delete()
    elif there:
        there.text, there.written_by, there.written_at = text, actor.user, now
        there.save()
    else:
        InternalNote.objects.create(
            hub_id=meeting.hub_id, meeting=meeting, text=text, written_by=actor.user, written_at=now
        )
    return True

"""The reminders of this room: one file for each story, one rule for each kind of letter."""

from __future__ import annotations

from collections.abc import Sequence

from correspondence.reminders import Rule
from workgroups.reminders.attendance import ATTENDANCE_MISSING, ATTENDANCE_TO_RECORD
from workgroups.reminders.changes import MEETING_CHANGED
from workgroups.reminders.meetings import IN_TEN_DAYS, IN_TWO_DAYS
from workgroups.reminders.notes import NOTE_TO_FINISH
from workgroups.reminders.visits import VISIT_OVERDUE, VISIT_SOON, VISIT_STILL_OVERDUE, VISIT_TO_ARRANGE

RULES: Sequence[Rule] = (
    IN_TEN_DAYS,
    IN_TWO_DAYS,
    MEETING_CHANGED,
    ATTENDANCE_TO_RECORD,
    ATTENDANCE_MISSING,
    VISIT_TO_ARRANGE,
    VISIT_SOON,
    VISIT_OVERDUE,
    VISIT_STILL_OVERDUE,
    NOTE_TO_FINISH,
)

__all__ = ["RULES"]

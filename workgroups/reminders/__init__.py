"""The reminders of this room: one file for each story, one rule for each kind of letter."""

from __future__ import annotations

from collections.abc import Sequence

from correspondence.reminders import Rule
from workgroups.reminders.meetings import IN_TEN_DAYS, IN_TWO_DAYS

RULES: Sequence[Rule] = (IN_TEN_DAYS, IN_TWO_DAYS)

__all__ = ["RULES"]

"""A rule that wants what a test says, and an engine that stops in the middle."""

from __future__ import annotations

import datetime as dt
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from correspondence import deriving, reminders
from correspondence.reminders import Wanted


@dataclass
class FakeRule:
    """Wants whatever a test says."""

    kind: str = "fake"
    label: str = "Something to do"
    wishes: dict[str, Wanted] = field(default_factory=dict)

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> list[Wanted]:
        return list(self.wishes.values())

    def want(self, slot: str, occurrence: str, due_at: dt.datetime, **fields: Any) -> Wanted:
        """Have it want a reminder, in place of what it wanted for the slot."""
        values = {
            "useless_at": due_at + dt.timedelta(days=2),
            "recipient": "mina@people.example",
            "subject": f"On {occurrence}",
            "text": f"Remember {occurrence}.",
            "because": f"It is on {occurrence}.",
            "about": None,
        }
        self.wishes[slot] = Wanted(slot=slot, occurrence=occurrence, due_at=due_at, **{**values, **fields})
        return self.wishes[slot]


def follow_fake_rule() -> None:
    """Have the engine of this process want three reminders, the third of them new."""
    reminders._rules.clear()
    reminders._preparations.clear()
    rule = FakeRule()
    for number in range(3):
        rule.want(f"fake:{number}", "moved", timezone.now() + dt.timedelta(days=3))
    reminders.register(rule)


def pause_after_writing() -> None:
    """Have the engine stop for good once it has written and before that is committed, and say the process's id."""
    write = deriving._write

    def write_and_pause(changes: deriving.Changes) -> None:
        write(changes)
        with suppress(FileNotFoundError):
            folder = Path(settings.VAR_DIR)
            (folder / "pause-deriving").rename(folder / "paused-deriving")
            (folder / "reached").write_text(str(os.getpid()))
            while True:
                signal.pause()

    deriving._write = write_and_pause

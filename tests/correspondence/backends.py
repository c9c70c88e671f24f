"""Mail back ends for tests: one that fails as it is told, and one that stops in the middle of sending."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from correspondence.mailbox import MailboxBackend

NAME = f"{__name__}.ScriptedBackend"


class ScriptedBackend(BaseEmailBackend):
    """Raises what a test wrote into `script` and collects what was sent."""

    script: ClassVar[dict[str, Exception]] = {}
    sent: ClassVar[list[EmailMessage]] = []
    while_sending: ClassVar[Callable[[], object]]

    @classmethod
    def reset(cls) -> None:
        cls.script.clear()
        cls.sent.clear()
        cls.while_sending = lambda: None

    def open(self) -> bool:
        self._play("open")
        return True

    def close(self) -> None:
        self._play("close")

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        type(self).while_sending()
        self._play("send")
        if "take nothing" in self.script:
            return 0
        self.sent.extend(email_messages)
        return len(email_messages)

    def _play(self, step: str) -> None:
        if step in self.script:
            raise self.script[step]


class PausingBackend(MailboxBackend):
    """Stops for good before or after the first mail is written, and tells the test its process id."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self._pause("before")
        written = super().send_messages(email_messages)
        self._pause("after")
        return written

    def _pause(self, when: str) -> None:
        folder = Path(settings.MAILBOX_DIR).parent
        with suppress(FileNotFoundError):
            # Once only: a second sending of the same mail would go through, and the test would count two.
            (folder / f"pause-{when}").rename(folder / "paused")
            (folder / "reached").write_text(str(os.getpid()))
            while True:
                signal.pause()

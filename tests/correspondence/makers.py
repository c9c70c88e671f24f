"""A maker of documents that does as a test tells it."""

from __future__ import annotations

import datetime as dt
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from correspondence.makers import Figures, MadeFile
from correspondence.models import DocumentFile, Message

KIND = "test"


class TestMaker:
    """Makes a document of three parts, or as many as it is told, that says how many messages the hub has."""

    __test__ = False

    def __init__(self, after_part: Callable[[int], object] = lambda number: None) -> None:
        self.after_part = after_part
        self.snapshots = 0

    def snapshot(self, parameters: Mapping[str, Any], *, now: dt.datetime) -> Figures:
        self.snapshots += 1
        return {"parts": parameters.get("parts", 3), "messages": Message.objects.count()}

    def parts(self, figures: Figures) -> int:
        parts: int = figures["parts"]
        return parts

    def files(self, figures: Figures, *, finished: Callable[[int], None]) -> Iterator[MadeFile]:
        for number in range(1, figures["parts"] + 1):
            self.after_part(number)
            finished(number)
        said = f"{figures['messages']} messages".encode()
        yield MadeFile(DocumentFile.Format.PDF, "test.pdf", b"%PDF " + said)
        yield MadeFile(DocumentFile.Format.XLSX, "test.xlsx", b"PK " + said)


def pause_in_the_middle(number: int) -> None:
    """Stop for good after the second part, once, and tell the test the process id."""
    if number == 2:
        with suppress(FileNotFoundError):
            folder = Path(settings.VAR_DIR)
            (folder / "pause-document").rename(folder / "paused-document")
            (folder / "reached").write_text(str(os.getpid()))
            while True:
                signal.pause()

"""Where the ground hands over what leaves the building.

Correspondence stands on this room and not the other way round, so its address comes from the
settings (`LETTERBOX`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol, cast

from django.conf import settings
from django.db.models import Model
from django.utils.module_loading import import_string


class Letterbox(Protocol):
    """What the setting `LETTERBOX` must name."""

    def __call__(
        self,
        *,
        kind: str,
        key: str,
        recipients: Sequence[str],
        subject: str,
        text: str,
        subject_of: Model | None,
        now: dt.datetime,
        not_before: dt.datetime | None,
    ) -> object:
        """Take a message over."""


def queue_message(
    *,
    kind: str,
    key: str,
    recipients: Sequence[str],
    subject: str,
    text: str,
    subject_of: Model | None = None,
    now: dt.datetime,
    not_before: dt.datetime | None = None,
) -> None:
    """Hand a message of the active hub over, in the caller's transaction; the same `key` twice is one message."""
    letterbox = cast(Letterbox, import_string(settings.LETTERBOX))
    letterbox(
        kind=kind,
        key=key,
        recipients=recipients,
        subject=subject,
        text=text,
        subject_of=subject_of,
        now=now,
        not_before=not_before,
    )

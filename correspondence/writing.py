"""Writing a message down: sender, recipients, subject and text as they are at this moment."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from email.utils import parseaddr

from django.conf import settings
from django.db.models import Model

from correspondence.models import Message
from hubs.models import Hub

# Line breaks of every alphabet and other control characters: a subject is a header, one line.
_NOT_OF_ONE_LINE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def written(
    *,
    hub: Hub,
    kind: str,
    key: str,
    recipients: Sequence[str],
    subject: str,
    text: str,
    subject_of: Model | None,
    now: dt.datetime,
    not_before: dt.datetime,
) -> Message:
    """A message of the hub that waits to be sent; not saved, and no worker is told of it."""
    return Message(
        hub=hub,
        kind=kind,
        key=key,
        about_kind=subject_of._meta.label_lower if subject_of else "",
        about_id=subject_of.pk if subject_of else None,
        from_name=one_line(hub.name),
        from_address=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        reply_to=hub.reply_to,
        recipients=[address.strip() for address in recipients],
        subject=one_line(subject),
        text=text.replace("\x00", ""),
        queued_at=now,
        not_before=not_before,
    )


def one_line(words: str) -> str:
    """The same words without line breaks or control characters."""
    return _NOT_OF_ONE_LINE.sub(" ", words).strip()


def paragraphs(*parts: str) -> str:
    """The text of a letter: its parts in order, those left out that are empty, with a line between them."""
    return "\n\n".join(stripped for part in parts if (stripped := part.strip())) + "\n"

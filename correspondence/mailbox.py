"""A mail back end for the demo and the tests: each mail is a file, and a page can read them."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMail
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

_NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{12}\.eml")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


class NoSuchMail(LookupError):
    """The mailbox has no mail of this name."""


@dataclass(frozen=True)
class Mail:
    """A mail as somebody's mail program would show it; `name` is its file in the mailbox."""

    name: str
    sender: str
    recipients: str
    reply_to: str
    subject: str
    message_id: str
    sent_at: dt.datetime
    text: str

    @property
    def links(self) -> list[str]:
        """The addresses of pages in the text, in their order."""
        return _LINK.findall(self.text)


class MailboxBackend(BaseEmailBackend):
    """Writes each mail into `settings.MAILBOX_DIR`, whole or not at all."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the mails; returns how many. Raises OSError where the folder cannot be written."""
        for email in email_messages:
            _write(email)
        return len(email_messages)


def mails(limit: int = 200) -> list[Mail]:
    """The mails in the mailbox, newest first."""
    names = (path.name for path in _folder().glob("*.eml") if _NAME.fullmatch(path.name))
    return [mail(name) for name in sorted(names, reverse=True)[:limit]]


def mail(name: str) -> Mail:
    """One mail by the name of its file; raises `NoSuchMail`, also for a name that is a path."""
    if not _NAME.fullmatch(name):
        raise NoSuchMail(name)
    try:
        content = (_folder() / name).read_bytes()
    except FileNotFoundError:
        raise NoSuchMail(name) from None
    # Of the modern policy, so that headers come decoded and a part knows its text.
    parsed: ParsedMail = message_from_bytes(content, policy=policy.default)
    body = parsed.get_body(preferencelist=("plain", "html"))
    return Mail(
        name=name,
        sender=_header(parsed, "From"),
        recipients=_header(parsed, "To"),
        reply_to=_header(parsed, "Reply-To"),
        subject=_header(parsed, "Subject"),
        message_id=_header(parsed, "Message-ID"),
        sent_at=dt.datetime.strptime(name.partition("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=dt.UTC),
        text=body.get_content() if body else "",
    )


def _header(parsed: ParsedMail, name: str) -> str:
    # A folded header comes back with the space of its fold.
    return str(parsed[name] or "").strip()


def _write(email: EmailMessage) -> None:
    parsed = email.message()
    content = parsed.as_bytes()
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(str(parsed["Message-ID"]).encode()).hexdigest()[:12]
    name = f"{timezone.now().astimezone(dt.UTC):%Y%m%dT%H%M%S%fZ}-{digest}.eml"
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".part", delete=False) as part:
        part.write(content)
        part.flush()
        os.fsync(part.fileno())
    Path(part.name).replace(folder / name)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folder() -> Path:
    return Path(settings.MAILBOX_DIR)

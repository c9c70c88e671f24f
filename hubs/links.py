"""Links for people without an account: signed, for one purpose, for a limited time."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.core import signing
from django.utils import timezone

Purpose = Literal[
    "invitation", "expression-draft", "expression-confirmation", "offer-answer", "school-page", "calendar-feed"
]
LIFETIMES: dict[Purpose, dt.timedelta] = {
    "invitation": dt.timedelta(days=14),
    # The draft decides: it is there until nobody has touched it for 60 days.
    "expression-draft": dt.timedelta(days=400),
    "expression-confirmation": dt.timedelta(days=400),
    "offer-answer": dt.timedelta(days=400),
    # Until the person leaves the place or the year has long been over: the row says so before.
    "school-page": dt.timedelta(days=400),
    # Until somebody ends it: a calendar program asks for years and can show nobody a page.
    "calendar-feed": dt.timedelta(days=5 * 365),
}


class LinkInvalid(Exception):
    """The token was not made by us, or for another purpose."""


class LinkExpired(Exception):
    """The token is genuine, but what it led to is not there any more."""


@dataclass(frozen=True)
class Link:
    """What a genuine token says."""

    hub_id: int
    subject_id: int
    # To the second, rounded down.
    made_at: dt.datetime
    expired: bool


def make_token(purpose: Purpose, *, hub_id: int, subject_id: int, made_at: dt.datetime | None = None) -> str:
    """A token for a URL; it opens one subject of one hub for one purpose.

    It is another one each time, unless it is said when it was first `made_at`: its lifetime counts from then.
    """
    return _Signer(salt=f"hubs.links.{purpose}", sep="~", at=made_at).sign(f"{hub_id}.{subject_id}")


class _Signer(signing.TimestampSigner):
    """Signs as of a moment, or else of now."""

    def __init__(self, *, salt: str, sep: str, at: dt.datetime | None) -> None:
        super().__init__(salt=salt, sep=sep)
        self._at = at

    def timestamp(self) -> str:
        """The moment, as Django writes it."""
        return signing.b62_encode(int(self._at.timestamp())) if self._at else super().timestamp()


_TOKEN = re.compile(r"\d+\.\d+~[0-9A-Za-z]+~[0-9A-Za-z_-]+")
HIDDEN = "(the link is in the message only)"


def without_tokens(text: str) -> str:
    """The same text with no link that would open something for its reader: those are its recipient's alone."""
    return _TOKEN.sub(HIDDEN, text)


def undated(text: str) -> str:
    """The same text with each link cut down to what it opens: equal for two texts whose links were made apart."""
    return _TOKEN.sub(lambda found: found[0].partition("~")[0], text)


def read_token(purpose: Purpose, token: str, *, now: dt.datetime | None = None) -> Link:
    """What a token says; raises `LinkInvalid`. An expired one is told, so that its page can say what to do."""
    signer = signing.TimestampSigner(salt=f"hubs.links.{purpose}", sep="~")
    try:
        hub_id, subject_id = signer.unsign(token).split(".")
        made_at = signing.b62_decode(token.rsplit("~", 2)[1])
    except (signing.BadSignature, ValueError) as error:
        raise LinkInvalid from error
    age = (now or timezone.now()).timestamp() - made_at
    return Link(
        int(hub_id),
        int(subject_id),
        made_at=dt.datetime.fromtimestamp(made_at, tz=dt.UTC),
        expired=age > LIFETIMES[purpose].total_seconds(),
    )


def public_url(path: str) -> str:
    """The whole address of a page, as it stands in a message."""
    return f"{settings.PUBLIC_URL}{path}"

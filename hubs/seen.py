"""What a page has shown of a record: nobody overwrites, unseen, what somebody else has written meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from copy import copy
from typing import Any

from django import forms


class WrittenMeanwhile(Exception):
    """Somebody else has written here since the page was shown."""


def seal(*shown: object) -> str:
    """What tells this content from any other; of values whose `repr` says all that counts."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]


def require_seen(seen: str, standing: str) -> None:
    """Raise `WrittenMeanwhile` unless a page has shown what stands now. Without a seal nothing was shown to go by."""
    if seen and seen != standing:
        raise WrittenMeanwhile


class SeenForm(forms.Form):
    """A form about something that others may change meanwhile; `seen` is the seal of what it began with."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    # What stands now where it is not what was typed: labels and texts.
    standing: Iterable[tuple[str, str]] = ()

    def take_as_seen(self, seal: str, *, but_for: Iterable[str] = ()) -> None:
        """Keep what was typed, `but_for` some fields, as about what stands now, so that it can be sent once more."""
        typed: Any = copy(self.data)
        typed["seen"] = seal
        for name in but_for:
            typed.pop(name, None)
        self.data = typed

    def show_beside(self, standing: Iterable[tuple[str, str]], seal: str, *, recorded: str) -> None:
        """Show what was typed beside what stands now; `recorded` is a sentence that says who has changed it."""
        self.take_as_seen(seal)
        self.standing = list(standing)
        meanwhile = f"This has changed since you opened it. {recorded}"
        self.add_error(None, f"{meanwhile} Read what stands now, then send yours to replace it")

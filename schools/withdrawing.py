"""Taking back a school that a hub added by mistake, as long as nothing refers to it.

Rooms that the register knows nothing of say what of theirs refers to a school, and let go of what may go with it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from django.db import transaction
from django.db.models import ProtectedError

from hubs import timeline
from hubs.members import locked
from hubs.models import Membership
from hubs.permissions import require
from schools import ancestry
from schools.models import HalfTerm, School, Succession


class CannotWithdraw(Exception):
    """Something refers to the school; the message is a sentence to show."""


@dataclass(frozen=True)
class Held:
    """Something that refers to a school and keeps it, in words: "an expression of interest"."""

    words: str
    # Whether a member can remove it, from the school's page on.
    can_be_removed: bool


class Holds(Protocol):
    """Says what of a room refers to a school and keeps it."""

    def __call__(self, school: School) -> list[Held]:
        """What of the room refers to the school."""


class LetGo(Protocol):
    """Removes what of a room goes with a school."""

    def __call__(self, school: School) -> None:
        """Remove it, in the caller's transaction."""


_rooms: list[tuple[Holds, LetGo]] = []


def register(*, holds: Holds, let_go: LetGo) -> None:
    """Have a room asked before a school is withdrawn; called once, when the room's app is ready."""
    _rooms.append((holds, let_go))


def why_not(school: School) -> str:
    """Why a school that the hub has added cannot be withdrawn, as a sentence; nothing where it can."""
    held = [one for holds, _ in _rooms for one in holds(school)]
    if HalfTerm.objects.filter(school=school).exists():
        held.append(Held("term dates of its own", can_be_removed=True))
    if school.closed_why == ancestry.MATCHED:
        held.append(Held("a decision on which school of the register it is", can_be_removed=False))
    if not held:
        return ""
    words = [one.words for one in held]
    named = " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    if all(one.can_be_removed for one in held):
        way_out = "If it was added by mistake, remove that first: the school’s page leads there."
    else:
        way_out = "When the register knows the school, say under “School changes to confirm” which one it is."
    return f"{school.name} cannot be withdrawn, for there is {named}. {way_out}"


@transaction.atomic
def withdraw_school(*, school: School, actor: Membership, now: dt.datetime) -> None:
    """Take a school back that was added by mistake, with what strangers have begun for it and not sent.

    Gone already, nothing happens. Raises `NotAllowed`, and `CannotWithdraw` when something refers to it.
    """
    require(actor, "maintain_schools")
    ancestry.one_at_a_time()
    hub = locked(actor.hub)
    if not School.objects.filter(pk=school.pk, added_by=hub).exists():
        return
    # In this order: who writes a draft holds it first, and then waits for its school.
    for _, let_go in _rooms:
        let_go(school)
    found = School.objects.select_for_update().get(pk=school.pk)
    if refusal := why_not(found):
        raise CannotWithdraw(refusal)
    try:
        found.delete()
    except ProtectedError as error:
        raise CannotWithdraw(f"Somebody has just begun something with {school.name}. Try again later.") from error
    timeline.record(subject=hub, actor=actor, now=now, text=f"Withdrew {school.label}, which had been added.")
    if Succession.objects.filter(predecessor=school.urn).exists():
        ancestry.rebuild()

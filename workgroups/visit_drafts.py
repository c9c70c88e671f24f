"""What is written about a visit and not sent yet: kept while its author writes, on whatever device she goes on.

Each has her own, nobody sees another's, and it goes with the log that it becomes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from hubs.models import Membership, User
from hubs.permissions import NotAllowed, require
from workgroups.models import Place, Visit, VisitDraft, VisitState
from workgroups.permissions import places_of

# What was typed, by the names of the form's boxes; several values where several are chosen.
Answers = Mapping[str, Sequence[str]]
# All together: far more than the form takes, and no room for anything else.
MOST_CHARACTERS = 50_000


class DraftTooLong(Exception):
    """More was typed than a visit is written about with; the message is a sentence to show."""


class VisitLogged(Exception):
    """There is nothing to draft any more; the message is a sentence to show."""


def draft_of(*, place: Place, term: int, number: int, author: User) -> VisitDraft | None:
    """What this person has written so far about a visit."""
    return VisitDraft.objects.filter(place=place, term=term, number=number, author=author).first()


def save_draft(
    *,
    place: Place,
    term: int,
    number: int,
    answers: Answers,
    actor: Membership,
    now: dt.datetime,
    changed: Collection[str] | None = None,
) -> VisitDraft:
    """Keep what was typed: all of it or, of a draft that there is, what has `changed` since this window saved it.

    Of what was changed in two windows the later holds. Raises `NotAllowed`, `VisitLogged` where the visit stands as
    held, and `DraftTooLong`.
    """
    require(actor, "lead_groups")
    # Waits for a log under way: what it has just become is not kept once more.
    if places_of(actor).filter(pk=place.pk).select_for_update(no_key=True).first() is None:
        raise NotAllowed(f"{place.school_now.name} is in another Mastery Specialist’s group.")
    if Visit.objects.filter(place=place, term=term, number=number, state=VisitState.HELD).exists():
        raise VisitLogged("This visit is logged already. What you typed here is not saved.")
    slot = {"hub_id": place.hub_id, "place": place, "term": term, "number": number, "author": actor.user}
    draft = VisitDraft.objects.filter(**slot).first() or VisitDraft(**slot, answers={})
    typed = {name: [value.replace("\x00", "") for value in values] for name, values in answers.items()}
    if draft.pk and changed is not None:
        typed = draft.answers | {name: values for name, values in typed.items() if name in changed}
    draft.answers = typed
    if sum(len(value) for values in draft.answers.values() for value in values) > MOST_CHARACTERS:
        raise DraftTooLong("This is more than can be saved. Shorten it.")
    draft.saved_at = now
    draft.save()
    return draft


def drop_draft(*, place: Place, term: int, number: int, actor: Membership) -> None:
    """Throw away what the member has written; where there is nothing, nothing happens."""
    require(actor, "lead_groups")
    VisitDraft.objects.filter(place=place, term=term, number=number, author=actor.user).delete()

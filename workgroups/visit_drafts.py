"""What is written about a visit and not sent yet: kept while its author writes, on whatever device she goes on.

Each has her own, nobody sees another's, and it goes with the log that it becomes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from hubs.models import Membership, User
from hubs.permissions import NotAllowed, require
from workgroups.models import Place, Visit, VisitDraft, VisitState
from workgroups.permissions import places_of

# The answers of a draft by the names of the form's boxes, as they were typed.
Answers = Mapping[str, str]
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
    *, place: Place, term: int, number: int, answers: Answers, actor: Membership, now: dt.datetime
) -> VisitDraft:
    """Keep what was typed; answers that are not given stay as they were saved, so of two windows the later wins.

    Raises `NotAllowed`, `VisitLogged` where the visit stands as held, and `DraftTooLong`.
    """
    require(actor, "lead_groups")
    # Waits for a log under way: what it has just become is not kept once more.
    if places_of(actor).filter(pk=place.pk).select_for_update().first() is None:
        raise NotAllowed(f"{place.school_now.name} is in another Mastery Specialist’s group.")
    if Visit.objects.filter(place=place, term=term, number=number, state=VisitState.HELD).exists():
        raise VisitLogged("This visit is logged already. What you typed here is not saved.")
    slot = {"hub_id": place.hub_id, "place": place, "term": term, "number": number, "author": actor.user}
    draft = VisitDraft.objects.filter(**slot).first() or VisitDraft(**slot, answers={})
    draft.answers = {**draft.answers, **{name: text.replace("\x00", "") for name, text in answers.items()}}
    if sum(map(len, draft.answers.values())) > MOST_CHARACTERS:
        raise DraftTooLong("This is more than can be saved. Shorten it.")
    draft.saved_at = now
    draft.save()
    return draft


def drop_draft(*, place: Place, term: int, number: int, actor: Membership) -> None:
    """Throw away what the member has written; where there is nothing, nothing happens."""
    require(actor, "lead_groups")
    VisitDraft.objects.filter(place=place, term=term, number=number, author=actor.user).delete()

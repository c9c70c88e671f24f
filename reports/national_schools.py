"""Schools as a national viewer sees them: of the register, with what they took part in; no notes, no people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from programmes.models import Participation
from programmes.participation import participation_of
from schools import search
from schools.models import Ancestor

# Who does not find the school among the first types more.
MOST = 20


@dataclass(frozen=True)
class Found:
    """A school, and what it did under any URN it has had, the latest first."""

    choice: search.Choice
    participation: list[Participation]


def find(text: str) -> list[Found]:
    """The first schools that the search finds, with what they took part in, as the national role may read it.

    Two queries and the search's. Raises `schools.time_limit.TookTooLong` as the search does.
    """
    choices = search.choices_for(text, None, limit=MOST)
    before = Ancestor.objects.using("national").filter(school__in=[choice.urn for choice in choices])
    line: dict[int, set[int]] = {choice.urn: {choice.urn} for choice in choices}
    for urn, ancestor in before.values_list("school_id", "ancestor_id") if choices else ():
        line[urn].add(ancestor)
    did: defaultdict[int, list[Participation]] = defaultdict(list)
    for one in _facts(set().union(*line.values())):
        did[one.school_id].append(one)
    return [
        Found(
            choice,
            sorted((one for urn in line[choice.urn] for one in did[urn]), key=lambda one: (-one.year, one.stage.order)),
        )
        for choice in choices
    ]


def _facts(urns: set[int]) -> list[Participation]:
    if not urns:
        return []
    readable = ("school__name", "stage__phase", "stage__order", "year", "outcome", "recorded_for__name")
    return list(participation_of(urns).using("national").only(*readable))

"""What the pages on changes of schools read, each in a fixed number of queries.

A change is a `Succession`: one school that went on as another, or may have. A hub sees those of which either
school lies in its area or was added by it, and none with a school that another hub has added. Where the register
says that each of two schools came before the other they are one change all the same, with the doubts of both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from hubs.models import Hub, LocalAuthority
from schools import ancestry
from schools.lineage import area_of, served_by
from schools.models import Doubt, RegisterLink, School, Succession, SuccessionRuling


@dataclass(frozen=True)
class Filter:
    """What somebody looks for in the list; `decided` is whether a person has ruled on it."""

    search: str = ""
    doubt: str = ""
    authority: str = ""
    decided: bool = False


def changes_of(hub: Hub, area: Collection[str] | None = None) -> QuerySet[Succession]:
    """All changes that a hub may see, both schools with their authorities, and with `doubts_back`.

    Lists give the `area`, as for `served_by`.
    """
    served = School.objects.order_by().filter(served_by(hub, area)).values("pk")
    # From the few schools of the area, and not from all of the country.
    near = [Succession.objects.filter(**{f"{side}__in": served}).values("pk") for side in _SIDES]
    not_anothers = [Q(**{f"{side}__added_by": None}) | Q(**{f"{side}__added_by": hub}) for side in _SIDES]
    return (
        Succession.objects.filter(*not_anothers, pk__in=near[0].union(near[1]))
        .annotate(doubts_back=Subquery(_OTHER_WAY.values("doubts")[:1]))
        .select_related("predecessor__authority", "successor__authority")
    )


def changes(hub: Hub, chosen: Filter, area: Collection[str] | None = None) -> QuerySet[Succession]:
    """The hub's changes that match, in the order of the list, one for two schools.

    To confirm: those of schools that the hub has added, then the newest first, undated last. Decided: what was
    ruled last comes first, with `ruling_id`.
    """
    found = _matching(hub, chosen, area)
    if chosen.decided:
        ruled = found.annotate(ruling_id=Subquery(_RULINGS.values("pk")[:1]))
        return ruled.filter(ruling_id__isnull=False).order_by("-ruling_id")
    return (
        found.exclude(doubts=[])
        .annotate(when=Coalesce("happened_on", "predecessor__closed_on", "successor__opened_on"))
        .order_by(
            F("predecessor__added_by").desc(nulls_last=True),
            F("when").desc(nulls_last=True),
            "predecessor",
            "successor",
        )
    )


def to_confirm(hub: Hub, area: Collection[str] | None = None) -> QuerySet[Succession]:
    """The hub's changes that wait for somebody to decide, one for two schools."""
    return _matching(hub, Filter(), area).exclude(doubts=[])


def counts(hub: Hub, chosen: Filter, area: Collection[str] | None = None) -> tuple[int, int]:
    """How many changes that match otherwise are to confirm, and how many decided."""
    counted = _matching(hub, chosen, area).aggregate(
        to_confirm=Count("pk", filter=~Q(doubts=[])), decided=Count("pk", filter=Exists(_RULINGS))
    )
    return counted["to_confirm"], counted["decided"]


def change_between(hub: Hub, one: int, other: int) -> Succession | None:
    """The change of two schools, if the hub may see it: as it was asked for or, where that is not known, as it is."""
    found = list(changes_of(hub).filter(predecessor__in=[one, other], successor__in=[one, other]))
    return min(found, key=lambda change: change.predecessor_id != one, default=None)


def doubts_on(change: Succession) -> list[Doubt]:
    """Why the register's word on two schools is not enough, whichever came before the other; each once."""
    return [Doubt(doubt) for doubt in dict.fromkeys([*change.doubts, *(getattr(change, "doubts_back", None) or ())])]


def has_direction(change: Succession, links: Collection[RegisterLink]) -> bool:
    """Whether nobody need ask which of the two would come first, given the register's links between them.

    Not where it links them without saying so, says both, says the other, or makes a circle of them.
    """
    said = {
        (link.urn, link.other_urn) if link.kind.lower().startswith("succ") else (link.other_urn, link.urn)
        for link in links
        if link.kind.lower().startswith(("succ", "pred"))
    }
    if said:
        return Doubt.CYCLE not in change.doubts and said == {(change.predecessor_id, change.successor_id)}
    return not any(link.kind.lower().startswith(("merged", "result")) for link in links)


def rulings_by_id(ids: Iterable[int]) -> dict[int, SuccessionRuling]:
    """Rulings with who made them and for which hub."""
    return SuccessionRuling.objects.select_related("ruled_by", "ruled_for").in_bulk(list(ids))


def rulings_on(change: Succession) -> list[SuccessionRuling]:
    """What people have ruled on the two schools, the latest first."""
    found = ancestry.rulings_on(change.predecessor_id, change.successor_id)
    return list(found.select_related("ruled_by", "ruled_for"))


def links_between(change: Succession) -> list[RegisterLink]:
    """The register's own rows on the two schools, in both directions."""
    one, other = change.predecessor_id, change.successor_id
    return list(
        RegisterLink.objects.filter(Q(urn=one, other_urn=other) | Q(urn=other, other_urn=one)).order_by(
            "urn", "established_on", "kind"
        )
    )


@dataclass(frozen=True)
class Relation:
    """Another school that one of the two became, or was before; without a name where the register lacks it."""

    name: str
    urn_in_words: str
    kind: str
    happened_on: dt.date | None
    counts: bool


def others(change: Succession, hub: Hub) -> tuple[list[Relation], list[Relation]]:
    """What else the earlier school went on as, or may have, and what else the later one was before."""
    pair = (change.predecessor_id, change.successor_id)
    rows = (
        Succession.objects.filter(Q(predecessor=change.predecessor_id) | Q(successor=change.successor_id))
        .exclude(predecessor__in=pair, successor__in=pair)
        .order_by("happened_on", "predecessor_id", "successor_id")
    )
    after = [(row, row.successor_id) for row in rows if row.predecessor_id == change.predecessor_id]
    before = [(row, row.predecessor_id) for row in rows if row.predecessor_id != change.predecessor_id]
    schools = School.objects.known_to(hub).in_bulk([urn for _, urn in (*after, *before)])
    return _relations(after, schools), _relations(before, schools)


def authorities_of(hub: Hub) -> QuerySet[LocalAuthority]:
    """The authorities of a hub's area, by name."""
    return LocalAuthority.objects.filter(pk__in=area_of(hub))


def added_by(hub: Hub) -> QuerySet[School]:
    """The schools that a hub has added and that are not matched with the register's yet, the newest first."""
    return School.objects.usable().filter(added_by=hub).select_related("authority").order_by("-added_at", "-urn")


_SIDES = ("predecessor", "successor")
# What was ruled on is one row, in the direction of the latest ruling.
_RULINGS = SuccessionRuling.objects.filter(predecessor=OuterRef("predecessor"), successor=OuterRef("successor"))
_OTHER_WAY = Succession.objects.filter(predecessor=OuterRef("successor"), successor=OuterRef("predecessor"))


def _matching(hub: Hub, chosen: Filter, area: Collection[str] | None) -> QuerySet[Succession]:
    found = changes_of(hub, area).exclude(Exists(_OTHER_WAY), predecessor__gt=F("successor"))
    if chosen.doubt:
        found = found.filter(
            Q(doubts__contains=[chosen.doubt]) | Exists(_OTHER_WAY.filter(doubts__contains=[chosen.doubt]))
        )
    if chosen.authority:
        found = found.filter(Q(predecessor__authority=chosen.authority) | Q(successor__authority=chosen.authority))
    for word in chosen.search.split()[:6]:
        either = Q(predecessor__name__icontains=word) | Q(successor__name__icontains=word)
        if word.isascii() and word.isdigit() and len(word) <= 6:
            either |= Q(predecessor=int(word)) | Q(successor=int(word))
        found = found.filter(either)
    return found


def _relations(rows: list[tuple[Succession, int]], schools: dict[int, School]) -> list[Relation]:
    relations = []
    for row, urn in rows:
        # One that another hub has added is nobody else's business.
        if urn in schools or urn < School.FIRST_ADDED:
            school = schools.get(urn) or School(urn=urn)
            kind = str(row.get_kind_display())
            relations.append(Relation(school.name, school.urn_in_words, kind, row.happened_on, row.counts))
    return relations

"""Whose a school is: one school under all the URNs it has had, and the hub that serves it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from hubs.models import Hub, HubArea
from schools.models import Ancestor, CurrentSchool, School, Succession

# The kinds of succession in which one school goes on, and not two as one.
_PASS_ON = (Succession.Kind.BECAME, Succession.Kind.SPLIT)


def urns_of_line(urn: int) -> QuerySet[Any, int]:
    """The URNs of one school: this one, those it was before and those it has gone on as. One indexed query.

    Two schools that merged are not one school, nor are the two parts of one that split: each of them
    is in line with what came before or after, and not with the other.
    """
    itself = School.objects.order_by().filter(pk=urn).values_list("pk", flat=True)
    before = Ancestor.objects.filter(school=urn).values_list("ancestor_id", flat=True)
    after = Ancestor.objects.filter(ancestor=urn).values_list("school_id", flat=True)
    return itself.union(before, after)


def urns_of_school_today(urn: int) -> QuerySet[Any, int]:
    """The URNs of what a school is today: its own line, and all that its current school or schools were before.

    Two schools that merged are one school from then on; the two parts of one that split are not, each of them
    having a line of its own. One indexed query.
    """
    today = CurrentSchool.objects.filter(former=urn).values("current")
    return urns_of_line(urn).union(Ancestor.objects.filter(school__in=today).values_list("ancestor_id", flat=True))


def of_today(field: str, school: str = "school") -> Coalesce:
    """A field of what a school is today, for querysets whose rows name it by the path `school`.

    Of one that has split it is the old school's: nobody can say which part is meant, see `School.named_now`.
    """
    current = CurrentSchool.objects.filter(former=OuterRef(school)).order_by().values("former")
    one = current.annotate(schools=Count("pk"), today=Min(f"current__{field}")).filter(schools=1)
    return Coalesce(Subquery(one.values("today")), F(f"{school}__{field}"))


def called(word: str, school: str = "school") -> Q:
    """Whether a word is in the name, town or postcode of a school, then or today, or is its URN.

    For querysets whose rows name it by the path `school`.
    """
    today = Exists(CurrentSchool.objects.filter(_having(word, "current"), former=OuterRef(school)))
    return _having(word, school) | Q(today)


def _having(word: str, school: str) -> Q:
    """The same of a school as its row has it; a word that is no number is nobody's URN."""
    found = Q()
    for field in ("name", "town", "postcode"):
        found |= Q(**{f"{school}__{field}__icontains": word})
    if word.isascii() and word.isdigit() and len(word) <= 9:
        found |= Q(**{f"{school}__urn": int(word)})
    return found


def area_of(hub: Hub) -> QuerySet[HubArea, str]:
    """The codes of the authorities in a hub's area."""
    return HubArea.objects.filter(hub=hub).values_list("authority", flat=True)


def served_by(hub: Hub, area: Collection[str] | None = None) -> Q:
    """Which schools are a hub's own to know and to maintain: those of its area, and those that it has added.

    Lists give the `area`, its authorities' codes: the database then knows how few schools that are.
    """
    return Q(authority__in=area_of(hub) if area is None else area, added_by=None) | Q(added_by=hub)


def lines_back(urns: Collection[int]) -> dict[int, list[int]]:
    """By URN, the URNs that each school had before as one school alone: its own first, the oldest last. One query.

    Its stand-ins are the school itself. Beyond them it goes back while exactly one school went on as it, by becoming
    it or by splitting: of schools that merged none speaks for all.
    """
    before: dict[int, dict[int, str]] = defaultdict(dict)
    ancestors = Ancestor.objects.filter(school__in=urns).values("ancestor")
    successions = Succession.objects.filter(Q(successor__in=urns) | Q(successor__in=ancestors), counts=True)
    for successor, predecessor, kind in successions.values_list("successor_id", "predecessor_id", "kind"):
        before[successor][predecessor] = kind
    lines = {}
    for urn in urns:
        line = lines[urn] = [urn]
        for one in line:
            stand_ins = [earlier for earlier in before[one] if earlier >= School.FIRST_ADDED]
            others = [earlier for earlier in before[one] if earlier < School.FIRST_ADDED]
            alone = [earlier for earlier in others if len(others) == 1 and before[one][earlier] in _PASS_ON]
            line += [earlier for earlier in stand_ins + alone if earlier not in line]
    return lines

"""The schools of a hub: its area's and those it has added, found, sorted and counted in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OrderBy, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject

from hubs.models import Hub, HubArea
from programmes.models import Participation
from programmes.participation import participation_of, takes_part, took_part
from schools import kinds
from schools.changes import to_confirm
from schools.lineage import served_by
from schools.models import Ancestor, CurrentSchool, School, SchoolQuerySet
from schools.models.search import SearchEntry
from schools.spelling import likely
from schools.wording import search_words

SORTS: dict[str, tuple[str, ...]] = {
    "name": ("name", "town", "urn"),
    "authority": ("authority__name", "name", "urn"),
    "pupils": ("pupils", "name", "urn"),
    "meals": ("percent_fsm", "name", "urn"),
}
NO_TRUST = "none"


@dataclass(frozen=True)
class Filter:
    """What somebody looks for in the list."""

    search: str = ""
    authority: str = ""
    phase: str = ""
    trust: str = ""
    # "ever", "never", "completed" or "this_year".
    took_part: str = ""
    # The least percentage of pupils with free school meals.
    meals: int | None = None
    # "closed" or "all"; else those that a hub may work with.
    status: str = ""
    sort: str = "name"


@dataclass(frozen=True)
class Counts:
    """How many schools match what is chosen otherwise, by whether they took part in anything."""

    all: int
    ever: int
    completed: int
    this_year: int

    @property
    def never(self) -> int:
        """Those of which nobody has recorded that they took part."""
        return self.all - self.ever

    def matching(self, chosen: Filter) -> int:
        """How many match all that is chosen."""
        return int(getattr(self, chosen.took_part or "all"))


@dataclass(frozen=True)
class Row:
    """A school of the list, and what it did under any URN it has had, the latest first."""

    school: School
    # What it was called before or, of a closed one, what it is called now.
    former_names: list[str]
    current_names: list[str]
    participation: list[Participation] = field(default_factory=list)

    @property
    def standing(self) -> str:
        """Whether it teaches, in a word."""
        return kinds.standing(self.school).value.capitalize()


@dataclass(frozen=True)
class Area:
    """A hub, the authorities that it serves and the trusts of their schools, each as code and name."""

    hub: Hub
    authorities: list[tuple[str, str]]
    trusts: list[tuple[str, str]]
    # School changes that wait for the hub.
    to_confirm: int = 0

    @property
    def schools(self) -> SchoolQuerySet:
        """The schools of the area, and those that the hub has added."""
        return School.objects.filter(served_by(self.hub, [code for code, _ in self.authorities]))


def area_of(hub: Hub) -> Area:
    """A hub's area, by name, and how many school changes wait in it; one query."""
    trusts = School.objects.usable().filter(authority=OuterRef("authority")).exclude(trust_name="").order_by()
    pairs = trusts.values_list(JSONObject(code="trust_code", name="trust_name")).distinct()
    found = list(
        HubArea.objects.filter(hub=hub)
        .order_by("authority__name")
        .annotate(trusts=ArraySubquery(pairs), to_confirm=_count_of(to_confirm(hub)))
        .values_list("authority", "authority__name", "trusts", "to_confirm")
    )
    # The register gives some trusts a name and no code.
    by_key = {trust["code"] or trust["name"]: trust["name"] for _, _, trusts, _ in found for trust in trusts}
    return Area(
        hub,
        [(code, name) for code, name, _, _ in found],
        sorted(by_key.items(), key=lambda trust: (trust[1], trust[0])),
        (found[0][3] or 0) if found else 0,
    )


def nearest(chosen: Filter) -> Filter | None:
    """The same with the nearest words of the register for those that no school has; none where there are no others.

    Two queries.
    """
    words = search_words(chosen.search)
    meant = likely(words)
    return replace(chosen, search=" ".join(meant)) if meant != words else None


def schools(area: Area, chosen: Filter, *, this_year: int) -> SchoolQuerySet:
    """The hub's schools that match, with their authority, in the order that was chosen; unknown values come last."""
    found = _matching(area, chosen)
    match chosen.took_part:
        case "ever":
            found = found.filter(took_part())
        case "never":
            found = found.filter(~took_part())
        case "completed":
            found = found.filter(took_part(outcome=Participation.Outcome.COMPLETED))
        case "this_year":
            found = found.filter(takes_part(this_year))
    return found.select_related("authority").order_by(*_order(chosen.sort))


def counts(area: Area, chosen: Filter, *, this_year: int) -> Counts:
    """How many match what is chosen otherwise; one query."""
    found = _matching(area, chosen).annotate(
        took_part_ever=took_part(),
        has_completed=took_part(outcome=Participation.Outcome.COMPLETED),
        takes_part=takes_part(this_year),
    )
    counted = found.aggregate(
        all=Count("pk"),
        ever=Count("pk", filter=Q(took_part_ever=True)),
        completed=Count("pk", filter=Q(has_completed=True)),
        this_year=Count("pk", filter=Q(takes_part=True)),
    )
    return Counts(**counted)


def with_names(found: SchoolQuerySet, *, hub: Hub) -> SchoolQuerySet:
    """With what each school was before and is now, in the same query, as `rows` reads it.

    Without the names that other hubs gave a school before the register knew it.
    """
    line = Ancestor.objects.filter(school=OuterRef("pk"))
    former = CurrentSchool.objects.filter(Q(former__added_by=None) | Q(former__added_by=hub), current=OuterRef("pk"))
    current = CurrentSchool.objects.filter(Q(current__added_by=None) | Q(current__added_by=hub), former=OuterRef("pk"))
    return found.annotate(
        urns_before=ArraySubquery(line.values("ancestor")),
        former_names=ArraySubquery(former.order_by("former__name").values("former__name")),
        current_names=ArraySubquery(current.order_by("current__name").values("current__name")),
    )


def rows(page: Iterable[Any], *, search: str = "") -> list[Row]:
    """The schools of a page, read `with_names`, with what they took part in; one query.

    Of the former names those come first that have most words of the `search`: they say why a school was found.
    """
    page, words = list(page), search_words(search)
    line = {school.pk: {school.pk, *school.urns_before} for school in page}
    did = list(participation_of(set().union(*line.values())))
    return [
        Row(
            school,
            # A school that becomes an academy often keeps its name.
            sorted(
                (name for name in dict.fromkeys(school.former_names) if name != school.name),
                key=lambda name: -_words_begun(name, words),
            ),
            list(school.current_names),
            [one for one in did if one.school_id in line[school.pk]],
        )
        for school in page
    ]


def _matching(area: Area, chosen: Filter) -> SchoolQuerySet:
    """Those that match, whatever they took part in."""
    found = area.schools
    if chosen.status == "closed":
        found = found.filter(status=School.Status.CLOSED)
    elif chosen.status != "all":
        found = found.usable()
    if chosen.search:
        found = found.filter(_named(chosen.search, area.hub))
    if chosen.authority:
        found = found.filter(authority=chosen.authority)
    if chosen.phase:
        found = found.serving(chosen.phase)
    if chosen.trust == NO_TRUST:
        found = found.filter(trust_name="")
    elif chosen.trust:
        found = found.filter(Q(trust_code=chosen.trust) | Q(trust_code="", trust_name=chosen.trust))
    if chosen.meals is not None:
        found = found.filter(percent_fsm__gte=chosen.meals)
    return found


def _named(text: str, hub: Hub) -> Q:
    """As the search finds schools, former names among them, and closed ones by the name that is former now.

    And by any part of a word, as typed: closed schools that nothing has come of are found by that alone.
    """
    as_typed = Q()
    for word in text.split():
        urn = Q(urn=int(word)) if word.isascii() and word.isdigit() and len(word) <= 9 else Q()
        as_typed &= Q(name__icontains=word) | Q(town__icontains=word) | Q(postcode__icontains=word) | urn
    names = SearchEntry.objects.known_to(hub).having(search_words(text))
    return as_typed | Q(pk__in=names.values("school")) | Q(pk__in=names.values("under"))


def _words_begun(name: str, words: Iterable[str]) -> int:
    """How many of the words begin one of the name's."""
    of_name = search_words(name)
    return sum(any(one.startswith(word) for one in of_name) for word in words)


def _count_of(found: QuerySet[Any]) -> Subquery:
    """How many there are, as a part of another query."""
    return Subquery(found.order_by().annotate(one=Value(1)).values("one").annotate(count=Count("pk")).values("count"))


def _order(sort: str) -> list[OrderBy]:
    first, *others = SORTS[sort.removeprefix("-")]
    leading = F(first).desc(nulls_last=True) if sort.startswith("-") else F(first).asc(nulls_last=True)
    return [leading, *(F(name).asc() for name in others)]

"""What the pages on places need, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F
from django.urls import reverse

from hubs.models import Membership
from programmes.models import ExpressionOfInterest, StageYear
from programmes.onward import Way
from schools.lineage import called, of_today
from workgroups.models import MEMBERS, Place, PlaceState
from workgroups.models.groups import PlaceQuerySet
from workgroups.permissions import places_of

# Every state in which a place is one of a Work Group: what the hub's home counts.
OF_A_GROUP = "of_a_group"
SORTS = {
    "school": ("name_now", "pk"),
    "stage": ("stage_year__year", "stage_year__stage__order", "name_now", "pk"),
    "group": ("group__name", "name_now", "pk"),
    "state": ("state", "name_now", "pk"),
    "accepted": ("accepted_at", "pk"),
}


@dataclass(frozen=True)
class PlaceFilter:
    """What somebody looks for in the list of places; a year of None is every year."""

    search: str = ""
    stage: str = ""
    year: int | None = None
    # A state of a place, or `OF_A_GROUP`.
    state: str = ""
    sort: str = "school"

    @property
    def states(self) -> list[str]:
        """The states that are looked for: all of them where none is chosen."""
        if self.state == OF_A_GROUP:
            return [state.value for state in MEMBERS]
        return [self.state] if self.state else list(PlaceState.values)


def places(membership: Membership, chosen: PlaceFilter) -> PlaceQuerySet:
    """The places that a member sees and that match, with school, stage and group, in the order that was chosen."""
    found = _matching(membership, chosen).filter(state__in=chosen.states)
    order = SORTS[chosen.sort.removeprefix("-")]
    if "name_now" in order:
        found = found.annotate(name_now=of_today("name"))
    descending = chosen.sort.startswith("-")
    by = [F(field).desc(nulls_last=True) if descending else F(field).asc(nulls_last=True) for field in order]
    return found.with_school_now().with_stage().order_by(*by)


def counts_by_state(membership: Membership, chosen: PlaceFilter) -> dict[str, int]:
    """How many there are in each state among those that match otherwise; one query."""
    counted = dict(_matching(membership, chosen).order_by().values_list("state").annotate(Count("pk")))
    return {state.value: counted.get(state.value, 0) for state in PlaceState}


def stage_years_with_places(membership: Membership) -> list[StageYear]:
    """The stages and years in which a member sees places, the latest first; one query."""
    with_places = places_of(membership).order_by().values("stage_year")
    return list(StageYear.objects.select_related("stage").filter(pk__in=with_places))


def place_with_group(membership: Membership, pk: int) -> Place | None:
    """The place that a member sees under this number, and what its page shows; none where there is none."""
    found = places_of(membership).with_school_now().with_stage()
    return found.select_related("expression", "group__specialist").filter(pk=pk).first()


def way_to_place(expression: ExpressionOfInterest, membership: Membership) -> Way | None:
    """From an accepted expression of interest to the place that it has become, for who sees that; one query."""
    found = places_of(membership).filter(expression=expression).values_list("pk", flat=True).first()
    return Way("The school's place", reverse("place", args=[membership.hub.slug, found])) if found else None


def _matching(membership: Membership, chosen: PlaceFilter) -> PlaceQuerySet:
    found = places_of(membership)
    if chosen.stage:
        found = found.filter(stage_year__stage__slug=chosen.stage)
    if chosen.year is not None:
        found = found.filter(stage_year__year=chosen.year)
    for word in chosen.search.split():
        found = found.filter(called(word))
    return found

"""What the pages on money need, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from funding import granting, paying
from funding.models import Grant, GrantEvent, GrantState, Payment, PaymentList
from funding.models.grants import GrantQuerySet
from hubs.models import Hub, Membership, Role
from hubs.permissions import ALLOWED
from hubs.queries import members_who_may
from programmes.models import StageYear
from schools.lineage import called, of_today
from schools.models import School
from workgroups.models import Place

# Every state but withheld: what the hub's home sums as awarded.
AWARDED = "awarded"
SORTS: dict[str, tuple[str, ...]] = {
    "school": ("name_now", "pk"),
    "stage": ("place__stage_year__year", "place__stage_year__stage__order", "name_now", "pk"),
    "claim": ("claim_on", "name_now", "pk"),
    "state": ("state", "name_now", "pk"),
    "amount": ("amount_pence", "name_now", "pk"),
}


@dataclass(frozen=True)
class Filter:
    """What somebody looks for among the grants; no `year` means every year."""

    search: str = ""
    stage: str = ""
    year: int | None = None
    # A state of a grant, or `AWARDED`.
    state: str = ""
    sort: str = "school"

    @property
    def states(self) -> list[str]:
        """The states that are looked for: all of them where none is chosen."""
        if self.state == AWARDED:
            return [state.value for state in GrantState if state != GrantState.WITHHELD]
        return [self.state] if self.state else list(GrantState.values)


@dataclass(frozen=True)
class Summed:
    """How many grants there are, and their sum."""

    grants: int = 0
    pence: int = 0

    def __add__(self, other: Summed) -> Summed:
        return Summed(self.grants + other.grants, self.pence + other.pence)

    @property
    def in_words(self) -> str:
        """ "12 grants"."""
        return f"{self.grants} grant{'' if self.grants == 1 else 's'}"


@dataclass(frozen=True)
class PaymentLine:
    """A payment of a list, as pages and files show it."""

    payment: Payment

    @property
    def school(self) -> str:
        """What the school was called when the list was made."""
        return self.payment.school

    @property
    def stage(self) -> str:
        """What the grant is for."""
        return str(self.payment.grant.place.stage_year)

    @property
    def reference(self) -> str:
        """The reference of the school's expression of interest."""
        return str(self.payment.grant.place.expression)

    @property
    def urn(self) -> int | None:
        """The URN of that day; none for a school that the register did not know."""
        return self.payment.urn if self.payment.urn < School.FIRST_ADDED else None


def grants(chosen: Filter) -> GrantQuerySet:
    """The hub's grants that match, with what a list of them shows."""
    found = _matching(chosen).filter(state__in=chosen.states)
    order = SORTS[chosen.sort.removeprefix("-")]
    sign = "-" if chosen.sort.startswith("-") else ""
    return with_school_now(found).order_by(*(f"{sign}{field}" for field in order))


def with_school_now(found: GrantQuerySet) -> GrantQuerySet:
    """With place and stage in the same query, and in one more what each school is today: sorted by its name."""
    named = found.annotate(name_now=of_today("name", "place__school")).order_by("name_now", "pk")
    return named.with_place().prefetch_related("place__school__now")


def summed_by_state(chosen: Filter) -> dict[str, Summed]:
    """How many there are in each state among those that match otherwise, and their sums; one query."""
    rows = _matching(chosen).order_by().values_list("state").annotate(Count("pk"), Sum("amount_pence"))
    found = {state: Summed(count, pence) for state, count, pence in rows}
    return {state.value: found.get(state.value, Summed()) for state in GrantState}


@dataclass(frozen=True)
class Together:
    """How many grants are decided on as "all": without schools that have left or wait for a group."""

    expected: int
    due: int
    # Of those that are due the ones that the member may approve.
    to_approve: int


def decided_together(membership: Membership, chosen: Filter) -> Together:
    """How many of those that match otherwise a member decides on together, whatever state is chosen; one query."""
    due = Q(state=GrantState.DUE)
    counted = {
        "expected": Count("pk", filter=Q(state=GrantState.EXPECTED)),
        "due": Count("pk", filter=due),
        "to_approve": Count("pk", filter=due & Q(had_a_hand=False)),
    }
    found = _matching(chosen).of_groups().with_hand_of(membership.user)
    return Together(**found.order_by().aggregate(**counted))


def stage_years_of_grants() -> QuerySet[StageYear]:
    """The stages in which there are grants, latest year first."""
    places = Place.objects.filter(grant__isnull=False).order_by()
    return StageYear.objects.select_related("stage").filter(pk__in=places.values("stage_year"))


def grant_for_page(pk: int) -> Grant | None:
    """One grant with all that its page shows."""
    return with_school_now(Grant.objects.filter(pk=pk)).select_related("approved_by").first()


def is_by_hand(grant: Grant) -> bool:
    """Whether somebody of the hub awarded a grant, rather than the school having accepted it."""
    return grant.events.filter(kind=GrantEvent.Kind.AWARDED).exclude(actor=None).exists()


def places_without_grant() -> QuerySet[Place]:
    """Places that a grant may be awarded to by hand, latest year first."""
    found = Place.objects.filter(grant=None).annotate(name_now=of_today("name"))
    return found.with_stage().with_school_now().order_by("-stage_year__year", "name_now", "pk")


def payment_of(grant: Grant) -> Payment | None:
    """The payment list that a grant stands on, if it does."""
    return grant.payments.filter(taken_back_at=None).select_related("payment_list").first()


def who_may_approve(hub: Hub, amount_set: Iterable[granting.HadAHand], *, now: dt.datetime) -> list[str]:
    """Who may approve a grant whose amount these people have set, by name."""
    members = members_who_may("approve_money", hub=hub, today=timezone.localdate(now))
    changers = [one.user_id for one in amount_set]
    return list(members.exclude(user__in=changers).values_list("user__name", flat=True))


def roles_that_approve() -> list[str]:
    """The roles in which one may approve grants, in words."""
    return [Role(role).label for role, allowed in ALLOWED.items() if "approve_money" in allowed]


def grants_to_pay() -> GrantQuerySet:
    """Those that wait for a payment list, with what it shows of them."""
    return with_school_now(paying.to_pay())


def summed(found: GrantQuerySet) -> Summed:
    """How many, and their sum; one query."""
    counted = found.order_by().aggregate(grants=Count("pk"), pence=Sum("amount_pence", default=0))
    return Summed(**counted)


def payment_lists() -> QuerySet[PaymentList]:
    """The hub's payment lists, latest first, each with its sum in `pence` and how many `grants` are on it."""
    counted = PaymentList.objects.annotate(grants=Count("payments"), pence=Sum("payments__amount_pence", default=0))
    return counted.select_related("made_by").order_by("-number")


def lines_of(payment_list: PaymentList) -> list[PaymentLine]:
    """What is on a list, in the order in which pages and files show it; one query."""
    found = payment_list.payments.select_related("grant__place__expression", "grant__place__stage_year__stage")
    return [PaymentLine(payment) for payment in found.order_by("payee", "pk")]


def _matching(chosen: Filter) -> GrantQuerySet:
    found = Grant.objects.all()
    if chosen.stage:
        found = found.filter(place__stage_year__stage__slug=chosen.stage)
    if chosen.year is not None:
        found = found.filter(place__stage_year__year=chosen.year)
    for word in chosen.search.split():
        found = found.filter(called(word, "place__school"))
    return found

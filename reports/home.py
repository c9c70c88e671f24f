"""What the hub's home says: what needs me today, this year in figures, the next seven days, in few queries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Count, F, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from correspondence.models import Message
from correspondence.models import State as MessageState
from funding import paying
from funding.models import Grant, GrantState, PaymentList
from hubs.models import Hub, User
from hubs.years import academic_year_of
from programmes.models import Decision, ExpressionOfInterest, SchoolChange, State
from schools.changes import to_confirm
from schools.lineage import of_today
from workgroups.models import Meeting, MeetingState, Place, PlaceState, Visit, VisitState, WorkGroup
from workgroups.visit_plan import SlotState, visit_slots

WEEK = dt.timedelta(days=7)
# A claim is prepared so long before it is to be made.
CLAIMS_SOON = dt.timedelta(days=14)
# A home is no list: the others come up as these are seen.
MOST_CHANGES_LISTED = 10
_MOST_CHANGED_EXPRESSIONS = 40


@dataclass(frozen=True)
class Counts:
    """What waits in a hub and what its year amounts to; sums in pence."""

    to_decide: int
    to_decide_since: dt.datetime | None
    unanswered: int
    answer_by: dt.date | None
    without_group: int
    attendance_missing: int
    attendance_since: dt.datetime | None
    # Meetings to come at a school that has left their group; the next one of them.
    host_gone: int
    host_gone_meeting: int
    claims_due: int
    claim_on: dt.date | None
    to_approve: int
    to_approve_pence: int
    to_pay: int
    to_pay_pence: int
    lists_to_pay: int
    troubled: int
    troubled_since: dt.datetime | None
    changed: int
    to_confirm: int
    to_confirm_added: int
    places: int
    groups: int
    meetings: int
    visits: int
    awarded_pence: int
    paid_pence: int


def counts(hub: Hub, *, reader: User, now: dt.datetime) -> Counts:
    """Everything that the home counts, of the active hub; one query.

    Of the grants that are due it counts those that the reader may approve.
    """
    today = timezone.localdate(now)
    year = academic_year_of(today)
    waiting = ExpressionOfInterest.objects.to_decide()
    offered = ExpressionOfInterest.objects.filter(state=State.OFFERED)
    answer_by = Decision.objects.filter(expression=OuterRef("pk")).order_by("-decided_at").values("answer_by")[:1]
    unrecorded = Meeting.objects.filter(state=MeetingState.PLANNED, starts_at__lt=now)
    elsewhere = Meeting.objects.whose_host_is_gone(now=now)
    claims = Grant.objects.to_claim().filter(claim_on__lte=today + CLAIMS_SOON)
    due = Grant.objects.filter(state=GrantState.DUE).with_hand_of(reader).filter(Q(had_a_hand=False))
    approved = paying.to_pay()
    troubled = Message.objects.filter(state__in=[MessageState.FAILED, MessageState.UNCERTAIN])
    grants = Grant.objects.filter(place__stage_year__year=year)
    confirm = to_confirm(hub).order_by().annotate(one=Value(1)).values("one")
    added = Count("predecessor", filter=Q(predecessor__added_by=hub), distinct=True)
    changed = Count("expression__school", distinct=True)
    found = Hub.objects.filter(pk=hub.pk).values(
        _to_decide=_of(waiting),
        _to_decide_since=_of(waiting, Min("submitted_at"), None),
        _unanswered=_of(offered),
        _answer_by=_of(offered.annotate(answer_by=Subquery(answer_by)), Min("answer_by"), None),
        _without_group=_of(Place.objects.filter(state=PlaceState.WAITING)),
        _attendance_missing=_of(unrecorded),
        _attendance_since=_of(unrecorded, Min("starts_at"), None),
        _host_gone=_of(elsewhere),
        _host_gone_meeting=Coalesce(Subquery(elsewhere.order_by("starts_at", "pk").values("pk")[:1]), 0),
        _claims_due=_of(claims),
        _claim_on=_of(claims, Min("claim_on"), None),
        _to_approve=_of(due),
        _to_approve_pence=_of(due, Sum("amount_pence")),
        _to_pay=_of(approved),
        _to_pay_pence=_of(approved, Sum("amount_pence")),
        _lists_to_pay=_of(PaymentList.objects.filter(state=PaymentList.State.OPEN)),
        _troubled=_of(troubled),
        _troubled_since=_of(troubled, Min("queued_at"), None),
        _changed=_of(SchoolChange.objects.unseen(), changed),
        _to_confirm=Coalesce(Subquery(confirm.annotate(found=Count("pk")).values("found")), 0),
        _to_confirm_added=Coalesce(Subquery(confirm.annotate(found=added).values("found")), 0),
        _places=_of(Place.objects.filter(stage_year__year=year).members()),
        _groups=_of(WorkGroup.objects.filter(stage_year__year=year)),
        _meetings=_of(Meeting.objects.filter(group__stage_year__year=year, state=MeetingState.HELD)),
        _visits=_of(Visit.objects.filter(place__stage_year__year=year, state=VisitState.HELD)),
        _awarded_pence=_of(grants.exclude(state=GrantState.WITHHELD), Sum("amount_pence")),
        _paid_pence=_of(grants.filter(state=GrantState.PAID), Sum("amount_pence")),
    )
    columns: dict[str, Any] = {name.removeprefix("_"): value for name, value in found.get().items()}
    return Counts(**columns)


def _of(rows: QuerySet[Any], what: Any = None, none: int | None = 0) -> Any:
    """What rows of the active hub come to, as a column of the hub's one row."""
    counted = Subquery(rows.order_by().values("hub").annotate(found=what or Count("pk")).values("found"))
    return counted if none is None else Coalesce(counted, none, output_field=IntegerField())


def changed_schools() -> list[list[ExpressionOfInterest]]:
    """What each of the schools that have changed has sent, the first ones noticed first; two queries."""
    unseen = SchoolChange.objects.unseen()
    noticed = unseen.filter(expression__school=OuterRef("school")).order_by("noticed_at").values("noticed_at")[:1]
    sent = ExpressionOfInterest.objects.filter(pk__in=unseen.values("expression"))
    sent = sent.annotate(noticed=Subquery(noticed)).order_by("noticed", "school", "submitted_at", "pk")
    listed = sent.with_stage().with_school_now()[:_MOST_CHANGED_EXPRESSIONS]
    by_school = [list(of_school) for _, of_school in groupby(listed, key=lambda one: one.school_id)]
    return by_school[:MOST_CHANGES_LISTED]


@dataclass(frozen=True)
class Overdue:
    """Visits that ought to have been held, and of which schools' places."""

    count: int
    places: int


def visits_overdue(*, today: dt.date) -> Overdue:
    """The active hub's support visits of this year that are overdue; as many queries for any number of schools."""
    places = Place.objects.filter(stage_year__year=academic_year_of(today), state=PlaceState.IN_GROUP)
    slots = visit_slots(places.select_related("stage_year", "school"), today=today)
    late = [[slot for slot in of_place if slot.state == SlotState.OVERDUE] for of_place in slots.values()]
    return Overdue(sum(map(len, late)), sum(map(bool, late)))


@dataclass(frozen=True)
class Event:
    """A meeting or a visit of the next days."""

    starts_at: dt.datetime
    kind: str
    # Of the meeting; of a visit it is the place's, with its term and number.
    pk: int
    term: int
    number: int
    what: str
    where: str


def next_seven_days(*, now: dt.datetime) -> list[tuple[dt.date, list[Event]]]:
    """The active hub's meetings and visits of the next seven days, day by day; one query."""
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    span = Q(starts_at__gte=start, starts_at__lt=start + WEEK + dt.timedelta(hours=1))
    columns = ("starts_at", "of_kind", "leads_to", "in_term", "in_order", "what", "at")
    meetings = (
        Meeting.objects.filter(span)
        .exclude(state=MeetingState.CANCELLED)
        .annotate(
            of_kind=Value("meeting"),
            leads_to=F("pk"),
            in_term=Value(0),
            in_order=Value(0),
            what=F("group__name"),
            at=Coalesce(of_today("name", "host_school"), F("venue")),
        )
    )
    visits = (
        Visit.objects.filter(span)
        .live()
        .annotate(
            of_kind=Value("visit"),
            leads_to=F("place"),
            in_term=F("term"),
            in_order=F("number"),
            what=of_today("name", "place__school"),
            at=F("specialist__name"),
        )
    )
    rows = meetings.order_by().values_list(*columns).union(visits.order_by().values_list(*columns), all=True)
    end = start.date() + WEEK
    events = [event for event in (Event(*row) for row in rows) if timezone.localdate(event.starts_at) < end]
    events.sort(key=lambda event: (event.starts_at, event.kind, event.pk))
    return [
        (day, list(of_day)) for day, of_day in groupby(events, key=lambda event: timezone.localdate(event.starts_at))
    ]


def waiting_in_words() -> str:
    """How many expressions of interest are to be decided, or nothing when there is none."""
    count = ExpressionOfInterest.objects.to_decide().count()
    return f"{count} to decide" if count else ""

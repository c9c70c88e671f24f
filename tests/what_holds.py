"""What holds in a hub at any time, whatever was done there: looked up in the facts, and not asked of the verbs.

Each function looks at the active hub.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from correspondence import deriving, reminders
from correspondence.models import WAITING, Message
from correspondence.models import State as MessageState
from correspondence.reminders import Wanted
from funding import accounts, ledger
from funding.models import Grant, GrantEvent, GrantState, PaymentList, ReleaseEntry
from hubs.links import undated
from hubs.models import Hub, Membership
from hubs.tenancy import HubOwned, active_hub_id
from hubs.years import academic_year_of
from programmes.models import Decision, ExpressionOfInterest, OfferAnswer, Participation
from programmes.models import State as ExpressionState
from workgroups import taking_part
from workgroups.models import (
    Attendance,
    MasterySpecialist,
    Meeting,
    MeetingState,
    Place,
    PlaceState,
    Visit,
    VisitState,
)
from workgroups.permissions import meetings_of, places_of
from workgroups.steps import group_after, state_after

# What a day in the ledger was for, as the pages name it.
MEETINGS, VISITS, IN_SCHOOL = "meetings", "visits", "in school"
# Whose account, what for, and on which day.
Spent = tuple[Place | MasterySpecialist, str, dt.date]


# --- All rows -------------------------------------------------------------------------------------


def all_rows() -> dict[str, tuple[int, str]]:
    """How many rows of each kind the hub has, and a checksum of all that they say; one query."""
    owned = [(model._meta.db_table, "hub_id") for model in apps.get_models() if issubclass(model, HubOwned)]
    counted = [
        f"SELECT '{table}', count(*), md5(string_agg(one::text, ' ' ORDER BY id)) FROM {table} one WHERE {hub} = %s"
        for table, hub in [*owned, (Participation._meta.db_table, "recorded_for_id")]
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counted), [active_hub_id()] * len(counted))
        return {table: (rows, checksum) for table, rows, checksum in cursor.fetchall()}


# --- Release time ---------------------------------------------------------------------------------


def the_ledger_says_what_was_spent(held_by: Mapping[int, MasterySpecialist], reader: Membership) -> None:
    """Every half-day is in the ledger, on its day and in its account, and the pages add up to no more and no less.

    `held_by` says who led the group of each meeting when it began; `reader` sees all accounts.
    """
    worth = _worth(held_by)
    counted: Counter[Spent] = Counter()
    for entry in ReleaseEntry.objects.select_related("place", "specialist"):
        counted[ledger.account_of(entry), _what_for(entry), entry.worked_on] += entry.half_days
    assert _without_noughts(counted) == _without_noughts(worth)

    pages = {row: accounts.school_row(row).used for row in accounts.schools(reader, accounts.Filter())}
    for place, used in pages.items():
        assert _parts(used) == _parts_of(worth, place, place.stage_year.year)
    assert ledger.used_by_places(pages) == {place.pk: used.sum for place, used in pages.items()}
    for year in {academic_year_of(day) for owner, _, day in worth if isinstance(owner, MasterySpecialist)}:
        specialists = {row.specialist: row.used for row in accounts.specialists(reader, year=year)}
        for specialist, used in specialists.items():
            assert _parts(used) == _parts_of(worth, specialist, year)
        by_ledger = ledger.used_by_specialists(specialists, year=year)
        assert by_ledger == {specialist.pk: used.sum for specialist, used in specialists.items()}


def _worth(held_by: Mapping[int, MasterySpecialist]) -> Counter[Spent]:
    """What was spent, by the facts."""
    worth: Counter[Spent] = Counter()
    for mark in Attendance.objects.select_related("meeting", "participant__place"):
        if mark.mark != Attendance.Mark.ABSENT:
            worth[mark.participant.place, MEETINGS, _day(mark.meeting.starts_at)] += mark.meeting.half_days
    for meeting in Meeting.objects.filter(state=MeetingState.HELD):
        worth[held_by[meeting.pk], MEETINGS, _day(meeting.starts_at)] += meeting.half_days
    for visit in Visit.objects.filter(state=VisitState.HELD).select_related("place", "specialist"):
        worth[visit.specialist, VISITS, _day(visit.starts_at)] += visit.half_days
        worth[visit.place, VISITS, _day(visit.starts_at)] += visit.teachers_half_days
    logged = ReleaseEntry.objects.filter(kind=ReleaseEntry.Kind.IN_SCHOOL, corrected_by=None)
    for entry in logged.select_related("place", "specialist"):
        worth[ledger.account_of(entry), IN_SCHOOL, entry.worked_on] += entry.half_days
    return worth


def _what_for(entry: ReleaseEntry) -> str:
    if entry.visit_id:
        return VISITS
    return MEETINGS if entry.meeting_id or entry.attendance_id else IN_SCHOOL


def _without_noughts(spent: Mapping[Spent, int]) -> dict[Spent, int]:
    return {key: half_days for key, half_days in spent.items() if half_days}


def _parts(used: accounts.Used) -> tuple[int, int, int]:
    return used.meetings, used.visits, used.in_school


def _parts_of(worth: Mapping[Spent, int], owner: Place | MasterySpecialist, year: int) -> tuple[int, int, int]:
    """What one account has used; a school's is of the year of its place, whichever day it was."""
    parts = dict.fromkeys((MEETINGS, VISITS, IN_SCHOOL), 0)
    for (whose, what_for, day), half_days in worth.items():
        if whose == owner and (isinstance(owner, Place) or academic_year_of(day) == year):
            parts[what_for] += half_days
    return parts[MEETINGS], parts[VISITS], parts[IN_SCHOOL]


def _day(moment: dt.datetime) -> dt.date:
    return timezone.localdate(moment)


# --- Money ----------------------------------------------------------------------------------------


def what_is_paid_was_approved(amount_set_by: Mapping[int, Collection[int]]) -> None:
    """No grant is paid more than it was awarded, twice, or on the word of who has set its amount.

    `amount_set_by` has the ids of those people, by grant.
    """
    for grant in Grant.objects.prefetch_related("events", "payments__payment_list"):
        history, payments = list(grant.events.all()), list(grant.payments.all())
        assert (grant.state, grant.amount_pence) == _grant_after(history)
        assert grant.approved_by_id not in amount_set_by[grant.pk]
        live = [payment for payment in payments if payment.taken_back_at is None]
        assert len(live) <= 1
        for payment in live:
            assert grant.state in (GrantState.APPROVED, GrantState.PAID)
            assert payment.amount_pence == grant.amount_pence
        paid = [payment for payment in payments if payment.payment_list.state == PaymentList.State.PAID]
        assert sum(payment.amount_pence for payment in paid) == (
            grant.amount_pence if grant.state == GrantState.PAID else 0
        )
        approved = [event for event in history if event.kind == GrantEvent.Kind.APPROVED]
        if grant.state in (GrantState.APPROVED, GrantState.PAID):
            assert (approved[-1].actor_id, approved[-1].amount_pence) == (grant.approved_by_id, grant.amount_pence)


def _grant_after(history: Iterable[GrantEvent]) -> tuple[GrantState, int]:
    """The state and the amount that follow from a grant's history."""
    state, pence = GrantState.EXPECTED, 0
    leads_to = {
        GrantEvent.Kind.DUE: GrantState.DUE,
        GrantEvent.Kind.NOT_DUE: GrantState.EXPECTED,
        GrantEvent.Kind.APPROVED: GrantState.APPROVED,
        GrantEvent.Kind.WITHHELD: GrantState.WITHHELD,
        GrantEvent.Kind.REINSTATED: GrantState.EXPECTED,
        GrantEvent.Kind.PAID: GrantState.PAID,
    }
    for event in history:
        pence = event.amount_pence
        state = leads_to.get(GrantEvent.Kind(event.kind), state)
        if event.kind == GrantEvent.Kind.AMOUNT_CHANGED and state == GrantState.APPROVED:
            state = GrantState.DUE
    return state, pence


# --- Histories ------------------------------------------------------------------------------------


def everything_stands_where_its_history_says(now: dt.datetime) -> None:
    """Expressions of interest, places, and what every hub may read of them."""
    for expression in ExpressionOfInterest.objects.sent().prefetch_related("decisions__answer"):
        assert expression.state == _expression_after(expression.decisions.all())
    facts = dict(Participation.objects.filter(recorded_for=active_hub_id()).values_list("school", "outcome"))
    places = list(Place.objects.select_related("stage_year").prefetch_related("events", "visits"))
    for place in places:
        history = sorted(place.events.all(), key=lambda event: event.pk)
        assert place.state == state_after(history)
        assert place.group_id == group_after(history)
        assert facts.pop(place.school_id, None) == taking_part.outcome_after(history, year=place.stage_year.year)
        if place.state == PlaceState.LEFT:
            coming = [visit for visit in place.visits.all() if visit.starts_at > now]
            assert VisitState.ARRANGED not in {visit.state for visit in coming}
    assert not facts
    accepted = ExpressionOfInterest.objects.filter(state=ExpressionState.ACCEPTED)
    assert {place.expression_id for place in places} == set(accepted.values_list("pk", flat=True))
    assert not Attendance.objects.exclude(meeting__state=MeetingState.HELD).exists()


def _expression_after(decisions: Iterable[Decision]) -> str:
    state: str = ExpressionState.SUBMITTED
    for decision in sorted(decisions, key=lambda decision: decision.pk):
        answer: OfferAnswer | None = getattr(decision, "answer", None)
        state = answer.answer if answer else decision.outcome
    return state


# --- Reminders ------------------------------------------------------------------------------------


def what_waits_is_what_is_wanted(then: dt.datetime) -> None:
    """The reminders that wait are those that the rules want of today's facts: none is missing, stale or left over.

    `then` is when they were last derived.
    """
    wanted: dict[str, Wanted] = {}
    for _, one in reminders.wanted(now=then, until=then + deriving.HORIZON):
        wanted.setdefault(one.slot, one)
    rows = list(Message.objects.reminders())
    done_with = {row.key for row in rows if row.state not in WAITING and not _was_only_unwanted(row)}
    waiting = [row for row in rows if row.state in WAITING]
    assert {row.key: (row.recipients, row.subject, undated(row.text), row.useless_at) for row in waiting} == {
        one.key: ([one.recipient], one.subject, undated(one.text), one.useless_at)
        for one in wanted.values()
        if one.key not in done_with
    }
    assert len({row.slot for row in waiting}) == len(waiting)


def _was_only_unwanted(row: Message) -> bool:
    return row.state == MessageState.CANCELLED and row.cancelled_by_id is None


def whoever_is_asked_may_do_it(hub: Hub) -> None:
    """No member of the hub waits for a reminder of a meeting, a place or a visit whose page she would not find."""
    members = {one.user.email: one for one in hub.memberships.select_related("user", "hub")}
    seen_by: dict[str, Callable[[Membership], QuerySet[Any]]] = {
        "workgroups.meeting": meetings_of,
        "workgroups.place": places_of,
        "workgroups.visit": lambda member: Visit.objects.filter(place__in=places_of(member)),
    }
    asked: dict[tuple[str, str], set[int]] = {}
    for message in Message.objects.reminders().filter(state__in=WAITING, about_kind__in=seen_by):
        if message.recipients[0] in members:
            asked.setdefault((message.recipients[0], message.about_kind), set()).add(message.about_id or 0)
    for (address, kind), about in asked.items():
        seen = seen_by[kind](members[address])
        assert about <= set(seen.filter(pk__in=about).values_list("pk", flat=True)), (address, kind)

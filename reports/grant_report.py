"""The grant report: what each school was awarded, where that stands, and what was paid, in pence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.utils import timezone

from funding.models import GrantState, Payment, PaymentList
from reports.scopes import Asked, Head, name_of
from reports.sections import order_of, section_of
from workgroups.models import Place

TITLE = "Grant report"


@dataclass(frozen=True)
class GrantLine:
    """A school's grant. Sums are in pence; `condition` is a number in the report's list of conditions, or none."""

    school: str
    formerly: str
    urn: str
    # With its year: a school can have places in several.
    stage: str
    state: str
    pence: int
    accepted: dt.date
    claim_on: dt.date
    approved: dt.date | None
    paid_on: dt.date | None
    paid_pence: int
    paid_in_period_pence: int
    payment: str
    condition: int | None
    withheld_reason: str

    @property
    def state_in_words(self) -> str:
        """As pages name it."""
        return str(GrantState(self.state).label)


@dataclass(frozen=True)
class Sum:
    """How many grants, and how much they are together, in pence."""

    label: str
    count: int
    pence: int

    @classmethod
    def of(cls, label: str, amounts: Iterable[int]) -> Sum:
        """The sum of amounts in pence."""
        given = list(amounts)
        return cls(label, len(given), sum(given))


@dataclass(frozen=True)
class GrantSection:
    """The schools of a Work Group, or those that are in none."""

    name: str
    about: str
    lines: list[GrantLine]

    @property
    def total(self) -> Sum:
        """All grants of the section."""
        return Sum.of(self.name, (line.pence for line in self.lines))

    @property
    def paid_in_period_pence(self) -> int:
        """What was paid in the report's period."""
        return sum(line.paid_in_period_pence for line in self.lines)


@dataclass(frozen=True)
class GrantReport:
    """All that the report says."""

    head: Head
    sections: list[GrantSection]
    conditions: list[str]

    @property
    def lines(self) -> list[GrantLine]:
        """Every school's grant."""
        return [line for section in self.sections for line in section.lines]

    @property
    def by_state(self) -> list[Sum]:
        """The sums by state, in the order in which a grant passes through them."""
        return [
            Sum.of(str(state.label), (line.pence for line in self.lines if line.state == state)) for state in GrantState
        ]

    @property
    def total(self) -> Sum:
        """All grants."""
        return Sum.of("All grants", (line.pence for line in self.lines))

    @property
    def paid_in_period(self) -> Sum:
        """Payments within the period."""
        paid = [line.paid_in_period_pence for line in self.lines if line.paid_in_period_pence]
        return Sum.of("Paid in this time", paid)


def snapshot(parameters: Mapping[str, Any], *, now: dt.datetime) -> GrantReport:
    """The report of the active hub as it is now, in a fixed number of queries. Raises `CannotBeMade`.

    About the grants of the academic years that the period touches, and those that were paid within it.
    """
    asked = Asked.of_parameters(parameters)
    period = asked.period
    paid = Payment.objects.filter(
        taken_back_at=None,
        payment_list__state=PaymentList.State.PAID,
        payment_list__paid_on__range=(period.first, period.last),
    )
    places = (
        asked.scope.places()
        .filter(asked.scope.of_years(period.years) | Q(grant__in=paid.values("grant")), grant__isnull=False)
        .with_school_now()
        .with_stage()
        .select_related("grant", "group__specialist")
    )
    found = list(places)
    live = Payment.objects.filter(taken_back_at=None, grant__place__in=[place.pk for place in found])
    payments = {payment.grant_id: payment for payment in live.select_related("payment_list")}
    conditions: list[str] = []
    entries = sorted(
        (
            (section_of(place), order_of(place), _line(place, payments.get(place.grant.pk), conditions, asked))
            for place in found
        ),
        key=lambda entry: entry[:2],
    )
    return GrantReport(
        head=Head.of(TITLE, asked, now=now),
        sections=[
            GrantSection(section.name, section.about, [line for _, _, line in of_section])
            for section, of_section in groupby(entries, key=lambda entry: entry[0])
        ],
        conditions=conditions,
    )


def _line(place: Place, payment: Payment | None, conditions: list[str], asked: Asked) -> GrantLine:
    grant, (school, formerly) = place.grant, name_of(place)
    if grant.condition and grant.condition not in conditions:
        conditions.append(grant.condition)
    list_of_it = payment.payment_list if payment else None
    paid_on = list_of_it.paid_on if list_of_it else None
    paid_pence = payment.amount_pence if payment and paid_on else 0
    return GrantLine(
        school=school,
        formerly=formerly,
        urn=place.school_now.urn_in_words,
        stage=str(place.stage_year),
        state=grant.state,
        pence=grant.amount_pence,
        accepted=timezone.localdate(place.accepted_at),
        claim_on=grant.claim_on,
        approved=timezone.localdate(grant.approved_at) if grant.approved_at else None,
        paid_on=paid_on,
        paid_pence=paid_pence,
        paid_in_period_pence=paid_pence if paid_on and asked.period.first <= paid_on <= asked.period.last else 0,
        payment=_payment_in_words(list_of_it),
        condition=conditions.index(grant.condition) + 1 if grant.condition else None,
        withheld_reason=grant.withheld_reason,
    )


def _payment_in_words(of: PaymentList | None) -> str:
    if of is None:
        return ""
    return f"{of}, {of.payment_reference}" if of.payment_reference else str(of)

"""Payment lists: approved grants that the finance office pays together, once.

A grant is on one list at most that was not taken back: a constraint holds that beneath the locks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Max, Prefetch
from django.utils import timezone

from correspondence import reminders
from funding import granting
from funding.models import Grant, GrantState, Payment, PaymentList
from funding.models.grants import GrantQuerySet
from hubs import timeline
from hubs.models import Hub, Membership
from hubs.permissions import require
from hubs.tenancy import active_hub_id
from hubs.wording import plain_day, pounds
from schools.models import School


class CannotPay(Exception):
    """This list cannot be made, paid or taken back; the message is a sentence to show."""


def to_pay() -> GrantQuerySet:
    """Grants that are approved and on no list yet."""
    return Grant.objects.filter(state=GrantState.APPROVED).exclude(
        pk__in=Payment.objects.filter(taken_back_at=None).values("grant")
    )


def make_payment_list(*, grants: Collection[Grant], actor: Membership, now: dt.datetime) -> PaymentList:
    """A list of these grants, each to the school of today or its trust; asked for twice, it is one list.

    Raises `NotAllowed` and `CannotPay`.
    """
    require(actor, "pay_money")
    # Of two lists made at once the second one waits here, and then sees what is on the first.
    Hub.objects.select_for_update(no_key=True).get(pk=active_hub_id())
    locked = list(
        Grant.objects.select_for_update(of=("self",))
        .filter(pk__in={grant.pk for grant in grants})
        .select_related("place__school")
        .prefetch_related(Prefetch("place__school__now", School.objects.all()))
        .order_by("pk")
    )
    if not locked:
        raise CannotPay("Tick at least one grant to pay.")
    if made_before := _list_of(locked, actor):
        return made_before
    payable = set(to_pay().filter(pk__in=[grant.pk for grant in locked]).values_list("pk", flat=True))
    if others := [grant.place.school_now.name for grant in locked if grant.pk not in payable]:
        raise CannotPay(f"No list was made: {_listed(others)} cannot be paid any more. Look at the list again.")
    latest = PaymentList.objects.aggregate(latest=Max("number", default=0))["latest"]
    made = PaymentList.objects.create(hub_id=active_hub_id(), number=latest + 1, made_at=now, made_by=actor.user)
    Payment.objects.bulk_create(
        Payment(
            hub_id=active_hub_id(),
            payment_list=made,
            grant=grant,
            amount_pence=grant.amount_pence,
            payee=grant.place.school_now.trust_name or grant.place.school_now.name,
            school=grant.place.school_now.name,
            urn=grant.place.school_now.urn,
        )
        for grant in locked
    )
    text = f"Made: {_how_many(len(locked))}, {pounds(sum(grant.amount_pence for grant in locked))}."
    timeline.record(subject=made, actor=actor, now=now, text=text)
    return made


def take_back(*, payment_list: PaymentList, actor: Membership, now: dt.datetime) -> None:
    """Take back a list that is not paid: its grants can be put on another one. Taken back already: nothing happens.

    Raises `NotAllowed` and `CannotPay`.
    """
    require(actor, "pay_money")
    locked = _locked(payment_list)
    if locked.state == PaymentList.State.CANCELLED:
        return
    if locked.state == PaymentList.State.PAID:
        raise CannotPay(f"{locked} is paid, so it cannot be taken back.")
    locked.state = PaymentList.State.CANCELLED
    locked.save()
    locked.payments.update(taken_back_at=now)
    timeline.record(subject=locked, actor=actor, now=now, text="Taken back: its grants are approved and to pay.")


def mark_paid(
    *, payment_list: PaymentList, paid_on: dt.date, reference: str, actor: Membership, now: dt.datetime
) -> None:
    """Write down that the whole list is paid, and each of its grants with it.

    Paid already on that day and under that reference: nothing happens. Raises `NotAllowed`, `ValueError` without a
    reference, and `CannotPay` for a list that was taken back or is paid otherwise, and for a day that cannot be.
    """
    require(actor, "pay_money")
    reference = reference.strip()
    if not reference:
        raise ValueError("A payment has a reference.")
    locked = _locked(payment_list)
    if locked.state == PaymentList.State.PAID:
        if (locked.paid_on, locked.payment_reference) == (paid_on, reference):
            return
        said = f"on {plain_day(locked.paid_on)}, reference {locked.payment_reference}"
        raise CannotPay(f"{locked} is paid already: {said}. Nothing of yours was saved.")
    if locked.state == PaymentList.State.CANCELLED:
        raise CannotPay(f"{locked} was taken back. Make a new list and pay that one.")
    if refusal := why_not_paid_on(locked, paid_on, now=now):
        raise CannotPay(refusal)
    locked.state, locked.paid_on, locked.paid_by = PaymentList.State.PAID, paid_on, actor.user
    locked.payment_reference = reference
    locked.save()
    grants = Grant.objects.select_for_update(of=("self",)).filter(payments__payment_list=locked).order_by("pk")
    how = f"on {plain_day(paid_on)} with {str(locked).lower()}, reference {reference}"
    for grant in list(grants):
        granting.mark_paid(grant=grant, how=how, actor=actor, now=now)
    text = f"Paid on {plain_day(paid_on)}, reference {reference}."
    timeline.record(subject=locked, actor=actor, now=now, text=text)
    reminders.derive_soon()


def why_not_paid_on(payment_list: PaymentList, day: dt.date, *, now: dt.datetime) -> str:
    """Why a list cannot have been paid on a day, as a sentence; nothing where it can."""
    if day > timezone.localdate(now):
        return "Enter the day on which it was paid: today or before"
    if day < timezone.localdate(payment_list.made_at):
        return f"Enter a day from {plain_day(payment_list.made_at)} on, when the list was made"
    return ""


def _locked(payment_list: PaymentList) -> PaymentList:
    return PaymentList.objects.select_for_update(of=("self",)).get(pk=payment_list.pk)


def _list_of(grants: list[Grant], actor: Membership) -> PaymentList | None:
    """The list that a member has made of these grants and of no others, while it is to be paid."""
    listed = Payment.objects.filter(grant__in=grants, taken_back_at=None).select_related("payment_list").first()
    if listed is None:
        return None
    found = listed.payment_list
    of_theirs = found.state == PaymentList.State.OPEN and found.made_by_id == actor.user_id
    theirs = set(found.payments.values_list("grant", flat=True)) if of_theirs else set()
    return found if theirs == {grant.pk for grant in grants} else None


def _how_many(grants: int) -> str:
    return f"{grants} grant{'' if grants == 1 else 's'}"


def _listed(names: list[str]) -> str:
    shown = names[:3]
    return ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError

from funding import granting, paying
from funding.models import Grant, GrantEvent, GrantState, Payment, PaymentList
from hubs import tenancy, timeline
from hubs.models import Hub, Membership, Role
from hubs.permissions import NotAllowed
from schools.models import School
from tests import factories, work
from tests.locks import begin_meanwhile

MAY_PAY = {Role.ADMINISTRATOR, Role.FINANCE}


def make_approved(hub: Hub, by: Membership, name: str = "Ash Lane", **values: int) -> Grant:
    """A grant that is approved and to pay, of a school of its own."""
    place = work.make_place(hub, factories.make_school(name))
    approved = {"state": GrantState.APPROVED, "approved_by": by.user, "approved_at": place.accepted_at}
    return work.make_grant(place, **approved, **values)


def make_list(actor: Membership, now: dt.datetime, *grants: Grant) -> PaymentList:
    with tenancy.use(actor.hub):
        return paying.make_payment_list(grants=grants, actor=actor, now=now)


def pay(made: PaymentList, actor: Membership, now: dt.datetime, *, on: dt.date | None = None) -> None:
    with tenancy.use(actor.hub):
        paying.mark_paid(payment_list=made, paid_on=on or now.date(), reference=" BACS 7 ", actor=actor, now=now)


def take_back(made: PaymentList, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(actor.hub):
        paying.take_back(payment_list=made, actor=actor, now=now)


def states(*grants: Grant) -> list[str]:
    with tenancy.use(grants[0].hub_id):
        return [Grant.objects.get(pk=grant.pk).state for grant in grants]


def payments(hub: Hub) -> list[tuple[int, str, int, int, bool]]:
    """Every payment there is: list, payee, URN, pence, and whether it stands."""
    with tenancy.use(hub):
        rows = Payment.objects.order_by("pk").select_related("payment_list")
        return [
            (row.payment_list.number, row.payee, row.urn, row.amount_pence, row.taken_back_at is None) for row in rows
        ]


# --- Making ----------------------------------------------------------------------------------------


def test_a_list_has_what_each_school_is_paid_that_day(
    hub: Hub, leo: Membership, fola: Membership, now: dt.datetime
) -> None:
    ash = make_approved(hub, leo, "Ash Lane")
    birch = make_approved(hub, leo, "Birch Road", amount_pence=75_050)
    academy = factories.make_school("Birch Academy", trust_name="Birches Trust", trust_code="7")
    factories.go_on_as(birch.place.school, academy)

    made = make_list(fola, now, ash, birch)

    assert (made.number, made.state, made.made_by, made.made_at) == (1, "open", fola.user, now)
    assert payments(hub) == [
        (1, "Ash Lane", ash.place.school_id, 100_000, True),
        (1, "Birches Trust", academy.pk, 75_050, True),
    ]
    assert states(ash, birch) == ["approved", "approved"]
    with tenancy.use(hub):
        assert [entry.text for entry in timeline.entries_of(made)] == ["Made: 2 grants, £1,750.50."]
        assert not paying.to_pay().exists()


def test_lists_are_numbered_in_each_hub_from_one(hub: Hub, other_hub: Hub, ada: Membership, now: dt.datetime) -> None:
    stan = factories.membership_of(factories.make_member(other_hub, Role.ADMINISTRATOR, "Stan"), other_hub)
    numbers = [make_list(actor, now, make_approved(actor.hub, actor)).number for actor in (ada, ada, stan, ada)]

    assert numbers == [1, 2, 1, 3]


def test_what_is_not_approved_or_on_a_list_already_is_not_put_on_one(
    hub: Hub, leo: Membership, fola: Membership, now: dt.datetime
) -> None:
    listed, fine = make_approved(hub, leo, "Listed School"), make_approved(hub, leo, "Fine School")
    make_list(fola, now, listed)
    due = work.make_grant(work.make_place(hub, factories.make_school("Due School")), state=GrantState.DUE)

    for grant, name in ((listed, "Listed School"), (due, "Due School")):
        with pytest.raises(paying.CannotPay, match=f"No list was made: {name} cannot be paid any more"):
            make_list(fola, now, fine, grant)
    with pytest.raises(paying.CannotPay, match="Tick at least one grant"):
        make_list(fola, now)
    assert [payment[1] for payment in payments(hub)] == ["Listed School"]


def test_a_list_that_is_asked_for_twice_is_made_once(
    hub: Hub, leo: Membership, ada: Membership, fola: Membership, now: dt.datetime
) -> None:
    ash, birch, cedar = (make_approved(hub, leo, name) for name in ("Ash", "Birch", "Cedar"))
    made = make_list(fola, now, ash, birch)

    assert make_list(fola, now, birch, ash) == made
    for actor, grants in ((ada, [ash, birch]), (fola, [ash]), (fola, [ash, birch, cedar])):
        with pytest.raises(paying.CannotPay, match="No list was made"):
            make_list(actor, now, *grants)
    take_back(made, fola, now)
    again = make_list(fola, now, ash, birch)
    pay(again, fola, now)
    with pytest.raises(paying.CannotPay, match="No list was made: Ash, Birch cannot"):
        make_list(fola, now, ash, birch)
    with tenancy.use(hub):
        assert [one.number for one in PaymentList.objects.order_by("number")] == [1, 2]


def test_the_database_puts_no_grant_on_two_lists(hub: Hub, leo: Membership, ada: Membership, now: dt.datetime) -> None:
    grant = make_approved(hub, leo)
    make_list(ada, now, grant)
    other = work.make_payment_list(hub, ada.user)

    with pytest.raises(IntegrityError, match="no_grant_is_paid_twice"), tenancy.use(hub):
        work.make_payment(other, grant)


@pytest.mark.django_db(transaction=True)
def test_two_who_make_a_list_of_one_grant_at_once_make_one(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    ada = factories.membership_of(factories.make_member(hub, Role.ADMINISTRATOR, "Ada"), hub)
    fola = factories.membership_of(factories.make_member(hub, Role.FINANCE, "Fola"), hub)
    grant = make_approved(hub, ada)
    refused: list[str] = []

    def second() -> None:
        try:
            make_list(fola, now, grant)
        except paying.CannotPay as refusal:
            refused.append(str(refusal))

    with tenancy.use(hub):
        make_list(ada, now, grant)
        other = begin_meanwhile(second)
        assert other.is_alive()
    other.join()

    assert len(refused) == 1
    assert payments(hub) == [(1, "Ash Lane", grant.place.school_id, 100_000, True)]


@pytest.mark.django_db(transaction=True)
def test_an_amount_changed_while_a_list_is_made_is_not_paid(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    ada = factories.membership_of(factories.make_member(hub, Role.ADMINISTRATOR, "Ada"), hub)
    leo = factories.membership_of(factories.make_member(hub, Role.HUB_LEAD, "Leo"), hub)
    grant = make_approved(hub, ada)
    refused: list[str] = []

    def change() -> None:
        with tenancy.use(hub):
            try:
                granting.change_amount(grant=grant, amount_pence=1, reason="Less.", actor=leo, now=now)
            except granting.CannotDecide as refusal:
                refused.append(str(refusal))

    with tenancy.use(hub):
        make_list(ada, now, grant)
        other = begin_meanwhile(change)
        assert other.is_alive()
    other.join()

    assert refused == ["The grant is on payment list 1. Take that list back first."]
    assert payments(hub)[0][3] == 100_000


# --- Paid ------------------------------------------------------------------------------------------


def test_a_list_is_paid_as_a_batch(hub: Hub, leo: Membership, fola: Membership, now: dt.datetime) -> None:
    ash, birch = make_approved(hub, leo, "Ash"), make_approved(hub, leo, "Birch")
    made = make_list(fola, now, ash, birch)
    for _ in range(2):
        pay(made, fola, now)

    assert states(ash, birch) == ["paid", "paid"]
    with tenancy.use(hub):
        paid = PaymentList.objects.get()
        assert (paid.state, paid.paid_on, paid.paid_by, paid.payment_reference) == (
            "paid",
            now.date(),
            fola.user,
            "BACS 7",
        )
        assert GrantEvent.objects.filter(kind="paid").count() == 2
        assert timeline.entries_of(ash)[0].text == (
            "£1,000 paid on 21 November 2026 with payment list 1, reference BACS 7."
        )
        assert timeline.entries_of(made)[0].text == "Paid on 21 November 2026, reference BACS 7."


def test_a_list_is_paid_between_its_making_and_today(
    hub: Hub, leo: Membership, fola: Membership, now: dt.datetime
) -> None:
    grant = make_approved(hub, leo)
    made = make_list(fola, now - dt.timedelta(days=2), grant)

    for days, said in ((1, "today or before"), (-3, "from 19 November 2026 on")):
        with pytest.raises(paying.CannotPay, match=said):
            pay(made, fola, now, on=now.date() + dt.timedelta(days=days))
    assert states(grant) == ["approved"]
    pay(made, fola, now, on=now.date() - dt.timedelta(days=2))
    assert states(grant) == ["paid"]


def test_a_payment_has_a_reference(hub: Hub, leo: Membership, fola: Membership, now: dt.datetime) -> None:
    made = make_list(fola, now, make_approved(hub, leo))

    with pytest.raises(ValueError, match="reference"), tenancy.use(hub):
        paying.mark_paid(payment_list=made, paid_on=now.date(), reference=" ", actor=fola, now=now)


@pytest.mark.parametrize(
    ("days", "reference"), [(0, "BACS 8"), (-1, "BACS 7")], ids=["another reference", "another day"]
)
def test_who_pays_a_paid_list_otherwise_is_told_that_it_is_not_saved(
    hub: Hub, leo: Membership, fola: Membership, now: dt.datetime, days: int, reference: str
) -> None:
    made = make_list(fola, now - dt.timedelta(days=2), make_approved(hub, leo))
    pay(made, fola, now)
    on = now.date() + dt.timedelta(days=days)

    with pytest.raises(paying.CannotPay) as refusal, tenancy.use(hub):
        paying.mark_paid(payment_list=made, paid_on=on, reference=reference, actor=fola, now=now)

    assert str(refusal.value) == (
        "Payment list 1 is paid already: on 21 November 2026, reference BACS 7. Nothing of yours was saved."
    )


@pytest.mark.django_db(transaction=True)
def test_two_who_pay_one_list_at_once_pay_it_once(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    ada = factories.membership_of(factories.make_member(hub, Role.ADMINISTRATOR, "Ada"), hub)
    grant = make_approved(hub, ada)
    made = make_list(ada, now, grant)

    with tenancy.use(hub):
        pay(made, ada, now)
        other = begin_meanwhile(lambda: pay(made, ada, now))
        assert other.is_alive()
    other.join()

    with tenancy.use(hub):
        assert [event.kind for event in grant.events.all()] == ["paid"]


# --- Taken back ------------------------------------------------------------------------------------


def test_a_list_taken_back_lets_its_grants_be_paid_by_another(
    hub: Hub, leo: Membership, fola: Membership, now: dt.datetime
) -> None:
    grant = make_approved(hub, leo)
    first = make_list(fola, now, grant)
    for _ in range(2):
        take_back(first, fola, now)
    with pytest.raises(paying.CannotPay, match="Payment list 1 was taken back"):
        pay(first, fola, now)

    pay(make_list(fola, now, grant), fola, now)

    assert [(row[0], row[4]) for row in payments(hub)] == [(1, False), (2, True)]
    assert states(grant) == ["paid"]


def test_a_list_that_is_paid_is_not_taken_back(hub: Hub, leo: Membership, fola: Membership, now: dt.datetime) -> None:
    made = make_list(fola, now, make_approved(hub, leo))
    pay(made, fola, now)

    with pytest.raises(paying.CannotPay, match="Payment list 1 is paid"):
        take_back(made, fola, now)
    assert payments(hub)[0][4]


# --- Who may ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_only_the_administrator_and_finance_make_pay_and_take_back(
    hub: Hub, ada: Membership, now: dt.datetime, role: Role
) -> None:
    somebody = factories.membership_of(factories.make_member(hub, role, "Somebody"), hub)
    grant = make_approved(hub, ada)
    made = make_list(ada, now, make_approved(hub, ada, "Other"))
    other = make_list(ada, now, make_approved(hub, ada, "Third"))

    for do in (
        lambda: make_list(somebody, now, grant),
        lambda: pay(made, somebody, now),
        lambda: take_back(other, somebody, now),
    ):
        if role in MAY_PAY:
            do()
        else:
            with pytest.raises(NotAllowed, match="cannot make payment lists"):
                do()
    with tenancy.use(hub):
        in_all = PaymentList.objects.count(), PaymentList.objects.filter(state="open").count()
    assert in_all == ((3, 1) if role in MAY_PAY else (2, 2))


def test_a_school_that_has_split_is_paid_under_its_own_name(
    hub: Hub, leo: Membership, fola: Membership, now: dt.datetime
) -> None:
    grant = make_approved(hub, leo, "Ash Lane")
    factories.go_on_as(grant.place.school, factories.make_school("North"), factories.make_school("South"))

    make_list(fola, now, grant)

    assert payments(hub)[0][1:3] == ("Ash Lane", School.objects.get(name="Ash Lane").pk)

from __future__ import annotations

import datetime as dt
import re
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from funding import paying
from funding.models import Grant, PaymentList
from hubs import tenancy
from hubs.models import Hub, Membership, User
from tests.funding.views.pages import approved_by, leave, make_grant, make_grant_without_group, page, state_of
from tests.hubs.test_kept import lose_session, sign_in_again
from tests.workgroups.views.pages import ClientOf, day_boxes, queries_of, said, text_of


@pytest.fixture
def pays(client_of: ClientOf, finance: User) -> Client:
    """The finance officer's browser."""
    return client_of(finance)


@pytest.fixture
def leads(client_of: ClientOf, lead: User) -> Client:
    """The hub lead's browser: she sees what is paid, and does not pay."""
    return client_of(lead)


@pytest.fixture
def grants(hub: Hub, lead: User) -> list[Grant]:
    """Three approved grants."""
    return [make_grant(hub, name, **approved_by(lead)) for name in ("Ash", "Birch", "Cedar")]


@pytest.fixture
def made(grants: list[Grant], fola: Membership) -> PaymentList:
    """A list of all three."""
    with tenancy.use(fola.hub):
        return paying.make_payment_list(grants=grants, actor=fola, now=timezone.now())


def test_all_that_is_approved_is_ticked_beforehand_and_what_is_left_ticked_is_listed(
    pays: Client, hub: Hub, grants: list[Grant]
) -> None:
    shown = pays.get(page("payment_list_make", hub))
    assert "3 grants are approved, £3,000 in all" in text_of(shown)
    assert shown.content.decode().count("checked") == 3

    done = pays.post(page("payment_list_make", hub), {"grant": [grants[0].pk, grants[2].pk]})

    with tenancy.use(hub):
        found = PaymentList.objects.get()
        assert {payment.grant for payment in found.payments.all()} == {grants[0], grants[2]}
    assert done["Location"] == page("payment_list", hub, found.pk)
    assert "1 grant is approved" in text_of(pays.get(page("payment_list_make", hub)))
    twice = pays.post(page("payment_list_make", hub), {"grant": [grants[2].pk, grants[0].pk]})
    assert (twice["Location"], set(said(twice))) == (done["Location"], set(said(done)))


def test_a_school_that_has_left_or_has_no_group_is_marked_and_not_ticked_beforehand(
    pays: Client, hub: Hub, lead: User, grants: list[Grant]
) -> None:
    left = leave(make_grant(hub, "Dale", **approved_by(lead)))
    make_grant_without_group(hub, "Elm", **approved_by(lead))

    shown = pays.get(page("payment_list_make", hub))
    assert "School has left" in text_of(shown) and "Not in a group" in text_of(shown)
    assert shown.content.decode().count("checked") == 3

    # Who ticks it pays it.
    pays.post(page("payment_list_make", hub), {"grant": [left.pk]})
    with tenancy.use(hub):
        assert PaymentList.objects.get().payments.get().grant == left


@pytest.mark.parametrize("sent", [[], ["x"], ["²"], ["9" * 4301], ["9" * 19]])
def test_a_list_of_nothing_is_not_made(pays: Client, hub: Hub, grants: list[Grant], sent: list[str]) -> None:
    done = pays.post(page("payment_list_make", hub), {"grant": sent})
    assert said(done) == ["Tick at least one grant to pay."]
    with tenancy.use(hub):
        assert not PaymentList.objects.exists()


def test_what_a_colleague_has_listed_meanwhile_is_named(
    pays: Client, hub: Hub, made: PaymentList, grants: list[Grant]
) -> None:
    done = pays.post(page("payment_list_make", hub), {"grant": [grants[0].pk]})
    assert said(done) == ["No list was made: Ash cannot be paid any more. Look at the list again."]
    assert "Nothing to pay" in text_of(pays.get(page("payment_list_make", hub)))


def ticks(response: Any) -> dict[str, bool]:
    """The schools that can be ticked, each with whether it is."""
    boxes = re.findall(r'<input type="checkbox"[^>]*>', response.content.decode())
    named = {re.search(r"the grant of (\w+)", box): "checked" in box for box in boxes}
    return {name[1]: is_ticked for name, is_ticked in named.items() if name}


def test_a_list_that_is_refused_leaves_the_ticks_as_they_were_set(
    pays: Client, hub: Hub, grants: list[Grant], fola: Membership
) -> None:
    with tenancy.use(hub):
        paying.make_payment_list(grants=grants[:1], actor=fola, now=timezone.now())

    refused = pays.post(page("payment_list_make", hub), {"grant": [grants[0].pk, grants[2].pk]})

    assert "No list was made: Ash cannot be paid any more." in text_of(refused)
    assert ticks(refused) == {"Birch": False, "Cedar": True}
    assert ticks(pays.post(page("payment_list_make", hub), {})) == {"Birch": False, "Cedar": False}
    assert ticks(pays.get(page("payment_list_make", hub))) == {"Birch": True, "Cedar": True}


def test_ticks_that_were_sent_after_the_session_had_ended_are_there_after_signing_in(
    pays: Client, hub: Hub, finance: User, grants: list[Grant]
) -> None:
    address = page("payment_list_make", hub)
    lose_session(pays, hub)
    pays.post(address, {"grant": [grants[0].pk, grants[2].pk]})
    sign_in_again(pays, finance)

    shown = pays.get(address)

    assert "We kept what you typed" in text_of(shown)
    assert ticks(shown) == {"Ash": True, "Birch": False, "Cedar": True}
    assert ticks(pays.get(address)) == {"Ash": True, "Birch": True, "Cedar": True}


def test_the_lists_say_what_waits_and_who_can_do_it(pays: Client, leads: Client, hub: Hub, grants: list[Grant]) -> None:
    to_finance, to_lead = (text_of(browser.get(page("payment_lists", hub))) for browser in (pays, leads))

    for shown in (to_finance, to_lead):
        assert "3 grants, £3,000 , are approved and on no list yet" in shown
        assert "No payment list yet" in shown
    assert "Make a payment list" in to_finance
    assert "Make a payment list" not in to_lead
    assert "A finance officer or administrator puts them on one" in to_lead


def test_a_list_shows_its_payments_and_its_sum(pays: Client, leads: Client, hub: Hub, made: PaymentList) -> None:
    to_finance, to_lead = (text_of(browser.get(page("payment_list", hub, made.pk))) for browser in (pays, leads))

    for shown in (to_finance, to_lead):
        assert "Total £3,000" in shown
        assert "Download for Excel (XLSX)" in shown
    assert ("Mark as paid" in to_finance, "Mark as paid" in to_lead) == (True, False)
    assert "£3,000" in text_of(pays.get(page("payment_lists", hub)))


def test_a_list_is_marked_as_paid(pays: Client, hub: Hub, made: PaymentList, grants: list[Grant]) -> None:
    address, today = page("payment_list_paid", hub, made.pk), timezone.localdate()
    wrong = pays.post(address, day_boxes("paid_on", today + dt.timedelta(days=1)))
    assert wrong.context["form"].errors == {
        "paid_on": ["Enter the day on which it was paid: today or before"],
        "reference": ["Enter the reference of the payment"],
    }

    done = pays.post(address, {**day_boxes("paid_on", today), "reference": "BACS 7"})

    assert said(done) == ["Payment list 1 is paid: £3,000. Each of its grants is marked as paid."]
    assert {state_of(grant) for grant in grants} == {"paid"}
    again = pays.post(address, {**day_boxes("paid_on", today), "reference": "BACS 8"})
    assert again["Location"] == page("payment_list", hub, made.pk)
    assert said(again)[-1].endswith("reference BACS 7. Nothing of yours was saved.")
    same = pays.post(address, {**day_boxes("paid_on", today), "reference": "BACS 7"})
    assert said(same)[-1] == said(done)[0]
    assert "reference BACS 7" in said(pays.get(address))[-1]
    assert "reference BACS 7" in said(pays.post(address))[-1]
    assert "BACS 7" in text_of(pays.get(page("payment_lists", hub)))


def test_a_list_is_taken_back_and_has_no_files_then(
    pays: Client, hub: Hub, made: PaymentList, grants: list[Grant]
) -> None:
    address = page("payment_list_take_back", hub, made.pk)
    assert "Files that were downloaded of it must not be paid" in text_of(pays.get(address))

    assert said(pays.post(address)) == ["Payment list 1 is taken back. Its grants can be put on another list."]

    assert {state_of(grant) for grant in grants} == {"approved"}
    shown = pays.get(page("payment_list", hub, made.pk))
    assert "Nothing may be paid by it" in text_of(shown)
    file = page("payment_list_file", hub, made.pk, "xlsx")
    assert file not in shown.content.decode()
    assert pays.get(file)["Location"] == page("payment_list", hub, made.pk)
    assert pays.post(address)["Location"] == page("payment_list", hub, made.pk)


@pytest.mark.parametrize("extension", ["xlsx", "csv"])
def test_a_file_is_handed_over_and_kept_by_nobody_on_the_way(
    pays: Client, hub: Hub, made: PaymentList, extension: str
) -> None:
    response = pays.get(page("payment_list_file", hub, made.pk, extension))

    assert response["Content-Disposition"] == f'attachment; filename="payment-list-1-northvale.{extension}"'
    assert "no-store" in response["Cache-Control"] and "private" in response["Cache-Control"]
    if extension == "csv":
        assert b"Total,,,,,3000.00" in response.content
    else:
        sheet = openpyxl.load_workbook(BytesIO(response.content)).active
        assert sheet is not None
        assert sheet.cell(sheet.max_row, 6).value == 3000


def test_there_is_no_file_of_another_kind(pays: Client, hub: Hub, made: PaymentList) -> None:
    assert pays.get(page("payment_list_file", hub, made.pk, "exe")).status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["payment_lists", "payment_list_make", "payment_list"])
def test_lists_of_any_length_take_the_same_few_queries(
    pays: Client, hub: Hub, lead: User, fola: Membership, name: str
) -> None:
    def more(*names: str) -> PaymentList | None:
        found = [make_grant(hub, one, **approved_by(lead)) for one in names]
        if name == "payment_list_make":
            return None
        with tenancy.use(hub):
            return paying.make_payment_list(grants=found, actor=fola, now=timezone.now())

    def count(made: PaymentList | None) -> int:
        return queries_of(pays, page(name, hub, made.pk) if made and name == "payment_list" else page(name, hub))

    assert count(more("Ash")) == count(more("Birch", "Cedar", "Dale")) <= 10

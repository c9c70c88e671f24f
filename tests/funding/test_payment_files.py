from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from io import BytesIO, StringIO

import openpyxl
import pytest

from funding import paying, payment_files, queries
from funding.models import Grant, PaymentList
from funding.queries import PaymentLine
from hubs import tenancy
from hubs.models import Hub, Membership
from hubs.wording import pounds
from schools.models import School
from tests import factories
from tests.funding.test_paying import make_approved, make_list

EVIL = "=cmd|'/c calc'!A1"


@pytest.fixture
def grants(hub: Hub, leo: Membership) -> list[Grant]:
    """Three approved grants: of a school, of one in a trust, and of one whose name a spreadsheet would run."""
    found = [make_approved(hub, leo, "Ash Lane"), make_approved(hub, leo, "Birch Road", amount_pence=75_051)]
    School.objects.filter(pk=found[1].place.school_id).update(trust_name="+Birches Trust")
    return [*found, make_approved(hub, leo, EVIL, amount_pence=1)]


@pytest.fixture
def made(grants: list[Grant], fola: Membership, now: dt.datetime) -> PaymentList:
    """A payment list of them."""
    return make_list(fola, now, *grants)


def lines(made: PaymentList) -> list[PaymentLine]:
    with tenancy.use(made.hub_id):
        return queries.lines_of(queries.payment_lists().get(pk=made.pk))


def as_workbook(made: PaymentList) -> bytes:
    with tenancy.use(made.hub_id):
        found = queries.payment_lists().get(pk=made.pk)
        return payment_files.as_workbook(found, queries.lines_of(found), hub_name=made.hub.name)


def test_the_workbook_says_the_same_as_the_page_to_the_penny(made: PaymentList) -> None:
    sheet = openpyxl.load_workbook(BytesIO(as_workbook(made))).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]

    assert [row[0] for row in rows[:2]] == [
        "Payment list 1 of Northvale Maths Hub: to pay",
        "Made on 21 November 2026 by Fola Finance.",
    ]
    assert rows[2] == ["Payee", "School", "URN", "Reference", "Stage", "Amount"]
    expected = [
        [line.payment.payee, line.school, str(line.urn), line.reference, line.stage, line.payment.amount_pence]
        for line in lines(made)
    ]
    found = [[*row[:5], round(Decimal(str(row[5])) * 100)] for row in rows[3:-1]]
    assert found == expected
    assert rows[-1] == ["Total", None, None, None, None, 1750.52]
    assert sum(row[5] for row in found) == round(Decimal(str(rows[-1][5])) * 100) == 175_052


def test_no_name_is_run_by_a_spreadsheet(made: PaymentList) -> None:
    book = openpyxl.load_workbook(BytesIO(as_workbook(made)))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert {cell.value for cell in cells} >= {EVIL, "+Birches Trust"}
    assert {cell.data_type for cell in cells if cell.value in (EVIL, "+Birches Trust")} == {"s"}

    written = list(csv.reader(StringIO(payment_files.as_csv(lines(made)).decode("utf-8-sig"))))
    words = {cell for row in written for cell in row}
    assert {f"'{EVIL}", "'+Birches Trust"} <= words
    assert not words & {EVIL, "+Birches Trust"}


def test_the_table_says_the_same_as_the_page_to_the_penny(made: PaymentList) -> None:
    content = payment_files.as_csv(lines(made))
    assert content.startswith(b"\xef\xbb\xbf")
    heading, *rows, total = csv.reader(StringIO(content.decode("utf-8-sig")))

    assert heading == ["Payee", "School", "URN", "Reference", "Stage", "Amount"]
    shown = [pounds(line.payment.amount_pence) for line in lines(made)]
    assert [pounds(int(Decimal(row[-1]) * 100)) for row in rows] == shown
    assert total == ["Total", "", "", "", "", "1750.52"]
    assert sum(Decimal(row[-1]) for row in rows) == Decimal(total[-1])


@pytest.mark.parametrize("what", ["renamed", "became academies"])
def test_a_list_keeps_what_its_schools_were_called_and_who_was_paid(
    made: PaymentList, grants: list[Grant], what: str
) -> None:
    before = payment_files.as_csv(lines(made))
    if what == "renamed":
        School.objects.filter(pk__in=[grant.place.school_id for grant in grants]).update(name="Later School")
    for grant in grants if what == "became academies" else []:
        factories.go_on_as(grant.place.school, factories.make_school("Later Academy", trust_name="Later Trust"))

    assert payment_files.as_csv(lines(made)) == before


def test_a_school_that_the_register_does_not_know_has_no_urn(
    hub: Hub, leo: Membership, fola: Membership, now: dt.datetime
) -> None:
    grant = make_approved(hub, leo, "New School")
    stand_in = factories.make_school("New School", urn=School.FIRST_ADDED + 1, added_by=hub, added_at=now)
    factories.go_on_as(grant.place.school, stand_in)
    made = make_list(fola, now, grant)

    assert [line.urn for line in lines(made)] == [None]
    assert b"New School,New School,,EOI-" in payment_files.as_csv(lines(made))


def test_a_paid_list_says_when_and_under_which_reference(made: PaymentList, fola: Membership, now: dt.datetime) -> None:
    with tenancy.use(made.hub_id):
        paying.mark_paid(payment_list=made, paid_on=now.date(), reference="BACS 7", actor=fola, now=now)
        assert payment_files.standing(queries.payment_lists().get()) == (
            "Paid on 21 November 2026, reference BACS 7. Made on 21 November 2026 by Fola Finance."
        )

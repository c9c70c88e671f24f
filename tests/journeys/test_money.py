"""A year's money: grants become due, a second person approves them, finance pays them by a list; a school logs days."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from funding.models import Grant, Payment
from hubs import tenancy
from hubs.links import make_token
from hubs.models import Hub, User
from tests import factories, work
from tests.browser import follow, look_at, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG_NAME = "The Worshipful Company of Ropemakers and Sailmakers' Memorial Church of England Voluntary Aided Academy"


def sign_in(page: Page, site: str, client: Client) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def make_grants(hub: Hub) -> None:
    group = work.make_group(hub)
    for name in ("Ash Lane Primary School", "Birch Road Infants", LONG_NAME):
        work.make_grant(work.make_place(hub, factories.make_school(name), group=group))


def states(hub: Hub) -> list[tuple[str, int]]:
    with tenancy.use(hub):
        return list(Grant.objects.order_by("pk").values_list("state", "amount_pence"))


def test_grants_are_approved_by_a_second_person_and_paid_by_a_list(
    quiet: Page, site: str, hub: Hub, lead: User, finance: User, client_of: Callable[[User], Client], tmp_path: Path
) -> None:
    make_grants(hub)
    page = quiet

    # The hub lead halves one grant, and says that all are due.
    sign_in(page, site, client_of(lead))
    page.goto(f"{site}/console/northvale/")
    follow(page, "Money")
    look_at(page)
    follow(page, "Birch Road Infants")
    look_at(page)
    follow(page, "Change the amount")
    page.get_by_label("Amount in pounds").fill("1,00")
    press(page, "Change the amount")
    look_at(page)
    follow(page, "Enter the amount in pounds, like 1,000 or 750.50")
    expect(page.get_by_label("Amount in pounds")).to_be_focused()
    page.get_by_label("Amount in pounds").fill("£500.50")
    page.get_by_label("Why?").fill("Half a year only.")
    press(page, "Change the amount")
    expect(page.get_by_text("The amount is £500.50 now.")).to_be_visible()
    follow(page, "Money")
    follow(page, "Mark the 3 that are expected as due")
    look_at(page)
    press(page, "Mark as due 3 grants")
    expect(page.get_by_text("3 grants, £2,500.50, are marked as due.")).to_be_visible()
    # Approving is for somebody else where she has set the amount, or marked the grant as due.
    look_at(page)
    sentence = "3 grants are due, and you set their amounts or marked them as due: somebody else has to approve them."
    expect(page.get_by_text(sentence)).to_be_visible()
    expect(page.get_by_role("link", name="that are due")).to_have_count(0)
    for box in page.get_by_role("checkbox").all():
        box.check()
    press(page, "Approve ticked")
    look_at(page)
    expect(page.get_by_role("heading", name="None of them can be: 3 grants")).to_be_visible()
    expect(page.get_by_text("You set its amount on")).to_be_visible()
    expect(page.get_by_text("You marked it as due on")).to_have_count(2)
    follow(page, "Back")

    # The finance officer ticks with the keyboard, and approves.
    sign_in(page, site, client_of(finance))
    page.goto(f"{site}/console/northvale/money/")
    for name in ("Birch Road Infants", LONG_NAME):
        box = page.get_by_role("checkbox", name=f"Tick the grant of {name}")
        box.focus()
        page.keyboard.press("Space")
        expect(box).to_be_checked()
    page.get_by_role("button", name="Approve ticked").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Approve: 2 grants, £1,500.50")).to_be_visible()
    press(page, "Approve 2 grants")
    expect(page.get_by_text("2 grants, £1,500.50, are approved.")).to_be_visible()
    assert states(hub) == [("due", 100_000), ("approved", 50_050), ("approved", 100_000)]

    # One list takes both to the bank: what its files say is what the page says.
    follow(page, "Payment lists")
    look_at(page)
    press(page, "Make a payment list")
    look_at(page)
    page.get_by_role("button", name="Make the list").dblclick()
    expect(page.get_by_role("heading", name="Payment list 1")).to_be_visible()
    look_at(page)
    expect(page.get_by_role("row", name="Total")).to_contain_text("£1,500.50")
    files = {}
    for words, name in (("Download for Excel (XLSX)", "list.xlsx"), ("Download as a table (CSV)", "list.csv")):
        with page.expect_download() as download:
            follow(page, words)
        files[name] = tmp_path / name
        download.value.save_as(files[name])
    sheet = openpyxl.load_workbook(files["list.xlsx"]).active
    assert sheet is not None
    assert sheet.cell(sheet.max_row, 6).value == 1500.5
    table = list(csv.reader(StringIO(files["list.csv"].read_text(encoding="utf-8-sig"))))
    assert [row[-1] for row in table[1:]] == ["500.50", "1000.00", "1500.50"]

    press(page, "Mark as paid")
    look_at(page)
    for part, value in (("Day", "1"), ("Month", "1"), ("Year", "2099")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_label("Reference").fill("BACS 7")
    press(page, "Mark as paid")
    look_at(page)
    follow(page, "Enter the day on which it was paid: today or before")
    with tenancy.use(hub):
        made_on = Payment.objects.select_related("payment_list").first()
    assert made_on
    day = made_on.payment_list.made_at.astimezone(work.LONDON).date()
    for part, number in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        page.get_by_label(part, exact=True).fill(str(number))
    press(page, "Mark as paid")
    expect(page.get_by_text("Payment list 1 is paid: £1,500.50.")).to_be_visible()
    look_at(page)
    assert states(hub) == [("due", 100_000), ("paid", 50_050), ("paid", 100_000)]


def test_everything_works_without_javascript(
    browser: Browser, site: str, hub: Hub, lead: User, finance: User, client_of: Callable[[User], Client]
) -> None:
    make_grants(hub)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    sign_in(page, site, client_of(lead))
    page.goto(f"{site}/console/northvale/money/")
    page.get_by_role("checkbox", name="Tick the grant of Ash Lane Primary School").check()
    press(page, "Mark ticked as due")
    press(page, "Mark as due 1 grant")
    expect(page.get_by_text("1 grant, £1,000, is marked as due.")).to_be_visible()
    expect(page.get_by_text("so somebody else has to approve it. This person can: Fola Finance.")).to_be_visible()
    due = page.url
    sign_in(page, site, client_of(finance))
    page.goto(due)
    press(page, "Approve £1,000")
    press(page, "Approve 1 grant")
    expect(page.get_by_text("1 grant, £1,000, is approved.")).to_be_visible()
    assert [state for state, _ in states(hub)] == ["approved", "expected", "expected"]
    context.close()


def test_a_school_logs_its_days_and_the_specialist_takes_some_back(
    quiet: Page, site: str, hub: Hub, specialist: User, client_of: Callable[[User], Client]
) -> None:
    group = work.make_group(hub, "North group", specialist=work.make_specialist(hub, user=specialist))
    place = work.make_place(hub, factories.make_school(LONG_NAME), group=group)
    link = work.make_school_link(place)
    page = quiet
    page.set_viewport_size({"width": 360, "height": 900})
    token = make_token("school-page", hub_id=hub.pk, subject_id=link.pk)
    page.goto(site + reverse("release_log_school", args=[token]))
    look_at(page)
    press(page, "Log the days")
    look_at(page)
    follow(page, "Enter the day on which it was")
    day = place.accepted_at.astimezone(work.LONDON).date()
    for part, number in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        page.get_by_label(part, exact=True).fill(str(number))
    page.get_by_label("1½ days").check()
    page.get_by_label("What was it for?").fill("Planning together")
    page.get_by_role("button", name="Log the days").dblclick()
    expect(page.get_by_text("1½ days in school logged.")).to_be_visible()
    assert urlsplit(page.url).path == reverse("school_page", args=[token])
    with tenancy.use(hub):
        assert place.release.count() == 1

    sign_in(page, site, client_of(specialist))
    page.goto(f"{site}/console/northvale/release/")
    look_at(page)
    follow(page, LONG_NAME)
    look_at(page)
    page.get_by_role("link", name="Take back").click()
    look_at(page)
    page.get_by_label("Why?").fill("That was another week.")
    press(page, "Take it back")
    expect(page.get_by_text("Taken back by a correction")).to_be_visible()
    look_at(page)
    press(page, "Log days in school")
    look_at(page)

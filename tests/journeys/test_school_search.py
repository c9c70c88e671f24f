"""A school that has become another is found by the name it had."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from hubs import tenancy
from hubs.models import Hub
from programmes.models import ExpressionOfInterest
from schools import search
from schools.models import CurrentSchool, School
from tests import factories
from tests.journeys.conftest import look_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FORMERLY = "formerly Ash Lane Primary School, URN 100123"


@pytest.fixture
def academy(hub: Hub) -> School:
    """Elm Academy, which was Ash Lane Primary School."""
    factories.make_window(hub)
    closed = factories.make_school("Ash Lane Primary School", urn=100_123, status=School.Status.CLOSED)
    academy = factories.make_school("Elm Academy", town="Thornwick")
    CurrentSchool.objects.create(former=closed, current=academy)
    search.refresh()
    return academy


def begin(page: Page, site: str) -> None:
    page.goto(f"{site}/hub/northvale/")
    page.get_by_role("link", name="Developing (primary), 2027/28").click()
    page.get_by_role("button", name="Start now").click()


def expect_it_to_be_chosen(page: Page, hub: Hub, academy: School) -> None:
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    with tenancy.use(hub):
        assert ExpressionOfInterest.objects.get().school == academy


def test_typing_ahead_with_the_keyboard(quiet: Page, site: str, hub: Hub, academy: School) -> None:
    begin(quiet, site)
    field = quiet.get_by_role("combobox", name="Which school")
    field.press_sequentially("ash lane", delay=20)
    expect(quiet.get_by_role("option", name=re.compile(f"Elm Academy, Thornwick.*{FORMERLY}"))).to_be_visible()
    look_at(quiet)
    quiet.keyboard.press("ArrowDown")
    quiet.keyboard.press("Enter")
    expect(field).to_have_value(academy.label)
    quiet.get_by_role("button", name="Continue").click()
    expect_it_to_be_chosen(quiet, hub, academy)


def test_radio_buttons_without_javascript(browser: Browser, site: str, hub: Hub, academy: School) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    begin(page, site)
    page.get_by_label("Which school are you applying for?").fill("100123")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text(FORMERLY)).to_be_visible()
    page.get_by_label(academy.label).check()
    page.get_by_role("button", name="Continue").click()
    expect_it_to_be_chosen(page, hub, academy)
    context.close()

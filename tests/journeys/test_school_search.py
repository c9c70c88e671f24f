"""A school that has become another is found by the name it had."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from hubs import tenancy
from hubs.models import Hub
from programmes.models import ExpressionOfInterest
from schools import search
from schools.models import CurrentSchool, School
from tests import factories
from tests.browser import look_at

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


def school_field(page: Page, site: str) -> Locator:
    begin(page, site)
    return page.get_by_role("combobox", name="Which school")


def said(page: Page) -> Locator:
    """What a screen reader is told, a moment later than it is seen."""
    return page.get_by_role("status")


def test_typing_quickly_asks_once_or_twice(quiet: Page, site: str, academy: School) -> None:
    field = school_field(quiet, site)
    asked: list[str] = []
    quiet.on("request", lambda request: asked.append(request.url) if "search.json" in request.url else None)
    field.press_sequentially("elm academ", delay=30)
    expect(quiet.get_by_role("option", name=re.compile("Elm Academy"))).to_be_visible()
    expect(said(quiet).filter(has_text="1 school is listed")).to_be_attached()

    assert 1 <= len(asked) <= 2, asked
    assert "q=elm+academ&" in f"{asked[-1]}&"


def test_while_it_searches_it_says_so(quiet: Page, site: str, academy: School) -> None:
    field = school_field(quiet, site)
    waiting: list[Route] = []
    quiet.route("**/search.json*", lambda route: waiting.append(route))
    field.fill("nowhere")

    expect(quiet.get_by_text("Searching…").first).to_be_visible()
    expect(said(quiet).filter(has_text="Searching…")).to_be_attached()
    expect(quiet.get_by_text("No school found")).to_have_count(0)
    look_at(quiet)
    waiting[0].continue_()
    expect(quiet.get_by_role("option", name="No school found")).to_be_visible()
    expect(said(quiet).filter(has_text="No school found")).to_be_attached()
    expect(quiet.get_by_text("Searching…")).to_have_count(0)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda route: route.abort(), "The search does not answer"),
        (lambda route: route.fulfill(status=502, body="<html>Bad gateway"), "The search does not answer"),
        (
            lambda route: route.fulfill(status=429, json={"schools": [], "error": "Too many searches."}),
            "Too many searches",
        ),
    ],
    ids=["no connection", "no JSON", "too many"],
)
def test_a_search_that_fails_says_so(
    page: Page, site: str, academy: School, answer: Callable[[Route], None], told: str
) -> None:
    field = school_field(page, site)
    page.route("**/search.json*", answer)
    field.fill("elm academy")

    expect(page.get_by_role("option", name=told)).to_be_visible()
    expect(said(page).filter(has_text=told)).to_be_attached()
    expect(page.get_by_text("No school found")).to_have_count(0)
    # Typing on tries again.
    page.unroute("**/search.json*")
    field.press("Backspace")
    expect(page.get_by_role("option", name=re.compile("Elm Academy"))).to_be_visible()


def test_a_search_that_is_not_answered_is_given_up(page: Page, site: str, academy: School) -> None:
    page.clock.install()
    field = school_field(page, site)
    page.route("**/search.json*", lambda _: None)
    with page.expect_request("**/search.json*"):
        field.fill("elm academy")
    expect(page.get_by_role("option", name="Searching…")).to_be_visible()
    page.clock.fast_forward(11_000)

    expect(page.get_by_role("option", name="The search does not answer")).to_be_visible()


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

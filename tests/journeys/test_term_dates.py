"""A hub's lead corrects an authority's term dates: a slip, a correction, and the way back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from hubs.models import Hub, LocalAuthority, User
from schools.models import HalfTerm
from tests import factories
from tests.browser import follow, look_at, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG_NAME = "The Worshipful Company of Ropemakers and Sailmakers' Memorial Church of England Voluntary Aided Academy"


def sign_in(page: Page, site: str, client: Client) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def test_a_lead_corrects_an_authority_s_dates(
    quiet: Page, site: str, hub: Hub, lead: User, client_of: Callable[[User], Client]
) -> None:
    hub.areas.add(LocalAuthority.objects.create(code="001", name="Northvale"))
    page = quiet
    sign_in(page, site, client_of(lead))
    page.goto(f"{site}/console/northvale/schools/term-dates/")
    look_at(page)
    page.get_by_role("link", name="Northvale", exact=True).click()
    look_at(page)
    press(page, "Enter the dates")
    last_day = page.get_by_role("group", name="Last day").first
    box = last_day.get_by_label("Day", exact=True)
    before = box.input_value()
    box.fill("32")
    press(page, "Save the dates")
    summary = page.get_by_role("link", name="Enter a real date for the last day of the first half of the autumn term")
    expect(summary).to_be_visible()
    look_at(page)
    summary.click()
    expect(box).to_be_focused()
    box.fill(before)
    page.get_by_role("button", name="Save the dates").dblclick()
    expect(page.get_by_text("Entered by Leo Lead")).to_be_visible()
    look_at(page)
    assert HalfTerm.objects.count() == 6
    page.get_by_role("link", name="Remove these dates").click()
    look_at(page)
    press(page, "Remove the dates")
    expect(page.get_by_text("Nobody has entered dates for Northvale")).to_be_visible()
    assert not HalfTerm.objects.exists()


def test_a_school_with_a_long_name_breaks_no_page(
    quiet: Page, site: str, hub: Hub, lead: User, client_of: Callable[[User], Client]
) -> None:
    school = factories.make_school(LONG_NAME)
    hub.areas.add(school.authority)
    page = quiet
    sign_in(page, site, client_of(lead))
    page.goto(f"{site}/console/northvale/schools/term-dates/")
    follow(page, "Northvale")
    year = page.url.rstrip("/").rsplit("/", 1)[1]
    page.goto(f"{site}/console/northvale/schools/term-dates/school/{school.urn}/{year}/")
    look_at(page)
    press(page, "Enter the school’s own dates")
    look_at(page)
    boxes = page.get_by_role("group", name="Last day").first.get_by_label("Day", exact=True)
    boxes.fill(str(int(boxes.input_value()) - 1))
    press(page, "Save the dates")
    look_at(page)
    page.get_by_role("link", name="Remove the school’s own dates").click()
    look_at(page)

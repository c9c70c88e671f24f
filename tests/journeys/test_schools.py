"""A hub keeps up with its schools: who went on as whom, what they did, and which the register lacks."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from hubs.models import Hub, User
from hubs.years import academic_year_of
from programmes.models import Participation
from schools import ancestry, search
from schools.models import School, SuccessionRuling
from tests import factories
from tests.browser import look_at, press
from tests.schools.families import link

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def academy(hub: Hub) -> School:
    """What Ash Lane is now, by the register; of Elm and Fir it gives no date."""
    closed = {"status": School.Status.CLOSED, "closed_on": dt.date(2026, 8, 31)}
    ash = factories.make_school("Ash Lane Primary School", urn=100_001, **closed)
    academy = factories.make_school("Birch Academy", urn=100_002, opened_on=dt.date(2026, 9, 1))
    factories.make_school("Elm Infant School", urn=100_003, status=School.Status.CLOSED, postcode="NV2 1AA")
    factories.make_school("Fir Academy", urn=100_004, postcode="NV2 1AA")
    hub.areas.add(academy.authority)
    link(100_001, "Successor", 100_002, "2026-09-01")
    link(100_003, "Successor", 100_004, None)
    ancestry.rebuild()
    search.refresh()
    factories.make_expression(factories.make_window(hub), ash)
    factories.follow_register(now=timezone.now())
    return academy


def sign_in(page: Page, site: str, client: Client) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def test_a_hub_keeps_up_with_its_schools(
    quiet: Page, site: str, academy: School, administrator: User, client_of: Callable[[User], Client]
) -> None:
    page = quiet
    sign_in(page, site, client_of(administrator))

    # What has changed: noticed on the home, read on the record, and seen.
    page.goto(f"{site}/console/northvale/")
    look_at(page)
    page.get_by_role("link", name="Birch Academy, formerly Ash Lane Primary School").click()
    expect(page.get_by_role("button", name="Mark as seen")).to_be_visible()
    look_at(page)
    press(page, "Mark as seen")
    expect(page.get_by_text("The notice is marked as seen.")).to_be_visible()
    expect(page.get_by_role("heading", name="The school has changed")).to_be_hidden()

    # The list, by a former name; the school with what it was.
    page.goto(f"{site}/console/northvale/schools/")
    look_at(page)
    page.get_by_label("Name, place, postcode or URN").fill("ash lane")
    press(page, "Apply")
    expect(page.get_by_text("1 school", exact=True)).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="Birch Academy").click()
    expect(page.get_by_text("Ash Lane Primary School (URN 100001) became Birch Academy (URN 100002)")).to_be_attached()
    look_at(page)

    # What it did, recorded under the URN of that year.
    page.get_by_role("button", name="Record earlier participation").click()
    look_at(page)
    press(page, "Record it")
    expect(page).to_have_title(re.compile("^Error: "))
    look_at(page)
    page.get_by_label("Stage").select_option("Developing (primary)")
    page.get_by_label("Academic year").select_option("2024/25")
    page.get_by_label("Completed", exact=True).check()
    page.get_by_role("button", name="Record it").dblclick()
    expect(page.get_by_role("cell", name="Ash Lane Primary School URN 100001")).to_be_visible()
    look_at(page)
    assert Participation.objects.get().school_id == 100_001

    # A school that the register lacks.
    page.goto(f"{site}/console/northvale/schools/add/")
    look_at(page)
    page.get_by_label("Name of the school").fill("Fir Academie")
    page.get_by_label("Town or village").fill("Ashby Marsh")
    page.get_by_label("Postcode").fill("nv21aa")
    page.get_by_label("Local authority").select_option("Northvale")
    page.get_by_role("radio").first.check()
    page.get_by_label("Phase").select_option("Primary")
    page.get_by_label("Youngest age").fill("3")
    page.get_by_label("Oldest age").fill("11")
    for part, value in {"Day": "1", "Month": "9", "Year": "2027"}.items():
        page.get_by_label(part, exact=True).fill(value)
    press(page, "Continue")
    expect(page.get_by_role("heading", name="Is it one of these?")).to_be_visible()
    look_at(page)
    press(page, "It is none of these: add the school")
    expect(page.get_by_text("Fir Academie is added.")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="Elm Infant School").click()
    look_at(page)


def test_a_very_long_name_widens_no_page(
    quiet: Page, site: str, hub: Hub, administrator: User, client_of: Callable[[User], Client]
) -> None:
    page, year = quiet, academic_year_of(timezone.localdate())
    name = "Heron" * 36
    sign_in(page, site, client_of(administrator))
    added = factories.make_school(
        name, urn=School.FIRST_ADDED + 1, added_by=hub, added_at=timezone.now(), type_code=35,
        opened_on=dt.date(2025, 9, 1),
    )  # fmt: skip
    hub.areas.add(added.authority)
    factories.make_school(f"{name}s", postcode="NV1 9ZZ")
    ancestry.rebuild()

    schools = f"{site}/console/northvale/schools/"
    for address in (
        f"?q={name[:100]}",
        "changes/",
        f"changes/?q={name[:100]}",
        f"{added.urn}/",
        f"{added.urn}/participation/",
        f"{added.urn}/change/",
        f"{added.urn}/withdraw/",
        f"term-dates/school/{added.urn}/{year}/",
        f"term-dates/school/{added.urn}/{year}/change/",
    ):
        page.goto(f"{schools}{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        look_at(page)
    page.goto(f"{schools}{added.urn}/change/")
    page.get_by_label("Name of the school").fill(f"{name}t")
    press(page, "Save the changes")
    expect(page.get_by_text(f"{name}t is changed.")).to_be_visible()
    look_at(page)

    # Another of the name, and whether it is one of those.
    page.goto(f"{schools}{added.urn}/change/")
    typed = page.locator("form").filter(has=page.get_by_label("Name of the school"))
    typed.evaluate("(form, add) => { form.action = add }", f"{schools}add/")
    page.get_by_label("Name of the school").fill(f"{name}x")
    press(page, "Save the changes")
    expect(page.get_by_role("heading", name="Is it one of these?")).to_be_visible()
    look_at(page)
    with page.expect_popup() as opened:
        page.get_by_role("link", name=f"{name}s").click()
    expect(opened.value.get_by_role("heading", level=1, name=f"{name}s")).to_be_visible()
    expect(page.get_by_role("heading", name="Is it one of these?")).to_be_visible()


def test_a_hub_says_for_which_part_of_a_split_school_an_expression_is(
    quiet: Page, site: str, hub: Hub, administrator: User, client_of: Callable[[User], Client]
) -> None:
    sent = factories.make_expression(factories.make_window(hub), factories.make_school("Cedar School"))
    factories.go_on_as(sent.school, factories.make_school("Cedar North"), factories.make_school("Cedar South"))
    factories.follow_register(now=timezone.now())
    page = quiet
    sign_in(page, site, client_of(administrator))
    page.goto(f"{site}/console/northvale/expressions/{sent.reference}/")
    look_at(page)
    page.get_by_role("link", name="Choose the school that it is for").click()
    look_at(page)
    press(page, "Save the school")
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_label("Cedar South").check()
    press(page, "Save the school")
    expect(page.get_by_role("heading", name="Cedar South")).to_be_visible()


def test_a_hub_rules_on_a_change_without_javascript(
    browser: Browser, site: str, academy: School, administrator: User, client_of: Callable[[User], Client]
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.set_default_timeout(20_000)
        sign_in(page, site, client_of(administrator))
        page.goto(f"{site}/console/northvale/schools/changes/")
        page.get_by_role("link", name="Elm Infant School").click()
        press(page, "Save the decision")
        expect(page).to_have_title(re.compile("^Error: "))
        page.get_by_label("Yes, the same school").check()
        page.get_by_label("How do you know?").fill("The head told us.")
        press(page, "Save the decision")
        expect(page.get_by_text("The head told us.").or_(page.get_by_text("Nothing to confirm"))).to_be_visible()

        assert SuccessionRuling.objects.get().same_school
        page.goto(f"{site}/console/northvale/schools/100003/")
        expect(page.get_by_text("It has closed and is now")).to_be_visible()

"""A hub's lead asks for a report, watches a worker make it, and takes it with her; with JavaScript and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from correspondence.models import DocumentState
from hubadmin.local.processes import wait_until
from hubs.models import Hub, User
from reports.report_makers import RELEASE_REPORT
from tests import factories, work
from tests.browser import look_at
from tests.reports import figures
from tests.reports.tagged_pdf import faults, tables
from workgroups.models import Place

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATIENCE = 60_000


@pytest.fixture
def places(hub: Hub) -> list[Place]:
    """Three schools in a group, of names that are hard to lay out, with a grant and some release each."""
    group = work.make_group(hub, figures.NAMES[1], specialist=work.make_specialist(hub, "Mina Specialist"))
    made = [work.make_place(hub, factories.make_school(name[:100]), group=group) for name in figures.NAMES[:3]]
    for number, place in enumerate(made):
        work.make_grant(place, amount_pence=100_001 + number)
        work.make_release(place, 3 + number)
    return made


def sign_in(page: Page, site: str, client: Client) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def downloaded(page: Page, link: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(link)).click()
    return Path(download.value.path()).read_bytes()


def ask(page: Page, site: str, report: str) -> None:
    page.goto(f"{site}/console/northvale/reports/")
    page.get_by_role("button", name="Make a report").click()
    page.get_by_label(report).check()
    page.get_by_role("button", name="Make the report").click()


@pytest.mark.usefixtures("worker")
def test_a_grant_report_from_the_question_to_its_figures(
    quiet: Page, site: str, hub: Hub, places: list[Place], lead: User, client_of: Callable[[User], Client]
) -> None:
    page = quiet
    sign_in(page, site, client_of(lead))
    page.goto(f"{site}/console/northvale/")
    page.get_by_role("link", name="Reports", exact=True).click()
    expect(page.get_by_role("heading", name="No reports yet")).to_be_visible()
    look_at(page)
    page.get_by_role("button", name="Make a report").click()
    look_at(page)
    # Nothing chosen: the summary leads to the question.
    page.get_by_role("button", name="Make the report").click()
    page.get_by_role("link", name="Choose a report", exact=True).click()
    expect(page.get_by_label("Grant report")).to_be_focused()
    look_at(page)
    page.get_by_label("Grant report").check()
    page.get_by_label("What is it about?").select_option(label=f"{figures.NAMES[1]}, {places[0].stage_year}")
    page.get_by_role("button", name="Make the report").click()

    # The page itself says when it is ready.
    expect(page.get_by_role("button", name="Open the report")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("status")).to_contain_text("Ready")
    look_at(page)
    pdf, xlsx = downloaded(page, "Download the PDF"), downloaded(page, "Download the Excel workbook")
    page.get_by_role("button", name="Open the report").click()
    expect(page.get_by_text("3 grants of £3,000.06 together.")).to_be_visible()
    look_at(page)

    assert faults(pdf) == []
    of_schools = next(table for table in tables(pdf) if table[0][0] == "School")
    amounts = [row[2] for row in of_schools[1:]]
    assert sorted(amounts[:-1]) == ["£1,000.01", "£1,000.02", "£1,000.03"]
    assert amounts[-1] == "£3,000.06"
    sheet = openpyxl.load_workbook(BytesIO(xlsx))["Grants"]
    [headings] = [row for row in sheet.iter_rows(values_only=True) if row[0] == "Work Group"]
    assert [row[headings.index("Amount")] for row in sheet.iter_rows(values_only=True)][-1] == 3000.06
    page.goto(f"{site}/console/northvale/reports/")
    look_at(page)
    expect(page.get_by_role("link", name=re.compile("^Grant report: Work Group"))).to_be_visible()


@pytest.mark.usefixtures("worker")
def test_without_javascript_a_link_shows_how_far_it_is(
    browser: Browser, site: str, hub: Hub, places: list[Place], lead: User, client_of: Callable[[User], Client]
) -> None:
    with browser.new_context(java_script_enabled=False, accept_downloads=True) as context:
        page = context.new_page()
        sign_in(page, site, client_of(lead))
        ask(page, site, "Release-time report")
        opening, refresh = page.get_by_role("button", name="Open the report"), page.get_by_role("link", name="Refresh")

        def is_ready_after_a_refresh() -> bool:
            if not opening.is_visible():
                refresh.click()
            return opening.is_visible()

        assert wait_until(is_ready_after_a_refresh, seconds=60)
        pdf = downloaded(page, "Download the PDF")
        assert faults(pdf) == []
        opening.click()
        used = "3 schools used 6 days in this time. They promised 30 days together and have used 6 days by now."
        expect(page.get_by_text(used)).to_be_visible()


def test_a_report_is_cancelled_and_made_after_all(
    quiet: Page, site: str, hub: Hub, places: list[Place], lead: User, client_of: Callable[[User], Client]
) -> None:
    page = quiet
    sign_in(page, site, client_of(lead))
    ask(page, site, "Release-time report")
    expect(page.get_by_role("status")).to_contain_text("Waiting")
    look_at(page)
    page.get_by_role("button", name="Cancel this report").click()
    look_at(page)
    page.get_by_role("button", name="Cancel the report").click()
    expect(page.get_by_role("status")).to_contain_text("Cancelled")
    page.get_by_role("button", name="Make it again").click()
    look_at(page)
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("status")).to_contain_text("Waiting")


def test_progress_and_failure_are_shown(
    quiet: Page, site: str, hub: Hub, lead: User, client_of: Callable[[User], Client]
) -> None:
    page = quiet
    sign_in(page, site, client_of(lead))
    making = work.make_document(
        hub, lead, state=DocumentState.RENDERING, heard_of_at=timezone.now(), done=31, total=214
    )
    page.goto(f"{site}/console/northvale/reports/{making.pk}/")
    expect(page.get_by_role("progressbar", name="31 of 214 schools")).to_be_visible()
    look_at(page)
    failed = work.make_document(hub, lead, state=DocumentState.FAILED, error="It took too long.", title="x" * 300)
    page.goto(f"{site}/console/northvale/reports/{failed.pk}/")
    expect(page.get_by_text("It took too long.")).to_be_visible()
    look_at(page)
    page.goto(f"{site}/console/northvale/reports/")
    look_at(page)
    assert RELEASE_REPORT.title not in page.content()

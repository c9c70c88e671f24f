"""An administrator looks at what will go out, holds a mail back and lets it go, cancels one and sends one at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from correspondence import deriving, mailbox
from hubadmin.local.processes import wait_until
from hubs import tenancy
from hubs.models import Hub, Role, User
from tests import factories, work
from tests.browser import look_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "St Bartholomew’s Church of England Voluntary Aided Primary School and Nursery بيت 🌳"


@pytest.fixture
def hub() -> Hub:
    return factories.make_hub("northvale")


@pytest.fixture
def administrator(hub: Hub) -> User:
    return factories.make_member(hub, Role.ADMINISTRATOR, "Ada Administrator")


@pytest.fixture
def meeting_soon(hub: Hub) -> None:
    """A meeting in a fortnight, and what is derived from it."""
    now = timezone.now()
    group = work.make_group(hub, "Ash Group", specialist=work.make_specialist(hub, "Mina Mastery"))
    school = factories.make_school(LONG)
    work.make_place(hub, school, group=group, accepted_at=now - dt.timedelta(days=60))
    starts_at = now.replace(hour=13) + dt.timedelta(days=14)
    work.make_meeting(group, starts_at=starts_at, made_at=now - dt.timedelta(days=30), host_school=school)
    with tenancy.use(hub):
        deriving.bring_up_to_date(now=now)


@pytest.mark.usefixtures("meeting_soon", "worker")
def test_what_will_go_out(quiet: Page, site: str, administrator: User, client_of: Callable[[User], Client]) -> None:
    page, client = quiet, client_of(administrator)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
    page.goto(f"{site}/console/northvale/messages/")
    look_at(page)
    page.get_by_role("link", name="What will go out in the next days").click()
    page.get_by_label("Kind").select_option("Meeting in 10 days")
    page.get_by_role("button", name="Apply").click()
    rows = page.get_by_role("row").filter(has=page.get_by_role("link", name="Meeting in 10 days"))
    expect(rows).to_have_count(3)
    look_at(page)

    # Held back, by the keyboard, and it stands out.
    rows.first.get_by_role("button", name="Hold").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("It is not sent until somebody lets it go.")
    expect(rows.first).to_contain_text("Held back")
    look_at(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    tick = rows.first.get_by_role("checkbox")
    box, what = tick.bounding_box(), rows.first.get_by_role("rowheader").locator("span").first.bounding_box()
    assert box and what and box["x"] + box["width"] <= what["x"]
    tick.focus()
    expect(tick).to_have_css("outline", "rgb(255, 221, 0) solid 3px")

    # Two together, ticked and listed before they are held back, without a script of ours.
    for row in (rows.nth(1), rows.nth(2)):
        row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Hold ticked").click()
    look_at(page)
    page.get_by_role("button", name="Hold 2 messages back").click()
    expect(page.get_by_role("alert")).to_contain_text("2 messages held back.")

    # Let go, two together and one by itself, and sent at once.
    for row in (rows.nth(1), rows.nth(2)):
        row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Let ticked go").click()
    look_at(page)
    page.get_by_role("button", name="Let 2 messages go").click()
    expect(page.get_by_role("alert")).to_contain_text("2 messages let go.")
    rows.first.get_by_role("button", name="Let go").click()
    expect(rows.first).not_to_contain_text("Held back")
    rows.first.get_by_role("link", name="Send now").click()
    look_at(page)
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("alert")).to_contain_text("The message is on its way.")
    assert wait_until(lambda: len(mailbox.mails()) == 1, seconds=60)

    # Cancelled, from the message's own page.
    page.reload()
    expect(rows).to_have_count(2)
    rows.first.get_by_role("link", name="Meeting in 10 days").click()
    look_at(page)
    page.get_by_role("button", name="Cancel this message").click()
    page.get_by_role("button", name="Cancel the message").click()
    expect(page.get_by_role("alert")).to_contain_text("It will not be sent.")
    page.goto(f"{site}/console/northvale/messages/upcoming/?kind=meeting-in-10-days")
    expect(rows).to_have_count(1)
    rows.first.get_by_role("link", name="The meeting of Ash Group is on").click()
    expect(page.get_by_role("main")).to_contain_text("Ash Group")
    look_at(page)

"""The thin thread: a head expresses her school's interest, the hub decides, the head gets the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from correspondence import mailbox
from hubadmin.local.processes import wait_until
from hubs import tenancy
from hubs.models import Hub, User
from programmes.models import ExpressionOfInterest, State
from schools.models import School
from tests import factories
from tests.browser import look_at, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Seconds until a letter must be there: a worker starts meanwhile.
PATIENCE = 60


@pytest.fixture
def school(hub: Hub) -> School:
    factories.make_window(hub)
    factories.make_school("Ash Lane Infant School", town="Thornwick")
    return factories.make_school("Ash Lane Primary School", town="Ashby Marsh")


@pytest.fixture
def without_javascript(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    context.close()


def not_looked_at(page: Page) -> None:
    """Axe needs scripts of its own: what needs none is looked at in the thread with JavaScript."""


def begin(page: Page, site: str, look: Callable[[Page], None] = not_looked_at) -> None:
    page.goto(f"{site}/hub/northvale/")
    look(page)
    page.get_by_role("link", name="Developing (primary), 2027/28").click()
    look(page)
    page.get_by_role("button", name="Start now").click()
    expect(page).to_have_title(re.compile("^Which school are you applying for"))


def answer_everything(page: Page, look: Callable[[Page], None]) -> None:
    """From "Your details" to "Check your answers", with a mistake on the way."""
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    look(page)
    page.get_by_label("Full name").fill("Cleo Contact")
    press(page, "Save and continue")
    expect(page).to_have_title(re.compile("^Error: Your details"))
    expect(page.get_by_label("Full name")).to_have_value("Cleo Contact")
    look(page)
    page.get_by_role("link", name="Enter your role, like maths lead").click()
    expect(page.get_by_label("Role at the school")).to_be_focused()
    page.get_by_label("Role at the school").fill("Deputy headteacher")
    page.get_by_label("Work e-mail address").fill("cleo@school.example")
    page.get_by_label("Telephone number").fill("01632 960 001")
    page.get_by_label("No", exact=True).check()
    press(page, "Save and continue")
    look(page)
    page.get_by_label("Headteacher's full name").fill("Hana Head")
    page.get_by_label("Headteacher's e-mail address").fill("office@school.example")
    press(page, "Save and continue")
    for number, ordinal in ((1, "first"), (2, "second")):
        expect(page.get_by_role("heading", name=f"Who is the {ordinal} lead teacher?")).to_be_visible()
        look(page)
        page.get_by_label("Full name").fill(f"Teacher {ordinal.title()}")
        page.get_by_label("Role at the school").fill("Class teacher")
        page.get_by_label("Work e-mail address").fill(f"teacher{number}@school.example")
        press(page, "Save and continue")
    expect(page.get_by_role("heading", name="What your school promises")).to_be_visible()
    look(page)
    for promise in page.get_by_role("checkbox").all():
        promise.check()
    press(page, "Save and continue")
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    look(page)


def the_one_expression(hub: Hub) -> ExpressionOfInterest:
    with tenancy.use(hub):
        return ExpressionOfInterest.objects.with_stage().get()


def letters_to(address: str) -> list[mailbox.Mail]:
    return [mail for mail in mailbox.mails() if address in mail.recipients]


def wait_for_letter(address: str, subject: str) -> mailbox.Mail:
    assert wait_until(lambda: any(subject in mail.subject for mail in letters_to(address)), seconds=PATIENCE), (
        "no letter came"
    )
    return next(mail for mail in letters_to(address) if subject in mail.subject)


def sign_in(page: Page, site: str, client: Client) -> None:
    """Carry a signed-in person's session into the browser; signing in itself has journeys of its own."""
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def test_thread_with_javascript(
    quiet: Page,
    site: str,
    worker: None,
    hub: Hub,
    school: School,
    administrator: User,
    client_of: Callable[[User], Client],
) -> None:
    page = quiet
    begin(page, site, look_at)
    look_at(page)
    # The list of radio buttons, which the type-ahead spares most people.
    page.goto(f"{page.url}?q=ash+lane")
    look_at(page)
    page.get_by_role("link", name="Search again").click()
    page.get_by_role("combobox", name="Which school").press_sequentially("ash lane prim", delay=20)
    page.get_by_role("option", name=re.compile("Ash Lane Primary School, Ashby Marsh")).click()
    press(page, "Continue")
    answer_everything(page, look_at)
    # An impatient double click sends one.
    page.get_by_role("button", name="Send the expression of interest").dblclick()
    expect(page.get_by_role("heading", name="Expression of interest sent")).to_be_visible()
    look_at(page)
    expression = the_one_expression(hub)
    assert expression.reference
    assert (expression.state, expression.school) == (State.SUBMITTED, school)
    expect(page.get_by_text(expression.reference)).to_be_visible()
    page.reload()
    page.go_back()
    assert the_one_expression(hub).pk == expression.pk

    letter = wait_for_letter("office@school.example", "We have received")
    wait_for_letter("cleo@school.example", expression.reference)
    page.goto(letter.links[0])
    expect(page.get_by_text("You do not need to do anything now")).to_be_visible()

    sign_in(page, site, client_of(administrator))
    page.goto(f"{site}/hubs/")
    expect(page.get_by_role("link", name="1 expression of interest to decide")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="1 expression of interest to decide").click()
    look_at(page)
    page.get_by_role("link", name=expression.reference).click()
    look_at(page)
    page.get_by_role("button", name="Decline").click()
    look_at(page)
    press(page, "Decline and send the letter")
    expect(page).to_have_title(re.compile("^Error: "))
    look_at(page)
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Offer a place").click()
    look_at(page)
    page.get_by_label("Add something to the letter (optional)").fill("Welcome!")
    press(page, "Offer the place and send the letter")
    expect(page.get_by_role("alert")).to_contain_text("has been offered a place")
    look_at(page)
    offer = wait_for_letter("office@school.example", "A place for your school")
    assert "Welcome!" in offer.text
    page.goto(next(link for link in offer.links if "/expression-sent/" in link))
    expect(page.get_by_text("has offered your school a place")).to_be_visible()
    look_at(page)
    assert len(letters_to("office@school.example")) == len(letters_to("cleo@school.example")) == 2


def test_thread_without_javascript_declined(
    without_javascript: Page,
    site: str,
    worker: None,
    hub: Hub,
    school: School,
    administrator: User,
    client_of: Callable[[User], Client],
) -> None:
    page = without_javascript
    begin(page, site)
    page.get_by_label("Which school are you applying for?").fill("ash lane")
    press(page, "Continue")
    page.get_by_label(re.compile("Ash Lane Primary School, Ashby Marsh")).check()
    press(page, "Continue")
    answer_everything(page, not_looked_at)
    press(page, "Send the expression of interest")
    expect(page.get_by_role("heading", name="Expression of interest sent")).to_be_visible()
    expression = the_one_expression(hub)
    wait_for_letter("cleo@school.example", str(expression.reference))

    sign_in(page, site, client_of(administrator))
    page.goto(f"{site}/console/northvale/expressions/{expression.reference}/decline/")
    press(page, "Decline and send the letter")
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_label("Why can the hub not offer a place?").fill("All places are taken this year.")
    press(page, "Decline and send the letter")
    expect(page.get_by_role("alert")).to_contain_text("has been declined")
    letter = wait_for_letter("office@school.example", "Your expression of interest")
    assert "All places are taken this year." in letter.text


def test_thread_with_the_keyboard_only(quiet: Page, site: str, hub: Hub, school: School) -> None:
    page = quiet
    begin(page, site)
    field = page.get_by_role("combobox", name="Which school")
    field.focus()
    page.keyboard.type("ash lane prim", delay=20)
    expect(page.get_by_role("option", name=re.compile("Ash Lane Primary School"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value(re.compile("^Ash Lane Primary School"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Continue")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from hubs.models import Hub, User
from tests import browser, factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery"


@pytest.fixture
def site(live_server: LiveServer, page: Page) -> Iterator[str]:
    """The address of the running application; afterwards the browser's console must be empty."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # Chromium's advice on forms is no complaint.
        if message.type == "error":
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.set_default_timeout(10_000)
    yield live_server.url
    assert complaints == []


@pytest.fixture
def member(administrator: User) -> User:
    """An administrator who signs in with a password and has no second step yet."""
    administrator.set_password(PASSWORD)
    administrator.save()
    return administrator


def look_at(page: Page) -> None:
    """Look at the page as on a desk and on a phone, and go on at the desk."""
    browser.look_at(page)
    page.set_viewport_size({"width": browser.WIDTHS[0], "height": 900})


def sign_in(page: Page, site: str, user: User) -> None:
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def a_passkey_in_reach(page: Page) -> None:
    """A device that answers every passkey question with the right fingerprint."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/accessibility/",
        "/cookies/",
        "/hub/northvale/privacy/",
        "/accounts/login/",
        "/accounts/login/code/",
        "/accounts/password/reset/",
        "/accounts/signup/",
    ],
)
def test_a_public_page_can_be_read_by_everybody(page: Page, site: str, hub: Hub, address: str) -> None:
    page.goto(f"{site}{address}")
    look_at(page)


def test_a_person_adds_a_passkey_and_signs_in_with_it(page: Page, site: str, member: User) -> None:
    a_passkey_in_reach(page)
    sign_in(page, site, member)
    page.goto(f"{site}/accounts/2fa/")
    look_at(page)
    page.get_by_role("button", name="Add a passkey").click()
    look_at(page)
    page.get_by_label("A name for it").fill("Office computer")
    page.get_by_label("Let me sign in with it alone").check()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    look_at(page)
    page.goto(f"{site}/accounts/2fa/webauthn/")
    expect(page.get_by_role("term")).to_have_text("Office computer")
    look_at(page)

    page.get_by_role("button", name="Sign out").click()
    sign_in(page, site, member)
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    look_at(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{site}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_person_who_has_no_passkey_at_hand_is_told_what_to_do(page: Page, site: str, member: User) -> None:
    page.goto(f"{site}/accounts/login/")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')) }")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Try again, or use another way.")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_setting_up_an_app_shows_a_picture_to_scan_and_the_key_to_type(page: Page, site: str, member: User) -> None:
    sign_in(page, site, member)
    page.goto(f"{site}/accounts/2fa/totp/activate/")
    picture = page.get_by_alt_text("The code to scan")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    look_at(page)


def test_the_wrong_password_leads_to_a_summary_that_leads_to_the_field(page: Page, site: str, member: User) -> None:
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("E-mail address").fill(member.email)
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    look_at(page)
    page.locator(".govuk-error-summary a").first.click()
    expect(page.get_by_label("E-mail address")).to_be_focused()


def test_a_school_is_found_with_the_keyboard_alone(page: Page, site: str, hub: Hub) -> None:
    school = factories.make_school("Ash <b>Lane</b> Primary School")
    factories.make_window(hub)
    page.goto(f"{site}/hub/{hub.slug}/express-interest/primary-developing/school/")
    field = page.get_by_role("combobox")
    field.press_sequentially("ash la")
    option = page.get_by_role("option", name="Ash <b>Lane</b> Primary School")
    expect(option).to_be_visible()
    look_at(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    hidden = page.locator("input[name=urn]")
    expect(hidden).to_have_value(str(school.urn))
    field.press_sequentially("x")
    expect(hidden).to_have_value("")

"""A head answers the offer of a place by the link in her letter: on a phone, without an account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from correspondence import mailbox
from hubadmin.local.processes import wait_until
from hubs import tenancy
from hubs.links import make_token
from hubs.models import Hub, User
from programmes import deciding
from programmes.models import ExpressionOfInterest, OfferAnswer, State
from tests import factories
from tests.browser import look_at, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Seconds until a letter must be there: a worker starts meanwhile.
PATIENCE = 60


@pytest.fixture
def sent(hub: Hub) -> ExpressionOfInterest:
    return factories.make_expression(factories.make_window(hub), factories.make_school("Ash Lane Primary School"))


@pytest.fixture
def without_javascript(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    context.close()


def look_and_return_to_the_phone(page: Page) -> None:
    look_at(page)
    page.set_viewport_size({"width": 360, "height": 740})


def offer(expression: ExpressionOfInterest, by: User) -> None:
    with tenancy.use(expression.hub):
        actor = factories.membership_of(by, expression.hub)
        deciding.offer(expression=expression, actor=actor, now=timezone.now(), words="You are welcome.")


def link_of(site: str, expression: ExpressionOfInterest) -> str:
    token = make_token("offer-answer", hub_id=expression.hub_id, subject_id=expression.pk)
    return site + reverse("offer", args=[token])


def answers_to(expression: ExpressionOfInterest) -> list[OfferAnswer]:
    with tenancy.use(expression.hub):
        return list(expression.answers.order_by("pk"))


def state_of(expression: ExpressionOfInterest) -> str:
    with tenancy.use(expression.hub):
        return ExpressionOfInterest.objects.get(pk=expression.pk).state


def wait_for_letter(address: str, subject: str) -> mailbox.Mail:
    def found() -> list[mailbox.Mail]:
        return [mail for mail in mailbox.mails() if address in mail.recipients and subject in mail.subject]

    assert wait_until(lambda: bool(found()), seconds=PATIENCE), "no letter came"
    return found()[0]


def sign_in(page: Page, site: str, client: Client) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def test_a_head_accepts_on_her_phone(
    quiet: Page,
    site: str,
    worker: None,
    sent: ExpressionOfInterest,
    administrator: User,
    client_of: Callable[[User], Client],
) -> None:
    page = quiet
    sign_in(page, site, client_of(administrator))
    page.goto(f"{site}/console/northvale/expressions/{sent.reference}/offer/")
    look_at(page)
    # Two weeks are given unless somebody types another day; a day that is over is refused.
    page.get_by_label("Year").fill("2020")
    press(page, "Offer the place and send the letter")
    expect(page).to_have_title(re.compile("^Error: "))
    look_at(page)
    page.get_by_role("link", name="Enter a day that is still to come").click()
    expect(page.get_by_label("Day")).to_be_focused()
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Offer a place").click()
    press(page, "Offer the place and send the letter")
    expect(page.get_by_role("alert")).to_contain_text("We ask for an answer by")
    look_at(page)

    # The head has no account.
    page.context.clear_cookies()
    letter = wait_for_letter("head@school.example", "A place for your school")
    link = next(link for link in letter.links if "/offer/" in link)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(link)
    expect(page.get_by_role("heading", name="A place for Ash Lane Primary School")).to_be_visible()
    look_and_return_to_the_phone(page)
    page.get_by_role("button", name="Accept the place").click()
    expect(page.get_by_label("Your full name")).to_have_value("Hana Head")
    look_and_return_to_the_phone(page)
    page.get_by_label("Your full name").fill("")
    press(page, "Accept the place")
    expect(page).to_have_title(re.compile("^Error: Accept the place"))
    look_and_return_to_the_phone(page)
    page.get_by_role("link", name="Enter your full name").click()
    expect(page.get_by_label("Your full name")).to_be_focused()
    page.keyboard.type("Hana Head-Smith")
    page.get_by_label("The school agrees to all of this").check()
    assert state_of(sent) == State.OFFERED
    # Meanwhile a second tab.
    second = page.context.new_page()
    second.goto(f"{link}decline/")
    # An impatient double click accepts once.
    page.get_by_role("button", name="Accept the place", exact=True).dblclick()
    expect(page.get_by_role("heading", name="Place accepted")).to_be_visible()
    look_and_return_to_the_phone(page)
    (answer,) = answers_to(sent)
    assert (answer.answer, answer.name, state_of(sent)) == (State.ACCEPTED, "Hana Head-Smith", State.ACCEPTED)

    second.get_by_label("Why can the school not take the place?").fill("We cannot.")
    press(second, "Turn the place down")
    expect(second.get_by_text("your answer was not saved")).to_be_visible()
    look_at(second)
    second.close()
    page.go_back()
    page.goto(link)
    expect(page.get_by_text("Hana Head-Smith, Headteacher, accepted the place")).to_be_visible()
    look_and_return_to_the_phone(page)
    assert answers_to(sent) == [answer]

    copy = wait_for_letter("cleo@school.example", "Your school has accepted its place")
    assert answer.agreement in copy.text
    wait_for_letter("head@school.example", "Your school has accepted its place")
    page.goto(next(link for link in copy.links if "/expression-sent/" in link))
    expect(page.get_by_text("Hana Head-Smith, Headteacher, accepted the place")).to_be_visible()
    look_at(page)

    sign_in(page, site, client_of(administrator))
    page.goto(f"{site}/console/northvale/expressions/{sent.reference}/")
    page.get_by_text("What was agreed, word for word").click()
    expect(page.get_by_text("Ash Lane Primary School takes part in").first).to_be_visible()
    look_at(page)


def test_a_head_turns_the_place_down_without_javascript_and_is_offered_it_again(
    without_javascript: Page, site: str, sent: ExpressionOfInterest, administrator: User
) -> None:
    page = without_javascript
    offer(sent, administrator)
    link = link_of(site, sent)
    page.goto(link)
    page.get_by_role("button", name="Turn the place down").click()
    press(page, "Turn the place down")
    expect(page).to_have_title(re.compile("^Error: Turn the place down"))
    page.get_by_label("Why can the school not take the place?").fill("Our maths lead leaves at Easter.")
    press(page, "Turn the place down")
    expect(page.get_by_role("heading", name="The place is turned down")).to_be_visible()
    expect(page.get_by_text("Our maths lead leaves at Easter.")).to_be_visible()
    assert state_of(sent) == State.TURNED_DOWN

    offer(sent, administrator)
    page.goto(link)
    page.get_by_role("button", name="Accept the place").click()
    page.get_by_label("The school agrees to all of this").check()
    press(page, "Accept the place")
    expect(page.get_by_role("heading", name="Place accepted")).to_be_visible()
    assert [answer.answer for answer in answers_to(sent)] == [State.TURNED_DOWN, State.ACCEPTED]


def test_the_pages_of_turning_down_can_be_read_by_everybody(
    quiet: Page, site: str, sent: ExpressionOfInterest, administrator: User
) -> None:
    page = quiet
    offer(sent, administrator)
    page.goto(link_of(site, sent))
    page.get_by_role("button", name="Turn the place down").click()
    look_at(page)
    press(page, "Turn the place down")
    expect(page).to_have_title(re.compile("^Error: Turn the place down"))
    look_at(page)
    page.get_by_label("Why can the school not take the place?").fill("x" * 300)
    press(page, "Turn the place down")
    expect(page.get_by_role("heading", name="The place is turned down")).to_be_visible()
    look_at(page)


def test_an_offer_that_has_changed_and_a_second_place_can_be_read_by_everybody(
    page: Page, site: str, sent: ExpressionOfInterest, administrator: User
) -> None:
    page.set_default_timeout(20_000)
    other = factories.make_expression(sent.window, factories.make_school("Birch Academy"))
    for expression in (sent, other):
        offer(expression, administrator)
    page.goto(f"{link_of(site, sent)}accept/")
    factories.go_on_as(sent.school, other.school)
    page.get_by_label("The school agrees to all of this").check()
    press(page, "Accept the place")
    expect(page.get_by_role("alert")).to_contain_text("Read the offer again: it has changed")
    expect(page.get_by_label("The school agrees to all of this")).not_to_be_checked()
    look_at(page)
    page.get_by_label("The school agrees to all of this").check()
    press(page, "Accept the place")
    expect(page.get_by_role("heading", name="Place accepted")).to_be_visible()

    page.goto(f"{link_of(site, other)}accept/")
    page.get_by_label("The school agrees to all of this").check()
    press(page, "Accept the place")
    expect(page.get_by_role("heading", name="Your school has a place already")).to_be_visible()
    look_at(page)
    assert (state_of(sent), state_of(other)) == (State.ACCEPTED, State.OFFERED)


def test_a_place_is_accepted_with_the_keyboard_only(
    quiet: Page, site: str, sent: ExpressionOfInterest, administrator: User
) -> None:
    page = quiet
    offer(sent, administrator)
    page.goto(link_of(site, sent))
    tab_to(page, "Accept the place")
    page.keyboard.press("Space")
    expect(page).to_have_title(re.compile("^Accept the place"))
    page.get_by_label("Your role at the school").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_label("The school agrees to all of this")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Accept the place")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Place accepted")).to_be_visible()
    assert state_of(sent) == State.ACCEPTED


def tab_to(page: Page, label: str) -> None:
    """Press Tab until a button has the focus; a keyboard must get there."""
    button = page.get_by_role("button", name=label)
    for _ in range(20):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"Tab does not lead to {label}")

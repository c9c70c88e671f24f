"""A Mastery Specialist on her phone: she arranges a visit, writes while it is saved, and the school reads her note."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from correspondence.models import Message
from hubs import tenancy
from hubs.models import Hub, User
from schools.calendar import SchoolCalendar
from tests import factories, work
from tests.browser import NOTE_LEAVING, look_at, press
from workgroups.models import Place, Visit, VisitDraft, VisitState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ClientOf = Callable[[User], Client]
PHONE = {"width": 360, "height": 740}
LONG_NAME = "The Worshipful Company of Ropemakers and Sailmakers' Memorial Church of England Voluntary Aided Academy"
NOTE = "We looked at bar models in Year 4. Réception and \N{BAR CHART} as well."


@pytest.fixture
def place(hub: Hub, specialist: User) -> Place:
    """A school in her group since the summer before, and another one beside it."""
    group = work.make_group(hub, "Ash Group", specialist=work.make_specialist(hub, user=specialist))
    accepted = dt.datetime(group.stage_year.year, 6, 20, 12, tzinfo=work.LONDON)
    work.make_place(hub, factories.make_school(LONG_NAME), group=group, accepted_at=accepted)
    return work.make_place(hub, factories.make_school("Ash Lane Primary School"), group=group, accepted_at=accepted)


@pytest.fixture
def phone(browser: Browser, site: str, specialist: User, client_of: ClientOf) -> Iterator[BrowserContext]:
    """Her phone, on which she is signed in."""
    with browser.new_context(viewport=PHONE) as context:  # type: ignore[arg-type]
        context.add_init_script(NOTE_LEAVING)
        signed_in(context, site, client_of(specialist))
        yield context


def signed_in(context: BrowserContext, site: str, client: Client) -> None:
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def type_date(page: Page, day: dt.date) -> None:
    group = page.get_by_role("group", name="Day of the visit")
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        group.get_by_label(part, exact=True).fill(str(value))


def address(site: str, place: Place, page: str = "", *, term: int = 1) -> str:
    return f"{site}/console/northvale/groups/places/{place.pk}/visits/{term}/1/{page}"


def letters(hub: Hub) -> list[Message]:
    with tenancy.use(hub):
        return list(Message.objects.filter(kind="visit-note").order_by("pk"))


def write_the_rest(page: Page) -> None:
    """What the form asks besides the notes."""
    type_date(page, timezone.localdate() - dt.timedelta(days=1))
    page.get_by_label("When it started").fill("9:30am")
    page.get_by_label("Whom you met").fill("Both lead teachers")
    page.get_by_label("Release time of the lead teachers").select_option("1 day")


def test_a_visit_is_arranged_written_on_two_devices_and_read_by_the_school(
    quiet: Page, phone: BrowserContext, site: str, hub: Hub, place: Place, specialist: User, client_of: ClientOf
) -> None:
    page = quiet
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    signed_in(page.context, site, client_of(specialist))

    # From the list to the school's visit of the autumn.
    page.goto(f"{site}/console/northvale/groups/visits/")
    look_at(page)
    page.goto(address(site, place))
    look_at(page)
    press(page, "Arrange the visit")
    look_at(page)
    press(page, "Arrange the visit")
    expect(page).to_have_title(re.compile("^Error: "))
    look_at(page)
    type_date(page, timezone.localdate())
    page.get_by_label("When it starts").fill("11.59pm")
    if not SchoolCalendar().in_session(timezone.localdate()):
        press(page, "Arrange the visit")
        look_at(page)
    page.get_by_role("button", name=re.compile("^Arrange (the visit|it all the same)$")).dblclick()
    expect(page.get_by_text("is arranged for")).to_be_visible()
    look_at(page)

    # She writes; the window is closed before anything is sent.
    press(page, "Prepare the note")
    page.get_by_label("Note of the visit").fill(NOTE)
    page.get_by_label("Internal note").fill("The head is about to leave.")
    expect(page.get_by_role("status").filter(has_text="Saved at")).to_be_visible()
    look_at(page)
    page.goto("about:blank")

    # On her phone it is there again.
    other = phone.new_page()
    other.goto(address(site, place))
    expect(other.get_by_text("You began to write it up on")).to_be_visible()
    look_at(other)
    press(other, "Go on with the note")
    expect(other.get_by_label("Note of the visit")).to_have_value(NOTE)
    expect(other.get_by_label("Internal note")).to_have_value("The head is about to leave.")
    press(other, "Log the visit")
    expect(other).to_have_title(re.compile("^Error: "))
    look_at(other)
    other.get_by_role("link", name="Enter whom you met").click()
    expect(other.get_by_label("Whom you met")).to_be_focused()
    write_the_rest(other)
    action = other.get_by_role("group", name="Action 1")
    action.get_by_label("Action 1").fill("Draw bars in every lesson")
    action.get_by_label("Who").fill("Tess Teacher")
    other.get_by_role("button", name="Log the visit").dblclick()
    expect(other.get_by_text("The autumn visit is logged.")).to_be_visible()
    expect(other.get_by_text("Only the hub sees this")).to_be_visible()
    look_at(other)
    with tenancy.use(hub):
        assert [visit.state for visit in Visit.objects.all()] == [VisitState.HELD]
        assert not VisitDraft.objects.exists()

    # The school reads the note by the link in its letter, and never the other one.
    sent = letters(hub)
    assert len(sent) == 3
    assert sent[0].recipients == ["head@school.example"]
    link = re.search(r"http\S+/school/\S+", sent[0].text)
    assert link
    other.context.clear_cookies()
    other.goto(link[0])
    expect(other.get_by_text(NOTE)).to_be_visible()
    expect(other.get_by_text("The head is about to leave.")).to_have_count(0)


def test_what_follows_a_visit(quiet: Page, site: str, place: Place, specialist: User, client_of: ClientOf) -> None:
    page = quiet
    signed_in(page.context, site, client_of(specialist))
    page.goto(address(site, place, "log/"))
    page.get_by_label("Note of the visit").fill(NOTE)
    write_the_rest(page)
    page.get_by_role("group", name="Action 1").get_by_label("Action 1").fill("Draw bars in every lesson")
    press(page, "Log the visit")

    # A slip is put right, with its reason.
    page.get_by_role("link", name="Put it right").click()
    look_at(page)
    page.get_by_label("1 day", exact=True).check()
    page.get_by_label("Why is it put right?").fill("It took all day.")
    press(page, "Put it right")
    expect(page.get_by_text("length 1 day, not ½ day")).to_be_visible()
    look_at(page)

    # The next visit begins with what was agreed, and that can be ticked off on the way.
    page.goto(address(site, place, term=2))
    expect(page.get_by_role("heading", name="To begin with: what was agreed")).to_be_visible()
    look_at(page)
    page.goto(address(site, place, "log/", term=2))
    expect(page.get_by_label("Draw bars in every lesson")).to_be_visible()
    look_at(page)
    page.goto(f"{site}/console/northvale/groups/places/{place.pk}/")
    press(page, re.compile("^Done *: Draw bars in every lesson"))
    expect(page.get_by_text("Done: Draw bars in every lesson").first).to_be_visible()

    # A visit that does not take place leaves room for another.
    page.goto(address(site, place, "arrange/", term=2))
    days = [timezone.localdate() + dt.timedelta(days=number) for number in range(3, 99)]
    first = {bool(SchoolCalendar().in_session(day)): day for day in reversed(days)}
    type_date(page, first[False])
    page.get_by_label("When it starts").fill("2pm")
    press(page, "Arrange the visit")
    expect(page.get_by_role("heading", name="Check the date")).to_be_visible()
    look_at(page)
    type_date(page, first[True])
    press(page, "Arrange it all the same")
    page.get_by_role("link", name="It did not take place").click()
    look_at(page)
    page.get_by_label("Why did it not take place?").fill("Snow")
    press(page, "It did not take place")
    expect(page.get_by_text("Snow").first).to_be_visible()
    look_at(page)
    for path in (f"places/{place.pk}/", f"{place.group_id}/"):
        page.goto(f"{site}/console/northvale/groups/{path}")
        expect(page.get_by_role("heading", name="Support visits")).to_be_visible()
        look_at(page)


def test_two_windows_tell_of_each_other(phone: BrowserContext, site: str, place: Place) -> None:
    first, second = phone.new_page(), phone.new_page()
    for page in (first, second):
        page.goto(address(site, place, "log/"))
    first.get_by_label("Whom you met").fill("The head")
    expect(first.get_by_role("status").filter(has_text="Saved at")).to_be_visible()
    second.get_by_label("Note of the visit").fill(NOTE)
    expect(second.get_by_role("status").filter(has_text="also written in another window")).to_be_visible()
    first.reload()
    expect(first.get_by_label("Whom you met")).to_have_value("The head")
    expect(first.get_by_label("Note of the visit")).to_have_value(NOTE)


def test_without_a_connection_it_is_saved_later(phone: BrowserContext, site: str, hub: Hub, place: Place) -> None:
    page = phone.new_page()
    page.goto(address(site, place, "log/"))
    phone.set_offline(True)
    page.get_by_label("Note of the visit").fill(NOTE)
    expect(page.get_by_text("Not saved: there is no connection.")).to_be_visible()
    phone.set_offline(False)
    expect(page.get_by_role("status").filter(has_text="Saved at")).to_be_visible()
    with tenancy.use(hub):
        assert VisitDraft.objects.get().answers["shared_note"] == [NOTE]


def test_who_is_signed_out_meanwhile_is_told_and_loses_nothing(
    phone: BrowserContext, site: str, place: Place, specialist: User, client_of: ClientOf
) -> None:
    page = phone.new_page()
    page.goto(address(site, place, "log/"))
    Session.objects.all().delete()
    page.get_by_label("Note of the visit").fill(NOTE)
    expect(page.get_by_text("This is not being saved any more. Send the form")).to_be_visible()
    press(page, "Log the visit")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    session = next(cookie["value"] for cookie in phone.cookies() if cookie.get("name") == "sessionid")
    again = client_of(specialist)
    again.cookies["sessionid"] = session
    again.force_login(specialist, backend="allauth.account.auth_backends.AuthenticationBackend")
    signed_in(phone, site, again)
    page.goto(address(site, place, "log/"))
    expect(page.get_by_text("We kept what you typed")).to_be_visible()
    expect(page.get_by_label("Note of the visit")).to_have_value(NOTE)


def test_a_visit_that_somebody_else_has_logged_is_no_longer_saved(
    phone: BrowserContext, site: str, place: Place
) -> None:
    page = phone.new_page()
    page.goto(address(site, place, "log/"))
    now = timezone.now()
    work.make_visit(
        place, state=VisitState.HELD, starts_at=now, held_recorded_at=now, met="The head", shared_note="Other words"
    )
    page.get_by_label("Note of the visit").fill(NOTE)
    expect(page.get_by_text("This visit is logged already.")).to_be_visible()


def test_without_javascript_a_button_saves(
    browser: Browser, site: str, hub: Hub, place: Place, specialist: User, client_of: ClientOf
) -> None:
    with browser.new_context(java_script_enabled=False, viewport=PHONE) as context:  # type: ignore[arg-type]
        signed_in(context, site, client_of(specialist))
        page = context.new_page()
        page.goto(address(site, place, "log/"))
        page.get_by_label("Note of the visit").fill(NOTE)
        press(page, "Save and finish later")
        expect(page.get_by_text("Saved for you alone.")).to_be_visible()
        press(page, "Go on writing")
        expect(page.get_by_label("Note of the visit")).to_have_value(NOTE)
        page.get_by_text("More actions").click()
        page.get_by_role("textbox", name="Action 3").fill("Ask the governors")
        write_the_rest(page)
        press(page, "Log the visit")
        expect(page.get_by_text("The autumn visit is logged.")).to_be_visible()
        expect(page.get_by_text("Ask the governors", exact=True)).to_be_visible()
    assert len(letters(hub)) == 3


def test_a_visit_is_written_up_with_the_keyboard_only(
    quiet: Page, site: str, hub: Hub, place: Place, specialist: User, client_of: ClientOf
) -> None:
    page = quiet
    signed_in(page.context, site, client_of(specialist))
    page.goto(address(site, place, "log/"))
    keyboard, yesterday = page.keyboard, timezone.localdate() - dt.timedelta(days=1)
    page.get_by_role("group", name="Day of the visit").get_by_label("Day", exact=True).focus()
    for typed in (yesterday.day, yesterday.month, yesterday.year, "9:30", "The head", NOTE, "Draw bars"):
        keyboard.press("Control+a")
        keyboard.type(str(typed))
        keyboard.press("Tab")
    tab_to(page, "More actions")
    keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Action 3")).to_be_visible()
    page.get_by_label("Internal note").focus()
    keyboard.type("For the hub.")
    keyboard.press("Tab")
    keyboard.press("ArrowDown")
    keyboard.press("Tab")
    keyboard.type("1 day")
    tab_to(page, "Log the visit")
    keyboard.press("Enter")
    expect(page.get_by_text("The autumn visit is logged.")).to_be_visible()
    with tenancy.use(hub):
        visit = Visit.objects.get()
    assert (visit.met, visit.half_days, visit.teachers_half_days) == ("The head", 2, 2)


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what says these words has the focus; a keyboard must get there."""
    for _ in range(40):
        if words in (page.evaluate("document.activeElement.textContent") or ""):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"No way by Tab to “{words}”")


def test_a_visit_that_nobody_has_arranged_is_marked_as_missed(phone: BrowserContext, site: str, place: Place) -> None:
    page = phone.new_page()
    page.goto(site + reverse("visit", args=[place.hub.slug, place.pk, 1, 1]))
    page.get_by_role("link", name="Mark as missed").focus()
    page.keyboard.press("Enter")
    look_at(page)
    press(page, "Mark as missed")
    look_at(page)
    page.get_by_role("link", name="Enter why it did not take place").click()
    page.keyboard.type("The school could release nobody before Christmas.")
    press(page, "Mark as missed")
    expect(page.get_by_text("The autumn visit is marked as missed.")).to_be_visible()
    look_at(page)
    with tenancy.use(place.hub):
        visit = Visit.objects.get()
    assert (visit.state, visit.was_arranged) == (VisitState.MISSED, False)


def test_of_two_windows_the_second_sees_what_the_first_has_put_right(
    phone: BrowserContext, site: str, place: Place
) -> None:
    now = timezone.now()
    held: dict[str, Any] = {"state": VisitState.HELD, "held_recorded_at": now, "met": "The head", "shared_note": NOTE}
    work.make_visit(place, starts_at=now - dt.timedelta(days=3), **held)
    first, second = phone.new_page(), phone.new_page()
    for page in (first, second):
        page.goto(site + reverse("visit_put_right", args=[place.hub.slug, place.pk, 1, 1]))
    for page, met in ((first, "Both lead teachers"), (second, "The whole team")):
        page.get_by_label("Whom you met").fill(met)
        page.get_by_label("Why is it put right?").fill("A slip.")
        press(page, "Put it right")
    expect(first.get_by_text("It is put right.")).to_be_visible()
    expect(second.get_by_role("heading", name="What stands now")).to_be_visible()
    expect(second.get_by_text("Both lead teachers", exact=True)).to_be_visible()
    look_at(second)
    press(second, "Put it right")
    expect(second.get_by_text("It is put right.")).to_be_visible()
    with tenancy.use(place.hub):
        assert Visit.objects.get().met == "The whole team"

"""A Specialist's meeting from its plan to its record, on a phone; the same with the keyboard and without JavaScript."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from hubs import tenancy
from hubs.models import Hub, User
from hubs.wording import moment
from tests import work
from tests.browser import look_at, press
from tests.journeys.test_term_dates import LONG_NAME, sign_in
from tests.workgroups.views.pages import join, past, url
from workgroups.models import Attendance, InternalNote, Meeting, WorkGroup

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 360, "height": 780}


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    """Three schools, one with a long name and one whose name is read from the right."""
    group = work.make_group(hub, "Ashby", specialist=work.make_specialist(hub, user=specialist))
    for name in ("Ash Lane Primary School", LONG_NAME, "مدرسة الواحة"):
        join(group, name)
    return group


@pytest.fixture
def on_a_phone(quiet: Page, site: str, specialist: User, client_of: Callable[[User], Client]) -> Page:
    """The Specialist's telephone, signed in."""
    sign_in(quiet, site, client_of(specialist))
    quiet.set_viewport_size(PHONE)  # type: ignore[arg-type]
    return quiet


def teacher(page: Page, number: int) -> Locator:
    """The choices for a lead teacher of the first school."""
    return page.get_by_role("group", name=re.compile(f"Teacher {number} .*Ash Lane Primary School"))


def look(page: Page) -> None:
    """Look at the page as on a desk and on a phone, and go on on the phone."""
    look_at(page)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def marks_in(meeting: Meeting) -> list[str]:
    with tenancy.use(meeting.hub_id):
        return sorted(Attendance.objects.values_list("mark", flat=True))


def test_a_meeting_is_planned_moved_and_cancelled(on_a_phone: Page, site: str, group: WorkGroup) -> None:
    page = on_a_phone
    page.goto(site + url("group", group))
    page.get_by_role("link", name="Plan the first one").click()
    look(page)
    press(page, "Plan the meeting")
    summary = page.get_by_role("link", name="Enter the date of the meeting")
    expect(summary).to_be_visible()
    look(page)
    summary.click()
    expect(page.get_by_label("Day", exact=True)).to_be_focused()
    # A Saturday, of which one is warned once.
    today = timezone.localdate()
    saturday = today + dt.timedelta(days=(5 - today.weekday()) % 7 + 7)
    for box, value in (("Day", saturday.day), ("Month", saturday.month), ("Year", saturday.year)):
        page.get_by_label(box, exact=True).fill(str(value))
    page.get_by_label("Start time").fill("9.30")
    page.get_by_label("Host school").select_option(label=f"{LONG_NAME}, Ashby Marsh, NV1 2AB")
    press(page, "Plan the meeting")
    expect(page.get_by_role("alert")).to_contain_text("Check the date")
    look(page)
    page.get_by_role("button", name="Plan it all the same").dblclick()
    expect(page.get_by_role("heading", name=f"{saturday:%A} {saturday.day} {saturday:%B %Y}, 9:30am")).to_be_visible()
    look(page)
    with tenancy.use(group.hub):
        assert Meeting.objects.count() == 1
    press(page, "Change the meeting")
    look(page)
    page.get_by_label("Start time").fill("1:30pm")
    press(page, "Save the meeting")
    expect(page.get_by_text("Calendars follow.")).to_be_visible()
    page.get_by_role("link", name="Cancel the meeting").click()
    look(page)
    page.get_by_label("Why is it cancelled?").fill("Snow.")
    press(page, "Cancel the meeting")
    expect(page.get_by_text("Cancelled:", exact=True)).to_be_visible()
    look(page)
    page.goto(site + url("group", group))
    look(page)


def test_who_came_is_recorded_on_a_phone_and_put_right(on_a_phone: Page, site: str, group: WorkGroup) -> None:
    page = on_a_phone
    meeting = work.make_meeting(group, starts_at=past())
    page.goto(f"{site}/console/{group.hub.slug}/groups/meetings/?when=record")
    look(page)
    page.get_by_role("link", name=moment(meeting.starts_at)).click()
    look(page)
    press(page, "Record who came")
    look(page)
    first = teacher(page, 1)
    second = teacher(page, 2)
    expect(page.get_by_label("Who came instead of Teacher 1?").first).to_be_hidden()
    first.get_by_label("Absent").check()
    second.get_by_label("Substitute").check()
    press(page, "Everybody was there")
    expect(page.get_by_role("status")).to_contain_text("Change those who were not there")
    expect(first.get_by_label("Absent")).to_be_checked()
    press(page, "Save the record")
    look(page)
    page.get_by_role("link", name="Enter the name of who came instead of Teacher 2").click()
    page.keyboard.type("Sami Substitute")
    page.get_by_label("Discussion").fill("How long to stay with the concrete.")
    page.get_by_label("Internal note").fill("The head is leaving.")
    page.get_by_role("button", name="Save the record").dblclick()
    expect(page.get_by_text("5 of 6 came, 1 of them as a substitute.").first).to_be_visible()
    look(page)
    assert marks_in(meeting) == ["absent", *["present"] * 4, "substitute"]
    with tenancy.use(group.hub):
        assert InternalNote.objects.get().text == "The head is leaving."
    page.get_by_role("link", name="Put the attendance right").click()
    look(page)
    first.get_by_label("Present").check()
    page.get_by_label("Why is it put right?").fill("She came late.")
    press(page, "Save the attendance")
    expect(page.get_by_text("6 of 6 came, 1 of them as a substitute.").first).to_be_visible()
    press(page, "Change the write-up")
    look(page)
    page.get_by_label("Agreed actions").fill("Each tries the task.")
    press(page, "Save the write-up")
    expect(page.get_by_text("Each tries the task.")).to_be_visible()


def test_with_the_keyboard_alone(on_a_phone: Page, site: str, group: WorkGroup) -> None:
    page = on_a_phone
    meeting = work.make_meeting(group, starts_at=past())
    page.goto(site + url("meeting_hold", meeting))
    everybody = page.get_by_role("button", name="Everybody was there")
    for _ in range(20):
        page.keyboard.press("Tab")
        if everybody.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Done.")
    page.keyboard.press("Tab")
    group_of_first = teacher(page, 1)
    expect(group_of_first.get_by_label("Present")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Sami Substitute")
    # Enter saves, and does not choose for everybody.
    page.keyboard.press("Enter")
    expect(page.get_by_text("6 of 6 came, 1 of them as a substitute.").first).to_be_visible()
    assert marks_in(meeting) == [*["present"] * 5, "substitute"]


def test_without_javascript(
    browser: Browser, site: str, group: WorkGroup, specialist: User, client_of: Callable[[User], Client]
) -> None:
    meeting = work.make_meeting(group, starts_at=past())
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, site, client_of(specialist))
    page.goto(site + url("meeting_hold", meeting))
    first = teacher(page, 1)
    first.get_by_label("Absent").check()
    page.get_by_label("Discussion").fill("Concrete first.")
    press(page, "Everybody was there")
    expect(first.get_by_label("Absent")).to_be_checked()
    expect(page.get_by_label("Discussion")).to_have_value("Concrete first.")
    assert marks_in(meeting) == []
    press(page, "Save the record")
    expect(page.get_by_text("5 of 6 came.").first).to_be_visible()
    assert marks_in(meeting) == ["absent", *["present"] * 5]
    context.close()


def test_a_calendar_address_is_opened_and_ended(on_a_phone: Page, site: str, group: WorkGroup) -> None:
    page = on_a_phone
    work.make_meeting(group)
    page.goto(site + url("group", group))
    page.get_by_role("link", name="Show the meetings in your own calendar").click()
    look(page)
    press(page, "Open an address for this calendar")
    address = page.get_by_label("Address of the calendar").input_value()
    look(page)
    calendar = page.request.get(address)
    assert calendar.text().startswith("BEGIN:VCALENDAR")
    assert "TRG meeting: Ashby" in calendar.text()
    page.get_by_text("End this address").click()
    look(page)
    press(page, "End the address")
    expect(page.get_by_role("button", name="Open an address for this calendar")).to_be_visible()
    assert page.request.get(address).status == 410
    page.goto(f"{site}/console/{group.hub.slug}/specialists/{group.specialist_id}/calendar/")
    look(page)

"""One Work Group's year from end to end, each by the person who does it: an offer, a group, a meeting, a visit, money.

The worker runs: letters and reminders are those that people would get.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from correspondence import mailbox
from correspondence.models import Message
from correspondence.models import State as MessageState
from funding.models import Grant, GrantState, ReleaseEntry
from hubadmin.local.processes import wait_until
from hubs import tenancy
from hubs.models import Hub, User
from hubs.wording import plain_day
from programmes.models import ExpressionOfInterest
from tests import factories, work
from tests.browser import arrive, look_at
from tests.reports import tagged_pdf
from workgroups.models import MasterySpecialist, Meeting, Place, PlaceState, Visit, VisitState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONDON = ZoneInfo("Europe/London")
DAY = dt.timedelta(days=1)
# Seconds until what a worker does must be done: it starts meanwhile.
PATIENCE = 90
SECRET = "ZEBRA-ONLY-THE-HUB"


@pytest.fixture
def mina(hub: Hub, specialist: User) -> MasterySpecialist:
    """The member who is a Specialist, with ten days agreed."""
    found = work.make_specialist(
        hub, user=specialist, school=factories.make_school("Elm", easting=430_000, northing=433_000)
    )
    with tenancy.use(hub):
        found.days_agreed.create(hub=hub, year=work.this_year(), half_days=20)
    return found


@pytest.fixture
def sent(hub: Hub) -> ExpressionOfInterest:
    school = factories.make_school("Ash Lane Primary School", easting=433_000, northing=437_000)
    return factories.make_expression(work.window_of(hub), school)


class Story:
    """The browser, and whoever sits before it."""

    def __init__(self, page: Page, site: str, hub: Hub, client_of: Callable[[User], Client]) -> None:
        self.page, self.site, self.hub, self.client_of = page, site, hub, client_of

    def sit_down(self, user: User | None, *, phone: bool = False) -> None:
        """Another person: signed in or, without an account, not."""
        self.page.context.clear_cookies()
        if user:
            value = self.client_of(user).cookies["sessionid"].value
            self.page.context.add_cookies([{"name": "sessionid", "value": value, "url": self.site}])
        self.page.set_viewport_size({"width": 360, "height": 740} if phone else {"width": 1440, "height": 900})

    def open(self, path: str) -> None:
        """A page of the hub's console, looked at by axe and at both widths."""
        self.page.goto(f"{self.site}/console/northvale/{path}")
        self.look()

    def look(self) -> None:
        """Axe at both widths, then back to the person's own."""
        size = self.page.viewport_size
        look_at(self.page)
        assert size is not None
        self.page.set_viewport_size(size)

    def press(self, label: str | re.Pattern[str]) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=label, exact=isinstance(label, str)).first.click()
        arrive(self.page)

    def follow(self, label: str | re.Pattern[str]) -> None:
        """Follow a link."""
        self.page.get_by_role("link", name=label).first.click()
        arrive(self.page)

    def date(self, name: str, day: dt.date) -> None:
        """Type a date into its three boxes."""
        for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
            self.page.locator(f"[name={name}_{part}]").fill(str(value))

    def field(self, name: str) -> Locator:
        """A control by its name."""
        return self.page.locator(f"[name={name}]")


def letter_to(address: str, words: str) -> mailbox.Mail:
    def found() -> list[mailbox.Mail]:
        return [mail for mail in mailbox.mails() if address in mail.recipients and words in mail.subject + mail.text]

    assert wait_until(lambda: bool(found()), seconds=PATIENCE), f"no letter to {address} with {words}"
    return found()[0]


def waiting_reminders(hub: Hub, kind: str) -> list[Message]:
    with tenancy.use(hub):
        waiting = Message.objects.reminders().filter(kind=kind, state__in=[MessageState.QUEUED, MessageState.HELD])
        return list(waiting.order_by("not_before", "pk"))


def until(holds: Callable[[], bool], what: str) -> None:
    assert wait_until(holds, seconds=PATIENCE), what


def test_a_work_group_goes_through_its_year(
    quiet: Page,
    site: str,
    worker: None,
    hub: Hub,
    sent: ExpressionOfInterest,
    mina: MasterySpecialist,
    administrator: User,
    lead: User,
    finance: User,
    specialist: User,
    client_of: Callable[[User], Client],
) -> None:
    quiet.set_default_timeout(20_000)
    story = Story(quiet, site, hub, client_of)
    page = story.page
    today = timezone.localdate()

    # --- An offer, accepted by link ---
    story.sit_down(administrator)
    story.open(f"expressions/{sent.reference}/offer/")
    story.press("Offer the place and send the letter")
    letter = letter_to("head@school.example", "A place for your school")
    story.sit_down(None, phone=True)
    page.goto(next(link for link in letter.links if "/offer/" in link))
    story.look()
    story.press("Accept the place")
    page.get_by_label("The school agrees to all of this").check()
    story.look()
    story.press("Accept the place")
    expect(page.get_by_role("heading", name="Place accepted")).to_be_visible()
    story.look()

    # --- A group ---
    story.sit_down(administrator)
    story.open("")
    story.follow(re.compile("waits for a Work Group"))
    story.look()
    story.open("groups/form/")
    with tenancy.use(hub):
        place = Place.objects.get()
    page.locator("[name=stage_year]").select_option(str(place.stage_year_id))
    story.field("name").fill("Ashby")
    page.locator("[name=specialist]").select_option(str(mina.pk))
    story.press("Form the group")
    # Five kilometres, by the register's metres.
    expect(page.locator("body")).to_contain_text("5")
    story.look()
    page.get_by_role("checkbox", name=re.compile("Ash Lane")).check()
    story.press("Add the ticked schools")
    story.look()
    with tenancy.use(hub):
        place = Place.objects.select_related("group", "school", "stage_year").get()
    group = place.group
    assert (place.state, str(group)) == (PlaceState.IN_GROUP, "Ashby")
    assert group is not None
    school_page = next(link for link in letter_to("head@school.example", "Ashby").links if "/school/" in link)

    # --- Meetings: one to come, whose reminders move and vanish with it, and one that was held ---
    story.sit_down(specialist, phone=True)
    story.open("")
    story.open(f"groups/{group.pk}/")
    coming = today + 12 * DAY
    plan_meeting(story, group.pk, coming, "1:30pm")
    until(lambda: len(waiting_reminders(hub, "meeting-in-10-days")) == 3, "reminders of the meeting appear")
    before = {message.pk for message in waiting_reminders(hub, "meeting-in-10-days")}
    with tenancy.use(hub):
        meeting = Meeting.objects.get()
    story.open(f"groups/meetings/{meeting.pk}/change/")
    story.date("day", coming + DAY)
    save_meeting(story)
    until(
        lambda: (
            {
                message.pk
                for message in waiting_reminders(hub, "meeting-in-10-days")
                if plain_day(coming + DAY) in message.text
            }
            == before
        ),
        "reminders of the meeting move with it",
    )
    story.open(f"groups/meetings/{meeting.pk}/cancel/")
    story.field("reason").fill("The host school is closed that week.")
    story.press("Cancel the meeting")
    until(lambda: not waiting_reminders(hub, "meeting-in-10-days"), "reminders vanish with the meeting")

    plan_meeting(story, group.pk, today, "12:05am")
    with tenancy.use(hub):
        held = Meeting.objects.exclude(pk=meeting.pk).get()
    story.open(f"groups/meetings/{held.pk}/hold/")
    story.press("Everybody was there")
    page.locator("input[type=radio][value=substitute]").nth(1).check()
    page.locator("[name^=substitute_]").nth(1).fill("Sub Stitute")
    story.field("observed_lesson").fill("Number lines in Year 3")
    story.field("internal_note").fill(SECRET)
    story.look()
    story.press("Save the record")
    expect(page.get_by_role("alert").first).to_be_visible()
    story.look()

    # --- A visit, logged in the corridor ---
    term = term_of(today)
    story.open(f"groups/places/{place.pk}/visits/{term}/1/log/")
    story.date("day", today)
    story.field("starts").fill("12:10am")
    story.field("half_days").first.check()
    story.field("teachers_half_days").select_option("2")
    story.field("met").fill("Both lead teachers")
    story.field("shared_note").fill("We planned fractions together.")
    story.field("internal_note").fill(SECRET)
    story.field("action_1_text").fill("Smaller steps in Year 4")
    story.look()
    story.press("Log the visit")
    with tenancy.use(hub):
        until(lambda: Visit.objects.filter(state=VisitState.HELD).count() == 1, "the visit is logged")
    story.look()
    letter_to("teacher1@school.example", "visit")

    # --- The school reads its page; the ledger adds up ---
    story.sit_down(None, phone=True)
    page.goto(school_page)
    story.look()
    for words in ("We planned fractions together.", "Smaller steps in Year 4", "Number lines in Year 3", "£1,000"):
        expect(page.locator("main")).to_contain_text(words)
    # Two half-days of the meeting, two of the visit.
    expect(page.locator("main")).to_contain_text("2 days of 10 days")
    assert SECRET not in page.content()
    with tenancy.use(hub):
        assert ReleaseEntry.objects.filter(place=place).balance() == 4
        assert ReleaseEntry.objects.filter(specialist=mina).balance() == 2
    story.sit_down(specialist, phone=True)
    story.open("")
    expect(page.locator("main")).to_contain_text("1 day used of 10 days agreed")

    # --- The grant: due, approved by a second person, paid ---
    with tenancy.use(hub):
        grant = Grant.objects.get()
    story.sit_down(administrator)
    story.open(f"money/grants/{grant.pk}/amount/")
    story.field("amount").fill("£950.50")
    story.field("reason").fill("A part of the release was paid elsewhere.")
    story.press("Change the amount")
    story.open(f"money/grants/{grant.pk}/")
    story.press("Mark as due")
    story.look()
    story.press(re.compile("1 grant"))
    story.open(f"money/grants/{grant.pk}/")
    # Whoever changed the amount does not approve it.
    expect(page.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)
    story.sit_down(lead)
    story.open("")
    story.follow(re.compile("grant to approve"))
    story.open(f"money/grants/{grant.pk}/")
    story.press(re.compile("^Approve"))
    story.look()
    story.press(re.compile("^Approve 1 grant"))
    story.sit_down(finance)
    story.open("")
    story.follow(re.compile("payment list"))
    story.open("money/payments/make/")
    story.press("Make the list")
    story.look()
    expect(page.locator("main")).to_contain_text("£950.50")
    page.goto(f"{page.url.rstrip('/')}/paid/")
    story.look()
    story.date("paid_on", today)
    story.field("reference").fill("BACS 7")
    story.press("Mark as paid")
    story.look()
    with tenancy.use(hub):
        grant.refresh_from_db()
    assert (grant.state, grant.amount_pence) == (GrantState.PAID, 95_050)

    # --- The report ---
    story.open("reports/")
    story.open("reports/new/")
    story.press("Make the report")
    story.look()
    until(lambda: _is_ready(page), "the report is ready")
    story.look()
    with page.expect_download() as download:
        story.follow(re.compile("Download the PDF"))
    content = download.value.path().read_bytes()
    assert tagged_pdf.faults(content) == []
    cells = [cell for table in tagged_pdf.tables(content) for row in table for cell in row]
    assert "£950.50" in cells
    assert SECRET not in " ".join(cells)


def plan_meeting(story: Story, group: int, day: dt.date, time: str) -> None:
    """Plan one on any day, also in the holidays or at a weekend: the page warns once."""
    story.open(f"groups/{group}/meetings/plan/")
    story.date("day", day)
    story.field("time").fill(time)
    story.field("half_days").select_option("1")
    story.page.locator("[name=format][value=in_person]").check()
    story.field("venue").fill("Town hall")
    save_meeting(story)


def save_meeting(story: Story) -> None:
    """Save, and once more where the page warns of the day."""
    address = story.page.url
    story.press(re.compile("^(Plan|Save) the meeting"))
    if story.page.url == address:
        story.look()
        story.press(re.compile("^(Plan|Save) it all the same"))
    story.look()


def term_of(day: dt.date) -> int:
    """The term in which a day lies or, in the holidays, the one before."""
    if day.month >= 9:
        return 1
    return 2 if day.month <= 4 else 3


def _is_ready(page: Page) -> bool:
    page.reload()
    return page.get_by_role("link", name=re.compile("Download the PDF")).count() > 0

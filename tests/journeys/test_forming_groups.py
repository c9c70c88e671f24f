"""A hub adds its Specialist, forms a group, fills it with the nearest schools, and decides on one a year later."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from hubs import tenancy
from hubs.models import Hub, User
from hubs.years import label_of
from programmes.models import Participation
from tests import factories, work
from tests.browser import look_at, press
from workgroups.models import MasterySpecialist, Participant, Place, PlaceState, WorkGroup

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GROUPS = "/console/northvale/groups"


@pytest.fixture
def places(hub: Hub) -> list[Place]:
    """Three schools that have accepted; the register does not place the last one."""
    factories.make_school("Mina's Primary School", easting=450_000, northing=300_000)
    accepted = timezone.now() - dt.timedelta(days=30)
    schools = [
        factories.make_school("Far Away School", easting=470_000, northing=300_000),
        factories.make_school("Near By School", easting=451_500, northing=302_000),
        factories.make_school("Somewhere School"),
    ]
    return [work.make_place(hub, school, accepted_at=accepted) for school in schools]


def sign_in(page: Page, site: str, client: Client) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def type_day(page: Page, legend: str, day: dt.date) -> None:
    date = page.get_by_role("group", name=legend)
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        date.get_by_label(part, exact=True).fill(str(value))


def test_a_hub_forms_a_group_and_decides_on_its_schools(
    quiet: Page, site: str, hub: Hub, places: list[Place], administrator: User, client_of: Callable[[User], Client]
) -> None:
    page, (far, near, somewhere) = quiet, places
    sign_in(page, site, client_of(administrator))

    # Nobody can lead a group yet: the way leads to the first Specialist.
    page.goto(f"{site}{GROUPS}/")
    look_at(page)
    press(page, "Form a Work Group")
    look_at(page)
    page.get_by_role("link", name="Add a Mastery Specialist").click()
    press(page, "Add the Mastery Specialist")
    expect(page).to_have_title(re.compile("^Error: "))
    look_at(page)
    page.get_by_label("Full name").fill("Mina Mastery")
    page.get_by_label("E-mail address").fill("mina@people.example")
    page.get_by_label("Primary").check()
    page.get_by_label("Cohort").fill("11")
    page.get_by_role("combobox", name="Their own school").press_sequentially("mina", delay=20)
    page.get_by_role("option", name=re.compile("Mina's Primary School")).click()
    type_day(page, "Works for the hub from", dt.date(2025, 9, 1))
    page.get_by_label(f"Days agreed for {label_of(work.this_year())}").fill("15½")
    look_at(page)
    press(page, "Add the Mastery Specialist")
    expect(page.get_by_text("Mina Mastery is added.")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="Mastery Specialists").click()
    expect(page.get_by_role("cell", name="15½ days")).to_be_visible()
    look_at(page)

    # A group, and the nearest school in it; what was ticked is one click with the keyboard.
    page.goto(f"{site}{GROUPS}/form/")
    page.get_by_label("Stage", exact=True).select_option(label="Developing (primary)")
    page.get_by_label("Name of the group").fill("Ashby 1")
    page.get_by_role("combobox", name="Mastery Specialist").select_option("Mina Mastery, Primary cohort 11")
    look_at(page)
    press(page, "Form the group")
    expect(page.get_by_text("Choose the schools that join it.")).to_be_visible()
    look_at(page)
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(3)
    expect(page.get_by_role("row").nth(0)).to_contain_text("Near By School")
    expect(page.get_by_role("row").nth(0)).to_contain_text("2.5 km")
    expect(page.get_by_role("row").nth(2)).to_contain_text("Somewhere School")
    press(page, "Add the ticked schools")
    expect(page).to_have_title(re.compile("^Error: "))
    look_at(page)
    page.get_by_role("link", name="Tick at least one school").click()
    expect(page.get_by_role("checkbox", name="Near By School")).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_role("checkbox", name="Somewhere School").focus()
    page.keyboard.press("Space")
    page.get_by_role("checkbox", name="Somewhere School").press("Enter")
    expect(page.get_by_text("Near By School and Somewhere School joined Ashby 1.")).to_be_visible()
    expect(page.get_by_text("There is room for 5 more.")).to_be_visible()
    look_at(page)

    # A place: another lead teacher, another head; then it moves, leaves, and is back.
    page.get_by_role("link", name="Somewhere School").first.click()
    look_at(page)
    page.get_by_role("link", name="Replace Teacher 1").click()
    look_at(page)
    page.get_by_label("Full name").fill("Ana New")
    page.get_by_label("Role at the school").fill("Maths lead")
    page.get_by_label("Work e-mail address").fill("ana@school.example")
    press(page, "Save the new lead teacher")
    expect(page.get_by_text("Ana New follows Teacher 1, whose")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="Change the headteacher").click()
    look_at(page)
    page.get_by_label("Headteacher's full name").fill("Nia Next")
    press(page, "Save the headteacher")
    expect(page.get_by_text("Nia Next is the headteacher from now on.")).to_be_visible()
    page.get_by_role("link", name="Move to another group").click()
    expect(page.get_by_text("No group to choose")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="Back to Somewhere School").click()
    page.get_by_role("link", name="The school has left").click()
    look_at(page)
    press(page, "Record that it has left")
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_label("Why?").fill("The head has retired.")
    press(page, "Record that it has left")
    expect(page.get_by_text("Somewhere School is recorded as having left.")).to_be_visible()
    look_at(page)
    page.get_by_role("button", name="The school is back").click()
    look_at(page)
    page.get_by_label("Why?").fill("The next head goes on with it.")
    press(page, "Record that it is back")
    page.get_by_role("button", name="Put into a group").click()
    look_at(page)
    page.get_by_label("Ashby 1").check()
    page.get_by_role("button", name="Put the school into the group").dblclick()
    expect(page.get_by_text("Somewhere School joined Ashby 1.")).to_be_visible()

    # Completion, with the evidence beside it.
    page.get_by_role("button", name="Decide on completion").click()
    expect(page.get_by_text("Ana New: no attendance recorded.")).to_be_visible()
    look_at(page)
    page.get_by_label("Yes, it has completed").check()
    page.get_by_label("Why do you decide so?").fill("Six meetings and three visits.")
    press(page, "Save the decision")
    expect(page.get_by_text("It is recorded that Somewhere School has completed.")).to_be_visible()
    look_at(page)
    assert Participation.objects.get(school=somewhere.school).outcome == "completed"

    # The lists, by then.
    page.goto(f"{site}{GROUPS}/")
    expect(page.get_by_role("link", name="Ashby 1")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="Schools without a group").click()
    expect(page.get_by_role("link", name="Far Away School")).to_be_visible()
    expect(page.get_by_text("1 place", exact=True)).to_be_visible()
    look_at(page)
    with tenancy.use(hub):
        assert Place.objects.get(pk=near.pk).state == PlaceState.IN_GROUP
        assert Place.objects.get(pk=far.pk).state == PlaceState.WAITING


def test_long_names_widen_no_page(
    quiet: Page, site: str, hub: Hub, administrator: User, client_of: Callable[[User], Client]
) -> None:
    page, name = quiet, "Heron" * 22
    sign_in(page, site, client_of(administrator))
    mina = work.make_specialist(hub, name)
    group, other = work.make_group(hub, name, specialist=mina), work.make_group(hub, f"{name}2", specialist=mina)
    place = work.make_place(hub, factories.make_school(f"{name}🦉"), group=group)
    waits = work.make_place(hub, factories.make_school(f"{name} مدرسة"))
    with tenancy.use(hub):
        Place.objects.update(head_name=name, head_email=f"{name}@school.example")
        Participant.objects.filter(position=1).update(name=name, role=name, email=f"{name}@school.example")
        first = place.participants.get(position=1)
    for address in (
        "", "places/", "specialists/", f"specialists/{mina.pk}/", f"specialists/{mina.pk}/change/", f"{group.pk}/",
        f"{group.pk}/change/", f"{group.pk}/places/", f"{other.pk}/places/", f"places/{place.pk}/",
        f"places/{place.pk}/move/", f"places/{waits.pk}/join/", f"places/{place.pk}/complete/",
        f"places/{place.pk}/headteacher/", f"participants/{first.pk}/replace/", f"participants/{first.pk}/change/",
    ):  # fmt: skip
        page.goto(f"{site}{GROUPS}/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        look_at(page)


def test_without_javascript_a_specialist_is_added_and_a_group_filled(
    browser: Browser, site: str, hub: Hub, places: list[Place], administrator: User,
    client_of: Callable[[User], Client],
) -> None:  # fmt: skip
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.set_default_timeout(20_000)
        sign_in(page, site, client_of(administrator))
        page.goto(f"{site}{GROUPS}/specialists/add/")
        page.get_by_label("Full name").fill("Mina Mastery")
        page.get_by_label("E-mail address").fill("mina@people.example")
        page.get_by_label("Primary", exact=True).check()
        page.get_by_label("Cohort").fill("11")
        page.get_by_label("Their own school").fill("primary school")
        type_day(page, "Works for the hub from", dt.date(2025, 9, 1))
        press(page, "Add the Mastery Specialist")
        expect(page.get_by_text("Choose the school, or enter another name").first).to_be_visible()
        page.get_by_label("Mina's Primary School").check()
        press(page, "Add the Mastery Specialist")
        expect(page.get_by_text("Mina Mastery is added.")).to_be_visible()
        with tenancy.use(hub):
            mina = MasterySpecialist.objects.select_related("school").get()
        assert mina.school.name == "Mina's Primary School"

        group = work.make_group(hub, "Ashby 1", specialist=mina)
        page.goto(f"{site}{GROUPS}/{group.pk}/places/")
        page.get_by_role("checkbox", name="Near By School").check()
        page.get_by_role("checkbox", name="Far Away School").check()
        press(page, "Add the ticked schools")
        expect(page.get_by_text("Near By School and Far Away School joined Ashby 1.")).to_be_visible()
        with tenancy.use(hub):
            assert WorkGroup.objects.get().places.count() == 2

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from hubs.models import Hub, LeadSchool, LocalAuthority, User

ClientOf = Callable[[User], Client]
PAGES = ["hub_settings", "hub_history", "hub_profile", "hub_colour", "hub_areas", "hub_lead_school"]
PROFILE = {
    "name": "Northvale Maths Hub",
    "contact_email": "hello@northvale.example",
    "contact_phone": "01632 960123",
    "reply_to": "hello@northvale.example",
    "privacy_role": "controller",
    "privacy_contact_email": "privacy@northvale.example",
}


@pytest.fixture
def authorities(db: None) -> None:
    for code, name, region in (
        ("901", "Ashford Vale", "North"),
        ("902", "Crale", "North"),
        ("903", "Dunmere", "South"),
    ):
        LocalAuthority.objects.create(code=code, name=name, region=region)


def at(url_name: str, hub: Hub) -> str:
    return reverse(url_name, args=[hub.slug])


@pytest.mark.parametrize("page", PAGES)
def test_the_owner_opens_it_a_lead_is_refused_and_a_stranger_finds_nothing(
    hub: Hub, administrator: User, lead: User, stranger: User, client_of: ClientOf, page: str
) -> None:
    for person, status in ((administrator, 200), (lead, 403), (stranger, 404)):
        assert client_of(person).get(at(page, hub)).status_code == status


def test_the_overview_shows_everything_and_where_to_change_it(
    hub: Hub, administrator: User, client_of: ClientOf, authorities: None
) -> None:
    hub.areas.add(LocalAuthority.objects.get(code="901"))
    LeadSchool.objects.create(hub=hub, name="Ash Lane School", urn=900001, starts_on=dt.date(2024, 9, 1))
    content = client_of(administrator).get(at("hub_settings", hub)).content.decode()
    for fact in ("hello@northvale.example", "#00625e", "7.2 to 1", "Ash Lane School", "900001", "Ashford Vale"):
        assert fact in content
    for page in PAGES[1:]:
        assert at(page, hub) in content


def test_changed_details_are_shown_with_what_changed(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    page = client_of(administrator).post(at("hub_profile", hub), PROFILE, follow=True)
    content = page.content.decode()
    assert "The hub&#x27;s details are saved." in content
    assert "Changed the telephone number from none to 01632 960123." in content
    hub.refresh_from_db()
    assert (hub.contact_phone, hub.privacy_role, hub.privacy_version) == ("01632 960123", "controller", 2)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("name", "", "Enter the hub's name"),
        ("name", "Severnmoor Maths Hub", "Enter another name: there is a hub with this one"),
        ("contact_email", "hello@", "Enter the hub's e-mail address, like name@school.sch.uk"),
        ("contact_phone", "call me", "Enter a telephone number, like 01632 960 001 or 07700 900 982"),
    ],
)
def test_a_mistake_in_the_details_loses_nothing(
    hub: Hub, other_hub: Hub, administrator: User, client_of: ClientOf, field: str, typed: str, message: str
) -> None:
    page = client_of(administrator).post(at("hub_profile", hub), {**PROFILE, field: typed})
    assert page.status_code == 200
    assert page.context["form"].errors == {field: [message]}
    content = page.content.decode()
    assert "01632 960123" in content or field == "contact_phone"
    assert (typed in content) if typed else True
    hub.refresh_from_db()
    assert hub.privacy_version == 1


def test_a_colour_too_light_is_refused_with_its_contrast_and_a_darker_one(
    hub: Hub, administrator: User, client_of: ClientOf
) -> None:
    page = client_of(administrator).post(at("hub_colour", hub), {"colour": "8AB4F8"})
    [message] = page.context["form"].errors["colour"]
    suggestion = page.context["form"].suggestion
    assert "white text on #8ab4f8 has a contrast of 2.1 to 1, and it must be at least 4.5 to 1" in message
    assert suggestion in message
    content = page.content.decode()
    assert 'value="8AB4F8"' in content
    assert f"Use {suggestion} instead" in content


def test_the_offered_colour_is_accepted(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    browser = client_of(administrator)
    suggestion = browser.post(at("hub_colour", hub), {"colour": "#8ab4f8"}).context["form"].suggestion
    page = browser.post(at("hub_colour", hub), {"colour": suggestion}, follow=True)
    assert f"The colour is {suggestion}. White text on it has a contrast of 4." in page.content.decode()
    hub.refresh_from_db()
    assert hub.colour == suggestion


def test_words_are_no_colour(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    page = client_of(administrator).post(at("hub_colour", hub), {"colour": "<teal>"})
    assert page.context["form"].errors["colour"] == ["Enter a # and six digits or letters from a to f, like #00625e"]
    assert page.context["form"].suggestion is None


def test_local_authorities_are_ticked_region_by_region(
    hub: Hub, administrator: User, client_of: ClientOf, authorities: None
) -> None:
    browser = client_of(administrator)
    browser.post(at("hub_areas", hub), {"codes": ["901", "903"], "sent": "yes"})
    page = browser.get(at("hub_areas", hub))
    shown = [(region.name, region.ticked, len(region.boxes)) for region in page.context["form"].regions()]
    assert shown == [("North", 1, 2), ("South", 1, 1)]


@pytest.mark.parametrize("typed", [{}, {"sent": "yes"}])
def test_a_hub_without_any_local_authority_is_refused(
    hub: Hub, administrator: User, client_of: ClientOf, typed: dict[str, str]
) -> None:
    hub.areas.add(LocalAuthority.objects.create(code="907", name="Northmoor"))
    page = client_of(administrator).post(at("hub_areas", hub), typed)
    assert page.context["form"].errors["codes"] == ["Tick at least one local authority"]
    assert page.content.decode().count("Tick at least one local authority") == 2
    assert hub.areas.count() == 1


def test_an_unknown_local_authority_changes_nothing(
    hub: Hub, administrator: User, client_of: ClientOf, authorities: None
) -> None:
    page = client_of(administrator).post(at("hub_areas", hub), {"codes": ["901", "999"]})
    assert page.context["form"].errors["codes"] == ["Choose local authorities from the list"]
    assert not hub.areas.exists()


def test_a_new_lead_school_follows_the_one_before(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    LeadSchool.objects.create(hub=hub, name="Ash Lane School", starts_on=dt.date(2024, 9, 1))
    typed = {
        "name": "Birch Trust",
        "urn": "",
        "starts_on_day": "1",
        "starts_on_month": "September",
        "starts_on_year": "2026",
    }
    page = client_of(administrator).post(at("hub_lead_school", hub), typed, follow=True)
    assert "Birch Trust is entered as lead school." in page.content.decode()
    assert "31 Aug 2026" in page.content.decode()


def test_a_lead_school_too_early_is_refused_beside_the_date(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    LeadSchool.objects.create(hub=hub, name="Ash Lane School", starts_on=dt.date(2024, 9, 1))
    typed = {"name": "Birch Trust", "urn": "12", "starts_on_day": "1", "starts_on_month": "9", "starts_on_year": "2020"}
    browser = client_of(administrator)
    page = browser.post(at("hub_lead_school", hub), typed)
    assert page.context["form"].errors["urn"] == ["Enter the URN with six digits, like 123456, or leave it empty"]
    page = browser.post(at("hub_lead_school", hub), {**typed, "urn": "900002"})
    assert "Enter a day after 1 September 2024" in page.context["form"].errors["starts_on"][0]
    assert 'value="2020"' in page.content.decode()


def test_a_year_mistyped_is_refused_beside_the_date(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    typed = {"name": "Birch Trust", "urn": "", "starts_on_day": "1", "starts_on_month": "9", "starts_on_year": "2206"}
    page = client_of(administrator).post(at("hub_lead_school", hub), typed)
    assert "that is two years ahead" in page.context["form"].errors["starts_on"][0]
    assert not hub.lead_schools.exists()


def test_the_history_is_shown_in_pages(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    browser = client_of(administrator)
    for number in range(51):
        browser.post(at("hub_profile", hub), {**PROFILE, "contact_phone": f"01632 960{number:03}"})
    first = browser.get(at("hub_history", hub))
    second = browser.get(at("hub_history", hub), {"page": "2"})
    assert (len(first.context["page"]), len(second.context["page"])) == (50, 1)
    assert "to 01632 960050." in first.content.decode()

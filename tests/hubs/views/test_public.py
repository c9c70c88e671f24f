from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from hubs.models import Hub, LeadSchool, LocalAuthority, User
from tests.factories import make_hub


@pytest.mark.parametrize("page", ["home", "accessibility", "cookies"])
def test_anybody_opens_it(client: Client, db: None, page: str) -> None:
    assert client.get(reverse(page)).status_code == 200


def test_the_start_page_leads_to_every_hub_by_its_area(client: Client, hub: Hub, other_hub: Hub) -> None:
    hub.areas.add(LocalAuthority.objects.create(code="901", name="Ashford Vale", region="North"))
    content = client.get(reverse("home")).content.decode()
    assert content.index("Northvale Maths Hub") < content.index("Ashford Vale") < content.index("Severnmoor Maths Hub")


def test_the_hubs_telephone_number_can_be_called(client: Client, db: None) -> None:
    hub = make_hub("northvale", contact_phone="01632 960 123")
    content = client.get(reverse("hub_public", args=[hub.slug])).content.decode()
    assert 'href="tel:01632960123">01632 960 123</a>' in content


@pytest.mark.parametrize("page", ["home", "accessibility", "hub_public", "hub_privacy", "account_email"])
def test_a_signed_in_person_finds_the_way_back_to_the_hub_on_every_page(
    hub: Hub, lead: User, client_of: Callable[[User], Client], page: str
) -> None:
    url = reverse(page, args=[hub.slug] if page.startswith("hub_") else [])
    assert f'href="{reverse("my_hubs")}">Your hub</a>' in client_of(lead).get(url).content.decode()
    assert "Your hub</a>" not in Client().get(url).content.decode()


def test_inside_the_console_the_way_back_to_the_hub_is_not_needed(
    hub: Hub, lead: User, client_of: Callable[[User], Client]
) -> None:
    content = client_of(lead).get(reverse("console_home", args=[hub.slug])).content.decode()
    assert "Your hub</a>" not in content
    assert "Your account" in content


def test_the_start_page_takes_as_many_queries_for_three_hubs_as_for_one(
    client: Client, hub: Hub, django_assert_num_queries: Callable[..., object]
) -> None:
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        client.get(reverse("home"))
    make_hub("severnmoor")
    make_hub("wealdshore")
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        client.get(reverse("home"))


def test_the_style_sheet_holds_the_hubs_colour_and_is_kept_for_long(client: Client, db: None) -> None:
    hub = make_hub("northvale", colour="#7a1f3d")
    response = client.get(reverse("hub_stylesheet", args=[hub.slug]))
    assert response.headers["Content-Type"] == "text/css"
    assert response.content == b":root{--hub-colour:#7a1f3d;--hub-on-colour:#fff}\n"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Cookie" not in response.headers.get("Vary", "")


def test_the_privacy_notice_names_todays_lead_school(client: Client, hub: Hub) -> None:
    LeadSchool.objects.create(
        hub=hub, name="Ash Lane School", starts_on=dt.date(2020, 9, 1), ends_on=dt.date(2022, 8, 31)
    )
    LeadSchool.objects.create(hub=hub, name="Birch Trust", starts_on=dt.date(2022, 9, 1))
    content = client.get(reverse("hub_privacy", args=[hub.slug])).content.decode()
    assert "Birch Trust" in content
    assert "Ash Lane School" not in content
    assert "privacy@northvale.example" in content


@pytest.mark.parametrize("page", ["hub_privacy", "hub_stylesheet"])
def test_a_hub_that_there_is_not_is_not_found(client: Client, db: None, page: str) -> None:
    assert client.get(reverse(page, args=["nowhere"])).status_code == 404

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from hubs.models import Hub, LeadSchool, LocalAuthority
from tests.factories import make_hub


@pytest.mark.parametrize("page", ["home", "accessibility", "cookies"])
def test_anybody_opens_it(client: Client, db: None, page: str) -> None:
    assert client.get(reverse(page)).status_code == 200


def test_the_start_page_leads_to_every_hub_by_its_area(client: Client, hub: Hub, other_hub: Hub) -> None:
    hub.areas.add(LocalAuthority.objects.create(code="901", name="Ashford Vale", region="North"))
    content = client.get(reverse("home")).content.decode()
    assert content.index("Northvale Maths Hub") < content.index("Ashford Vale") < content.index("Severnmoor Maths Hub")


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

from __future__ import annotations

from typing import NoReturn

import pytest
from django.test import Client
from django.urls import reverse

from hubs.models import Hub, HubArea, LocalAuthority
from schools.models import CurrentSchool, School
from schools.search import refresh
from schools.time_limit import TookTooLong
from schools.views import search
from tests.factories import make_school

pytestmark = pytest.mark.django_db


def test_the_type_ahead_gets_schools_as_json(client: Client) -> None:
    make_school("Ash Lane School", urn=900_001, town="Ellerbridge", postcode="NV3 1AB")

    response = client.get(reverse("school_search"), {"q": "ash"})

    assert response.json() == {
        "schools": [{"urn": 900_001, "label": "Ash Lane School, Ellerbridge, NV3 1AB", "hint": "Primary · Northvale"}]
    }
    assert response["Cache-Control"] == "private, max-age=60"


def test_schools_of_the_hub_s_area_come_first(client: Client, hub: Hub) -> None:
    near = LocalAuthority.objects.create(code="009", name="Hythebourne")
    HubArea.objects.create(hub=hub, authority=near)
    make_school("Ash Lane School", urn=900_001)
    make_school("Ash Tree School", urn=900_002, authority=near)

    def urns(**query: str) -> list[int]:
        answer = client.get(reverse("school_search"), {"q": "ash", **query}).json()
        return [school["urn"] for school in answer["schools"]]

    assert urns(hub=hub.slug) == [900_002, 900_001]
    assert urns() == [900_001, 900_002]


def test_an_old_name_is_answered_with_the_school_of_today(client: Client) -> None:
    closed = make_school("Ash Lane School", urn=800_123, status=School.Status.CLOSED)
    CurrentSchool.objects.create(former=closed, current=make_school("Elm Academy", urn=900_020, town="", postcode=""))
    refresh()

    assert client.get(reverse("school_search"), {"q": "ash"}).json()["schools"] == [
        {
            "urn": 900_020,
            "label": "Elm Academy",
            "hint": "Primary · Northvale · formerly Ash Lane School, URN 800123",
        }
    ]


@pytest.mark.parametrize("hub", ["unknown", "\x00", "../..", "x" * 5000])
def test_an_unknown_hub_searches_the_whole_country(client: Client, hub: str) -> None:
    make_school("Ash Lane School")
    assert len(client.get(reverse("school_search"), {"q": "ash", "hub": hub}).json()["schools"]) == 1


@pytest.mark.parametrize("query", ["", "as", "\x00", "%", "🙂🙂🙂"])
def test_too_little_to_go_by_finds_nothing(client: Client, query: str) -> None:
    make_school("Ash Lane School")
    assert client.get(reverse("school_search"), {"q": query}).json() == {"schools": []}


def test_too_many_searches_are_told_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SEARCHES_A_MINUTE", 2)
    url = reverse("school_search")
    assert [client.get(url).status_code for _ in range(3)] == [200, 200, 429]

    response = client.get(url, {"q": "ash"})
    assert response.json()["error"].startswith("Too many searches")
    assert response["Retry-After"] == "60"
    assert client.get(url, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_too_much_to_look_for_is_told_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: object) -> NoReturn:
        raise TookTooLong

    monkeypatch.setattr(search, "choices_for", give_up)
    response = client.get(reverse("school_search"), {"q": "ash"})

    assert response.status_code == 200
    assert response.json()["schools"] == []
    assert response.json()["error"].startswith("That is too much to look for")
    assert response["Cache-Control"] == "no-store"


def test_only_reading_is_possible(client: Client) -> None:
    assert client.post(reverse("school_search")).status_code == 405

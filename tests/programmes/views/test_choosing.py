from __future__ import annotations

import re
from typing import NoReturn

import pytest
from django.test import Client
from django.urls import reverse

from programmes import applying
from programmes.models import RecruitmentWindow
from schools import search
from schools.models import CurrentSchool, School
from schools.time_limit import TookTooLong
from tests import factories
from tests.programmes.views.journey import everything, page_of, school_url, text_of


@pytest.mark.parametrize("urn", ["", "0", "12345678901234567890", "-1", "9e5", "٩٠٠٠٠١", "x\x00"])
def test_a_number_that_is_no_school_begins_nothing(client: Client, window: RecruitmentWindow, urn: str) -> None:
    response = client.post(school_url(window.hub), {"urn": urn})

    assert response.status_code == 200
    assert "Enter the school's name, town, postcode or URN" in text_of(response)
    assert everything(window.hub)[0] == []


def test_a_closed_school_cannot_be_chosen(client: Client, window: RecruitmentWindow) -> None:
    closed = factories.make_school(status=School.Status.CLOSED)

    client.post(school_url(window.hub), {"urn": closed.urn})

    assert everything(window.hub)[0] == []


def test_a_school_that_its_hub_withdraws_at_this_moment_is_asked_for_anew(
    client: Client, window: RecruitmentWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(**_: object) -> NoReturn:
        raise applying.SchoolGone

    monkeypatch.setattr(applying, "start", gone)

    response = client.post(school_url(window.hub), {"urn": factories.make_school().urn})

    assert response.status_code == 200
    assert "Enter the school's name, town, postcode or URN" in text_of(response)


@pytest.mark.parametrize("typed", ["No such school anywhere", "<script>alert(1)</script>", "Ash\x00Lane"])
def test_a_search_that_finds_nothing_shows_what_was_typed_and_what_to_do(
    client: Client, window: RecruitmentWindow, typed: str
) -> None:
    response = client.get(school_url(window.hub), {"q": typed})

    assert response.status_code == 200
    assert "We found no open school for" in text_of(response)
    assert "<script>alert" not in response.content.decode()


def test_of_a_very_long_word_only_its_beginning_is_quoted(client: Client, window: RecruitmentWindow) -> None:
    page = text_of(client.get(school_url(window.hub), {"q": "x" * 100}))

    assert f"“{'x' * 39}…”" in page


@pytest.mark.parametrize("typed", ["as", "%", "🧮🧮🧮", "a b"])
def test_too_little_to_search_for_asks_for_more(client: Client, window: RecruitmentWindow, typed: str) -> None:
    response = client.get(client.post(school_url(window.hub), {"q": typed}).headers["Location"])

    page = text_of(response)
    assert "govuk-error-summary" in page
    assert "Type at least three letters or digits" in page
    assert "We found no open school" not in page


def test_too_much_to_look_for_asks_for_less(
    client: Client, window: RecruitmentWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_: object, **__: object) -> NoReturn:
        raise TookTooLong

    monkeypatch.setattr(search, "choices_for", give_up)

    for response in (
        client.get(school_url(window.hub), {"q": "the school"}),
        client.post(f"{school_url(window.hub)}?q=the+school", {"urn": ""}),
    ):
        page = text_of(response)
        assert response.status_code == 200
        assert "Type fewer words, or the postcode or URN" in page
        assert "Enter the school's name" not in page
        assert "We found no open school" not in page


@pytest.mark.parametrize("answers", [{"urn": ""}, {}, {"csrfmiddlewaretoken": "x"}])
def test_choosing_none_of_the_schools_found_says_so(
    client: Client, window: RecruitmentWindow, answers: dict[str, str]
) -> None:
    factories.make_school()

    for url in (school_url(window.hub), page_of(factories.make_draft(window, factories.make_school("Mill")), "school")):
        response = client.post(f"{url}?q=ash+lane", answers)

        assert response.status_code == 200
        assert "Select your school, or search again" in text_of(response)
        assert "Ash Lane Primary School" in text_of(response)
    assert len(everything(window.hub)[0]) == 1


def test_each_school_found_is_told_from_its_namesakes(client: Client, window: RecruitmentWindow) -> None:
    factories.make_school()

    page = text_of(client.get(school_url(window.hub), {"q": "ash lane"}))

    assert "Ash Lane Primary School, Ashby Marsh, NV1 2AB" in page
    assert "Primary · Northvale" in page
    assert "These are the first" not in page


@pytest.mark.parametrize(
    "typed",
    [
        "st marys bristol",
        "Saint Mary",
        "bs5",
        "BS5 7DX",
        "136468",
        "st marys primery",
        "Bristle mary",
        "ash lane",
        "100123",
    ],
)
def test_without_javascript_a_school_is_found_as_by_the_type_ahead(
    client: Client, window: RecruitmentWindow, typed: str
) -> None:
    mary = factories.make_school("St Mary's Primary School", urn=136_468, town="Bristol", postcode="BS5 7DX")
    closed = factories.make_school("Ash Lane School", urn=100_123, status=School.Status.CLOSED)
    CurrentSchool.objects.create(former=closed, current=mary)
    search.refresh()

    page = text_of(client.get(school_url(window.hub), {"q": typed}))
    answer = client.get(reverse("school_search"), {"q": typed, "hub": window.hub.slug}).json()

    assert re.findall(r'type="radio"', page) == ['type="radio"']
    assert f'value="{mary.urn}"' in page
    assert [school["urn"] for school in answer["schools"]] == [mary.urn]


@pytest.mark.parametrize(("how_many", "is_said"), [(10, False), (11, True)])
def test_when_there_are_more_than_are_listed_it_says_so(
    client: Client, window: RecruitmentWindow, how_many: int, is_said: bool
) -> None:
    for _ in range(how_many):
        factories.make_school()

    page = text_of(client.get(school_url(window.hub), {"q": "ash lane"}))

    assert len(re.findall(r'type="radio"', page)) == 10
    assert ("These are the first 10." in page) == is_said


def test_the_search_of_the_page_is_there_where_the_type_ahead_is_used_up_and_has_a_limit_of_its_own(
    client: Client, window: RecruitmentWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schools.views.search.SEARCHES_A_MINUTE", 0)
    monkeypatch.setattr("programmes.views.choosing.SEARCHES_PER_MINUTE", 1)
    page = f"{school_url(window.hub)}?q=ash+lane"

    assert client.get(reverse("school_search"), {"q": "ash"}).status_code == 429
    assert client.get(page).status_code == 200
    refused = client.get(page)
    assert refused.status_code == 429
    assert "You can try again in a minute at the latest." in refused.content.decode()

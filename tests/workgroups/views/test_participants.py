from __future__ import annotations

import pytest
from django.test import Client

from hubs import tenancy
from tests.workgroups.views.pages import said, text_of
from tests.workgroups.views.places import address, now_of, on_today
from workgroups.models import Participant, Place

ANA = {"name": "Ana New", "role": "Maths lead", "year_group": "Year 2", "email": "ana@school.example", "trn": "1234567"}


@pytest.fixture
def first(place: Place) -> Participant:
    with tenancy.use(place.hub):
        return place.participants.get(position=1)


def reload(one: Participant) -> Participant:
    with tenancy.use(one.hub_id):
        return Participant.objects.get(pk=one.pk)


def test_another_teacher_follows(desk: Client, place: Place, first: Participant) -> None:
    response = desk.post(address(place.hub, "participant_replace", first.pk), on_today(**ANA))
    assert response["Location"] == address(place.hub, "place", place.pk)
    assert said(response) == [
        "Ana New follows Teacher 1, whose attendance stays on record. A letter to Ana New is on its way."
    ]
    page = text_of(desk.get(address(place.hub, "place", place.pk)))
    assert "Ana New Maths lead, Year 2 · since" in page
    assert "Were lead teachers Teacher 1, from" in page

    again = desk.post(address(place.hub, "participant_replace", first.pk), on_today(**ANA))
    assert said(again)[-1].startswith("Ana New has followed Teacher 1 already, from ")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "", "Enter the teacher's full name"),
        ("name", "Teacher 2", "Enter a different teacher: Teacher 2 is the other lead teacher"),
        ("trn", "12", "Enter a TRN of 7 digits, like 1234567, or leave it empty"),
        ("on_year", "2099", "when Teacher 1 began, to today"),
        ("on_year", "", "Enter the year of the date as well"),
    ],
)
def test_what_is_wrong_is_said_where_it_was_typed(
    desk: Client, place: Place, first: Participant, field: str, value: str, told: str
) -> None:
    response = desk.post(address(place.hub, "participant_replace", first.pk), on_today(**{**ANA, field: value}))
    (errors,) = response.context["form"].errors.items()
    assert errors[0] == field.removesuffix("_year")
    assert told in errors[1][0]
    assert reload(first).ends_on is None


def test_what_is_known_is_put_right(desk: Client, place: Place, first: Participant) -> None:
    url = address(place.hub, "participant_change", first.pk)
    shown = desk.get(url).context["form"].initial
    assert (shown["name"], shown["email"]) == (first.name, first.email)
    typed = {**ANA, "name": first.name, "email": first.email, "trn": "76 54 321"}
    assert said(desk.post(url, typed)) == ["What is known of Teacher 1 is changed."]
    assert (reload(first).trn, reload(first).role) == ("7654321", "Maths lead")
    assert said(desk.post(url, typed))[-1] == "It was so already. Nothing has changed."
    with tenancy.use(place.hub):
        other = place.participants.get(position=2)
    errors = desk.post(url, {**typed, "email": other.email}).context["form"].errors
    assert list(errors) == ["email"]


def test_another_head_is_named(desk: Client, place: Place) -> None:
    url = address(place.hub, "place_headteacher", place.pk)
    assert desk.get(url).context["form"].initial == {"name": "Hana Head", "email": "head@school.example"}
    response = desk.post(url, {"name": "Nia Next", "email": "nia@school.example"})
    assert said(response) == ["Nia Next is the headteacher from now on."]
    assert now_of(place).head_email == "nia@school.example"
    errors = desk.post(url, {"name": "", "email": "nia"}).context["form"].errors
    assert list(errors) == ["name", "email"]

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs.models import Hub, HubArea, LocalAuthority, User
from programmes import participation
from programmes.models import Participation, Stage, State
from schools.models import School
from tests import factories
from tests.programmes.views.console import ClientOf, queries_of, said
from tests.programmes.views.journey import text_of


@pytest.fixture
def school(hub: Hub) -> School:
    """A school of the hub's area, with what it was before."""
    old = factories.make_school("Ash", urn=100_001, opened_on=dt.date(2000, 9, 1))
    school = factories.make_school("Birch Academy", urn=100_002, opened_on=dt.date(2022, 9, 1))
    HubArea.objects.create(hub=hub, authority=school.authority)
    factories.go_on_as(old, school, closed_on=dt.date(2022, 8, 31))
    return school


def stage() -> Stage:
    return Stage.objects.get(slug="primary-developing")


def record_url(hub: Hub, school: School) -> str:
    return reverse("school_participation", args=[hub.slug, school.urn])


def answers(**typed: str) -> dict[str, str]:
    return {"stage": str(stage().pk), "year": "2021", "outcome": "completed", "urn": "by_date", **typed}


def recorded(hub: Hub, school: School, **fields: object) -> Participation:
    values = {"stage": stage(), "year": 2020, "outcome": "completed", "recorded_at": timezone.now()}
    return Participation.objects.create(school=school, recorded_for=hub, **{**values, **fields})


def test_what_a_school_did_is_recorded_under_the_urn_it_had_then(console: Client, hub: Hub, school: School) -> None:
    page = text_of(console.get(record_url(hub, school)))
    assert "Record earlier participation" in page
    assert "URN 100001, opened 1 September 2000, closed 31 August 2022" in page

    response = console.post(record_url(hub, school), answers())

    assert response.headers["Location"] == reverse("school", args=[hub.slug, school.urn])
    assert said(response) == ["Recorded for Ash: Developing (primary), 2021/22, completed."]
    found = Participation.objects.get()
    assert (found.school_id, found.year, found.outcome, found.recorded_for) == (100_001, 2021, "completed", hub)


def test_the_same_once_more_changes_nothing_and_says_so(console: Client, hub: Hub, school: School) -> None:
    console.post(record_url(hub, school), answers())

    response = console.post(record_url(hub, school), answers())

    assert said(response)[-1].endswith("was recorded before. Nothing has changed.")
    assert Participation.objects.count() == 1


def test_what_another_hub_has_recorded_is_refused_with_its_name_outside_the_area(
    console: Client, hub: Hub, other_hub: Hub, school: School
) -> None:
    recorded(other_hub, school, year=2023, outcome="left")
    factories.make_expression(factories.make_window(hub), school, state=State.OFFERED)
    HubArea.objects.all().delete()

    response = console.post(record_url(hub, school), answers(year="2023"))

    assert "Severnmoor Maths Hub has recorded this as left before the end" in said(response)[-1]
    assert Participation.objects.get().outcome == "left"


def test_what_another_hub_has_recorded_of_a_school_of_the_area_is_removed_after_naming_it(
    console: Client, hub: Hub, other_hub: Hub, school: School
) -> None:
    url = reverse("school_participation_remove", args=[hub.slug, school.urn, recorded(other_hub, school).pk])

    assert "Severnmoor Maths Hub recorded it." in text_of(console.get(url))
    console.post(url)

    assert not Participation.objects.exists()


def test_an_answer_that_is_missing_keeps_the_page_and_the_others(console: Client, hub: Hub, school: School) -> None:
    response = console.post(record_url(hub, school), answers(outcome=""))

    page = text_of(response)
    assert response.status_code == 200
    assert "Choose how it ended" in page
    assert '<option value="2021" selected>' in page
    assert not Participation.objects.exists()


def test_a_school_of_another_area_is_another_hubs_to_record(
    console: Client, hub: Hub, school: School, stranger: User, other_hub: Hub, client_of: ClientOf
) -> None:
    response = client_of(stranger).get(record_url(other_hub, school))

    assert response.status_code == 403
    assert "is not in the area of Severnmoor Maths Hub, which has not" in text_of(response)


@pytest.mark.parametrize("urn", [123, 10**17])
def test_a_school_that_is_not_there_is_not_found(console: Client, hub: Hub, urn: int) -> None:
    assert console.get(reverse("school_participation", args=[hub.slug, urn])).status_code == 404
    assert console.get(reverse("school_participation_remove", args=[hub.slug, urn, 1])).status_code == 404


def test_a_mistake_is_removed_after_asking(console: Client, hub: Hub, school: School) -> None:
    mistake = recorded(hub, school)
    url = reverse("school_participation_remove", args=[hub.slug, school.urn, mistake.pk])

    assert "Developing (primary), 2020/21, completed." in text_of(console.get(url))
    assert Participation.objects.exists()

    response = console.post(url)
    assert said(response) == ["Removed: Developing (primary), 2020/21. The timeline says so."]
    assert not Participation.objects.exists()
    # A double click.
    again = console.post(url)
    assert again.headers["Location"] == reverse("school", args=[hub.slug, school.urn])
    assert said(again)[-1] == "This was removed already."


def test_what_another_hub_or_another_school_has_is_not_found_here(
    console: Client, hub: Hub, other_hub: Hub, school: School
) -> None:
    theirs, elsewhere = recorded(other_hub, school), recorded(hub, factories.make_school("Elsewhere"))
    HubArea.objects.all().delete()

    for other in (theirs, elsewhere):
        url = reverse("school_participation_remove", args=[hub.slug, school.urn, other.pk])
        assert console.post(url).status_code == 404
    assert Participation.objects.count() == 2


def test_what_was_typed_is_there_again_after_the_session_has_ended(
    console: Client, hub: Hub, school: School, lead: User
) -> None:
    console.get(record_url(hub, school))
    console.session.flush()
    console.post(record_url(hub, school), answers(outcome="left"))
    console.force_login(lead, backend="allauth.account.auth_backends.AuthenticationBackend")

    page = text_of(console.get(record_url(hub, school)))

    assert "We kept what you typed" in page
    assert '<option value="2021" selected>' in page


def test_the_forms_take_few_queries(console: Client, hub: Hub, school: School) -> None:
    # Nine are every page's in a test: who it is, which hub's rows, savepoints.
    assert queries_of(console, record_url(hub, school)) <= 12
    url = reverse("school_participation_remove", args=[hub.slug, school.urn, recorded(hub, school).pk])
    assert queries_of(console, url) <= 12


def test_what_another_hub_called_the_school_is_on_no_page(
    console: Client, hub: Hub, other_hub: Hub, school: School
) -> None:
    now = timezone.now()
    added = factories.make_school("Secret School", urn=900_000_001, added_by=other_hub, added_at=now)
    factories.go_on_as(added, school)
    one = recorded(other_hub, added)

    page = console.get(reverse("school_participation_remove", args=[hub.slug, school.urn, one.pk]))
    assert page.status_code == 200
    assert "Secret" not in text_of(page)
    for method in (console.get, console.post):
        url = reverse("school_participation_remove", args=[hub.slug, added.urn, one.pk])
        assert method(url).status_code == 404
    assert Participation.objects.filter(pk=one.pk).exists()


def test_what_another_hub_has_changed_meanwhile_is_not_removed(
    console: Client, hub: Hub, other_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = factories.make_school("Far School", authority=LocalAuthority.objects.create(code="009", name="Southern"))
    one = recorded(hub, far)
    remove = participation.remove

    def late(**what: Any) -> None:
        Participation.objects.filter(pk=one.pk).update(recorded_for=other_hub)
        remove(**what)

    monkeypatch.setattr(participation, "remove", late)

    response = console.post(reverse("school_participation_remove", args=[hub.slug, far.urn, one.pk]))

    assert response.status_code == 302
    assert Participation.objects.filter(pk=one.pk).exists()

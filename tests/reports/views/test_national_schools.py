from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs.models import Hub, NationalRole, Role, User
from programmes.models import Participation, Stage
from schools import search
from schools.models import School
from schools.time_limit import TookTooLong
from tests import factories
from tests.programmes.views.journey import text_of

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db(databases=["default", "national"], transaction=True)


@pytest.fixture
def viewer(client_of: ClientOf) -> Client:
    """The browser of somebody who looks at all hubs."""
    user = factories.make_user("Nat National")
    NationalRole.objects.create(user=user)
    return client_of(user)


def took_part(school: School, hub: Hub, year: int) -> None:
    Participation.objects.create(
        school=school,
        stage=Stage.objects.get(slug="primary-developing"),
        year=year,
        outcome="completed",
        recorded_for=hub,
        recorded_at=timezone.now(),
    )


def page_of(viewer: Client, text: str) -> str:
    return text_of(viewer.get(reverse("national_school_list"), {"q": text}))


def test_a_national_viewer_reads_what_a_school_took_part_in_under_all_its_names(viewer: Client) -> None:
    northvale, severnmoor = (factories.make_hub(slug) for slug in ("northvale", "severnmoor"))
    ash, birch = factories.make_school("Ash Infants", urn=100_001), factories.make_school("Birch Academy", urn=100_002)
    added = factories.make_school("Secret Plan", urn=900_000_001, added_by=northvale, added_at=timezone.now())
    for old in (ash, added):
        factories.go_on_as(old, birch)
    for school, hub, year in ((ash, severnmoor, 2019), (added, northvale, 2021), (birch, northvale, 2024)):
        took_part(school, hub, year)
    factories.make_school("Birch Grove School")
    factories.make_expression(factories.make_window(northvale), birch, contact_name="Secret Person")

    page = page_of(viewer, "birch")

    assert "2 schools" in page
    assert [page.index(year) for year in ("2024/25", "2021/22", "2019/20")] == sorted(
        page.index(year) for year in ("2024/25", "2021/22", "2019/20")
    )
    assert "Severnmoor Maths Hub · as Ash Infants, URN 100001" in page
    assert "before the register knew it" in page
    assert "Nothing recorded" in page
    assert "Secret" not in page
    assert "Birch Academy" in page_of(viewer, "ash inf")
    assert "No school of the register has these words" in page_of(viewer, "secret plan")


@pytest.mark.parametrize(("typed", "said"), [("", "Which school?"), ("x", "Type three letters or digits at least.")])
def test_it_is_said_why_nothing_is_found(viewer: Client, typed: str, said: str) -> None:
    assert said in page_of(viewer, typed)


def test_a_search_that_takes_too_long_is_given_up(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: object, **__: object) -> None:
        raise TookTooLong

    monkeypatch.setattr(search, "choices_for", give_up)

    assert search.TOO_MUCH in page_of(viewer, "school")


def test_the_page_takes_as_many_queries_with_twenty_schools_as_with_one(viewer: Client) -> None:
    hub = factories.make_hub("northvale")

    def add(name: str) -> None:
        old, school = factories.make_school(f"Old {name}"), factories.make_school(name)
        factories.go_on_as(old, school)
        took_part(old, hub, 2020)

    def queries() -> int:
        page_of(viewer, "ash")
        with CaptureQueriesContext(connection) as ours, CaptureQueriesContext(connections["national"]) as theirs:
            page_of(viewer, "ash")
        return len(ours) + len(theirs)

    add("Ash")
    with_one = queries()
    for number in range(20):
        add(f"Ash {number:02}")

    assert queries() == with_one
    assert "The first 20 schools: type more to find yours" in page_of(viewer, "ash")


def test_the_national_figures_lead_there_and_a_hubs_people_do_not_find_it(viewer: Client, client_of: ClientOf) -> None:
    address = reverse("national_school_list")
    assert f'href="{address}"' in text_of(viewer.get(reverse("national_home")))

    administrator = factories.make_member(factories.make_hub("northvale"), Role.ADMINISTRATOR, "Ada Administrator")
    assert client_of(administrator).get(address).status_code == 404

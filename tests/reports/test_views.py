from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs.models import Hub, NationalRole, Role, User
from programmes import catalogue
from programmes.models import State
from programmes.years import academic_year_of, label_of
from tests import factories

ClientOf = Callable[[User], Client]
DAY = dt.timedelta(days=1)
everywhere = pytest.mark.django_db(databases=["default", "national"], transaction=True)


def home_url(hub: Hub) -> str:
    return reverse("console_home", args=[hub.slug])


# --- The hub's home --------------------------------------------------------------------------


def test_the_home_says_what_waits_and_leads_to_it(hub: Hub, lead: User, client_of: ClientOf) -> None:
    window = factories.make_window(hub, closes_at=timezone.now() + 3 * DAY)
    factories.make_expression(window)

    page = client_of(lead).get(home_url(hub)).content.decode()

    assert "1 expression of interest to decide" in page
    assert f"{reverse('expression_list', args=[hub.slug])}?state=submitted" in page
    assert reverse("recruitment_dates", args=[hub.slug, window.stage_year_id]) in page


def test_when_all_is_done_the_home_says_so(hub: Hub, lead: User, client_of: ClientOf) -> None:
    factories.make_expression(factories.make_window(hub), state=State.OFFERED)

    assert "Every expression of interest is decided" in client_of(lead).get(home_url(hub)).content.decode()


def test_a_mastery_specialist_sees_none_of_the_hubs_papers(hub: Hub, specialist: User, client_of: ClientOf) -> None:
    factories.make_expression(factories.make_window(hub, closes_at=timezone.now() + 3 * DAY))

    response = client_of(specialist).get(home_url(hub))

    assert response.status_code == 200
    assert "to decide" not in response.content.decode()
    assert not [name for name in ("expressions", "closing", "troubled") if name in response.context]


def test_a_mastery_specialists_home_names_whom_to_ask_and_leads_on(
    hub: Hub, other_hub: Hub, specialist: User, administrator: User, lead: User, client_of: ClientOf
) -> None:
    stranger = factories.make_member(other_hub, Role.ADMINISTRATOR, "Stan Stranger")
    page = client_of(specialist).get(home_url(hub)).content.decode()
    assert administrator.name in page
    assert f'href="mailto:{administrator.email}"' in page
    assert "You will find here the Work Groups that you lead" in page
    assert f'href="{reverse("hub_public", args=[hub.slug])}">what' in page
    assert lead.name not in page
    assert stranger.name not in page


def test_the_home_takes_as_many_queries_with_three_expressions_as_with_one(
    hub: Hub, lead: User, client_of: ClientOf
) -> None:
    browser = client_of(lead)
    window = factories.make_window(hub, closes_at=timezone.now() + 3 * DAY)
    factories.make_expression(window)

    def queries() -> int:
        browser.get(home_url(hub))
        with CaptureQueriesContext(connection) as captured:
            browser.get(home_url(hub))
        return len(captured)

    with_one = queries()
    for stage in ("primary-readiness", "secondary-developing"):
        factories.make_expression(factories.make_window(hub, stage=stage, closes_at=timezone.now() + 3 * DAY))

    assert queries() == with_one <= 12


# --- National figures ------------------------------------------------------------------------


def national_viewer() -> User:
    viewer = factories.make_user("Nat National")
    NationalRole.objects.create(user=viewer)
    return viewer


def coming_year() -> int:
    """The year that the page shows first, with stages whenever the test runs."""
    year = academic_year_of(timezone.localdate()) + 1
    catalogue.add_year(year)
    return year


@everywhere
def test_a_national_viewer_sees_counts_of_every_hub_and_no_name(client_of: ClientOf) -> None:
    year = coming_year()
    for slug in ("northvale", "severnmoor"):
        window = factories.make_window(factories.make_hub(slug), year=year)
        school = factories.make_school("Secret Lane School")
        factories.make_expression(window, school, contact_name="Secret Person", head_email="secret@x.example")

    response = client_of(national_viewer()).get(reverse("national_home"))

    page = response.content.decode()
    assert "Northvale Maths Hub" in page
    assert "Severnmoor Maths Hub" in page
    assert {figure.label: figure.value for figure in response.context["figures"]} == {
        "Received": 2,
        "To decide": 2,
        "Offered": 0,
        "Declined": 0,
    }
    assert "secret" not in page.lower()


@everywhere
def test_each_hub_has_a_sum_and_all_hubs_a_total(client_of: ClientOf) -> None:
    year = coming_year()
    northvale, severnmoor = (factories.make_hub(slug) for slug in ("northvale", "severnmoor"))
    for stage in ("primary-developing", "secondary-developing"):
        factories.make_expression(factories.make_window(northvale, stage=stage, year=year))
    factories.make_expression(factories.make_window(severnmoor, year=year), state=State.OFFERED)

    response = client_of(national_viewer()).get(reverse("national_home"))

    groups = response.context["groups"]
    assert [(group.hub, len(group.rows), group.total.received) for group in groups] == [
        ("Northvale Maths Hub", 2, 2),
        ("Severnmoor Maths Hub", 1, 1),
    ]
    total = response.context["total"]
    assert (total.received, total.to_decide, total.offered, total.declined) == (3, 2, 1, 0)
    page = response.content.decode()
    # One for the hub with two stages, one for all hubs.
    assert page.count("app-table__sum") == 2
    assert page.count("<tbody>") == 2


@everywhere
@pytest.mark.parametrize("asked", ["", "x", "20271", "²⁰²⁷", "-1", "٢٠٢٧"])
def test_a_year_that_is_none_shows_the_coming_one(client_of: ClientOf, asked: str) -> None:
    response = client_of(national_viewer()).get(reverse("national_home"), {"year": asked})

    assert response.context["year"] == label_of(academic_year_of(timezone.localdate()) + 1)


@everywhere
@pytest.mark.parametrize("asked", ["0000", "1999", "9999"])
def test_a_year_without_recruitment_says_so(client_of: ClientOf, asked: str) -> None:
    response = client_of(national_viewer()).get(reverse("national_home"), {"year": asked})

    assert "No hub recruits for this year yet" in response.content.decode()


@everywhere
def test_the_national_page_takes_as_many_queries_with_three_hubs_as_with_one(client_of: ClientOf) -> None:
    year = coming_year()
    browser = client_of(national_viewer())

    def queries() -> int:
        browser.get(reverse("national_home"))
        with CaptureQueriesContext(connection) as ours, CaptureQueriesContext(connections["national"]) as theirs:
            browser.get(reverse("national_home"))
        return len(ours) + len(theirs)

    factories.make_expression(factories.make_window(factories.make_hub("northvale"), year=year))
    with_one = queries()
    for slug in ("severnmoor", "wealdshore"):
        factories.make_expression(factories.make_window(factories.make_hub(slug), year=year))

    assert queries() == with_one <= 10


@everywhere
def test_to_a_hubs_administrator_the_national_page_is_not_there(client_of: ClientOf) -> None:
    administrator = factories.make_member(factories.make_hub("northvale"), Role.ADMINISTRATOR, "Ada Administrator")

    assert client_of(administrator).get(reverse("national_home")).status_code == 404

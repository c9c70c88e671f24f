from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, User
from hubs.years import academic_year_of
from programmes import catalogue
from programmes.models import RecruitmentWindow, StageYear
from tests import factories

ClientOf = Callable[[User], Client]


@pytest.fixture
def year(db: None) -> int:
    """The next academic year, with its stages, whenever the test runs."""
    this_year = academic_year_of(timezone.localdate())
    for one in (this_year, this_year + 1):
        catalogue.add_year(one)
    return this_year + 1


@pytest.fixture
def console(lead: User, client_of: ClientOf) -> Client:
    """The browser of somebody who manages recruitment."""
    return client_of(lead)


def stage_year(year: int, slug: str = "primary-developing") -> StageYear:
    return StageYear.objects.select_related("stage").get(stage__slug=slug, year=year)


def page_url(hub: Hub) -> str:
    return reverse("recruitment", args=[hub.slug])


def dates_url(hub: Hub, year: int) -> str:
    return reverse("recruitment_dates", args=[hub.slug, stage_year(year).pk])


def dates(**days: dt.date) -> dict[str, str]:
    return {
        f"{field}_{part}": str(getattr(day, part)) for field, day in days.items() for part in ("day", "month", "year")
    }


def windows_of(hub: Hub) -> list[RecruitmentWindow]:
    with tenancy.use(hub):
        return list(RecruitmentWindow.objects.all())


def test_the_page_shows_the_stages_of_this_year_and_the_next(console: Client, hub: Hub, year: int) -> None:
    factories.make_expression(factories.make_window(hub, year=year))

    rows = console.get(page_url(hub)).context["rows"]

    assert {row["stage_year"].year for row in rows} == {year, year - 1}
    assert len(rows) == 14
    (open_row,) = [row for row in rows if row["window"]]
    assert (open_row["stage_year"], open_row["phase"], open_row["received"]) == (stage_year(year), "open", 1)


def test_the_page_names_the_public_address(console: Client, hub: Hub, year: int) -> None:
    page = console.get(page_url(hub)).content.decode()

    assert f"http://testserver{reverse('hub_public', args=[hub.slug])}" in page


def test_setting_dates_opens_recruitment_at_the_public_page(console: Client, hub: Hub, year: int) -> None:
    today = timezone.localdate()

    response = console.post(dates_url(hub, year), dates(opens_on=today, closes_on=today + dt.timedelta(days=30)))

    assert response.headers["Location"] == page_url(hub)
    assert "are saved" in console.get(page_url(hub)).content.decode()
    assert "Developing (primary)" in console.get(reverse("hub_public", args=[hub.slug])).content.decode()


def test_the_form_shows_the_dates_as_they_are(console: Client, hub: Hub, year: int) -> None:
    window = factories.make_window(hub, year=year)

    page = console.get(dates_url(hub, year)).content.decode()

    opens = timezone.localdate(window.opens_at)
    shown = dict(re.findall(r'<input[^>]*name="(opens_on_\w+)"[^>]*value="(\d+)"', page))
    shown |= {name: value for value, name in re.findall(r'<input[^>]*value="(\d+)"[^>]*name="(opens_on_\w+)"', page)}
    assert shown == dates(opens_on=opens)


def test_dates_that_overlap_another_year_are_refused_and_shown_again(console: Client, hub: Hub, year: int) -> None:
    factories.make_window(hub, year=year - 1)
    today = timezone.localdate()
    typed = dates(opens_on=today, closes_on=today + dt.timedelta(days=400))

    response = console.post(dates_url(hub, year), typed)

    page = response.content.decode()
    assert response.status_code == 200
    assert "Enter dates that do not overlap: Developing (primary) is open for another year at that time" in page
    assert all(f'value="{value}"' in page for value in typed.values())
    assert len(windows_of(hub)) == 1


def test_impossible_dates_are_refused_and_shown_again(console: Client, hub: Hub, year: int) -> None:
    typed = {**dates(closes_on=timezone.localdate()), "opens_on_day": "31", "opens_on_month": "Febtember"}

    page = console.post(dates_url(hub, year), typed).content.decode()

    assert 'value="Febtember"' in page
    assert windows_of(hub) == []


def test_closing_early_keeps_what_was_sent(console: Client, hub: Hub, year: int) -> None:
    window = factories.make_window(hub, year=year)
    factories.make_expression(window)
    today = timezone.localdate()

    console.post(
        dates_url(hub, year), dates(opens_on=today - dt.timedelta(days=9), closes_on=today - dt.timedelta(days=1))
    )

    (row,) = [row for row in console.get(page_url(hub)).context["rows"] if row["window"]]
    assert (row["phase"], row["received"], row["window"].pk) == ("closed", 1, window.pk)


def test_what_was_typed_is_there_again_after_the_session_has_ended(
    console: Client, hub: Hub, year: int, lead: User
) -> None:
    console.get(dates_url(hub, year))
    Session.objects.all().delete()
    typed = dates(opens_on=dt.date(year, 3, 4), closes_on=dt.date(year, 6, 25))
    console.post(dates_url(hub, year), typed)
    console.force_login(lead, backend="allauth.account.auth_backends.AuthenticationBackend")

    page = console.get(dates_url(hub, year)).content.decode()

    for name, value in typed.items():
        assert re.search(rf'<input(?=[^>]*name="{name}")(?=[^>]*value="{value}")', page), name


@pytest.mark.parametrize("stage_year_id", [0, 10**6, 10**30])
def test_a_stage_that_is_none_is_not_there(console: Client, hub: Hub, stage_year_id: int) -> None:
    assert console.get(reverse("recruitment_dates", args=[hub.slug, stage_year_id])).status_code == 404


def test_a_mastery_specialist_is_told_why_not(client_of: ClientOf, specialist: User, hub: Hub, year: int) -> None:
    browser = client_of(specialist)

    for url in (page_url(hub), dates_url(hub, year)):
        response = browser.post(url, dates(opens_on=timezone.localdate()))
        assert response.status_code == 403
        assert "cannot open and close recruitment" in response.content.decode()


def test_another_hubs_dates_are_neither_seen_nor_moved(
    console: Client, hub: Hub, other_hub: Hub, stranger: User, client_of: ClientOf, year: int
) -> None:
    factories.make_window(hub, year=year)
    browser = client_of(stranger)

    assert browser.get(dates_url(hub, year)).status_code == 404
    assert not any(row["window"] for row in browser.get(page_url(other_hub)).context["rows"])


def test_the_page_takes_as_many_queries_with_three_windows_as_with_one(console: Client, hub: Hub, year: int) -> None:
    def queries() -> int:
        console.get(page_url(hub))
        with CaptureQueriesContext(connection) as captured:
            console.get(page_url(hub))
        return len(captured)

    factories.make_expression(factories.make_window(hub, year=year))
    with_one = queries()
    for slug in ("primary-readiness", "secondary-developing"):
        factories.make_expression(factories.make_window(hub, year=year, stage=slug))

    assert queries() == with_one <= 15

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from funding import granting
from funding.models import Grant, GrantState
from hubs import tenancy
from hubs.models import Hub, HubArea, NationalRole, Role, User
from hubs.wording import day, moment
from hubs.years import academic_year_of, label_of
from programmes import catalogue, following
from programmes.models import ExpressionOfInterest, SchoolChange, State
from schools import ancestry
from schools.models import RegisterImport, RegisterLink, School
from schools.refresh import ACTOR
from tests import factories, work
from workgroups.models import MEMBERS, MeetingState, Place, PlaceState, VisitState

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


def test_as_many_schools_wait_for_a_group_on_the_home_as_where_it_leads(
    hub: Hub, lead: User, client_of: ClientOf
) -> None:
    work.make_place(hub)
    work.make_place(hub, year=work.this_year() + 1)
    client = client_of(lead)

    (url,) = re.findall(r'href="([^"]+)">2 schools wait for a Work Group', client.get(home_url(hub)).text)

    figures = {figure.label: figure.value for figure in client.get(url).context["figures"]}
    assert figures["Schools without a group"] == 2


def changed_school(hub: Hub, stage: str, name: str) -> ExpressionOfInterest:
    sent = factories.make_expression(factories.make_window(hub, stage=stage), factories.make_school(name))
    factories.go_on_as(sent.school, factories.make_school(f"{name} Academy"))
    factories.follow_register(now=timezone.now())
    return sent


def test_the_home_says_which_schools_with_work_in_progress_have_changed(
    hub: Hub, other_hub: Hub, lead: User, client_of: ClientOf
) -> None:
    ash = changed_school(hub, "primary-developing", "Ash")
    oak = changed_school(hub, "primary-readiness", "Oak")
    changed_school(other_hub, "primary-developing", "Elm")

    page = client_of(lead).get(home_url(hub)).content.decode()

    assert "2 schools with work in progress have changed" in page
    for expression, words in ((ash, "Ash Academy, formerly Ash"), (oak, "Oak Academy, formerly Oak")):
        assert f'href="{reverse("expression", args=[hub.slug, expression.reference])}">{words}</a>' in page
    assert "Elm" not in page


def test_a_school_that_has_changed_is_listed_once_with_all_that_it_sent(
    hub: Hub, lead: User, client_of: ClientOf
) -> None:
    school = factories.make_school("Ash")
    sent = [
        factories.make_expression(factories.make_window(hub, stage=stage), school)
        for stage in ("primary-developing", "primary-readiness")
    ]
    factories.go_on_as(school, factories.make_school("Birch Academy"))
    factories.follow_register(now=timezone.now())

    page = client_of(lead).get(home_url(hub)).content.decode()

    assert "1 school with work in progress has changed" in page
    assert page.count("Birch Academy, formerly Ash") == 1
    for expression in sent:
        assert (
            f'href="{reverse("expression", args=[hub.slug, expression.reference])}">{expression.reference}</a>' in page
        )


def in_doubt(hub: Hub, name: str, **fields: Any) -> School:
    """A school of the hub's area that the register says has become two."""
    old, *parts = (factories.make_school(f"{name} {part}", **fields) for part in ("Old", "East", "West"))
    HubArea.objects.get_or_create(hub=hub, authority=old.authority)
    for part in parts:
        RegisterLink.objects.create(
            urn=old.urn, other_urn=part.urn, kind="Successor", established_on=dt.date(2020, 9, 1)
        )
    School.objects.filter(pk=old.pk).update(status=School.Status.CLOSED, closed_on=dt.date(2020, 8, 31))
    ancestry.rebuild()
    return old


def test_the_home_counts_the_school_changes_to_confirm_and_leads_there(
    hub: Hub, other_hub: Hub, lead: User, specialist: User, stranger: User, client_of: ClientOf
) -> None:
    in_doubt(hub, "Ash")

    page = client_of(lead).get(home_url(hub)).content.decode()
    assert f'href="{reverse("school_changes", args=[hub.slug])}">2 school changes to confirm</a>' in page
    assert "The register leaves in doubt who went on as whom." in page
    assert "Nothing waits for you" not in page
    # Neither who may not confirm them nor another area.
    assert "to confirm" not in client_of(specialist).get(home_url(hub)).content.decode()
    assert "to confirm" not in client_of(stranger).get(home_url(other_hub)).content.decode()


def test_the_home_says_when_the_register_may_know_a_school_that_the_hub_added(
    hub: Hub, lead: User, client_of: ClientOf
) -> None:
    factories.make_school("Ash New School", urn=900_000_001, added_by=hub, added_at=timezone.now(), postcode="NV1 1AA")
    ancestry.rebuild()
    assert "to confirm" not in client_of(lead).get(home_url(hub)).content.decode()
    factories.make_school("Ash New School", postcode="NV1 1AA")
    ancestry.rebuild()

    page = client_of(lead).get(home_url(hub)).content.decode()

    assert "1 school change to confirm" in page
    assert "The register may know 1 school that you added." in page


def test_a_change_that_somebody_has_seen_is_not_on_the_home(hub: Hub, lead: User, client_of: ClientOf) -> None:
    changed_school(hub, "primary-developing", "Ash")
    with tenancy.use(hub):
        notice = SchoolChange.objects.get()
        following.mark_seen(change=notice, actor=factories.membership_of(lead, hub), now=timezone.now())

    assert "have changed" not in client_of(lead).get(home_url(hub)).content.decode()


def test_the_home_lists_ten_changed_schools_and_counts_the_others(hub: Hub, lead: User, client_of: ClientOf) -> None:
    window = factories.make_window(hub)
    for number in range(12):
        school = factories.make_school(f"School {number}")
        factories.make_expression(window, school)
        factories.go_on_as(school)
    factories.follow_register(now=timezone.now())

    response = client_of(lead).get(home_url(hub))

    assert len(response.context["changed_schools"]) == 10
    assert "12 schools with work in progress have changed" in response.text
    assert "The others are listed as you have seen these." in response.text


def test_when_all_is_done_the_home_says_so(hub: Hub, lead: User, client_of: ClientOf) -> None:
    factories.make_expression(factories.make_window(hub), state=State.DECLINED)

    assert "Nothing waits for you" in client_of(lead).get(home_url(hub)).content.decode()


def test_a_mastery_specialist_sees_none_of_the_hubs_papers(hub: Hub, specialist: User, client_of: ClientOf) -> None:
    factories.make_expression(factories.make_window(hub, closes_at=timezone.now() + 3 * DAY))

    response = client_of(specialist).get(home_url(hub))

    assert response.status_code == 200
    assert "to decide" not in response.content.decode()
    assert not [name for name in ("tasks", "figures", "week", "changed") if name in response.context]


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


def test_the_home_leads_to_another_host_for_a_meeting_at_a_school_that_has_left(
    hub: Hub, lead: User, client_of: ClientOf
) -> None:
    meeting = work.make_meeting(work.make_group(hub), host_school=work.make_place(hub).school)

    page = client_of(lead).get(home_url(hub)).content.decode()

    assert "1 meeting at a school that has left: choose another host" in page
    assert f'href="{reverse("meeting_change", args=[hub.slug, meeting.pk])}"' in page


def test_the_home_counts_the_grants_that_its_reader_may_approve(
    hub: Hub, administrator: User, lead: User, finance: User, client_of: ClientOf
) -> None:
    marked, untouched = (work.make_grant(work.make_place(hub), amount_pence=pence) for pence in (50_050, 20_000))

    def due(grant: Grant, by: User) -> None:
        with tenancy.use(hub):
            granting.mark_due(grant=grant, actor=factories.membership_of(by, hub), now=timezone.now())

    def told() -> list[list[str]]:
        homes = [client_of(one).get(home_url(hub)).context["tasks"] for one in (administrator, lead, finance)]
        return [[f"{task.text}: {task.detail}" for task in tasks if "approve" in task.text] for tasks in homes]

    due(marked, lead)
    one = ["1 grant to approve: £500.50 together."]
    assert told() == [one, [], one]
    due(untouched, administrator)
    two = ["2 grants to approve: £700.50 together."]
    assert told() == [one, ["1 grant to approve: £200 together."], two]


def a_year_of_work(hub: Hub, approver: User, *, year: int, size: int) -> None:
    """Groups of two stages with their schools, meetings, visits and grants, `size` of each in each state."""
    now = timezone.now()
    approved = {"approved_by": approver, "approved_at": now}
    grants: list[dict[str, Any]] = [
        {"state": GrantState.EXPECTED},
        {"state": GrantState.DUE},
        {"state": GrantState.APPROVED, **approved},
        {"state": GrantState.PAID, **approved},
        {"state": GrantState.WITHHELD, "withheld_reason": "It did not take part"},
    ]
    meetings: list[dict[str, Any]] = [
        {},
        {"state": MeetingState.HELD, "held_recorded_at": now},
        {"state": MeetingState.CANCELLED, "cancelled_reason": "Snow"},
    ]
    held = {"state": VisitState.HELD, "held_recorded_at": now, "met": "The head", "shared_note": "Bars"}
    for stage in ("primary-developing", "primary-embedding"):
        group = work.make_group(hub, stage_year=work.stage_year_of(stage=stage, year=year))
        work.make_meeting(group)
        for number, fields in enumerate(meetings * size):
            # Of which the last ones are of another year.
            work.make_meeting(group, starts_at=now - 100 * number * DAY - DAY, **fields)
        for number, (state, fields) in enumerate(zip([*PlaceState] * size, grants * size, strict=True)):
            place = work.make_place(hub, group=group)
            for term in (1, 2, 3):
                work.make_visit(place, term=term, starts_at=now - DAY, **held)
            work.make_visit(place, number=2)
            work.make_visit(place, number=3, state=VisitState.MISSED, missed_reason="Ill")
            work.make_grant(place, **{"amount_pence": 100_000 + number, **fields})
            gone = {"group": None, "specialist_school": None} if state not in MEMBERS else {}
            with tenancy.use(hub):
                Place.objects.filter(pk=place.pk).update(state=state, **gone)


@pytest.mark.parametrize(
    ("who", "figures"),
    [("administrator", 6), ("lead", 6), ("finance", 2)],
)
def test_each_figure_of_the_year_is_the_sum_of_the_list_that_it_leads_to(
    hub: Hub, other_hub: Hub, who: str, figures: int, request: pytest.FixtureRequest, client_of: ClientOf
) -> None:
    browser, approver = client_of(request.getfixturevalue(who)), factories.make_user("Ann Approver")
    for of, year, size in ((hub, -1, 1), (hub, 0, 2), (hub, 1, 1), (other_hub, 0, 1)):
        a_year_of_work(of, approver, year=work.this_year() + year, size=size)

    found = browser.get(home_url(hub)).context["figures"]

    listed = {}
    for figure in found:
        page = browser.get(figure.url).content.decode()
        [count] = re.findall(r'<p class="app-count"[^>]*>(.*?)</p>', page, re.DOTALL)
        sum_of = re.search(r"£[\d,.]*\d", count) if str(figure.value).startswith("£") else None
        listed[figure.label] = sum_of[0] if sum_of else int(re.sub(r"^.* of ", "", count.strip()).split()[0])
    assert listed == {figure.label: figure.value for figure in found}
    assert len(listed) == figures
    assert 0 not in listed.values()


def test_the_home_takes_as_many_queries_with_three_expressions_as_with_one(
    hub: Hub, lead: User, client_of: ClientOf
) -> None:
    browser = client_of(lead)
    window = factories.make_window(hub, closes_at=timezone.now() + 3 * DAY)
    factories.go_on_as(factories.make_expression(window).school)
    factories.follow_register(now=timezone.now())

    def queries() -> int:
        browser.get(home_url(hub))
        with CaptureQueriesContext(connection) as captured:
            browser.get(home_url(hub))
        # Without the frame of the transaction and of the hub in it.
        frame = ("SAVEPOINT", "RELEASE", "SELECT set_config")
        return sum(not query["sql"].startswith(frame) for query in captured.captured_queries)

    group = work.make_group(hub)
    now = timezone.now()

    def busy_day() -> None:
        place = work.make_place(hub, group=group)
        work.make_visit(place, starts_at=now + DAY)
        work.make_meeting(group, starts_at=now + place.pk * dt.timedelta(minutes=1))
        work.make_grant(place)

    busy_day()
    with_one = queries()
    busy_day()
    busy_day()
    for stage in ("primary-readiness", "secondary-developing"):
        window = factories.make_window(hub, stage=stage, closes_at=timezone.now() + 3 * DAY)
        factories.go_on_as(factories.make_expression(window).school, factories.make_school("Birch Academy"))
    factories.follow_register(now=timezone.now())

    in_doubt(hub, "Ash")
    assert queries() == with_one <= 15


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
        "Places offered": 0,
        "Accepted": 0,
        "Turned down by the school": 0,
        "Declined by the hub": 0,
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
def test_the_national_page_says_how_old_the_register_is(client_of: ClientOf, settings: Settings) -> None:
    settings.REGISTER_SOURCE = "/srv/register"
    browser = client_of(national_viewer())
    assert "No register of schools has been taken in yet." in browser.get(reverse("national_home")).content.decode()
    now = timezone.now()
    taken_in(now - DAY, outcome="applied", as_of=dt.date(2025, 5, 24))

    page = browser.get(reverse("national_home")).content.decode()

    assert f"Register as of Saturday 24 May 2025, refreshed {moment(now - DAY)}." in page
    assert "has not been refreshed" not in page


@everywhere
def test_the_national_page_warns_of_a_register_that_is_overdue(client_of: ClientOf, settings: Settings) -> None:
    settings.REGISTER_SOURCE = "/srv/register"
    now = timezone.now()
    taken_in(now - 9 * DAY, outcome="applied", as_of=dt.date(2025, 5, 24))
    taken_in(now - DAY, outcome="refused", reason="The site is down.")

    page = client_of(national_viewer()).get(reverse("national_home")).content.decode()

    assert f"has not been refreshed since {day(now - 9 * DAY)} (9 days ago)" in page
    assert "What stood in the way at the last try: The site is down." in page


def taken_in(at: dt.datetime, **fields: Any) -> None:
    RegisterImport.objects.create(started_at=at, finished_at=at, file_name="x.csv", actor_name=ACTOR, **fields)


@everywhere
def test_to_a_hubs_administrator_the_national_page_is_not_there(client_of: ClientOf) -> None:
    administrator = factories.make_member(factories.make_hub("northvale"), Role.ADMINISTRATOR, "Ada Administrator")

    assert client_of(administrator).get(reverse("national_home")).status_code == 404

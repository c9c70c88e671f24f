from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funding import ledger
from hubs import tenancy
from hubs.models import Hub
from hubs.years import academic_year_of
from reports import release_report
from reports.release_report import ReleaseLine, ReleaseReport, Used
from reports.scopes import Asked, Period, Scope
from reports.snapshots import freeze, thaw
from tests import factories, work
from workgroups.models import Attendance, DaysAgreed, MasterySpecialist, Place, Visit, WorkGroup

pytestmark = pytest.mark.django_db
YEAR = 2026
STAGE = "Developing (primary), 2026/27"
AUTUMN, SPRING = dt.date(2026, 10, 6), dt.date(2027, 2, 3)
SPRING_TERM = Period(dt.date(2027, 1, 1), dt.date(2027, 3, 31))


@pytest.fixture
def mina(hub: Hub) -> MasterySpecialist:
    return work.make_specialist(hub, "Mina Specialist")


@pytest.fixture
def group(hub: Hub, mina: MasterySpecialist) -> WorkGroup:
    return work.make_group(hub, "Northvale 1", specialist=mina, stage_year=work.stage_year_of(year=YEAR))


@pytest.fixture
def place(hub: Hub, group: WorkGroup) -> Place:
    return work.make_place(hub, factories.make_school("Ash Lane Primary School"), group=group)


def take(hub: Hub, now: dt.datetime, *, scope: Scope | None = None, period: Period | None = None) -> ReleaseReport:
    asked = Asked(scope or Scope("hub"), period or Period.of_year(YEAR))
    with tenancy.use(hub):
        return release_report.snapshot(asked.as_parameters(), now=now)


def agree(specialist: MasterySpecialist, half_days: int, year: int = YEAR) -> None:
    with tenancy.use(specialist.hub_id):
        DaysAgreed.objects.create(hub_id=specialist.hub_id, specialist=specialist, year=year, half_days=half_days)


def log(account: Place | MasterySpecialist, half_days: int, *, on: dt.date, **fields: object) -> None:
    work.make_release(account, half_days, worked_on=on, year=academic_year_of(on), **fields)


def use_every_kind(place: Place, group: WorkGroup) -> None:
    """Meeting 1, visit 2, in school 3, put right by -1: 5 half-days of the school; 1 and 2 of the Specialist."""
    meeting, visit = work.make_meeting(group), work.make_visit(place)
    with tenancy.use(place.hub_id):
        attendance = Attendance.objects.create(
            hub_id=place.hub_id, meeting=meeting, participant=place.participants.get(position=1), mark="present",
            recorded_at=place.accepted_at,
        )  # fmt: skip
    log(place, 1, on=AUTUMN, kind="meeting", attendance=attendance)
    log(place, 2, on=AUTUMN, kind="visit", visit=visit)
    log(place, 3, on=SPRING)
    log(place, -1, on=SPRING, kind="correction", visit=visit)
    log(group.specialist, 1, on=AUTUMN, kind="meeting", meeting=meeting)
    log(group.specialist, 2, on=SPRING, kind="visit", visit=visit)


def test_a_schools_release_by_kind_of_what_it_promised(
    hub: Hub, place: Place, group: WorkGroup, now: dt.datetime
) -> None:
    use_every_kind(place, group)

    report = take(hub, now)

    (line,) = report.lines
    used = Used(meeting=1, visit=2, in_school=3, correction=-1)
    assert line == ReleaseLine("Ash Lane Primary School", "", place.school.urn_in_words, STAGE, used, 5, 20)
    (section,) = report.sections
    assert (section.name, section.about) == ("Northvale 1", "Developing (primary), 2026/27, led by Mina Specialist")
    assert report.head.name == "Release-time report: The whole hub, 2026/27"


def test_a_specialists_days_of_those_agreed(hub: Hub, place: Place, group: WorkGroup, now: dt.datetime) -> None:
    use_every_kind(place, group)
    agree(group.specialist, 24)
    agree(group.specialist, 30, year=2025)

    (line,) = take(hub, now).specialists

    assert (line.name, line.about) == ("Mina Specialist", "Primary cohort 7")
    assert (line.used, line.used_in_all, line.agreed) == (Used(meeting=1, visit=2), 3, 24)


def test_of_a_part_of_the_year_that_part_is_told_beside_the_whole(
    hub: Hub, place: Place, group: WorkGroup, now: dt.datetime
) -> None:
    use_every_kind(place, group)
    agree(group.specialist, 24)

    report = take(hub, now, period=SPRING_TERM)

    (line,), (specialist,) = report.lines, report.specialists
    assert (line.used, line.used_in_all) == (Used(in_school=3, correction=-1), 5)
    assert (specialist.used, specialist.used_in_all, specialist.agreed) == (Used(visit=2), 3, 24)


def test_of_two_years_days_agreed_are_added_up(hub: Hub, mina: MasterySpecialist, now: dt.datetime) -> None:
    agree(mina, 24, 2025)
    agree(mina, 30, 2026)
    log(mina, 2, on=dt.date(2026, 7, 1))
    log(mina, 2, on=AUTUMN)

    (line,) = take(hub, now, period=Period(dt.date(2026, 1, 1), dt.date(2026, 12, 31))).specialists

    assert (line.used.total, line.used_in_all, line.agreed) == (4, 4, 54)


def test_schools_that_have_used_nothing_are_there_and_those_of_other_years_are_not(
    hub: Hub, place: Place, now: dt.datetime
) -> None:
    former = work.make_place(hub, factories.make_school("Birch"), year=2025)

    assert [line.school for line in take(hub, now).lines] == ["Ash Lane Primary School"]
    assert take(hub, now).lines[0].used == Used()
    # Unless they were chosen, or have used some in this time.
    assert [line.school for line in take(hub, now, scope=Scope("place", former.pk)).lines] == ["Birch"]
    log(former, 1, on=SPRING)
    assert [line.school for line in take(hub, now).lines] == ["Ash Lane Primary School", "Birch"]


def test_specialists_of_the_hub_are_those_with_days(hub: Hub, mina: MasterySpecialist, now: dt.datetime) -> None:
    agreed, worked = work.make_specialist(hub, "Agnes"), work.make_specialist(hub, "Wanda")
    agree(agreed, 10)
    log(worked, 1, on=AUTUMN)

    assert [line.name for line in take(hub, now).specialists] == ["Agnes", "Wanda"]
    assert [line.name for line in take(hub, now, scope=Scope("specialist", mina.pk)).specialists] == ["Mina Specialist"]


def test_a_part_of_the_hub(hub: Hub, place: Place, group: WorkGroup, now: dt.datetime) -> None:
    second = work.make_group(hub, "Eastvale", stage_year=group.stage_year)
    other = work.make_place(hub, factories.make_school("Birch"), group=second)

    of_group = take(hub, now, scope=Scope("group", group.pk))
    of_specialist = take(hub, now, scope=Scope("specialist", second.specialist_id))
    of_school = take(hub, now, scope=Scope("place", other.pk))

    assert [line.school for line in of_group.lines] == ["Ash Lane Primary School"]
    assert [line.name for line in of_group.specialists] == ["Mina Specialist"]
    assert [line.school for line in of_specialist.lines] == ["Birch"]
    assert [line.school for line in of_school.lines] == ["Birch"]
    assert of_school.specialists == []


def test_a_specialists_days_stand_by_the_group_that_they_were_for_whoever_leads_it_now(
    hub: Hub, place: Place, group: WorkGroup, mina: MasterySpecialist, now: dt.datetime
) -> None:
    use_every_kind(place, group)
    log(mina, 4, on=SPRING)
    own = work.make_group(hub, "Eastvale", specialist=mina, stage_year=group.stage_year)
    log(mina, 1, on=AUTUMN, kind="meeting", meeting=work.make_meeting(own))
    with tenancy.use(hub):
        Place.objects.filter(pk=place.pk).update(state="left", group=None, specialist_school=None)
        other = work.make_specialist(hub, "Sam Successor")
        WorkGroup.objects.filter(pk=group.pk).update(specialist=other, specialist_school=other.school)

    report = take(hub, now, scope=Scope("specialist", mina.pk))

    assert [(line.name, line.about, line.used) for line in report.groups] == [
        ("Eastvale", f"{STAGE}, led by Mina Specialist", Used(meeting=1)),
        ("Northvale 1", f"{STAGE}, led by Sam Successor", Used(meeting=1, visit=2)),
        ("Of no Work Group", "", Used(in_school=4)),
    ]
    (line,) = report.specialists
    assert line.used == report.groups_used == Used(meeting=2, visit=2, in_school=4)
    assert take(hub, now, scope=Scope("specialist", other.pk)).groups == take(hub, now).groups == []


def test_a_school_that_became_an_academy_keeps_its_days(hub: Hub, place: Place, now: dt.datetime) -> None:
    log(place, 3, on=AUTUMN)
    factories.go_on_as(place.school, factories.make_school("Birch Academy"))

    (line,) = take(hub, now).lines

    assert (line.school, line.formerly, line.used_in_all) == ("Birch Academy", "Ash Lane Primary School", 3)


def test_what_is_another_hubs_is_not_there(hub: Hub, other_hub: Hub, place: Place, now: dt.datetime) -> None:
    log(place, 3, on=AUTUMN)
    report = take(other_hub, now)
    assert (report.lines, report.specialists) == ([], [])


@pytest.fixture
def visit(place: Place) -> Visit:
    """What corrections are of."""
    return work.make_visit(place)


half_days = st.integers(min_value=1, max_value=40)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    logged=st.lists(st.tuples(half_days, st.booleans(), st.integers(min_value=0, max_value=1)), max_size=12),
)
def test_the_sums_are_those_of_the_ledger(
    hub: Hub, place: Place, mina: MasterySpecialist, visit: Visit, now: dt.datetime, logged: list[tuple[int, bool, int]]
) -> None:
    for half_days, is_correction, whose in logged:
        account = (place, mina)[whose]
        if is_correction:
            log(account, -half_days, on=AUTUMN, kind="correction", visit=visit)
        else:
            log(account, half_days, on=SPRING)
    agree_once(mina)

    report = take(hub, now)

    with tenancy.use(hub):
        of_schools = ledger.used_by_places([place])
        of_specialists = ledger.used_by_specialists([mina], year=YEAR)
    assert report.total.used.total == report.total.used_in_all == sum(of_schools.values())
    assert report.specialists_total.used.total == report.specialists_total.used_in_all == sum(of_specialists.values())
    autumn = Period(dt.date(2026, 9, 1), dt.date(2026, 12, 31))
    rest = Period(dt.date(2027, 1, 1), dt.date(2027, 8, 31))
    halves = [take(hub, now, period=period) for period in (autumn, rest)]
    assert sum(half.total.used.total for half in halves) == report.total.used.total


def agree_once(specialist: MasterySpecialist) -> None:
    with tenancy.use(specialist.hub_id):
        DaysAgreed.objects.get_or_create(
            hub_id=specialist.hub_id, specialist=specialist, year=YEAR, defaults={"half_days": 24}
        )


def test_as_many_queries_for_three_schools_as_for_one(hub: Hub, now: dt.datetime) -> None:
    counts = []
    for number in (1, 2, 3):
        made = work.make_group(hub, f"Group {number}", stage_year=work.stage_year_of(year=YEAR))
        place = work.make_place(hub, factories.make_school(f"School {number}"), group=made)
        use_every_kind(place, made)
        agree(made.specialist, 24)
        factories.go_on_as(place.school, factories.make_school(f"Academy {number}"))
        with CaptureQueriesContext(connection) as queries:
            take(hub, now)
        counts.append(len(queries))
    # Entering the hub and leaving it are four of them.
    assert counts[0] == counts[2] <= 14


def test_it_comes_back_from_json_as_it_was(hub: Hub, place: Place, group: WorkGroup, now: dt.datetime) -> None:
    use_every_kind(place, group)
    report = take(hub, now)
    assert thaw(ReleaseReport, freeze(report)) == report

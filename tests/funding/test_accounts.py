from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funding import accounts, ledger
from funding.accounts import Filter, Totals, Used
from hubs import tenancy
from hubs.models import Hub, Membership
from tests import factories, work
from tests.funding.conftest import YEAR
from tests.funding.test_ledger import Mark, correct, log, tell_attendance, tell_meeting, tell_visit
from workgroups.models import DaysAgreed, MasterySpecialist, Meeting, Place, Visit, WorkGroup


@pytest.fixture
def worked(
    place: Place, group: WorkGroup, mina: MasterySpecialist, as_mina: Membership, now: dt.datetime
) -> tuple[Meeting, Visit]:
    """A meeting and a visit that were put right, days in school of which some are taken back."""
    meeting = work.make_meeting(group, starts_at=now - dt.timedelta(days=9), half_days=2)
    visit = work.make_visit(place, starts_at=now - dt.timedelta(days=5), teachers_half_days=3)
    tell_meeting(meeting, as_mina, now)
    tell_attendance(meeting, place, as_mina, now, Mark.PRESENT, Mark.SUBSTITUTE)
    tell_attendance(meeting, place, as_mina, now, Mark.ABSENT, Mark.SUBSTITUTE, reason="Ill.")
    tell_visit(visit, as_mina, now)
    tell_visit(visit, as_mina, now, teachers_half_days=1, reason="Shorter.")
    log(place, as_mina, now, 3)
    correct(log(place, as_mina, now, 1), as_mina, now)
    log(mina, as_mina, now, 1)
    return meeting, visit


def test_an_account_adds_up_row_by_row_and_corrections_count_with_what_they_correct(
    place: Place, worked: object
) -> None:
    with tenancy.use(place.hub_id):
        lines = accounts.lines_of_school(place)
        used = accounts.used_of_school(place)

    assert [(line.what, line.entry.half_days, line.balance, line.may_correct) for line in lines] == [
        ("TRG meeting of North group: Teacher 1", 2, 2, False),
        ("TRG meeting of North group: Sub Stitute for Teacher 2", 2, 4, False),
        ("TRG meeting of North group: Teacher 1", -2, 2, False),
        ("Support visit by Mina Specialist", 3, 5, False),
        ("Support visit by Mina Specialist", -2, 3, False),
        ("In school", 3, 6, True),
        ("In school", 1, 7, False),
        ("In school", -1, 6, False),
    ]
    assert used == Used(meetings=2, visits=1, in_school=3, due=20)
    assert (used.sum, used.left, used.over) == (lines[-1].balance, 14, 0)


def test_a_specialists_account_is_of_one_year_and_of_the_days_agreed_for_it(
    mina: MasterySpecialist, as_mina: Membership, worked: object, now: dt.datetime
) -> None:
    log(mina, as_mina, now, 2, on=dt.date(2026, 7, 1))
    with tenancy.use(mina.hub_id):
        DaysAgreed.objects.create(hub=mina.hub, specialist=mina, year=YEAR, half_days=3)
        lines = accounts.lines_of_specialist(mina, year=YEAR)
        used = [accounts.used_of_specialist(mina, year=year) for year in (YEAR - 1, YEAR)]
        years = accounts.years_of_specialists(as_mina)

    assert [(line.what, line.balance) for line in lines] == [
        ("TRG meeting of North group", 2),
        ("Support visit to Ash Lane Primary School", 3),
        ("In school", 4),
    ]
    assert used == [Used(0, 0, 2, None), Used(2, 1, 1, 3)]
    assert (used[0].left, used[1].left, used[1].over) == (None, -1, 1)
    assert years == [YEAR, YEAR - 1]


def test_a_visit_is_named_after_what_the_school_is_today(place: Place, mina: MasterySpecialist, worked: object) -> None:
    factories.go_on_as(place.school, factories.make_school("Birch Academy"))

    with tenancy.use(mina.hub_id):
        assert accounts.lines_of_specialist(mina, year=YEAR)[1].what == "Support visit to Birch Academy"


@pytest.mark.parametrize("rows", [1, 4])
def test_an_account_takes_as_many_queries_whatever_its_rows(
    place: Place, mina: MasterySpecialist, as_mina: Membership, now: dt.datetime, rows: int
) -> None:
    for number in range(rows):
        tell_visit(work.make_visit(place, number=number + 1, teachers_half_days=1), as_mina, now)
    with tenancy.use(place.hub_id), CaptureQueriesContext(connection) as captured:
        accounts.lines_of_school(place)
        accounts.lines_of_specialist(mina, year=YEAR)
    assert len(captured) == 4


def test_the_schools_of_a_year_are_listed_with_what_they_used(
    hub: Hub, place: Place, group: WorkGroup, worked: object, leo: Membership, as_mina: Membership, now: dt.datetime
) -> None:
    birch = work.make_place(hub, factories.make_school("Birch Road"), year=YEAR)
    work.make_place(hub, factories.make_school("Old Mill"), year=YEAR - 1)
    # In a stage in which no days are promised.
    cole = work.make_place(hub, factories.make_school("Cole Street"), stage="primary-sustaining", year=YEAR)
    log(birch, leo, now, 4)
    work.make_release(cole, 6, year=YEAR)

    def listed(actor: Membership, chosen: Filter) -> list[tuple[str, Used]]:
        with tenancy.use(hub):
            rows = [accounts.school_row(found) for found in accounts.schools(actor, chosen)]
            return [(row.place.school_now.name, row.used) for row in rows]

    ash = ("Ash Lane Primary School", Used(2, 1, 3, 20))
    rest = [("Birch Road", Used(0, 0, 4, 20)), ("Cole Street", Used(0, 0, 6, None))]
    assert listed(leo, Filter(year=YEAR)) == [ash, *rest]
    assert [name for name, _ in listed(leo, Filter(sort="-used"))] == ["Cole Street", ash[0], "Birch Road", "Old Mill"]
    assert listed(leo, Filter(search="north group")) == [ash]
    assert listed(leo, Filter(stage="secondary-developing")) == []
    # A Specialist: her own schools alone, and their sums.
    assert listed(as_mina, Filter()) == [ash]
    with tenancy.use(hub):
        assert accounts.totals(leo, Filter(year=YEAR)) == Totals(schools=3, used=10, promised=40, used_unpromised=6)
        assert accounts.totals(as_mina, Filter()) == Totals(schools=1, used=6, promised=20, used_unpromised=0)
        assert ledger.used_by_places([place]) == {place.pk: 6}


def test_the_specialists_of_a_year_are_listed_with_what_they_used(
    hub: Hub, mina: MasterySpecialist, worked: object, leo: Membership, as_mina: Membership, now: dt.datetime
) -> None:
    work.make_specialist(hub, "Anna Active")
    gone = work.make_specialist(hub, "Gerda Gone", ends_on=dt.date(2026, 7, 1))
    work.make_specialist(hub, "Later Lea", starts_on=dt.date(2027, 9, 1))
    with tenancy.use(hub):
        DaysAgreed.objects.create(hub=hub, specialist=mina, year=YEAR, half_days=40)

    def listed(actor: Membership | None, year: int) -> list[tuple[str, int, int | None]]:
        with tenancy.use(hub):
            return [(row.specialist.name, row.used.sum, row.used.due) for row in accounts.specialists(actor, year=year)]

    assert listed(leo, YEAR) == listed(None, YEAR) == [("Anna Active", 0, None), ("Mina Specialist", 4, 40)]
    assert [name for name, *_ in listed(leo, YEAR - 1)] == ["Anna Active", "Gerda Gone", "Mina Specialist"]
    assert listed(as_mina, YEAR) == [("Mina Specialist", 4, 40)]
    # Who has anything in a year is listed in it.
    with tenancy.use(hub):
        DaysAgreed.objects.create(hub=hub, specialist=gone, year=YEAR, half_days=2)
    assert ("Gerda Gone", 0, 2) in listed(leo, YEAR)

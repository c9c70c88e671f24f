from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hubs import tenancy
from hubs.models import Hub, User
from schools.assumed_terms import Span, monday_of
from schools.calendar import SchoolCalendar, Term
from schools.models import HalfTerm
from tests import factories, work
from tests.work import LONDON
from workgroups.models import Place, PlaceState, Visit, VisitState, WorkGroup
from workgroups.visit_plan import (
    PlanFacts,
    SlotState,
    VisitSlot,
    slot_of,
    slots_of,
    table_of_group,
    term_dates,
    visit_slots,
)

YEAR = 2026
# 2026/27 by the national pattern: autumn 2 September to 18 December, spring 4 January to 25 March.
CALENDAR = SchoolCalendar()
DATES = {term: term_dates(CALENDAR, YEAR, term) for term in Term}
AUTUMN = DATES[Term.AUTUMN]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def visit_on(on: dt.date, *, state: VisitState = VisitState.ARRANGED, term: int = 1, number: int = 1) -> Visit:
    return Visit(starts_at=dt.datetime.combine(on, dt.time(9), LONDON), state=state, term=term, number=number)


def plan(*visits: Visit, today: str | dt.date, **facts: Any) -> list[VisitSlot]:
    values = {"visits_per_term": [1, 1, 1], "since": day("2026-07-01"), "goes_on": True, **facts}
    today = day(today) if isinstance(today, str) else today
    return slots_of(PlanFacts(place_id=7, dates=DATES, visits=visits, **values), today=today)


def states(*visits: Visit, today: str | dt.date, **facts: Any) -> list[str]:
    return [slot.state.value for slot in plan(*visits, today=today, **facts)]


# --- Dates ----------------------------------------------------------------------------------------


def test_a_visit_is_asked_for_from_the_third_teaching_week_and_late_two_weeks_before_the_end() -> None:
    assert (AUTUMN.starts_on, AUTUMN.last_day) == (day("2026-09-02"), day("2026-12-18"))
    assert (AUTUMN.arrange_from, AUTUMN.overdue_from) == (day("2026-09-14"), day("2026-12-04"))


def test_a_school_that_begins_earlier_is_asked_earlier() -> None:
    early = SchoolCalendar(own={(YEAR, 1): Span(day("2026-08-25"), day("2026-10-15"))})
    assert term_dates(early, YEAR, Term.AUTUMN).arrange_from == day("2026-09-07")


def test_a_term_of_two_weeks_is_asked_for_in_its_last() -> None:
    short = {
        (YEAR, 1): Span(day("2026-09-07"), day("2026-09-11")),
        (YEAR, 2): Span(day("2026-12-14"), day("2026-12-18")),
    }
    dates = term_dates(SchoolCalendar(own=short), YEAR, Term.AUTUMN)
    assert (dates.arrange_from, dates.last_day) == (day("2026-12-14"), day("2026-12-18"))


def test_a_term_of_which_other_dates_have_left_no_day_has_dates_all_the_same() -> None:
    # The school's own spring, entered over all of the authority's autumn.
    calendar = SchoolCalendar(
        own={(YEAR, 3): Span(day("2026-09-01"), day("2027-02-12"))},
        authority={
            (YEAR, 1): Span(day("2026-09-02"), day("2026-10-23")),
            (YEAR, 2): Span(day("2026-11-02"), day("2026-12-18")),
        },
        authority_name="Northvale",
    )
    dates = term_dates(calendar, YEAR, Term.AUTUMN)
    assert (dates.starts_on, dates.last_day) == (day("2026-09-02"), day("2026-12-18"))


# --- States ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "autumn"),
    [
        ("2026-08-18", "later"),
        ("2026-08-19", "to_arrange"),  # two weeks before the term begins
        ("2026-12-03", "to_arrange"),
        ("2026-12-04", "overdue"),
        ("2027-01-20", "overdue"),  # it can still be logged, or made good
        ("2027-07-21", "overdue"),
        ("2027-07-22", "missed"),  # the year is over
    ],
)
def test_a_visit_that_nobody_arranges(today: str, autumn: str) -> None:
    assert states(today=today)[0] == autumn


def test_the_terms_to_come_wait() -> None:
    assert states(today="2026-10-01") == ["to_arrange", "later", "later"]


def test_an_arranged_visit_is_to_log_from_the_day_after() -> None:
    visit = visit_on(day("2026-11-10"))
    assert states(visit, today="2026-11-10")[0] == "arranged"
    assert states(visit, today="2026-11-11")[0] == "to_log"
    assert states(visit, today="2027-08-01")[0] == "to_log"


def test_a_visit_arranged_for_the_next_term_is_arranged_and_not_overdue() -> None:
    assert states(visit_on(day("2027-01-12")), today="2026-12-10")[0] == "arranged"


def test_days_are_londons() -> None:
    # Half past midnight in London is still the day before in Greenwich.
    visit = Visit(starts_at=dt.datetime(2026, 9, 29, 23, 30, tzinfo=dt.UTC), state=VisitState.ARRANGED, term=1)
    assert states(visit, today="2026-09-30")[0] == "arranged"


def test_a_held_visit_stays_held() -> None:
    held = visit_on(day("2026-11-10"), state=VisitState.HELD)
    assert states(held, today="2027-08-30")[0] == "held"


def test_a_missed_visit_leaves_its_slot_open_for_another() -> None:
    missed = visit_on(day("2026-10-06"), state=VisitState.MISSED)
    slot = plan(missed, today="2026-10-07")[0]
    assert (slot.state, slot.visit, slot.missed, slot.is_open) == ("to_arrange", None, (missed,), True)
    again = visit_on(day("2026-11-10"))
    slot = plan(again, missed, today="2026-10-08")[0]
    assert (slot.state, slot.visit, slot.missed, slot.is_open) == ("arranged", again, (missed,), False)


def test_a_visit_missed_early_is_to_arrange_before_its_term() -> None:
    missed = visit_on(day("2027-01-06"), state=VisitState.MISSED, term=2)
    assert states(missed, today="2026-11-01")[1] == "to_arrange"


def test_a_missed_visit_whose_term_is_over_is_missed() -> None:
    first, second = (visit_on(on, state=VisitState.MISSED) for on in (day("2026-10-06"), day("2026-12-08")))
    assert states(first, second, today="2026-12-18")[0] == "overdue"
    slot = plan(second, first, today="2026-12-19")[0]
    assert (slot.state, slot.visit, slot.missed) == ("missed", second, (first, second))


def test_a_stage_says_how_many_visits_a_term_has() -> None:
    slots = plan(today="2026-10-01", visits_per_term=[2, 0, 1])
    assert [(slot.term, slot.number) for slot in slots] == [(1, 1), (1, 2), (3, 1)]


def test_a_visit_beyond_the_stages_has_its_own_slot() -> None:
    bespoke = visit_on(day("2026-11-10"), number=2)
    slots = plan(bespoke, today="2026-10-01", visits_per_term=[1, 0, 0])
    assert [(slot.number, slot.state) for slot in slots] == [(1, "to_arrange"), (2, "arranged")]


def test_a_school_that_joins_too_late_for_a_term_owes_no_visit_in_it() -> None:
    assert [slot.term for slot in plan(today="2027-02-01", since=day("2026-12-04"))] == [1, 2, 3]
    assert [slot.term for slot in plan(today="2027-02-01", since=day("2026-12-05"))] == [2, 3]


def test_without_a_group_nothing_is_to_arrange_and_what_was_stays() -> None:
    held = visit_on(day("2026-11-10"), state=VisitState.HELD)
    missed = visit_on(day("2027-01-12"), state=VisitState.MISSED, term=2)
    assert states(held, missed, today="2027-01-13", goes_on=False) == ["held", "missed"]
    assert states(today="2026-10-01", since=None) == []


def test_one_that_is_given_up_is_missed_until_another_is_arranged() -> None:
    given_up = visit_on(day("2026-12-07"), state=VisitState.MISSED)
    given_up.was_arranged = False
    slots = plan(given_up, today="2026-12-07")
    assert (slots[0].state, slots[0].is_given_up, slots[0].can_be_given_up) == ("missed", True, False)
    arranged = visit_on(day("2026-12-10"))
    slots = plan(given_up, arranged, today="2026-12-07")
    assert (slots[0].state, slots[0].is_given_up, slots[0].missed) == ("arranged", False, (given_up,))
    # One that was made later, for an earlier day, is the last that was said.
    given_up.pk, arranged.pk, arranged.state = 1, 2, VisitState.MISSED
    arranged.starts_at = given_up.starts_at - dt.timedelta(days=3)
    slots = plan(given_up, arranged, today="2026-12-07")
    assert (slots[0].state, slots[0].is_given_up, slots[0].can_be_given_up) == ("overdue", False, True)


def test_what_is_due_can_be_given_up_and_nothing_else() -> None:
    slots = plan(visit_on(day("2027-01-12"), term=2), today="2026-12-28")
    assert [(slot.state, slot.can_be_given_up) for slot in slots] == [
        ("overdue", True),
        ("arranged", False),
        ("later", False),
    ]


VISITS = st.builds(
    visit_on,
    st.dates(day("2026-08-01"), day("2027-09-30")),
    state=st.sampled_from(VisitState),
    term=st.integers(1, 3),
    number=st.integers(1, 3),
)


def at_most_one_stands(visits: list[Visit]) -> bool:
    standing = Counter((visit.term, visit.number) for visit in visits if visit.state != VisitState.MISSED)
    return max(standing.values(), default=0) <= 1


@given(
    visits=st.lists(VISITS, max_size=8).filter(at_most_one_stands),
    per_term=st.lists(st.integers(0, 3), min_size=3, max_size=3),
    today=st.dates(day("2026-08-01"), day("2027-09-30")),
    since=st.none() | st.dates(day("2026-06-01"), day("2027-07-31")),
    goes_on=st.booleans(),
)
def test_the_plan_holds_together(
    visits: list[Visit], per_term: list[int], today: dt.date, since: dt.date | None, goes_on: bool
) -> None:
    slots = plan(*visits, today=today, visits_per_term=per_term, since=since, goes_on=goes_on)
    keys = [(slot.term, slot.number) for slot in slots]
    assert keys == sorted(set(keys))
    # Every visit is in exactly one slot, and a slot that something stands in says which.
    standing = [visit for visit in visits if visit.state != VisitState.MISSED]
    assert [slot.visit for slot in slots if not slot.is_open] == sorted(standing, key=lambda v: (v.term, v.number))
    assert sum(len(slot.missed) for slot in slots) == len(visits) - len(standing)
    for slot in slots:
        assert slot.arrange_from <= slot.last_day and slot.overdue_from < slot.last_day
        match slot.state:
            case SlotState.HELD:
                assert slot.visit and slot.visit.state == VisitState.HELD
            case SlotState.ARRANGED | SlotState.TO_LOG:
                assert slot.visit and slot.visit.state == VisitState.ARRANGED
                assert (timezone.localdate(slot.visit.starts_at) >= today) == (slot.state == SlotState.ARRANGED)
            case SlotState.OVERDUE:
                assert slot.is_open and slot.overdue_from <= today
            case SlotState.TO_ARRANGE | SlotState.LATER:
                assert slot.is_open and today < slot.overdue_from
            case SlotState.MISSED:
                assert slot.is_open and (not slot.missed or slot.visit == slot.missed[-1])
    if not goes_on or since is None:
        assert set(keys) == {(visit.term, visit.number) for visit in visits}


@given(today=st.dates(day("2026-08-01"), day("2027-08-30")), visits=st.lists(VISITS, max_size=1))
def test_a_day_later_nothing_goes_back(today: dt.date, visits: list[Visit]) -> None:
    order = [SlotState.LATER, SlotState.TO_ARRANGE, SlotState.OVERDUE, SlotState.MISSED]
    order += [SlotState.ARRANGED, SlotState.TO_LOG, SlotState.HELD]
    before, after = (plan(*visits, today=one) for one in (today, today + dt.timedelta(days=1)))
    for earlier, later in zip(before, after, strict=True):
        assert order.index(earlier.state) <= order.index(later.state)


# --- From the database ----------------------------------------------------------------------------


def summer_before(group: WorkGroup) -> dt.datetime:
    return dt.datetime(group.stage_year.year, 6, 20, 12, tzinfo=LONDON)


def in_group(group: WorkGroup, count: int = 1) -> list[Place]:
    return [work.make_place(group.hub, group=group, accepted_at=summer_before(group)) for _ in range(count)]


def slots_in(group: WorkGroup, places: list[Place], today: dt.date | None = None) -> dict[int, list[VisitSlot]]:
    with tenancy.use(group.hub):
        return visit_slots(places, today=today or dt.date(group.stage_year.year + 1, 2, 1))


@pytest.fixture
def group(hub: Hub) -> WorkGroup:
    return work.make_group(hub)


def test_each_place_has_its_own_visits(group: WorkGroup) -> None:
    first, second = in_group(group, 2)
    visit = work.make_visit(first)
    slots = slots_in(group, [first, second])
    assert slots[first.pk][0].visit == visit
    assert all(slot.visit is None and slot.place_id == second.pk for slot in slots[second.pk])


def test_a_school_that_has_become_an_academy_goes_by_its_new_dates(group: WorkGroup, administrator: User) -> None:
    place = in_group(group)[0]
    year, academy = place.stage_year.year, factories.make_school("Birch Academy")
    factories.go_on_as(place.school, academy)
    HalfTerm.objects.create(
        school=academy,
        year=year,
        number=6,
        starts_on=monday_of(dt.date(year + 1, 6, 7)),
        ends_on=monday_of(dt.date(year + 1, 7, 7)),
        entered_for=group.hub,
        entered_by=administrator,
        entered_at=timezone.now(),
    )
    with tenancy.use(group.hub):
        known = Place.objects.with_stage().with_school_now().get(pk=place.pk)
    assert slots_in(group, [known])[place.pk][-1].last_day == monday_of(dt.date(year + 1, 7, 7))


def test_a_place_in_a_group_since_the_spring_owes_no_visit_in_autumn(group: WorkGroup) -> None:
    year = group.stage_year.year
    later = work.make_place(group.hub, group=group, accepted_at=dt.datetime(year + 1, 1, 20, 12, tzinfo=LONDON))
    [early] = in_group(group)
    slots = slots_in(group, [later, early])
    assert [slot.term for slot in slots[later.pk]] == [2, 3]
    assert [slot.term for slot in slots[early.pk]] == [1, 2, 3]


@pytest.mark.parametrize("state", [PlaceState.COMPLETED, PlaceState.NOT_COMPLETED])
def test_a_place_that_is_decided_on_has_nothing_to_arrange(group: WorkGroup, state: PlaceState) -> None:
    place = in_group(group)[0]
    place.state = state
    assert slots_in(group, [place])[place.pk] == []


def test_no_places_have_no_slots(group: WorkGroup) -> None:
    assert slots_in(group, []) == {}


def test_as_many_queries_for_three_places_as_for_one(group: WorkGroup) -> None:
    counted = []
    for places in (in_group(group, 1), in_group(group, 3)):
        for place in places:
            work.make_visit(place)
            factories.go_on_as(place.school, factories.make_school())
        with tenancy.use(group.hub):
            bare = list(Place.objects.filter(pk__in=[place.pk for place in places]))
            with CaptureQueriesContext(connection) as queries:
                visit_slots(bare, today=timezone.localdate())
            counted.append(len(queries))
            known = list(Place.objects.filter(pk__in=[p.pk for p in places]).with_stage().with_school_now())
            with CaptureQueriesContext(connection) as queries:
                visit_slots(known, today=timezone.localdate())
            counted.append(len(queries))
    assert counted[:2] == counted[2:]
    assert counted[0] <= 7 and counted[1] <= 4


def test_one_slot_more_than_the_stage_wants_can_be_had(group: WorkGroup) -> None:
    place = in_group(group)[0]
    today = dt.date(group.stage_year.year + 1, 2, 1)
    wanted = place.stage_year.visits_per_term[1]
    with tenancy.use(group.hub):
        last = slot_of(place, term=2, number=wanted, today=today)
        extra = slot_of(place, term=2, number=wanted + 1, today=today)
        assert last and extra and (extra.state, extra.is_open) == ("to_arrange", True)
        assert slot_of(place, term=2, number=wanted + 2, today=today) is None
        assert slot_of(place, term=4, number=1, today=today) is None
        assert slot_of(place, term=2, number=0, today=today) is None
        place.state = PlaceState.COMPLETED
        assert slot_of(place, term=2, number=1, today=today) is None


def test_the_table_of_a_group_has_its_members_by_todays_name(hub: Hub, group: WorkGroup) -> None:
    names = ["Willow", "ash lane", "Oak"]
    places = [work.make_place(hub, factories.make_school(name), group=group) for name in names]
    work.make_place(hub, factories.make_school("Waits for a group"))
    factories.go_on_as(places[0].school, factories.make_school("Birch Academy"))
    visit = work.make_visit(places[2], term=3)
    with tenancy.use(hub):
        rows = table_of_group(group, today=timezone.localdate())
    assert [row.place.school_now.name for row in rows] == ["ash lane", "Birch Academy", "Oak"]
    assert [slot.visit for slot in rows[2].cells[2]] == [visit]
    assert {len(row.cells) for row in rows} == {3}

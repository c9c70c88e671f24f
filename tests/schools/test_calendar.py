from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from hubs.models import Hub, LocalAuthority, User
from schools.ancestry import rebuild
from schools.assumed_terms import Span, assumed_half_terms, is_school_day
from schools.calendar import (
    HalfTermDates,
    Holiday,
    SchoolCalendar,
    Term,
    calendar_of,
    calendars_of,
    calendars_of_authorities,
)
from schools.models import HalfTerm, School
from tests.factories import make_school
from tests.schools.families import link

YEARS = st.integers(2016, 2039)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def span(starts: str, ends: str) -> Span:
    return Span(day(starts), day(ends))


# Leicestershire's, as its schools publish them: August, an early break in October, July free from the 10th.
LEICESTERSHIRE = {
    (2025, 1): span("2025-08-26", "2025-10-16"),
    (2025, 2): span("2025-10-27", "2025-12-19"),
    (2025, 3): span("2026-01-06", "2026-02-13"),
    (2025, 4): span("2026-02-23", "2026-03-27"),
    (2025, 5): span("2026-04-13", "2026-05-22"),
    (2025, 6): span("2026-06-01", "2026-07-09"),
}
leicestershire = SchoolCalendar(authority=LEICESTERSHIRE, authority_name="Leicestershire")
assumed = SchoolCalendar()


# --- Which half-term, which holiday ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "place"),
    [
        ("2025-10-16", "first half of the autumn term 2025/26"),
        ("2025-10-17", "autumn half-term holiday"),
        ("2025-10-26", "autumn half-term holiday"),
        ("2025-10-27", "second half of the autumn term 2025/26"),
        ("2025-11-01", "second half of the autumn term 2025/26"),  # a Saturday within it
        ("2025-12-25", "Christmas holiday"),
        ("2026-02-16", "spring half-term holiday"),
        ("2026-04-05", "Easter holiday"),
        ("2026-05-04", "first half of the summer term 2025/26"),  # a bank holiday within it
        ("2026-05-25", "summer half-term holiday"),
        ("2026-07-10", "summer holiday"),
    ],
)
def test_a_day_lies_in_a_half_term_or_in_a_holiday(on: str, place: str) -> None:
    assert str(leicestershire.where(day(on))) == place


def test_an_autumn_that_begins_in_august_is_of_the_year_to_come() -> None:
    in_august = leicestershire.half_term_of(day("2025-08-28"))
    assert in_august and (in_august.year, in_august.number) == (2025, 1)
    assert assumed.half_term_of(day("2025-08-28")) is None


def test_a_holiday_has_its_first_and_last_day() -> None:
    christmas = leicestershire.where(day("2025-12-25"))
    assert isinstance(christmas, Holiday)
    assert (christmas.starts_on, christmas.ends_on) == (day("2025-12-20"), day("2026-01-05"))


def test_the_summer_holiday_runs_into_the_next_year() -> None:
    summer = leicestershire.where(day("2026-08-01"))
    assert isinstance(summer, Holiday)
    assert summer.name == "summer holiday"
    assert (summer.starts_on, summer.ends_on) == (day("2026-07-10"), day("2026-09-01"))


@given(st.dates(dt.date(2016, 1, 1), dt.date(2039, 12, 31)))
def test_every_day_is_in_one_place_that_holds_it(on: dt.date) -> None:
    place = assumed.where(on)
    assert place.starts_on <= on <= place.ends_on
    assert isinstance(place, HalfTermDates) == (assumed.half_term_of(on) is not None)


# --- In session -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        ("2025-10-16", ""),
        ("2025-10-18", "a Saturday"),
        ("2025-10-20", "in the autumn half-term holiday"),
        ("2026-05-04", "a bank holiday: May Day"),
        ("2026-04-06", "a bank holiday: Easter Monday"),
        ("2026-07-10", "in the summer holiday"),
    ],
)
def test_a_day_is_in_session_or_it_is_said_why_not(on: str, reason: str) -> None:
    session = leicestershire.in_session(day(on))
    assert bool(session) == (not reason)
    assert session.reason == reason


@given(YEARS)
def test_the_days_in_session_are_those_that_say_so(year: int) -> None:
    days = assumed.days_in_session(year)
    every = [dt.date(year, 8, 1) + dt.timedelta(days=number) for number in range(380)]
    assert days == [one for one in every if assumed.in_session(one)]
    assert all(is_school_day(one) for one in days)


# --- Whose dates ----------------------------------------------------------------------------------


def test_the_school_s_own_dates_go_before_its_authority_s_and_those_before_assumed_ones() -> None:
    academy = SchoolCalendar(
        own={(2025, 2): span("2025-11-03", "2025-12-17")},
        authority={key: LEICESTERSHIRE[key] for key in [(2025, 1), (2025, 2)]},
        authority_name="Leicestershire",
    )
    assert [half_term.source.words for half_term in academy.half_terms(2025)[:3]] == [
        "Leicestershire’s dates",
        "the school's own dates",
        "assumed: nobody has entered dates yet",
    ]
    assert academy.half_term(2025, 2).span == span("2025-11-03", "2025-12-17")
    assert academy.half_term(2025, 3).span == assumed_half_terms(2025)[2]
    assert academy.where(day("2025-10-30")).source.kind == "authority"
    assert not academy.is_assumed(2025)
    assert academy.is_assumed(2026)


def test_a_holiday_is_as_certain_as_the_less_certain_of_its_ends() -> None:
    calendar = SchoolCalendar(own={(2025, 1): span("2025-09-01", "2025-10-17")})
    assert calendar.where(day("2025-10-20")).source.is_assumed
    assert calendar.in_session(day("2025-10-17")).source.kind == "school"


def test_a_day_that_two_sources_claim_is_of_the_school_s_own_half_term() -> None:
    calendar = SchoolCalendar(
        own={(2025, 2): span("2025-10-20", "2025-12-17")},
        authority={(2025, 1): span("2025-09-01", "2025-10-24")},
        authority_name="Northvale",
    )
    claimed = calendar.half_term_of(day("2025-10-22"))
    assert claimed and claimed.number == 2
    assert calendar.last_day_of_term(2025, Term.AUTUMN) == day("2025-12-17")
    assert calendar.days_in_session(2025, [1])[-1] == day("2025-10-17")


def test_an_authority_whose_name_ends_in_s_is_named_properly() -> None:
    calendar = SchoolCalendar(authority=LEICESTERSHIRE, authority_name="Wold Ings")
    assert calendar.half_term(2025, 1).source.words == "Wold Ings’ dates"


# --- Where dates of two sources overlap -----------------------------------------------------------


def test_what_is_less_certain_yields_to_what_is_more() -> None:
    calendar = SchoolCalendar(
        own={(2026, 1): span("2026-09-02", "2026-10-30")},
        authority={(2026, 2): span("2026-10-26", "2026-12-18")},
        authority_name="Northvale",
    )
    first, second = calendar.half_terms(2026)[:2]
    assert (first.span, first.yielded) == (span("2026-09-02", "2026-10-30"), None)
    assert (second.span, second.yielded) == (span("2026-11-02", "2026-12-18"), span("2026-10-26", "2026-12-18"))
    assert str(calendar.where(day("2026-10-28"))) == "first half of the autumn term 2026/27"
    assert calendar.yielding(2026) == [second]


def test_an_earlier_half_term_yields_at_its_end() -> None:
    calendar = SchoolCalendar(
        own={(2026, 2): span("2026-10-19", "2026-12-18")}, authority={(2026, 1): span("2026-09-02", "2026-10-23")}
    )
    assert calendar.half_term(2026, 1).span == span("2026-09-02", "2026-10-16")


def test_a_year_yields_to_the_next_in_august() -> None:
    calendar = SchoolCalendar(
        own={(2027, 1): span("2027-08-16", "2027-10-15")}, authority={(2026, 6): span("2027-06-07", "2027-08-20")}
    )
    assert calendar.half_term(2026, 6).ends_on == day("2027-08-13")
    assert calendar.half_term(2027, 1).starts_on == day("2027-08-16")


def test_a_half_term_of_which_nothing_is_left_has_no_days() -> None:
    calendar = SchoolCalendar(
        own={(2026, 1): span("2026-09-02", "2026-11-20")},
        authority={(2026, 2): span("2026-11-09", "2026-11-20"), (2026, 3): span("2026-11-30", "2027-02-12")},
    )
    assert calendar.days_in_session(2026, [2]) == calendar.weeks_of_half_term(2026, 2) == []
    assert calendar.half_term_of(day("2026-11-10")) == calendar.half_term(2026, 1)
    assert calendar.last_day_of_term(2026, Term.AUTUMN) == day("2026-11-20")


def test_a_term_of_which_nothing_is_left_has_no_last_day() -> None:
    calendar = SchoolCalendar(
        own={(2026, 2): span("2026-11-02", "2027-01-22"), (2026, 5): span("2027-02-01", "2027-04-23")},
        authority={(2026, 3): span("2027-01-04", "2027-01-15"), (2026, 4): span("2027-02-22", "2027-03-25")},
    )
    assert calendar.last_day_of_term(2026, Term.SPRING) is None


@st.composite
def entered_dates(draw: st.DrawFn) -> dict[tuple[int, int], Span]:
    """Some half-terms of two years, in order and apart, as one source may have them."""
    found = {}
    for year in (2025, 2026):
        first = dt.date(year, 8, 1)
        edges = sorted(draw(st.lists(st.integers(0, 394), min_size=12, max_size=12, unique=True)))
        kept = draw(st.sets(st.integers(1, 6)))
        for number in kept:
            starts, ends = edges[2 * number - 2 : 2 * number]
            found[year, number] = Span(first + dt.timedelta(days=starts), first + dt.timedelta(days=ends))
    return found


@given(own=entered_dates(), former=entered_dates(), authority=entered_dates())
def test_half_terms_never_overlap_whatever_was_entered(
    own: dict[tuple[int, int], Span], former: dict[tuple[int, int], Span], authority: dict[tuple[int, int], Span]
) -> None:
    calendar = SchoolCalendar(
        own=own, former={key: (one, "Old School") for key, one in former.items()}, authority=authority
    )
    found = [one for year in (2024, 2025, 2026, 2027) for one in calendar.half_terms(year)]
    taught = [one for one in found if one.starts_on <= one.ends_on]
    assert all(before.ends_on < after.starts_on for before, after in pairwise(taught))
    assert [len(calendar.half_terms(year)) for year in (2025, 2026)] == [6, 6]
    for one in taught:
        assert calendar.half_term_of(one.starts_on) == calendar.half_term_of(one.ends_on) == one
    for year in (2025, 2026):
        for on in (dt.date(year, 8, 1) + dt.timedelta(days=number) for number in range(0, 395, 5)):
            place = calendar.where(on)
            assert place.starts_on <= on <= place.ends_on


# --- Teaching weeks -------------------------------------------------------------------------------


def test_the_teaching_weeks_of_a_term_count_through_its_holiday() -> None:
    weeks = leicestershire.weeks_of_term(2025, Term.AUTUMN)
    assert [week.number for week in weeks] == list(range(1, 17))
    # The 26th of August is a Tuesday after the bank holiday.
    assert (weeks[0].monday, weeks[0].first_day, len(weeks[0].days)) == (day("2025-08-25"), day("2025-08-26"), 4)
    # The eighth ends on a Thursday, the ninth comes after the week off.
    assert (weeks[7].monday, weeks[7].last_day) == (day("2025-10-13"), day("2025-10-16"))
    assert weeks[8].monday == day("2025-10-27")


def test_the_nth_week_counts_from_the_beginning_or_from_the_end() -> None:
    third = leicestershire.nth_week_of_half_term(2025, 2, 3)
    assert third and third.monday == day("2025-11-10")
    last = leicestershire.nth_week_of_term(2025, Term.SUMMER, -1)
    assert last and (last.monday, last.last_day) == (day("2026-07-06"), day("2026-07-09"))
    assert leicestershire.nth_week_of_half_term(2025, 2, -1) == leicestershire.weeks_of_half_term(2025, 2)[-1]


@pytest.mark.parametrize("number", [0, 17, -17, 99])
def test_there_is_no_week_beyond_the_term(number: int) -> None:
    assert leicestershire.nth_week_of_term(2025, Term.AUTUMN, number) is None
    assert leicestershire.nth_week_of_term(2025, Term.AUTUMN, 16) is not None
    assert leicestershire.nth_week_of_term(2025, Term.AUTUMN, -16) is not None


def test_a_week_begins_on_the_day_after_its_bank_holiday() -> None:
    in_may = next(week for week in assumed.weeks_of_term(2025, Term.SUMMER) if week.monday == day("2026-05-04"))
    assert in_may.first_day == day("2026-05-05")


def test_a_week_without_a_day_in_session_does_not_count() -> None:
    mondays = [week.monday for week in assumed.weeks_of_term(2025, Term.AUTUMN)]
    assert day("2025-10-20") in mondays
    assert day("2025-10-27") not in mondays


def test_a_holiday_of_two_days_leaves_one_week_that_counts_once_in_the_term() -> None:
    calendar = SchoolCalendar(
        own={(2025, 1): span("2025-09-02", "2025-10-28"), (2025, 2): span("2025-10-31", "2025-12-19")}
    )
    weeks = [week for week in calendar.weeks_of_term(2025, Term.AUTUMN) if week.monday == day("2025-10-27")]
    assert [len(week.days) for week in weeks] == [3]
    assert calendar.weeks_of_half_term(2025, 1)[-1].monday == calendar.weeks_of_half_term(2025, 2)[0].monday


def test_the_term_ends_on_its_last_day_in_session() -> None:
    assert leicestershire.last_day_of_term(2025, Term.SPRING) == day("2026-03-27")
    assert leicestershire.last_day_of_term(2025, Term.SUMMER) == day("2026-07-09")


@given(YEARS, st.sampled_from(Term))
def test_every_day_in_session_is_in_one_week_of_its_term(year: int, term: Term) -> None:
    weeks = assumed.weeks_of_term(year, term)
    assert [one for week in weeks for one in week.days] == assumed.days_in_session(year, term.half_terms)
    assert all(week.monday.weekday() == 0 and week.monday <= week.first_day <= week.last_day for week in weeks)
    assert all(week.last_day - week.monday <= dt.timedelta(days=4) for week in weeks)
    assert [week.number for week in weeks] == list(range(1, len(weeks) + 1))


# --- Loading --------------------------------------------------------------------------------------


def enter(hub: Hub, person: User, now: dt.datetime, *, starts: str, ends: str, **fields: Any) -> None:
    days = {"starts_on": day(starts), "ends_on": day(ends)}
    HalfTerm.objects.create(entered_for=hub, entered_by=person, entered_at=now, **days, **fields)


@pytest.mark.django_db
def test_calendars_of_many_schools_take_two_queries(hub: Hub, administrator: User, now: dt.datetime) -> None:
    northvale = LocalAuthority.objects.create(code="001", name="Northvale")
    ravensdale = LocalAuthority.objects.create(code="002", name="Ravensdale")
    plain, academy = make_school("Plain School"), make_school("Academy")
    elsewhere = make_school("Elsewhere", authority=ravensdale)
    enter(hub, administrator, now, authority=northvale, year=2026, number=1, starts="2026-09-01", ends="2026-10-23")
    enter(hub, administrator, now, school=academy, year=2026, number=1, starts="2026-08-31", ends="2026-10-09")

    with CaptureQueriesContext(connection) as queries:
        calendars = calendars_of([plain, academy, elsewhere])

    assert len(queries) == 2
    firsts = {school.name: calendars[school.pk].half_term(2026, 1) for school in (plain, academy, elsewhere)}
    assert {name: (one.starts_on.isoformat(), one.source.words) for name, one in firsts.items()} == {
        "Plain School": ("2026-09-01", "Northvale’s dates"),
        "Academy": ("2026-08-31", "the school's own dates"),
        "Elsewhere": ("2026-09-02", "assumed: nobody has entered dates yet"),
    }
    assert calendars[academy.pk].half_term(2026, 2).source.is_assumed


@pytest.mark.django_db
def test_one_school_s_own_dates_are_no_other_s(hub: Hub, administrator: User, now: dt.datetime) -> None:
    school, neighbour = make_school("Academy"), make_school("Neighbour")
    enter(hub, administrator, now, school=school, year=2026, number=1, starts="2026-08-31", ends="2026-10-09")
    assert calendar_of(school).half_term(2026, 1).source.kind == "school"
    assert calendar_of(neighbour).half_term(2026, 1).source.is_assumed
    assert calendars_of_authorities(["001"])["001"].half_term(2026, 1).source.is_assumed


def own_first_day(school: School) -> str:
    """The first day of 2026/27 where it is the school's own, and whose."""
    first = calendar_of(school).half_term(2026, 1)
    return f"{first.starts_on}, {first.source.words}"


@pytest.fixture
def entered_before(hub: Hub, administrator: User, now: dt.datetime) -> School:
    """A school with dates of its own, which has closed since."""
    before = make_school("Ash Lane School", urn=100_001, status=School.Status.CLOSED)
    enter(hub, administrator, now, school=before, year=2026, number=1, starts="2026-08-31", ends="2026-10-09")
    return before


def follow(earlier: School, later: School, kind: str = "Successor") -> School:
    link(earlier.pk, kind, later.pk)
    rebuild()
    return later


OF_ASH_LANE = "2026-08-31, the school's own dates, entered for Ash Lane School (URN 100001)"


@pytest.mark.django_db
def test_a_school_s_own_dates_go_on_when_it_becomes_an_academy(entered_before: School) -> None:
    academy = follow(entered_before, make_school("Ash Lane Academy"))
    trust = follow(academy, make_school("Ash Lane Trust Academy"))
    assert own_first_day(academy) == own_first_day(trust) == OF_ASH_LANE
    assert calendar_of(trust).half_term(2026, 2).source.is_assumed


@pytest.mark.django_db
def test_what_was_entered_for_the_later_school_goes_first(
    entered_before: School, hub: Hub, administrator: User, now: dt.datetime
) -> None:
    academy = follow(entered_before, make_school("Ash Lane Academy"))
    trust = follow(academy, make_school("Ash Lane Trust Academy", urn=100_003))
    enter(hub, administrator, now, school=academy, year=2026, number=1, starts="2026-09-01", ends="2026-10-09")
    assert own_first_day(academy) == "2026-09-01, the school's own dates"
    assert own_first_day(trust).startswith("2026-09-01, the school's own dates, entered for Ash Lane Academy")


@pytest.mark.django_db
def test_schools_that_merged_do_not_pass_their_dates_on(entered_before: School) -> None:
    merged = follow(entered_before, make_school("Merged School"))
    follow(make_school("Other School", status=School.Status.CLOSED), merged)
    assert own_first_day(merged) == "2026-09-02, assumed: nobody has entered dates yet"


@pytest.mark.django_db
def test_a_school_that_takes_another_in_keeps_its_own_calendar(entered_before: School) -> None:
    larger = follow(entered_before, make_school("Larger School"), kind="Successor - merged")
    assert own_first_day(larger) == "2026-09-02, assumed: nobody has entered dates yet"


@pytest.mark.django_db
def test_both_parts_of_a_school_that_split_keep_its_dates(entered_before: School) -> None:
    infants, juniors = (
        follow(entered_before, make_school(name), kind="Successor - Split School") for name in ("Infants", "Juniors")
    )
    assert own_first_day(infants) == own_first_day(juniors) == OF_ASH_LANE


@pytest.mark.django_db
def test_a_stand_in_s_dates_go_on_beside_those_of_the_school_before(
    entered_before: School, hub: Hub, administrator: User, now: dt.datetime
) -> None:
    stand_in = make_school("New Academy", urn=School.FIRST_ADDED, added_by=hub, added_at=now)
    enter(hub, administrator, now, school=stand_in, year=2026, number=6, starts="2027-06-07", ends="2027-07-09")
    academy = follow(entered_before, follow(stand_in, make_school("Ash Lane Academy")))
    assert own_first_day(academy) == OF_ASH_LANE
    last = calendar_of(academy).half_term(2026, 6)
    assert (last.ends_on, last.source.words) == (
        day("2027-07-09"),
        "the school's own dates, entered for New Academy (URN not known yet)",
    )


@pytest.mark.django_db
def test_two_schools_that_each_came_before_the_other_share_their_dates(entered_before: School) -> None:
    other = follow(entered_before, make_school("Ash Lane Academy"))
    follow(other, entered_before)
    assert own_first_day(other) == OF_ASH_LANE
    assert own_first_day(entered_before) == "2026-08-31, the school's own dates"


@pytest.mark.django_db
def test_no_schools_have_no_calendars() -> None:
    assert calendars_of([]) == {}
    assert calendars_of_authorities([]) == {}

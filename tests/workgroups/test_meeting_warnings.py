from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hubs import tenancy
from hubs.models import Hub, User
from hubs.moments import london
from schools.assumed_terms import Span
from schools.calendar import ASSUMED, SchoolCalendar
from schools.models import HalfTerm
from tests import work
from tests.workgroups.meetings import TUESDAY, YEAR, make_group, make_member_school
from workgroups.meeting_warnings import GroupCalendar, calendar_of_group, suggested_days, warnings_of
from workgroups.models import WorkGroup

TODAY = dt.date(2026, 11, 21)
HALF_PAST_ONE = dt.time(13, 30)
# In Leicestershire the week off in October is a week early.
EARLY = SchoolCalendar(
    authority={
        (YEAR, 1): Span(dt.date(2026, 8, 31), dt.date(2026, 10, 16)),
        (YEAR, 2): Span(dt.date(2026, 10, 26), dt.date(2026, 12, 18)),
    },
    authority_name="Dale",
)


@pytest.fixture
def group(hub: Hub) -> WorkGroup:
    return make_group(hub)


def calendar(*schools: tuple[str, SchoolCalendar], met: list[dt.datetime] | None = None) -> GroupCalendar:
    return GroupCalendar(year=YEAR, calendars=schools or [("", SchoolCalendar())], meetings=met or [])


def test_nothing_speaks_against_a_tuesday_in_term() -> None:
    assert warnings_of(calendar(), TUESDAY.date()) == []


def test_schools_that_do_not_teach_are_named_with_the_reason_and_whose_dates_say_so() -> None:
    three = calendar(("Ash Lane", EARLY), ("Birch", EARLY), ("Mill Road", SchoolCalendar()))
    assert warnings_of(three, dt.date(2026, 10, 20)) == [
        "Ash Lane and Birch do not teach on Tuesday 20 October 2026 (in the autumn half-term holiday, Dale’s dates)."
    ]
    assert warnings_of(three, dt.date(2026, 10, 27)) == [
        f"Mill Road does not teach on Tuesday 27 October 2026 (in the autumn half-term holiday, {ASSUMED.words})."
    ]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (dt.date(2027, 3, 6), "Saturday 6 March 2027 (a Saturday)."),
        (dt.date(2027, 5, 3), "Monday 3 May 2027 (a bank holiday: May Day)."),
    ],
)
def test_a_weekend_and_a_bank_holiday_are_the_same_for_all(day: dt.date, said: str) -> None:
    two = calendar(("Ash Lane", EARLY), ("Mill Road", SchoolCalendar()))
    assert warnings_of(two, day) == [f"The schools of the group do not teach on {said}"]


def test_a_second_meeting_in_a_half_term_is_warned_of() -> None:
    assert warnings_of(calendar(met=[TUESDAY]), dt.date(2027, 3, 9)) == [
        "The group already meets in the second half of the spring term: on Tuesday 2 March 2027."
    ]
    assert warnings_of(calendar(met=[TUESDAY]), dt.date(2027, 4, 27)) == []


def test_a_day_of_another_year_is_warned_of() -> None:
    assert warnings_of(calendar(), dt.date(2027, 9, 14)) == [
        "Tuesday 14 September 2027 is in 2027/28, and this is a group of 2026/27."
    ]


def test_a_group_s_calendar_has_its_schools_dates_and_its_meetings(group: WorkGroup, lead: User) -> None:
    school = make_member_school(group).school
    HalfTerm.objects.create(
        school=school,
        year=YEAR,
        number=4,
        starts_on=dt.date(2027, 3, 8),
        ends_on=dt.date(2027, 3, 24),
        entered_for=group.hub,
        entered_by=lead,
        entered_at=timezone.now(),
    )
    meeting = work.make_meeting(group, starts_at=TUESDAY)
    work.make_meeting(group, starts_at=TUESDAY + dt.timedelta(hours=3), state="cancelled", cancelled_reason="Snow.")
    with tenancy.use(group.hub):
        found = calendar_of_group(group)
        assert [name for name, _ in found.calendars] == ["Ash Lane Primary School"]
        assert found.meetings == [TUESDAY]
        assert "in the spring half-term holiday" in warnings_of(found, TUESDAY.date())[0]
        assert calendar_of_group(group, but=meeting).meetings == []


def test_two_schools_of_one_name_both_count() -> None:
    same = calendar(("Ash Lane", SchoolCalendar()), ("Ash Lane", EARLY))
    assert warnings_of(same, dt.date(2026, 10, 20))[0].startswith("Ash Lane does not")


# --- Suggestions -----------------------------------------------------------------------------------


def test_each_half_term_to_come_without_a_meeting_gets_a_day() -> None:
    found = suggested_days(calendar(met=[TUESDAY]), today=TODAY)
    assert [one.half_term.number for one in found] == [2, 3, 5, 6]
    assert {one.day.weekday() for one in found} == {1}
    assert {one.time for one in found} == {HALF_PAST_ONE}


def test_they_follow_the_weekday_and_the_time_of_the_last_meeting() -> None:
    thursday = london(dt.date(2026, 10, 8), dt.time(9, 15))
    found = suggested_days(calendar(met=[thursday]), today=TODAY)
    assert {(one.day.weekday(), one.time) for one in found} == {(3, dt.time(9, 15))}


@given(today=st.dates(dt.date(2026, 9, 1), dt.date(2027, 8, 31)), weekday=st.integers(0, 4))
def test_nothing_speaks_against_what_is_suggested(today: dt.date, weekday: int) -> None:
    met = [london(dt.date(2026, 9, 14) + dt.timedelta(days=weekday), HALF_PAST_ONE)]
    two = calendar(("Ash Lane", EARLY), ("Mill Road", SchoolCalendar()), met=met)
    found = suggested_days(two, today=today)
    assert all(one.day > today and not warnings_of(two, one.day) for one in found)
    assert len({one.half_term.number for one in found}) == len(found)
    assert found or today > dt.date(2027, 7, 1)

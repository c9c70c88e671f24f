from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from hubs.moments import LONDON
from schools.models import School
from tests.workgroups.meetings import TUESDAY
from workgroups.meeting_forms import AttendanceForm, HoldForm, MeetingFilterForm, MeetingForm, filled_with
from workgroups.models import Attendance, Participant, Place
from workgroups.planning import MeetingDetails

HOST = School(urn=100_001, name="Ash Lane Primary School", town="Ashby Marsh", postcode="NV1 2AB")
ASH, MILL = Place(pk=1, school=HOST), Place(pk=2, school=School(urn=100_002, name="Mill Road"))
TEACHERS = [
    Participant(pk=11, place=ASH, position=1, name="Ana Ash"),
    Participant(pk=12, place=ASH, position=2, name="Ben Ash"),
    Participant(pk=21, place=MILL, position=1, name="Mia Mill"),
]
IN_PERSON = MeetingDetails(TUESDAY, venue="Town hall")
# Quarters of an hour: nobody meets at seven past. Not in the hours that the clocks leave out or repeat.
MOMENTS = st.builds(
    lambda day, quarter: dt.datetime.combine(day, dt.time(2 + quarter // 4, quarter % 4 * 15), LONDON),
    st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)),
    st.integers(0, 21 * 4),
)


def sent(details: MeetingDetails, **fields: Any) -> MeetingForm:
    """The form as it is sent when what it shows first is not touched, but for the fields that are given."""
    typed = {**filled_with(details), **fields}
    data = QueryDict(mutable=True)
    day = typed.pop("day")
    data.update({"day_day": str(day.day), "day_month": str(day.month), "day_year": str(day.year)})
    data.update({name: str(value) for name, value in typed.items() if value is not False})
    return MeetingForm(data, hosts=[HOST], submit="Save", back="/")


@given(
    starts_at=MOMENTS,
    half_days=st.integers(1, 4),
    how=st.sampled_from(["in_person", "hybrid"]),
    host=st.sampled_from([HOST, None]),
    to_be_confirmed=st.booleans(),
)
def test_what_is_shown_and_not_touched_is_what_is_planned(
    starts_at: dt.datetime, half_days: int, how: str, host: School | None, to_be_confirmed: bool
) -> None:
    details = MeetingDetails(
        starts_at=starts_at,
        half_days=half_days,
        format=how,
        host_school=host,
        venue="hall",
        online_link="https://meet.example/1" if how == "hybrid" else "",
        to_be_confirmed=to_be_confirmed,
        agenda="Subtraction",
    )
    form = sent(details)
    assert form.is_valid(), form.errors
    assert form.details == details


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"format": "online"}, ("", None, "https://meet.example/1")),
        ({"format": "in_person"}, ("hall", HOST, "")),
        ({"format": "hybrid"}, ("hall", HOST, "https://meet.example/1")),
    ],
)
def test_a_place_or_link_that_nobody_needs_is_left_away(fields: dict[str, str], left: tuple[object, ...]) -> None:
    form = sent(IN_PERSON, host=HOST.pk, venue="hall", online_link="https://meet.example/1", **fields)
    assert form.is_valid()
    assert (form.details.venue, form.details.host_school, form.details.online_link) == left


@pytest.mark.parametrize("how", ["in_person", "online", "hybrid"])
def test_all_can_be_left_open_where_it_is_to_be_confirmed(how: str) -> None:
    assert not sent(IN_PERSON, format=how, venue="").is_valid()
    assert sent(IN_PERSON, format=how, venue="", to_be_confirmed="on").is_valid()


def test_nothing_is_called_optional_that_one_of_two_is_needed_of() -> None:
    form = sent(IN_PERSON)
    assert not any("optional" in str(form.fields[name].label) for name in ("host", "venue"))
    assert "choose one or enter another place below" in form.fields["host"].help_text


def test_a_place_that_cannot_be_read_is_not_said_to_be_missing_too() -> None:
    form = sent(IN_PERSON, format="hybrid", venue="x" * 300, online_link="no link")
    assert set(form.errors) == {"venue", "online_link"}


@pytest.mark.parametrize("typed", ["javascript:alert(1)", "ftp://meet.example", "https://", "x" * 600])
def test_what_no_browser_opens_is_no_link(typed: str) -> None:
    assert "online_link" in sent(IN_PERSON, format="online", online_link=typed).errors


# --- Attendance ------------------------------------------------------------------------------------


def test_people_stand_school_by_school() -> None:
    schools = AttendanceForm(participants=TEACHERS).schools()
    assert [(one.place, [person.participant.name for person in one.people]) for one in schools] == [
        (ASH, ["Ana Ash", "Ben Ash"]),
        (MILL, ["Mia Mill"]),
    ]


def test_everybody_keeps_what_was_chosen_and_typed() -> None:
    data = {"mark_11": "absent", "mark_12": "substitute", "substitute_12": "Sami", "discussion": "Concrete."}
    everybody = HoldForm(data, participants=TEACHERS).everybody()
    chosen = {name: value for name, value in everybody.items() if value}
    assert chosen == {**data, "mark_21": "present"}


def test_marks_are_those_that_were_chosen_with_substitutes_by_name() -> None:
    data = {"mark_11": "absent", "substitute_11": "Nobody", "mark_12": "substitute", "substitute_12": " Sami  S "}
    form = AttendanceForm({**data, "mark_21": "present"}, participants=TEACHERS)
    assert form.is_valid()
    assert [(one.participant.name, one.mark, one.substitute_name) for one in form.marks] == [
        ("Ana Ash", "absent", ""),
        ("Ben Ash", "substitute", "Sami S"),
        ("Mia Mill", "present", ""),
    ]


def test_attendance_comes_first_also_among_what_is_wrong() -> None:
    form = HoldForm({"discussion": "x" * 6000}, participants=TEACHERS)
    assert list(form.errors) == ["mark_11", "mark_12", "mark_21", "discussion"]


def test_what_is_recorded_is_shown_first() -> None:
    row = Attendance(participant=TEACHERS[1], mark="substitute", substitute_name="Sami")
    form = AttendanceForm(participants=TEACHERS, marked={12: row})
    shown = {name: form[name].value() for name in form.fields}
    assert shown == {
        "mark_11": None,
        "substitute_11": "",
        "mark_12": "substitute",
        "substitute_12": "Sami",
        "mark_21": None,
        "substitute_21": "",
    }


def test_a_filter_that_is_not_valid_is_none() -> None:
    form = MeetingFilterForm({"when": "yesterday", "group": "x"}, groups=[])
    assert form.chosen() == ("", None)

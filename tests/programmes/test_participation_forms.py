from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from crispy_forms.utils import render_crispy_form

from programmes.participation_forms import ParticipationForm
from schools.models import School
from tests import factories

pytestmark = pytest.mark.django_db
STAGES = [(1, "Mastery Readiness (primary)"), (2, "Developing (primary)")]
ANSWERS = {"stage": "2", "year": "2022", "outcome": "completed"}


def form(line: Sequence[School], **typed: str) -> ParticipationForm:
    return ParticipationForm({**ANSWERS, **typed}, line=line, stages=STAGES, this_year=2026, back="/")


@pytest.fixture
def line() -> list[School]:
    """Two that merged, and what they are now."""
    return [
        factories.make_school("Elm Academy", urn=100_003, opened_on=dt.date(2023, 9, 1)),
        factories.make_school("Oak", urn=100_002, opened_on=dt.date(2010, 9, 1), closed_on=dt.date(2023, 8, 31)),
        factories.make_school("Ash", urn=100_001, opened_on=dt.date(2018, 9, 1), closed_on=dt.date(2023, 8, 31)),
    ]


def test_a_school_of_one_urn_is_not_asked_which_it_was() -> None:
    school = factories.make_school()

    filled = form([school])

    assert "urn" not in filled.fields
    assert filled.is_valid()
    assert (filled.cleaned_data["stage"], filled.cleaned_data["year"]) == (2, 2022)
    assert filled.cleaned_data["school"] == school


@pytest.mark.parametrize(("year", "name"), [("2024", "Elm Academy"), ("2023", "Elm Academy"), ("2016", "Oak")])
def test_the_dates_say_which_school_of_the_line_it_was(line: list[School], year: str, name: str) -> None:
    filled = form(line, year=year, urn="by_date")

    assert filled.is_valid()
    assert filled.cleaned_data["school"].name == name


def test_where_the_dates_leave_it_open_the_person_is_asked(line: list[School]) -> None:
    filled = form(line, urn="by_date")

    assert not filled.is_valid()
    assert filled.errors["urn"] == ["Choose which school it was: Oak (100002) and Ash (100001) may be meant"]


def test_the_person_may_say_which_it_was_whatever_the_dates_say(line: list[School]) -> None:
    filled = form(line, year="2025", urn="100001")

    assert filled.is_valid()
    assert filled.cleaned_data["school"].name == "Ash"


def test_each_school_of_the_line_is_told_by_its_urn_and_dates(line: list[School]) -> None:
    html = render_crispy_form(ParticipationForm(line=line, stages=STAGES, this_year=2026, back="/"))

    assert "The one of that year" in html
    assert "Elm Academy" in html
    assert "URN 100002, opened 1 September 2010, closed 31 August 2023" in html


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("stage", "", "Choose the stage"),
        ("stage", "99", "Choose the stage"),
        ("year", "", "Choose the academic year"),
        ("year", "2027", "Choose the academic year"),
        ("year", "2013", "Choose the academic year"),
        ("outcome", "", "Choose how it ended"),
        ("outcome", "nonsense", "Choose how it ended"),
        ("urn", "", "Choose which school it was"),
        ("urn", "123", "Choose which school it was"),
    ],
)
def test_what_is_missing_or_not_offered_is_asked_for(line: list[School], field: str, typed: str, message: str) -> None:
    filled = form(line, **{"urn": "100001", field: typed})

    assert not filled.is_valid()
    assert filled.errors[field] == [message]

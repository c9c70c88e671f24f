from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django import forms

from hubs.widgets import PARTS
from programmes.forms import (
    ContactForm,
    DeclineForm,
    ExpressionFilterForm,
    HeadteacherForm,
    LeadTeacherForm,
    OfferForm,
    PromisesForm,
    SchoolChoiceForm,
    SchoolSearchForm,
    WindowForm,
)
from programmes.models import Stage, StagePromise, StageYear
from programmes.queries import Filter
from schools.search import Choice

CONTACT = {
    "name": "Cora Contact",
    "role": "Maths lead",
    "email": "cora@school.example",
    "phone": "01632 960001",
    "is_head": "no",
}
TEACHER = {"name": "Tess Teacher", "role": "Class teacher", "year_group": "", "email": "tess@school.example", "trn": ""}
HEAD = {"name": "Hana Head", "email": "hana@school.example"}
DATES = {
    "opens_on_day": "1",
    "opens_on_month": "3",
    "opens_on_year": "2027",
    "closes_on_day": "26",
    "closes_on_month": "June",
    "closes_on_year": "2027",
}
ASH_LANE = Choice(900001, "Ash Lane", "Primary · Northvale")
HUGE = "x" * 5_000_000

Answers = Mapping[str, str]
Make = Callable[[Answers], forms.Form]


def contact(answers: Answers) -> ContactForm:
    return ContactForm({**CONTACT, **answers})


def head(answers: Answers) -> HeadteacherForm:
    return HeadteacherForm({**HEAD, **answers})


def teacher(answers: Answers) -> LeadTeacherForm:
    return LeadTeacherForm({**TEACHER, **answers})


def window(answers: Answers) -> WindowForm:
    return WindowForm({**DATES, **answers}, back="/")


def search(answers: Answers) -> SchoolSearchForm:
    return SchoolSearchForm(answers, url="/schools/")


def choice(answers: Answers) -> SchoolChoiceForm:
    return SchoolChoiceForm(answers, found=[ASH_LANE], more=False, again="/")


def promises(answers: Answers) -> PromisesForm:
    wordings = ("We will come.", "We will stay.")
    return PromisesForm(answers, promises=[StagePromise(position=n, wording=w) for n, w in enumerate(wordings, 1)])


def offer(answers: Answers) -> OfferForm:
    return OfferForm({**date("answer_by", 15, 3), **answers}, today=dt.date(2027, 3, 1), back="/")


def decline(answers: Answers) -> DeclineForm:
    return DeclineForm(answers, back="/")


LIKE_AN_ADDRESS = ", like name@school.sch.uk"
PHONE = "Enter a telephone number, like 01632 960 001 or 07700 900 982"
TRN = "Enter a TRN of 7 digits, like 1234567, or leave it empty"


@pytest.mark.parametrize(
    ("make", "field", "typed", "message"),
    [
        (contact, "name", "", "Enter your full name"),
        (contact, "name", "   ", "Enter your full name"),
        (contact, "name", "x" * 121, "Enter your full name in 120 characters or fewer"),
        (contact, "name", HUGE, "Enter your full name in 120 characters or fewer"),
        (contact, "name", "Ann\x00", "Enter your full name"),
        (contact, "role", "", "Enter your role, like maths lead"),
        (contact, "email", "", f"Enter your work e-mail address{LIKE_AN_ADDRESS}"),
        (contact, "email", "cora", f"Enter your work e-mail address{LIKE_AN_ADDRESS}"),
        (contact, "email", "cora@school", f"Enter your work e-mail address{LIKE_AN_ADDRESS}"),
        (contact, "email", "cora@school.example, b@school.example", f"Enter your work e-mail address{LIKE_AN_ADDRESS}"),
        (contact, "email", "cora@school.example\nBcc: x@y.example", f"Enter your work e-mail address{LIKE_AN_ADDRESS}"),
        (contact, "email", "🧮@school.example", f"Enter your work e-mail address{LIKE_AN_ADDRESS}"),
        (contact, "email", "cora@school.example\x00", f"Enter your work e-mail address{LIKE_AN_ADDRESS}"),
        (contact, "phone", "", "Enter a telephone number"),
        (contact, "phone", "ask the office", PHONE),
        (contact, "phone", "960001", PHONE),
        (contact, "phone", "(((----)))", PHONE),
        (contact, "phone", ". . . . . . . .", PHONE),
        (contact, "phone", "01632 960001 or 960002", PHONE),
        (contact, "phone", HUGE, "Enter a telephone number in 30 characters or fewer"),
        (contact, "is_head", "", "Select yes if you are the headteacher"),
        (contact, "is_head", "perhaps", "Select yes if you are the headteacher"),
        (head, "name", "", "Enter the headteacher's full name"),
        (head, "email", "hana@", f"Enter the headteacher's e-mail address{LIKE_AN_ADDRESS}"),
        (teacher, "name", "", "Enter the teacher's full name"),
        (teacher, "role", "", "Enter the teacher's role, like maths lead or class teacher"),
        (teacher, "year_group", "x" * 61, "Enter the year group in 60 characters or fewer"),
        (teacher, "email", "tess", f"Enter the teacher's work e-mail address{LIKE_AN_ADDRESS}"),
        (teacher, "trn", "123456", TRN),
        (teacher, "trn", "12345678", TRN),
        (teacher, "trn", "seven", TRN),
        (teacher, "trn", "١٢٣٤٥٦٧", TRN),
        (window, "opens_on", "", "Enter a date"),
        (window, "closes_on", "", "Enter a date"),
        (search, "q", "", "Enter the school's name, town, postcode or URN"),
        (choice, "urn", "", "Select your school, or search again"),
        (choice, "urn", "900002", "Select a school from the list"),
        (choice, "urn", "x", "Select a school from the list"),
        (promises, "promise_1", "", "Tick promise 1"),
        (promises, "promise_2", "", "Tick promise 2"),
        (offer, "words", "x" * 2001, "Write 2,000 characters or fewer"),
        (offer, "words", HUGE, "Write 2,000 characters or fewer"),
        (decline, "reason", "", "Enter the reason: the headteacher will read it"),
        (decline, "reason", " \r\n ", "Enter the reason: the headteacher will read it"),
        (decline, "reason", "x" * 2001, "Write 2,000 characters or fewer"),
    ],
    ids=lambda value: value[:25] if isinstance(value, str) else None,
)
def test_a_bad_answer_gets_one_message_that_says_what_to_do(make: Make, field: str, typed: str, message: str) -> None:
    answers = {field: typed}
    if make is window:
        answers = {f"{field}_{part}": "" for part in ("day", "month", "year")}
    form = make(answers)

    assert form.errors[field] == [message]


ALL_FORMS: list[Make] = [contact, head, teacher, search, promises, offer, decline]


@pytest.mark.parametrize("make", ALL_FORMS)
@pytest.mark.parametrize("typed", ["Ann\x00", HUGE])
def test_every_line_of_text_says_itself_what_to_do(make: Make, typed: str) -> None:
    form = make({})
    lines = [name for name, field in form.fields.items() if isinstance(field, forms.CharField)]

    errors = make(dict.fromkeys(lines, typed)).errors

    for name in lines:
        (message,) = errors[name]
        assert re.match(r"(Enter|Write|Take) ", str(message)), message


@pytest.mark.parametrize(
    ("make", "field", "typed", "kept"),
    [
        (contact, "name", "  Cora \t  van\r\n Contact ", "Cora van Contact"),
        (contact, "name", "Nuñez-O’Shaughnessy 🧮", "Nuñez-O’Shaughnessy 🧮"),
        (contact, "name", "مريم العربية", "مريم العربية"),
        (contact, "name", "{name} %s <b>", "{name} %s <b>"),
        (contact, "name", "Cora\u2028Contact\u00a0Smith", "Cora Contact Smith"),
        (contact, "email", "  cora@school.example ", "cora@school.example"),
        (contact, "phone", " (01632) 960 001 ", "(01632) 960 001"),
        (contact, "phone", "+44 1632 960001", "+44 1632 960001"),
        (contact, "phone", "01632 960001 ext. 12", "01632 960001 ext. 12"),
        (contact, "phone", "01632.960.001 x3", "01632.960.001 x3"),
        (contact, "is_head", "yes", True),
        (contact, "is_head", "no", False),
        (teacher, "trn", "", ""),
        (teacher, "trn", "1234567", "1234567"),
        (teacher, "trn", " 12/34567 ", "1234567"),
        (teacher, "trn", "RP12 34567", "1234567"),
        (teacher, "trn", "rp1234567", "1234567"),
        (teacher, "year_group", "", ""),
        (decline, "reason", "One.\r\n\r\nTwo.", "One.\r\n\r\nTwo."),
    ],
)
def test_good_answers_are_taken_and_tidied(make: Make, field: str, typed: str, kept: object) -> None:
    form = make({field: typed})

    assert form.errors == {}
    assert form.cleaned_data[field] == kept


def test_the_answers_come_out_as_the_verbs_want_them() -> None:
    forms_ = contact({}), head({}), teacher({"trn": "1234567"})
    assert all(form.is_valid() for form in forms_)

    assert forms_[0].contact().is_head is False
    assert forms_[1].headteacher().email == "hana@school.example"
    assert forms_[2].teacher().trn == "1234567"


def test_promises_are_ticked_one_by_one() -> None:
    form = promises({"promise_1": "on"})

    assert list(form.errors) == ["promise_2"]
    assert promises({"promise_1": "on", "promise_2": "on"}).is_valid()


# --- By when an offer is to be answered -------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ((28, 2, 2027), "Enter a day that is still to come"),
        ((1, 3, 2027), "Enter a day that is still to come"),
        ((2, 3, 2027), ""),
        ((29, 2, 2028), ""),
        ((1, 3, 2028), "Enter a day within the next 12 months"),
        ((15, 3, 2127), "Enter a day within the next 12 months"),
        ((30, 2, 2027), "Enter a real date, like 27 9 2026"),
    ],
)
def test_an_offer_is_to_be_answered_by_a_day_to_come(day: tuple[int, int, int], message: str) -> None:
    # Today is 1 March 2027.
    errors = offer({f"answer_by_{part}": str(value) for part, value in zip(PARTS, day, strict=True)}).errors

    assert errors == ({"answer_by": [message]} if message else {})


def test_a_day_to_answer_by_is_asked_for() -> None:
    errors = offer(dict.fromkeys((f"answer_by_{part}" for part in PARTS), "")).errors

    assert errors == {"answer_by": ["Enter the day by which the school is asked to answer"]}


# --- Recruitment dates -----------------------------------------------------------------------


def date(field: str, day: int, month: int, year: int = 2027) -> dict[str, str]:
    return {f"{field}_day": str(day), f"{field}_month": str(month), f"{field}_year": str(year)}


def moments(form: WindowForm) -> dict[str, dt.datetime | None]:
    assert form.is_valid(), form.errors
    return form.moments()


def test_recruitment_runs_from_midnight_to_five_in_london() -> None:
    found = moments(window({}))

    # In March London is on Greenwich's time, in June an hour ahead.
    assert found["opens_at"] == dt.datetime(2027, 3, 1, 0, 0, tzinfo=dt.UTC)
    assert found["closes_at"] == dt.datetime(2027, 6, 26, 16, 0, tzinfo=dt.UTC)
    assert found["late_until"] is None


def test_late_ones_are_taken_until_five_in_london() -> None:
    found = moments(window(date("late_until", 1, 7)))

    assert found["late_until"] == dt.datetime(2027, 7, 1, 16, 0, tzinfo=dt.UTC)


def test_recruitment_may_close_on_the_day_it_opens() -> None:
    found = moments(window(date("closes_on", 1, 3)))

    assert found["closes_at"] == dt.datetime(2027, 3, 1, 17, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("answers", "field", "message"),
    [
        (date("closes_on", 28, 2), "closes_on", "Enter a closing date that is not before the opening date"),
        (date("late_until", 26, 6), "late_until", "Enter a date after the closing date, or leave it empty"),
        (date("late_until", 1, 1), "late_until", "Enter a date after the closing date, or leave it empty"),
        (date("opens_on", 30, 2), "opens_on", "Enter a real date, like 27 9 2026"),
        ({"opens_on_year": ""}, "opens_on", "Enter the year of the date as well"),
        ({"opens_on_year": "27"}, "opens_on", "Enter the year with four figures, like 2026"),
        ({"opens_on_day": "0" * 5000 + "x"}, "opens_on", "Enter a real date, like 27 9 2026"),
        ({"opens_on_day": "9" * 5000}, "opens_on", "Enter a real date, like 27 9 2026"),
        ({"opens_on_month": "\x00"}, "opens_on", "Enter a real date, like 27 9 2026"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else None,
)
def test_dates_out_of_order_or_impossible_are_refused_beside_their_field(
    answers: dict[str, str], field: str, message: str
) -> None:
    assert window(answers).errors == {field: [message]}


# --- The filters of the list -----------------------------------------------------------------


def chosen(**asked: str) -> Filter:
    stage = Stage(slug="primary-developing", phase="primary")
    stage_years = [StageYear(stage=stage, year=year, name="Developing") for year in (2027, 2026)]
    return ExpressionFilterForm(asked, stage_years=stage_years).chosen()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, Filter()),
        ({"q": "  ash lane "}, Filter(search="ash lane")),
        ({"stage": "primary-developing"}, Filter(stage="primary-developing")),
        ({"year": "2026"}, Filter(year=2026)),
        ({"state": "offered"}, Filter(state="offered")),
        ({"sort": "school"}, Filter(sort="school")),
        ({"sort": "-school"}, Filter(sort="-school")),
        ({"state": "draft"}, Filter()),
        ({"stage": "nonsense"}, Filter()),
        ({"year": "1999"}, Filter()),
        ({"year": "x"}, Filter()),
        ({"sort": "contact_email"}, Filter()),
        ({"q": "x" * 101}, Filter()),
        ({"q": "a\x00b"}, Filter()),
        ({"q": "ash", "state": "nonsense"}, Filter(search="ash")),
    ],
    ids=str,
)
def test_filters_take_what_they_know_and_leave_the_rest(asked: dict[str, str], expected: Filter) -> None:
    assert chosen(**asked) == expected


def test_the_filters_offer_each_stage_and_year_once() -> None:
    stage = Stage(slug="primary-developing", phase="primary")
    years = [StageYear(stage=stage, year=year, name="Developing") for year in (2026, 2027)]
    fields: Any = ExpressionFilterForm({}, stage_years=years).fields

    assert list(fields["stage"].choices) == [("", "All stages"), ("primary-developing", "Developing (primary)")]
    assert list(fields["year"].choices) == [("", "All years"), (2027, "2027/28"), (2026, "2026/27")]

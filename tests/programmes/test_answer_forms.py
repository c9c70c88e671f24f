from __future__ import annotations

from collections.abc import Callable

import pytest

from programmes.answer_forms import AcceptForm, TurnDownForm

Answers = dict[str, str]
WHO = {"name": "Hana Head", "role": "Headteacher", "seen": "seal"}


def accept(answers: Answers) -> AcceptForm:
    return AcceptForm({**WHO, "agreed": "on", **answers}, back="/")


def turn_down(answers: Answers) -> TurnDownForm:
    return TurnDownForm({**WHO, "reason": "No time.", **answers}, back="/")


BOTH: list[Callable[[Answers], AcceptForm | TurnDownForm]] = [accept, turn_down]


@pytest.mark.parametrize("make", BOTH)
def test_good_answers_are_taken(make: Callable[[Answers], AcceptForm | TurnDownForm]) -> None:
    form = make({"name": "  Hana\r\n Head "})

    assert form.errors == {}
    assert (form.cleaned_data["name"], form.cleaned_data["seen"]) == ("Hana Head", "seal")


@pytest.mark.parametrize(
    ("answers", "field", "message"),
    [
        ({"name": " "}, "name", "Enter your full name"),
        ({"name": "see www.evil.example"}, "name", "Enter your full name, without a web or e-mail address"),
        ({"name": "N" * 121}, "name", "Enter your full name in 120 characters or fewer"),
        ({"role": ""}, "role", "Enter your role at the school, like headteacher"),
    ],
)
@pytest.mark.parametrize("make", BOTH)
def test_who_answers_is_asked_for(
    make: Callable[[Answers], AcceptForm | TurnDownForm], answers: Answers, field: str, message: str
) -> None:
    assert make(answers).errors == {field: [message]}


def test_accepting_needs_the_tick() -> None:
    assert accept({"agreed": ""}).errors == {
        "agreed": ["Tick the box if the school agrees, or go back and turn the place down"]
    }


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (" \n ", "Enter the reason, so that the hub knows what would fit your school"),
        ("x" * 2001, "Write 2,000 characters or fewer"),
        ("a\x00b", "Take out the character that cannot be seen, or write it again"),
    ],
)
def test_turning_down_needs_a_reason_that_can_be_kept(reason: str, message: str) -> None:
    assert turn_down({"reason": reason}).errors == {"reason": [message]}


def test_a_form_for_an_offer_that_has_changed_keeps_what_was_typed_but_the_tick() -> None:
    form = accept({"name": "Dee"})
    assert form.is_valid()

    form.refuse_changed("new seal")

    shown = {field.html_name: field.value() for field in form}
    assert shown == {"name": "Dee", "role": "Headteacher", "seen": "new seal", "agreed": False}
    assert form.non_field_errors() == ["Read the offer again: it has changed since you opened this page"]
    declining = turn_down({"reason": "So."})
    assert declining.is_valid()
    declining.refuse_changed("new seal")
    assert (declining["reason"].value(), declining["seen"].value()) == ("So.", "new seal")

from __future__ import annotations

import pytest
from django import forms
from django.core.exceptions import ValidationError

from hubs.fields import UNSEEN, SearchField, TextField, email, line, long_text, telephone
from hubs.forms import InviteForm, JoinForm, LeadSchoolForm, ProfileForm

NAME = line("Name", "Enter the name")
ADDRESS = email("E-mail address", "Enter the address")
PHONE = telephone("Telephone number", required=False)
LETTER = TextField(error_messages={"required": "Enter the reason"}, widget=forms.Textarea)

INVISIBLE = ["\u200b", "\ufeff", "\u2060\u00ad", "\x07", " \u200b\u200d ", "\u202e", "\u3164", "\u2800", "\u0301"]


def refusals(field: forms.Field, typed: str) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        field.clean(typed)
    return refused.value.messages


@pytest.mark.parametrize("typed", INVISIBLE, ids=ascii)
def test_a_name_that_nobody_can_see_is_no_name(typed: str) -> None:
    assert refusals(NAME, typed) == ["Enter the name"]
    assert refusals(LETTER, typed) == ["Enter the reason"]
    assert line("Year group", "Enter the year group", required=False).clean(typed) == ""


@pytest.mark.parametrize("typed", ["7", "李", "é", "e\u0301", "علی\u200cرضا", "🧮", "§"], ids=ascii)
def test_whatever_can_be_seen_is_kept_as_it_was_typed(typed: str) -> None:
    assert NAME.clean(typed) == typed


@pytest.mark.parametrize(
    "typed", ["Ann\nBell", "Ann\r\n Bell", " Ann\tBell\x0b", "Ann\u2028Bell", "Ann\u00a0\u3000Bell"]
)
def test_a_line_has_no_line_breaks(typed: str) -> None:
    assert NAME.clean(typed) == "Ann Bell"


@pytest.mark.parametrize(
    "typed", ["Ann\u202e Bell", "\ufeffAnn Bell\u200b", "An\u00adn\x07 Bell", "\u2067Ann\u2069 Bell"], ids=ascii
)
def test_what_nobody_sees_in_a_line_is_taken_out(typed: str) -> None:
    assert NAME.clean(typed) == "Ann Bell"


def test_a_letter_keeps_its_line_breaks() -> None:
    assert LETTER.clean("One.\r\n\r\nTwo.") == "One.\r\n\r\nTwo."


def test_an_address_that_is_wrong_in_every_way_is_refused_once() -> None:
    assert refusals(ADDRESS, f"{'x' * 500}@\x00") == ["Enter the address, like name@school.sch.uk"]


def test_the_longest_address_that_is_kept_has_254_characters() -> None:
    domain = f"{'a' * 63}.{'b' * 63}.{'c' * 53}.example"
    longest = f"{'n' * 64}@{domain}"
    assert len(longest) == 254
    assert ADDRESS.clean(longest) == longest
    assert refusals(ADDRESS, longest.replace(".example", "d.example")) == [
        "Enter the address in 254 characters or fewer"
    ]


@pytest.mark.parametrize("typed", ["", "0113 496 0000", "(01632) 960 001", "+44 1632 960001", "01632 960001 ext 12"])
def test_a_number_that_can_be_dialled_is_kept(typed: str) -> None:
    assert PHONE.clean(typed) == typed


@pytest.mark.parametrize("typed", ["call me", "96001", "(((----)))", "01632 960001 or 960002"])
def test_a_number_that_nobody_can_dial_is_refused(typed: str) -> None:
    assert refusals(PHONE, typed) == ["Enter a telephone number, like 01632 960 001 or 07700 900 982"]


@pytest.mark.parametrize("form", [InviteForm, JoinForm, ProfileForm, LeadSchoolForm])
def test_the_names_in_a_hubs_forms_are_such_lines(form: type[forms.Form]) -> None:
    assert form.base_fields["name"].clean("Ann\nBell") == "Ann Bell"
    with pytest.raises(ValidationError):
        form.base_fields["name"].clean("\u200b")


@pytest.mark.parametrize("name", ["contact_email", "reply_to", "privacy_contact_email"])
def test_a_hubs_addresses_fit_their_columns(name: str) -> None:
    [message] = refusals(ProfileForm.base_fields[name], f"{'n' * 60}@{'school.' * 35}example")
    assert message.startswith("Enter the ") and message.endswith(" in 254 characters or fewer")


@pytest.mark.parametrize(
    "typed",
    [
        "Your refund is waiting https://evil.example/login",
        "sign in at WWW.evil.example",
        "evil.example/login",
        "mail me@evil.example",
    ],
)
def test_a_name_that_would_carry_an_address_into_a_letter_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="Enter your full name, without a web or e-mail address"):
        line("Full name", "Enter your full name").clean(typed)


@pytest.mark.parametrize(
    "typed", ["Maths/PE lead", "St. John's", "Dr. A.B. O’Neill-Smith", "Head of Yr 3/4", "KS1 & KS2"]
)
def test_a_name_with_points_and_strokes_is_fine(typed: str) -> None:
    assert line("Role", "Enter your role").clean(typed) == typed


def test_what_is_looked_for_is_cut_to_its_longest() -> None:
    field = SearchField(max_length=5, required=False)
    assert field.clean(" ash lane ") == "ash l"
    assert field.clean("") == field.clean(None) == ""
    assert field.bound_data("ash lane", None) == "ash l"
    assert field.bound_data(None, None) is None
    with pytest.raises(ValidationError):
        field.clean("a\0")


def test_several_lines_are_kept_and_their_refusals_say_what_to_do() -> None:
    reason = long_text("Why?", "Enter the reason", longest=1000)
    assert reason.clean("One.\nTwo.") == "One.\nTwo."
    assert refusals(reason, " ") == ["Enter the reason"]
    assert refusals(reason, "x" * 1001) == ["Write 1,000 characters or fewer"]
    assert refusals(reason, "One.\x00") == [UNSEEN]


def test_several_lines_without_a_message_for_none_may_be_left_empty() -> None:
    assert long_text("Agenda (optional)").clean("") == ""

from __future__ import annotations

import pytest
from crispy_forms.utils import render_crispy_form
from django import forms

from hubs.layout import Group, Question, form_helper
from hubs.templatetags.govuk import kind
from tests.look.every_control import HINT, EveryControl
from tests.look.page import Page

GROUPS = ("stage", "took_part", "years", "start")
VISIBLE = [name for name in EveryControl.base_fields if name != "token"]
SINGLE = [name for name in VISIBLE if name not in GROUPS]
CONTROL_OF_GROUP = {
    "stage": "id_stage_0",
    "took_part": "id_took_part_0",
    "years": "id_years_0",
    "start": "id_start_day",
}


def page_of(form: forms.Form) -> Page:
    return Page(render_crispy_form(form))


@pytest.fixture
def in_error() -> Page:
    return page_of(EveryControl(data={}))


@pytest.fixture
def untouched() -> Page:
    return page_of(EveryControl())


@pytest.mark.parametrize("name", SINGLE)
def test_a_control_has_a_label_and_is_described_by_its_hint(untouched: Page, name: str) -> None:
    control = untouched.by_id(f"id_{name}")
    (label,) = untouched.all("label", for_=f"id_{name}")
    assert EveryControl.base_fields[name].label == label.text.strip()
    assert control.attributes["aria-describedby"].split()[0] == f"id_{name}_hint"
    assert untouched.by_id(f"id_{name}_hint").text.strip() == HINT
    assert "aria-invalid" not in control.attributes


@pytest.mark.parametrize("name", SINGLE)
def test_a_control_in_error_is_described_by_its_hint_and_then_its_error(in_error: Page, name: str) -> None:
    control = in_error.by_id(f"id_{name}")
    assert control.attributes["aria-describedby"] == f"id_{name}_hint id_{name}_error"
    assert control.attributes["aria-invalid"] == "true"
    assert in_error.by_id(f"id_{name}_error").text.split()[0] == "Error:"


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_has_a_legend_and_is_described_as_a_whole(in_error: Page, name: str) -> None:
    (fieldset,) = in_error.all("fieldset", aria_describedby=f"id_{name}_hint id_{name}_error")
    assert str(EveryControl.base_fields[name].label) in fieldset.text
    assert in_error.by_id(f"id_{name}_hint").text.strip() == HINT
    assert "Error:" in in_error.by_id(f"id_{name}_error").text


@pytest.mark.parametrize("name", VISIBLE)
def test_every_line_of_the_error_summary_leads_to_the_first_control_of_its_field(in_error: Page, name: str) -> None:
    target = CONTROL_OF_GROUP.get(name, f"id_{name}")
    assert len(in_error.all("a", href=f"#{target}")) >= 1
    assert in_error.by_id(target).tag in ("input", "select", "textarea")


def test_every_id_in_the_page_is_there_once_and_every_reference_finds_one(in_error: Page) -> None:
    ids = [element.attributes["id"] for element in in_error.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for element in in_error.elements:
        referred = element.attributes.get("aria-describedby", "").split() + [
            element.attributes[name]
            for name in ("for", "aria-controls", "aria-labelledby")
            if name in element.attributes
        ]
        assert set(referred) <= set(ids), element


def test_the_error_of_a_hidden_field_and_of_the_whole_form_lead_to_the_first_control() -> None:
    form = EveryControl(data={})
    form.add_error(None, "The window has closed meanwhile.")
    page = page_of(form)
    lines = page.all("a", href="#id_school_name")
    assert [line.text for line in lines] == ["The window has closed meanwhile.", "Enter it", "This field is required."]


def test_a_form_without_errors_has_no_error_summary(untouched: Page) -> None:
    assert not untouched.all("div", class_="govuk-error-summary")
    assert not untouched.all("p", class_="govuk-error-message")


def test_what_was_typed_is_shown_again() -> None:
    page = page_of(
        EveryControl(
            data={
                "school_name": 'St "Anne"',
                "why_now": "<b>soon</b>",
                "stage": "embedding",
                "years": ["1", "3"],
                "promise": "on",
                "start_day": "31",
                "start_month": "x",
                "start_year": "2026",
            }
        )
    )
    assert page.by_id("id_school_name").attributes["value"] == 'St "Anne"'
    assert page.by_id("id_why_now").text.strip() == "<b>soon</b>"
    assert [each.attributes["id"] for each in page.all("input") if "checked" in each.attributes] == [
        "id_stage_1",
        "id_years_0",
        "id_years_2",
        "id_promise",
    ]
    assert [page.by_id(f"id_start_{part}").attributes["value"] for part in ("day", "month", "year")] == [
        "31",
        "x",
        "2026",
    ]


def test_a_password_is_never_sent_back_to_the_browser() -> None:
    page = page_of(EveryControl(data={"password": "correct horse"}))
    assert "value" not in page.by_id("id_password").attributes


def test_a_limit_is_counted_down_and_not_enforced_by_cutting_off(untouched: Page) -> None:
    (count,) = untouched.all("div", class_="govuk-character-count")
    assert count.attributes["data-maxlength"] == "500"
    assert "maxlength" not in untouched.by_id("id_why_now").attributes
    assert untouched.by_id("id_why_now-info").text == "You can enter up to 500 characters"


def test_two_short_radios_stand_side_by_side_and_three_do_not(untouched: Page) -> None:
    inline = untouched.all("div", class_="govuk-radios--inline")
    assert [" ".join(each.text.split()) for each in inline] == ["Yes No"]


def test_addresses_and_telephones_get_the_right_keyboard(untouched: Page) -> None:
    email = untouched.by_id("id_email").attributes
    assert (email["type"], email["autocomplete"], email["spellcheck"]) == ("email", "email", "false")
    assert untouched.by_id("id_telephone").attributes["autocomplete"] == "tel"
    assert untouched.by_id("id_start_day").attributes["inputmode"] == "numeric"


def test_the_browser_leaves_checking_to_us_and_files_can_be_sent(untouched: Page) -> None:
    (form,) = untouched.all("form")
    assert "novalidate" in form.attributes
    assert form.attributes["enctype"] == "multipart/form-data"


def test_the_only_question_of_a_page_is_its_heading() -> None:
    class OneQuestion(forms.Form):
        name = forms.CharField(label="What is your name?")
        stage = forms.ChoiceField(label="Which stage?", choices=[("a", "A")], widget=forms.RadioSelect)

    form = OneQuestion()
    form.helper = form_helper("Continue", Question("name", page_heading=True))  # type: ignore[attr-defined]
    assert [heading.text.strip() for heading in page_of(form).all("h1")] == ["What is your name?"]
    form = OneQuestion()
    form.helper = form_helper("Continue", Question("stage", page_heading=True))  # type: ignore[attr-defined]
    assert [heading.text.strip() for heading in page_of(form).all("h1")] == ["Which stage?"]


def test_the_options_of_one_question_do_not_leak_into_the_next() -> None:
    class TwoQuestions(forms.Form):
        first = forms.CharField(label="First")
        second = forms.CharField(label="Second")

    form = TwoQuestions()
    form.helper = form_helper("Continue", Question("first", page_heading=True, width=5), "second")  # type: ignore[attr-defined]
    page = page_of(form)
    assert len(page.all("h1")) == 1
    assert page.by_id("id_second").attributes["class"] == "govuk-input"


def test_the_hint_of_one_choice_describes_that_choice(untouched: Page) -> None:
    choice = untouched.by_id("id_stage_0")
    assert untouched.by_id(choice.attributes["aria-describedby"]).text == "For schools new to Teaching for Mastery"
    assert "aria-describedby" not in untouched.by_id("id_stage_1").attributes


def test_a_group_of_questions_has_one_legend() -> None:
    class Address(forms.Form):
        town = forms.CharField(label="Town")
        postcode = forms.CharField(label="Postcode")

    form = Address()
    form.helper = form_helper("Continue", Group("Where is it?", "town", "postcode", page_heading=True))  # type: ignore[attr-defined]
    page = page_of(form)
    (fieldset,) = page.all("fieldset")
    (legend,) = page.all("legend")
    assert legend.text.strip() == "Where is it?"
    assert all(word in fieldset.text for word in ("Town", "Postcode"))


def test_hidden_fields_are_kept_although_the_layout_does_not_name_them(untouched: Page) -> None:
    assert untouched.by_id("id_token").attributes["type"] == "hidden"


def test_buttons_stand_at_the_end_the_main_one_first(untouched: Page) -> None:
    buttons = untouched.all("button", type="submit")
    assert [button.text.strip() for button in buttons] == ["Continue", "Save and come back later"]
    assert buttons[1].attributes["name"] == "action"


def test_the_fields_of_a_formset_keep_their_own_ids() -> None:
    class Teacher(forms.Form):
        name = forms.CharField(label="Name")

    formset = forms.formset_factory(Teacher, extra=2)(
        data={"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "form-0-name": "A. Obi", "form-1-name": ""}
    )
    page = Page(render_crispy_form(formset, form_helper("Continue")))
    assert page.by_id("id_form-0-name").attributes["value"] == "A. Obi"
    assert len(page.all("a", href="#id_form-1-name")) == 1
    assert page.by_id("id_form-TOTAL_FORMS").attributes["value"] == "2"


def test_the_error_of_grouped_choices_leads_to_the_first_of_the_first_group() -> None:
    class Areas(forms.Form):
        codes = forms.MultipleChoiceField(
            choices=[("North", [("1", "Leeds")]), ("South", [("2", "Kent")])], widget=forms.CheckboxSelectMultiple
        )

    page = page_of(Areas(data={}))
    (link,) = page.all("a")
    assert page.by_id(link.attributes["href"].removeprefix("#")).attributes["value"] == "1"


@pytest.mark.parametrize(
    ("field", "stem"),
    [
        (forms.CharField(), "input"),
        (forms.CharField(widget=forms.Textarea), "textarea"),
        (forms.ChoiceField(), "select"),
        (forms.ChoiceField(widget=forms.RadioSelect), "radios"),
        (forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple), "checkboxes"),
        (forms.BooleanField(), "checkbox"),
        (forms.FileField(), "file"),
        (forms.CharField(widget=forms.PasswordInput), "password"),
        (forms.SplitDateTimeField(), "other"),
    ],
)
def test_each_widget_has_its_own_template(field: forms.Field, stem: str) -> None:
    form = forms.Form()
    form.fields["x"] = field
    assert kind(form["x"]) == stem

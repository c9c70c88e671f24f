"""What people type about recruitment and expressions of interest: checked here, and nothing else."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from hubs.fields import email, line, long_text, telephone
from hubs.layout import Button, Question, form_helper
from hubs.listing import FilterForm
from hubs.widgets import DateField
from hubs.years import label_of
from programmes.applying import Contact, Headteacher, SameTeacherTwice, Teacher
from programmes.models import StagePromise, StageYear, State
from programmes.queries import SORTS, Filter
from schools.models import School
from schools.search import Choice, is_too_short

LONDON = ZoneInfo("Europe/London")
# Deadlines are at five in the afternoon, London time.
DEADLINE = dt.time(17, 0)
# What an offer suggests, and the most it may give.
DAYS_TO_ANSWER = dt.timedelta(days=14)
LONGEST_TO_ANSWER = dt.timedelta(days=365)


class SchoolSearchForm(forms.Form):
    """By name, town, postcode or URN; JavaScript turns the field into a type-ahead that fills `urn`."""

    q = line(
        "Which school are you applying for?",
        "Enter the school's name, town, postcode or URN",
        hint="Start typing the name, town, postcode or URN",
        longest=100,
        autocomplete="off",
    )
    urn = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attrs = {"data-school-search": "", "data-url": url, "data-urn-field": "id_urn"}
        self.fields["q"].widget.attrs.update(attrs)
        self.helper = form_helper("Continue", Question("q", page_heading=True))

    def clean_q(self) -> str:
        """What was typed; less than a search looks for is refused."""
        typed: str = self.cleaned_data["q"]
        if is_too_short(typed):
            raise ValidationError("Type at least three letters or digits")
        return typed


class SchoolChoiceForm(forms.Form):
    """The schools that a search found, as radio buttons: the way without JavaScript."""

    urn = forms.TypedChoiceField(
        label="Which of these is your school?",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Select your school, or search again",
            "invalid_choice": "Select a school from the list",
        },
    )

    def __init__(self, *args: Any, found: Sequence[Choice], more: bool, again: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["urn"].choices = [(school.urn, school.label) for school in found]  # type: ignore[attr-defined]
        if more:
            self.fields["urn"].help_text = (
                f"These are the first {len(found)}. Is yours not among them? "
                "Search again, and add the town or the postcode"
            )
        hints = {str(school.urn): school.hint for school in found}
        self.helper = form_helper(
            "Continue",
            Question("urn", page_heading=True, choice_hints=hints),
            others=[Button("Search again", url=again, look="link")],
        )


class ContactForm(forms.Form):
    """Who fills the form in."""

    name = line("Full name", "Enter your full name", autocomplete="name")
    role = line("Role at the school", "Enter your role, like maths lead", autocomplete="organization-title")
    email = email(
        "Work e-mail address",
        "Enter your work e-mail address",
        hint="We will send the confirmation to it",
        autocomplete="email",
    )
    phone = telephone("Telephone number", hint="We will only call about this application", autocomplete="tel")
    is_head = forms.TypedChoiceField(
        label="Are you the headteacher?",
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Select yes if you are the headteacher"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper("Save and continue", "name", "role", "email", Question("phone", width=20), "is_head")

    def contact(self) -> Contact:
        """The answers."""
        return Contact(**self.cleaned_data)


class HeadteacherForm(forms.Form):
    """Who commits the school."""

    name = line("Headteacher's full name", "Enter the headteacher's full name")
    email = email(
        "Headteacher's e-mail address",
        "Enter the headteacher's e-mail address",
        hint="The school office's address will do, if the head reads it there",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper("Save and continue")

    def headteacher(self) -> Headteacher:
        """The answers."""
        return Headteacher(**self.cleaned_data)


class LeadTeacherForm(forms.Form):
    """One of the two lead teachers; they are two different people."""

    name = line("Full name", "Enter the teacher's full name")
    role = line("Role at the school", "Enter the teacher's role, like maths lead or class teacher")
    year_group = line(
        "Year group or key stage they teach (optional)", "Enter the year group", longest=60, required=False
    )
    email = email("Work e-mail address", "Enter the teacher's work e-mail address")
    trn = line(
        "Teacher reference number, TRN (optional)",
        "Enter a TRN of 7 digits",
        longest=12,
        hint="7 digits, like 1234567. You can leave it out now; we need it before the first meeting",
        required=False,
        inputmode="numeric",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            "Save and continue", "name", "role", Question("year_group", width=20), "email", Question("trn", width=10)
        )

    def clean_trn(self) -> str:
        """Seven digits, however they were spaced."""
        trn = re.sub(r"[\s/-]|^RP", "", self.cleaned_data["trn"], flags=re.IGNORECASE)
        if trn and not re.fullmatch(r"[0-9]{7}", trn):
            raise ValidationError("Enter a TRN of 7 digits, like 1234567, or leave it empty")
        return trn

    def teacher(self) -> Teacher:
        """The answers."""
        return Teacher(**self.cleaned_data)

    def refuse_same(self, refusal: SameTeacherTwice) -> None:
        """Say who the other lead teacher is, at what tells that they are one person."""
        what = "teacher" if refusal.field == "name" else "e-mail address"
        ordinal = "first" if refusal.other.position == 1 else "second"
        whose = refusal.other.name if refusal.field == "name" else f"this one is {refusal.other.name}'s, who"
        self.add_error(refusal.field, f"Enter a different {what}: {whose} is the {ordinal} lead teacher")


class PromisesForm(forms.Form):
    """A tick for each promise of the stage."""

    def __init__(self, *args: Any, promises: list[StagePromise], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for promise in promises:
            self.fields[f"promise_{promise.position}"] = forms.BooleanField(
                label=f"{promise.position}. {promise.wording}",
                error_messages={"required": f"Tick promise {promise.position}"},
            )
        self.helper = form_helper("Save and continue")


class OfferForm(forms.Form):
    """By when a school is to answer an offer, and what to add to the letter."""

    answer_by = DateField(
        label="Answer by",
        help_text="The letter asks for an answer by this day. One that comes later still counts",
        error_messages={"required": "Enter the day by which the school is asked to answer"},
    )
    words = long_text("Add something to the letter (optional)", hint="The headteacher reads this word for word")

    def __init__(self, *args: Any, today: dt.date, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.helper = form_helper(
            "Offer the place and send the letter", others=[Button("Cancel", url=back, look="link")]
        )

    def clean_answer_by(self) -> dt.date:
        """A day to come, and not so far away that it must be a slip."""
        day: dt.date = self.cleaned_data["answer_by"]
        if day <= self.today:
            raise ValidationError("Enter a day that is still to come")
        if day > self.today + LONGEST_TO_ANSWER:
            raise ValidationError("Enter a day within the next 12 months")
        return day


class DeclineForm(forms.Form):
    """Why the school is declined."""

    reason = long_text(
        "Why can the hub not offer a place?",
        "Enter the reason: the headteacher will read it",
        rows=6,
        hint="The headteacher reads this word for word",
    )

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            "Decline and send the letter", look="warning", others=[Button("Cancel", url=back, look="link")]
        )


class WithdrawForm(forms.Form):
    """Why an offer is withdrawn."""

    reason = long_text(
        "Why does the hub withdraw its offer?",
        "Enter the reason: the headteacher will read it",
        rows=6,
        hint="The headteacher reads this word for word, in the letter and behind the link of the offer",
    )
    # The one that waited when the page was shown.
    offer = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            "Withdraw the offer and send the letter", look="warning", others=[Button("Cancel", url=back, look="link")]
        )


class OfferAgainForm(forms.Form):
    """Where the letter with an offer goes once more."""

    address = email(
        "The headteacher's e-mail address",
        "Enter the headteacher's e-mail address",
        hint="If you change it, everything goes there from now on. All links in earlier messages end, and a contact "
        "who is somebody else gets the letter with a new link as well",
    )
    # The last one with the offer when the page was shown.
    letter = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper("Send the letter again", others=[Button("Cancel", url=back, look="link")])


class PartForm(forms.Form):
    """Which of the schools that one has split into is meant."""

    urn = forms.TypedChoiceField(
        label="This expression of interest is for",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose the school that it is for"),
    )

    def __init__(self, *args: Any, parts: Sequence[School], back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = {school.urn: school for school in parts}
        self.fields["urn"].choices = [(school.urn, school.label) for school in parts]  # type: ignore[attr-defined]
        hints = {str(school.urn): school.urn_in_words for school in parts}
        self.helper = form_helper(
            "Save the school",
            Question("urn", choice_hints=hints),
            others=[Button("Cancel", url=back, look="link")],
        )

    def part(self) -> School:
        """The one that was chosen."""
        return self.parts[self.cleaned_data["urn"]]


class WindowForm(forms.Form):
    """When recruitment for a stage opens and closes."""

    opens_on = DateField(label="Opens on", help_text="From midnight")
    closes_on = DateField(label="Closes on", help_text="At 5pm, London time")
    late_until = DateField(
        label="Late ones accepted until (optional)",
        help_text="Until 5pm; they are marked as late. Leave empty to accept none",
        required=False,
    )

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper("Save the dates", others=[Button("Cancel", url=back, look="link")])

    def clean(self) -> dict[str, Any]:
        """The dates, in order."""
        cleaned = super().clean() or self.cleaned_data
        opens_on, closes_on, late = cleaned.get("opens_on"), cleaned.get("closes_on"), cleaned.get("late_until")
        if opens_on and closes_on and closes_on < opens_on:
            self.add_error("closes_on", "Enter a closing date that is not before the opening date")
        if closes_on and late and late <= closes_on:
            self.add_error("late_until", "Enter a date after the closing date, or leave it empty")
        return cleaned

    def moments(self) -> dict[str, dt.datetime | None]:
        """The dates as moments in London."""
        late: dt.date | None = self.cleaned_data["late_until"]
        return {
            "opens_at": dt.datetime.combine(self.cleaned_data["opens_on"], dt.time(0), LONDON),
            "closes_at": dt.datetime.combine(self.cleaned_data["closes_on"], DEADLINE, LONDON),
            "late_until": dt.datetime.combine(late, DEADLINE, LONDON) if late else None,
        }


class ExpressionFilterForm(FilterForm):
    """What to look for in the list; anything unknown in the address is ignored."""

    STATES: ClassVar = [("", "All states"), *((state.value, state.in_full) for state in State if state != State.DRAFT)]

    q = forms.CharField(label="School, place, URN, person or reference", required=False, max_length=100)
    stage = forms.ChoiceField(label="Stage", required=False)
    year = forms.TypedChoiceField(label="Year", required=False, coerce=int, empty_value=None)
    state = forms.ChoiceField(label="State", required=False, choices=STATES)
    sort = forms.ChoiceField(
        required=False,
        choices=[(f"{sign}{key}", key) for key in SORTS for sign in ("", "-")],
        widget=forms.HiddenInput,
    )

    def __init__(self, *args: Any, stage_years: Iterable[StageYear], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles: dict[str, str] = {}
        years: set[int] = set()
        for stage_year in stage_years:
            titles.setdefault(stage_year.stage.slug, stage_year.title)
            years.add(stage_year.year)
        self.fields["stage"].choices = [("", "All stages"), *titles.items()]  # type: ignore[attr-defined]
        self.fields["year"].choices = [  # type: ignore[attr-defined]
            ("", "All years"),
            *((year, label_of(year)) for year in sorted(years, reverse=True)),
        ]

    def chosen(self) -> Filter:
        """What was chosen, without what is not valid."""
        self.is_valid()
        valid = self.cleaned_data
        return Filter(
            search=valid.get("q", ""),
            stage=valid.get("stage", ""),
            year=valid.get("year"),
            state=valid.get("state", ""),
            sort=valid.get("sort") or "-received",
        )

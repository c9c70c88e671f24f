"""What people type about meetings: checked here, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from hubs.fields import TextField, line, long_text
from hubs.layout import Button, Question, form_helper
from hubs.listing import FilterForm
from hubs.moments import NoSuchTime, london, time_field
from hubs.seen import SeenForm
from hubs.widgets import DateField
from hubs.wording import clock, days
from schools.models import School
from workgroups.day_forms import WarnedForm
from workgroups.holding import Marked, MeetingRecord, in_words
from workgroups.models import Attendance, Meeting, Participant, Place, WorkGroup
from workgroups.planning import MeetingDetails

_FORMAT = Meeting.Format
_MARK = Attendance.Mark
_LONGEST = 5000


def _note(label: str, *, hint: str = "") -> TextField:
    return long_text(label, longest=_LONGEST, rows=5, hint=hint)


class MeetingForm(WarnedForm):
    """When, how long, where and what for; `seen` is the meeting's number when the form was last shown."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    day = DateField(
        label="Date",
        help_text="For example, 2 3 2027",
        error_messages={"required": "Enter the date of the meeting"},
    )
    time = time_field("Start time", missing="Enter when the meeting starts, like 1:30pm")
    half_days = forms.TypedChoiceField(
        label="How long",
        choices=[(number, days(number)) for number in range(1, 5)],
        coerce=int,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose how long the meeting takes"),
    )
    format = forms.ChoiceField(
        label="How you meet",
        choices=Meeting.Format,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose how you meet"),
    )
    host = forms.TypedChoiceField(
        label="Host school",
        help_text="To meet in person, choose one or enter another place below, unless that is still to be confirmed",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": "Choose a school of the group"},
    )
    venue = line(
        "Room or other place",
        "Enter the room or place",
        longest=200,
        hint="Where you meet instead of at a school. With a host school you may name the room, or leave this empty",
        required=False,
    )
    online_link = forms.URLField(
        label="Link to join online (optional)",
        required=False,
        max_length=500,
        assume_scheme="https",
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "invalid": "Enter the whole link, like https://meet.example/123",
            "max_length": "Enter a link of 500 characters or fewer",
        },
    )
    to_be_confirmed = forms.BooleanField(
        label="Still to be confirmed", required=False, help_text="Calendars show the meeting as tentative"
    )
    agenda = _note("Agenda (optional)", hint="The schools read it")

    def __init__(
        self, *args: Any, hosts: Sequence[School], submit: str, back: str, host: School | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        # The one that hosts already stays chosen where it has left the group.
        gone = [host] if host and host not in hosts else []
        self.hosts = {school.pk: school for school in [*hosts, *gone]}
        self.fields["host"].choices = [  # type: ignore[attr-defined]
            ("", "None of the group’s schools"),
            *((school.pk, school.label) for school in hosts),
            *((school.pk, f"{school.label}, not in the group any more") for school in gone),
        ]
        self.helper = form_helper(
            submit,
            "day",
            Question("time", width=10),
            "half_days",
            Question("format", inline=False),
            Question("host", width="full"),
            Question("venue", width="two-thirds"),
            Question("online_link"),
            "to_be_confirmed",
            "agenda",
            others=[Button("Cancel", url=back, look="link")],
        )

    def clean_online_link(self) -> str:
        """A link that a browser opens."""
        link: str = self.cleaned_data["online_link"]
        if link and not link.startswith(("https://", "http://")):
            raise ValidationError(self.fields["online_link"].error_messages["invalid"])
        return link

    def clean(self) -> dict[str, Any]:
        """Time and place, as far as both are there."""
        cleaned = super().clean() or self.cleaned_data
        if {"day", "time"} <= cleaned.keys():
            try:
                cleaned["starts_at"] = london(cleaned["day"], cleaned["time"])
            except NoSuchTime as refusal:
                self.add_error("time", str(refusal))
        if not cleaned.get("to_be_confirmed"):
            self._ask_for_the_place(cleaned)
        return cleaned

    def _ask_for_the_place(self, cleaned: dict[str, Any]) -> None:
        """Whoever is to come must know where to, unless that is to be confirmed."""
        how = cleaned.get("format")
        later = "or tick that it is still to be confirmed"
        has_place = cleaned.get("host") or cleaned.get("venue") or {"host", "venue"} & self.errors.keys()
        if how in (_FORMAT.IN_PERSON, _FORMAT.HYBRID) and not has_place:
            self.add_error("host", f"Choose the host school or enter another place, {later}")
        has_link = cleaned.get("online_link") or "online_link" in self.errors
        if how in (_FORMAT.ONLINE, _FORMAT.HYBRID) and not has_link:
            self.add_error("online_link", f"Enter the link to join, {later}")

    @property
    def details(self) -> MeetingDetails:
        """What was typed, once it is valid; a place where nobody meets or a link that nobody opens is left away."""
        typed = self.cleaned_data
        is_online, is_in_person = typed["format"] != _FORMAT.IN_PERSON, typed["format"] != _FORMAT.ONLINE
        return MeetingDetails(
            starts_at=typed["starts_at"],
            half_days=typed["half_days"],
            format=typed["format"],
            host_school=self.hosts[typed["host"]] if is_in_person and typed["host"] else None,
            venue=typed["venue"] if is_in_person else "",
            online_link=typed["online_link"] if is_online else "",
            to_be_confirmed=typed["to_be_confirmed"],
            agenda=typed["agenda"],
        )


def filled_with(details: MeetingDetails) -> dict[str, Any]:
    """What the form shows first: what is planned."""
    local = timezone.localtime(details.starts_at)
    return {
        "day": local.date(),
        "time": clock(local),
        "half_days": details.half_days,
        "format": details.format,
        "host": details.host_school.pk if details.host_school else "",
        "venue": details.venue,
        "online_link": details.online_link,
        "to_be_confirmed": details.to_be_confirmed,
        "agenda": details.agenda,
    }


class CancelMeetingForm(forms.Form):
    """Why a meeting is cancelled."""

    reason = long_text(
        "Why is it cancelled?",
        "Enter the reason: the schools will read it",
        longest=1000,
        hint="The lead teachers read this word for word",
    )

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            "Cancel the meeting", look="warning", others=[Button("Keep the meeting", url=back, look="link")]
        )


class RecordForm(forms.Form):
    """What the schools read about a meeting afterwards and, apart, what the hub alone reads."""

    observed_lesson = _note("Observed lesson (optional)", hint="What you saw, in which year group")
    discussion = _note("Discussion (optional)")
    agreed_actions = _note("Agreed actions (optional)", hint="Who tries what until the next meeting")
    internal_note = _note("Internal note (optional)", hint="No school reads it, in no letter and no report")

    shared: ClassVar = ("observed_lesson", "discussion", "agreed_actions")

    def shared_fields(self) -> Iterable[forms.BoundField]:
        """The boxes of what the schools read."""
        return [self[name] for name in self.shared]

    @property
    def record(self) -> MeetingRecord:
        """What the schools are to read, once it is valid."""
        return MeetingRecord(**{name: self.cleaned_data[name] for name in self.shared})


class WriteUpForm(RecordForm, SeenForm):
    """The same of a meeting that was held, where something may be written already."""

    def differing(self, record: MeetingRecord, internal_note: str) -> list[tuple[str, str]]:
        """Where what stands is not what was typed: by the label of each box, without its "(optional)"."""
        stands = {**vars(record), "internal_note": internal_note}
        return [
            (str(self[name].label).removesuffix(" (optional)"), text)
            for name, text in stands.items()
            if text != self.cleaned_data[name]
        ]


class MeetingFilterForm(FilterForm):
    """What to look for in the list of meetings; anything unknown in the address is ignored."""

    WHEN: ClassVar = [
        ("", "To come"),
        ("record", "To record"),
        ("held", "Held this year"),
        ("past", "Past"),
        ("all", "All"),
    ]

    when = forms.ChoiceField(label="When", required=False, choices=WHEN)
    group = forms.TypedChoiceField(label="Work Group", required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, groups: Iterable[WorkGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = [  # type: ignore[attr-defined]
            ("", "All groups"),
            *((group.pk, f"{group.name}, {group.stage_year.year_label}") for group in groups),
        ]

    def chosen(self) -> tuple[str, int | None]:
        """When and which group, without what is not valid."""
        self.is_valid()
        return self.cleaned_data.get("when", ""), self.cleaned_data.get("group")


@dataclass(frozen=True)
class PersonBoxes:
    """The boxes for one lead teacher: whether she came, and who came in her stead."""

    participant: Participant
    mark: forms.BoundField
    substitute: forms.BoundField


@dataclass(frozen=True)
class SchoolBoxes:
    """The boxes for the lead teachers of one school."""

    place: Place
    people: list[PersonBoxes]


class AttendanceForm(forms.Form):
    """Who came. Nothing is chosen before somebody chooses it; `everybody` chooses where nobody has."""

    MARKS: ClassVar = [(_MARK.PRESENT, "Present"), (_MARK.ABSENT, "Absent"), (_MARK.SUBSTITUTE, "Substitute")]

    def __init__(
        self,
        *args: Any,
        participants: Sequence[Participant],
        marked: Mapping[int, Attendance] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.participants = participants
        for participant in participants:
            row = (marked or {}).get(participant.pk)
            said = f"Choose whether {participant.name} came"
            self.fields[f"mark_{participant.pk}"] = forms.ChoiceField(
                label=participant.name,
                choices=self.MARKS,
                widget=forms.RadioSelect,
                initial=row.mark if row else None,
                error_messages=dict.fromkeys(("required", "invalid_choice"), said),
            )
            self.fields[f"substitute_{participant.pk}"] = line(
                f"Who came instead of {participant.name}?",
                f"Enter the name of who came instead of {participant.name}",
                required=False,
                autocomplete="off",
            )
            self.fields[f"substitute_{participant.pk}"].initial = row.substitute_name if row else ""
        self.order_fields([name for name in self.fields if name not in self.base_fields])

    def clean(self) -> dict[str, Any]:
        """A substitute has a name; a name that is left beside another choice does not count."""
        cleaned = super().clean() or self.cleaned_data
        for participant in self.participants:
            name = f"substitute_{participant.pk}"
            if cleaned.get(f"mark_{participant.pk}") != _MARK.SUBSTITUTE:
                cleaned[name] = ""
                self.errors.pop(name, None)
            elif not cleaned.get(name) and name not in self.errors:
                self.add_error(name, f"Enter the name of who came instead of {participant.name}")
        return cleaned

    def schools(self) -> list[SchoolBoxes]:
        """The boxes, school by school."""
        return [
            SchoolBoxes(place, [self._boxes(one) for one in people])
            for place, people in groupby(self.participants, key=lambda one: one.place)
        ]

    def everybody(self) -> dict[str, Any]:
        """What was typed, with everybody present for whom nothing was chosen: the initial values of the next form."""
        typed = {name: self[name].value() for name in self.fields}
        marks = [name for name in self.fields if name.startswith("mark_")]
        return typed | {name: typed[name] or _MARK.PRESENT for name in marks}

    @property
    def marks(self) -> list[Marked]:
        """What was chosen, once it is valid."""
        typed = self.cleaned_data
        return [Marked(one, typed[f"mark_{one.pk}"], typed[f"substitute_{one.pk}"]) for one in self.participants]

    def _boxes(self, one: Participant) -> PersonBoxes:
        return PersonBoxes(one, self[f"mark_{one.pk}"], self[f"substitute_{one.pk}"])


class HoldForm(AttendanceForm, RecordForm):
    """What is recorded after a meeting, in one go."""


class PutRightForm(AttendanceForm, SeenForm):
    """Who came after all, and how that was found out."""

    reason = long_text(
        "Why is it put right?",
        "Enter why the attendance is put right",
        longest=500,
        rows=3,
        hint="It stands on the timeline, and beside the release time that is counted anew",
    )

    def differing(self, attendance: Iterable[Attendance]) -> list[tuple[str, str]]:
        """Where what stands is not what was chosen, in the order of the form: names, and who came by what stands."""
        stands = {row.participant_id: row for row in attendance}
        return [
            (marked.participant.name, in_words(row))
            for marked in self.marks
            if (row := stands.get(marked.participant.pk))
            and (row.mark, row.substitute_name) != (marked.mark, marked.substitute_name)
        ]

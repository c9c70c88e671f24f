"""What people type about the lead teachers and the head of a school: as schools type it, on one page."""

from __future__ import annotations

from typing import Any

from hubs.layout import Button, Question, form_helper
from hubs.widgets import DateField
from programmes.applying import Teacher
from programmes.forms import HeadteacherForm, LeadTeacherForm


class TeacherForm(LeadTeacherForm):
    """What is known of a lead teacher."""

    submit = "Save the changes"

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            self.submit,
            *(["on"] if "on" in self.fields else []),
            Question("name", width="two-thirds"),
            Question("role", width="two-thirds"),
            Question("year_group", width=20),
            Question("email", width="two-thirds"),
            Question("trn", width=10),
            others=[Button("Cancel", url=back, look="link")],
        )

    def teacher(self) -> Teacher:
        """The answers about the teacher."""
        return Teacher(**{name: answer for name, answer in self.cleaned_data.items() if name != "on"})


class FollowingTeacherForm(TeacherForm):
    """Who follows a lead teacher, and from when."""

    on = DateField(
        label="From when?",
        help_text="The first day on which the new teacher takes part. For example, 1 1 2027",
        error_messages={"required": "Enter the day from which the new teacher takes part"},
    )

    submit = "Save the new lead teacher"
    field_order = ("on", "name", "role", "year_group", "email", "trn")


class HeadForm(HeadteacherForm):
    """Who the head is, and where she reads."""

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            "Save the headteacher",
            Question("name", width="two-thirds"),
            Question("email", width="two-thirds"),
            others=[Button("Cancel", url=back, look="link")],
        )

"""An expression's answers as people read them: sections of summary lists."""

from __future__ import annotations

from collections.abc import Callable

from hubs.summary import SummaryRow
from programmes.journey import Step
from programmes.models import ExpressionOfInterest
from schools.models import School


def answers(
    expression: ExpressionOfInterest, change: Callable[[Step], str] | None = None
) -> list[tuple[str, list[SummaryRow]]]:
    """All answers in sections, as summary lists; with `change`, each with its "Change" link."""

    def row(key: str, value: str, step: Step, what: str) -> SummaryRow:
        return SummaryRow(key, value, change(step), what) if change else SummaryRow(key, value)

    now = expression.school_now
    sections: list[tuple[str, list[SummaryRow]]] = [
        (
            "School and stage",
            [
                row("School", _school(expression), "school", "the school"),
                SummaryRow("URN", str(now.urn) if now.is_of_register else "Not known yet"),
                SummaryRow("Stage", str(expression.stage_year)),
            ],
        ),
        (
            "Contact",
            [
                row("Name", expression.contact_name, "contact", "the contact's name"),
                row("Role", expression.contact_role, "contact", "the contact's role"),
                row("E-mail address", expression.contact_email, "contact", "the contact's e-mail address"),
                row("Telephone", expression.contact_phone, "contact", "the contact's telephone number"),
                row("Headteacher?", "Yes" if expression.contact_is_head else "No", "contact", "who the headteacher is"),
            ],
        ),
    ]
    if not expression.contact_is_head:
        head = [
            row("Name", expression.head_name, "headteacher", "the headteacher's name"),
            row("E-mail address", expression.head_email, "headteacher", "the headteacher's e-mail address"),
        ]
        sections.append(("Headteacher", head))
    for teacher in expression.lead_teachers.all():
        ordinal = "First" if teacher.position == 1 else "Second"
        name: Step = "lead-teacher-1" if teacher.position == 1 else "lead-teacher-2"
        what = f"the {ordinal.lower()} lead teacher's"
        rows = [
            row("Name", teacher.name, name, f"{what} name"),
            row("Role", teacher.role, name, f"{what} role"),
            row("Year group", teacher.year_group, name, f"{what} year group"),
            row("E-mail address", teacher.email, name, f"{what} e-mail address"),
            row("TRN", teacher.trn, name, f"{what} TRN"),
        ]
        sections.append((f"{ordinal} lead teacher", rows))
    promised = SummaryRow("Agreed to", lines=[promise.wording for promise in expression.agreed_promises.all()])
    if change:
        promised = promised._replace(change_url=change("promises"), change_what="the promises")
    sections.append(("Promises", [promised]))
    return sections


def _school(expression: ExpressionOfInterest) -> str:
    """What tells the school from its namesakes, and under which name or URN it sent the expression."""
    now, then = expression.school_now, expression.school
    return now.label if now == then else f"{now.label}\nFormerly {then.name}, {then.urn_in_words}"


def school_facts(school: School, *, in_area: bool) -> list[SummaryRow]:
    """What the register says of a school, its authority loaded, that a hub decides by."""
    ages = f"{school.low_age} to {school.high_age}" if school.low_age is not None and school.high_age else ""
    phase = "" if school.phase == "Not applicable" else school.phase
    return [
        SummaryRow("Local authority", f"{school.authority.name} ({'in' if in_area else 'outside'} your area)"),
        SummaryRow("Phase and ages", ", ".join(part for part in (phase, ages) if part)),
        SummaryRow("Type of school", school.type_name),
    ]


def shares_address(expression: ExpressionOfInterest) -> bool:
    """Whether the contact and a headteacher who is somebody else are reached by one message."""
    same = expression.contact_email.lower() == expression.headteacher_email.lower()
    return same and not expression.contact_is_head

"""The steps of an expression of interest, computed from its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from programmes.models import ExpressionOfInterest

Step = Literal["school", "contact", "headteacher", "lead-teacher-1", "lead-teacher-2", "promises", "check"]


@dataclass(frozen=True)
class Progress:
    """What has been answered so far."""

    contact: bool
    contact_is_head: bool
    headteacher: bool
    lead_teachers: frozenset[int]
    promises: bool


def progress_of(expression: ExpressionOfInterest) -> Progress:
    """Which parts of a draft, loaded `with_progress`, are answered; one query, for the lead teachers."""
    return Progress(
        contact=bool(expression.contact_name and expression.contact_email),
        contact_is_head=expression.contact_is_head is True,
        headteacher=bool(expression.head_name and expression.head_email),
        lead_teachers=frozenset(teacher.position for teacher in expression.lead_teachers.all()),
        promises=expression.promises_agreed,
    )


def steps(progress: Progress) -> list[Step]:
    """All steps that apply, in order: who is the headteacher is not asked of the headteacher."""
    head: list[Step] = [] if progress.contact_is_head else ["headteacher"]
    return ["school", "contact", *head, "lead-teacher-1", "lead-teacher-2", "promises", "check"]


def first_open_step(progress: Progress) -> Step:
    """The first step without an answer: nobody gets further than this."""
    answered: dict[Step, bool] = {
        "school": True,
        "contact": progress.contact,
        "headteacher": progress.headteacher,
        "lead-teacher-1": 1 in progress.lead_teachers,
        "lead-teacher-2": 2 in progress.lead_teachers,
        "promises": progress.promises,
        "check": False,
    }
    return next(step for step in steps(progress) if not answered[step])


def may_open(step: Step, progress: Progress) -> bool:
    """Whether a step applies and everything before it is answered."""
    order = steps(progress)
    return step in order and order.index(step) <= order.index(first_open_step(progress))


def step_before(step: Step, progress: Progress) -> Step | None:
    """Where "Back" leads; None from the first step."""
    order = steps(progress)
    position = order.index(step)
    return order[position - 1] if position else None

"""How a school expresses interest: start, answer, submit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from django.db import IntegrityError, connection, transaction
from django.db.models import prefetch_related_objects

from hubs import timeline
from hubs.constraints import broken_constraint
from programmes import following, journey, letters, rivals
from programmes.models import (
    AgreedPromise,
    ExpressionOfInterest,
    LeadTeacher,
    RecruitmentWindow,
    StagePromise,
    State,
)
from programmes.references import new_reference
from schools.models import School
from schools.wording import fold

# A draft that nobody came back to is removed: it holds personal data for no purpose any more.
DRAFTS_KEPT_FOR = dt.timedelta(days=60)


class AlreadySent(Exception):
    """The expression was sent before: its answers cannot be changed any more."""


class NotTaking(Exception):
    """The hub takes no expressions of interest for this stage at this moment."""


class Incomplete(Exception):
    """Something is not answered yet; `step` says where."""

    def __init__(self, step: journey.Step) -> None:
        super().__init__(step)
        self.step = step


class SameTeacherTwice(Exception):
    """The `other` lead teacher has this name or address, as `field` says: a school names two people."""

    def __init__(self, other: LeadTeacher, field: Literal["name", "email"]) -> None:
        super().__init__(field)
        self.other = other
        self.field = field


class SchoolHasOne(Exception):
    """Somebody else of the school has sent one for this stage, under this URN or another; `existing` is it."""

    def __init__(self, existing: ExpressionOfInterest) -> None:
        super().__init__(existing.reference)
        self.existing = existing


class SchoolGone(Exception):
    """The hub that had added the school has taken it back since it was found."""


@dataclass(frozen=True)
class Contact:
    """Who fills the form in."""

    name: str
    role: str
    email: str
    phone: str
    is_head: bool


@dataclass(frozen=True)
class Headteacher:
    """Who commits the school."""

    name: str
    email: str


@dataclass(frozen=True)
class Teacher:
    """A lead teacher, as the form asks for one."""

    name: str
    role: str
    year_group: str
    email: str
    trn: str


def start(*, window: RecruitmentWindow, school: School, now: dt.datetime) -> ExpressionOfInterest:
    """Begin a draft; raises `NotTaking` outside the recruitment window, and `SchoolGone`."""
    if not window.takes_expressions_at(now):
        raise NotTaking
    with _school_stays():
        return ExpressionOfInterest.objects.create(
            hub=window.hub, window=window, school=school, started_at=now, touched_at=now
        )


def change_school(*, draft: ExpressionOfInterest, school: School, now: dt.datetime) -> None:
    """Choose another school; everything else stays. Raises `AlreadySent` and `SchoolGone`."""
    draft = _locked_draft(draft)
    draft.school = school
    with _school_stays():
        _touch(draft, now, "school")


def save_contact(*, draft: ExpressionOfInterest, contact: Contact, now: dt.datetime) -> None:
    """Keep who fills the form in; a head who does so is not asked for a head. Raises `AlreadySent`."""
    draft = _locked_draft(draft)
    draft.contact_name = contact.name
    draft.contact_role = contact.role
    draft.contact_email = contact.email
    draft.contact_phone = contact.phone
    draft.contact_is_head = contact.is_head
    if contact.is_head:
        draft.head_name = draft.head_email = ""
    _touch(
        draft,
        now,
        "contact_name",
        "contact_role",
        "contact_email",
        "contact_phone",
        "contact_is_head",
        "head_name",
        "head_email",
    )


def save_headteacher(*, draft: ExpressionOfInterest, headteacher: Headteacher, now: dt.datetime) -> None:
    """Keep who the head is. Raises `AlreadySent`."""
    draft = _locked_draft(draft)
    draft.head_name, draft.head_email = headteacher.name, headteacher.email
    _touch(draft, now, "head_name", "head_email")


def save_lead_teacher(*, draft: ExpressionOfInterest, position: int, teacher: Teacher, now: dt.datetime) -> None:
    """Keep one of the two lead teachers. Raises `AlreadySent` and `SameTeacherTwice`."""
    draft = _locked_draft(draft)
    for other in LeadTeacher.objects.filter(expression=draft).exclude(position=position):
        if _same_words(other.name, teacher.name):
            raise SameTeacherTwice(other, "name")
        if other.email.lower() == teacher.email.lower():
            raise SameTeacherTwice(other, "email")
    LeadTeacher.objects.update_or_create(
        expression=draft,
        position=position,
        defaults={
            "hub_id": draft.hub_id,
            "name": teacher.name,
            "role": teacher.role,
            "year_group": teacher.year_group,
            "email": teacher.email,
            "trn": teacher.trn,
        },
    )
    _touch(draft, now)


def save_promises(*, draft: ExpressionOfInterest, promises: Sequence[StagePromise], now: dt.datetime) -> None:
    """Keep the exact wording of every promise that was ticked. Raises `AlreadySent`."""
    draft = _locked_draft(draft)
    AgreedPromise.objects.filter(expression=draft).delete()
    AgreedPromise.objects.bulk_create(
        AgreedPromise(
            hub_id=draft.hub_id, expression=draft, position=promise.position, wording=promise.wording, agreed_at=now
        )
        for promise in promises
    )
    _touch(draft, now)


def submit(*, draft: ExpressionOfInterest, now: dt.datetime) -> ExpressionOfInterest:
    """Send the expression to the hub and a confirmation to the contact and the head.

    Sent already, it stays as it is: a double click, a reload and a second tab make one. Raises
    `Incomplete`, `NotTaking` after the deadline, and `SchoolHasOne` when the school has another one.
    A school that closed since the draft was begun sends it under the URN it has now, if that is one;
    else it sends it as it was, and the hub is told.
    """
    expression = _locked(draft)
    if expression.state != State.DRAFT:
        return expression
    progress = journey.progress_of(expression)
    if (step := journey.first_open_step(progress)) != "check":
        raise Incomplete(step)
    window = expression.window
    if not window.takes_expressions_at(now):
        raise NotTaking
    begun_for = expression.school
    if begun_for.is_closed:
        prefetch_related_objects([begun_for], "now")
    expression.school = expression.school_now
    # Of a school with one URN the database itself allows one.
    if expression.has_other_urns and (existing := rivals.rival_of(expression)):
        raise SchoolHasOne(existing)
    expression.state = State.SUBMITTED
    expression.submitted_at = expression.touched_at = now
    expression.is_late = window.phase_at(now) == RecruitmentWindow.Phase.LATE
    expression.privacy_version = expression.hub.privacy_version
    _save_with_reference(expression)
    sent = ["Sent the expression of interest" + (", after the deadline." if expression.is_late else ".")]
    if expression.school != begun_for:
        sent.append(f"It was begun for {begun_for.name} ({begun_for.urn_in_words}), which the school was until then.")
    timeline.record(
        subject=expression,
        # Name and role may have 120 characters each; the timeline takes 200 for both.
        actor=f"{expression.contact_name}, {expression.contact_role or 'for the school'}"[:200],
        now=now,
        text=" ".join(sent),
    )
    if expression.school.is_closed:
        following.notice(expression=expression, now=now)
    letters.send_confirmation(expression=expression, now=now)
    return expression


def purge_drafts(*, now: dt.datetime) -> int:
    """Remove the active hub's drafts that nobody has touched for 60 days; returns how many."""
    abandoned = ExpressionOfInterest.objects.filter(state=State.DRAFT, touched_at__lt=now - DRAFTS_KEPT_FOR)
    # Locked: one that is being sent at this moment is no draft any more, and stays.
    ids = list(abandoned.select_for_update(skip_locked=True).values_list("pk", flat=True))
    ExpressionOfInterest.objects.filter(pk__in=ids).delete()
    return len(ids)


def _same_words(one: str, other: str) -> bool:
    """Whether two names differ in capitals, accents, spaces and punctuation at most."""
    # A name in another script than ours folds to nothing.
    return (fold(one) or one.casefold()) == (fold(other) or other.casefold())


def _locked(expression: ExpressionOfInterest) -> ExpressionOfInterest:
    return (
        ExpressionOfInterest.objects.select_for_update(of=("self",))
        .select_related("hub", "school", "window__stage_year__stage")
        .with_progress()
        .with_other_urns()
        .get(pk=expression.pk)
    )


@contextmanager
def _school_stays() -> Iterator[None]:
    """Hold the school that is referred to within; raises `SchoolGone`."""
    try:
        with transaction.atomic():
            yield
            # Now, where it can be answered, and not at the end of the request.
            connection.check_constraints()
    except IntegrityError as error:
        raise SchoolGone from error


def _locked_draft(expression: ExpressionOfInterest) -> ExpressionOfInterest:
    draft = _locked(expression)
    if draft.state != State.DRAFT:
        raise AlreadySent
    return draft


def _touch(draft: ExpressionOfInterest, now: dt.datetime, *fields: str) -> None:
    draft.touched_at = now
    draft.save(update_fields=[*fields, "touched_at"])


def _save_with_reference(expression: ExpressionOfInterest) -> None:
    """Save under a new reference; raises `SchoolHasOne`. The database decides who comes first."""
    for _ in range(5):
        expression.reference = new_reference()
        try:
            with transaction.atomic():
                expression.save()
        except IntegrityError as error:
            match broken_constraint(error):
                case "one_live_expression_per_school_and_stage":
                    if rival := rivals.rival_of(expression):
                        raise SchoolHasOne(rival) from None
                    # It was declined meanwhile: nothing stands in the way any more.
                case "programmes_expressionofinterest_reference_key":
                    continue
                case _:
                    raise
        else:
            return
    raise RuntimeError("Five references in a row were taken.")

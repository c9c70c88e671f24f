"""What the database itself refuses about visits, whatever code writes them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, User
from tests import work
from tests.workgroups.test_constraints import refused
from workgroups.models import AgreedAction, InternalNote, Place, SchoolLink, VisitDraft, VisitState, WorkGroup

HELD = {"state": VisitState.HELD, "held_recorded_at": timezone.now(), "met": "The head", "shared_note": "Bars"}
MISSED = {"state": VisitState.MISSED, "missed_reason": "Snow"}


@pytest.fixture
def place(hub: Hub) -> Place:
    return work.make_place(hub, group=work.make_group(hub))


@pytest.mark.parametrize("first", [{}, HELD])
@pytest.mark.parametrize("second", [{}, HELD])
def test_in_a_slot_one_visit_stands(place: Place, first: dict[str, Any], second: dict[str, Any]) -> None:
    work.make_visit(place, **first)
    with refused(place.hub, "one_visit_of_each_number"):
        work.make_visit(place, **second)
    work.make_visit(place, number=2, **second)
    work.make_visit(place, term=2, **second)


def test_beside_those_that_were_missed(place: Place) -> None:
    for fields in (MISSED, MISSED, HELD):
        work.make_visit(place, **fields)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("visit_state_known", {"state": "perhaps"}),
        ("visit_term_known", {"term": 4}),
        ("visit_number_sane", {"number": 21}),
        ("visit_half_days_sane", {"half_days": 0}),
        ("visit_half_days_sane", {"half_days": 5}),
        ("visit_half_days_sane", {"teachers_half_days": 9}),
        ("visit_held_has_note", {**HELD, "shared_note": ""}),
        ("visit_held_has_note", {**HELD, "met": ""}),
        ("visit_held_has_note", {**HELD, "held_recorded_at": None}),
        ("visit_missed_with_reason", {**MISSED, "missed_reason": ""}),
        ("visit_never_arranged_is_missed", {"was_arranged": False}),
        ("visit_never_arranged_is_missed", {**HELD, "was_arranged": False}),
    ],
)
def test_a_visit_that_cannot_be_is_refused(place: Place, constraint: str, fields: dict[str, Any]) -> None:
    with refused(place.hub, constraint):
        work.make_visit(place, **fields)


def test_what_was_agreed_says_what_and_has_its_place(place: Place) -> None:
    visit = work.make_visit(place)
    with refused(place.hub, "agreed_action_says_what"):
        work.make_action(visit, "")
    first, second = work.make_action(visit), work.make_action(visit)
    with refused(place.hub, "agreed_action_position_once"):
        AgreedAction.objects.filter(pk=second.pk).update(position=first.position)


def test_what_was_agreed_is_of_the_school_that_was_visited(place: Place) -> None:
    action, other = work.make_action(work.make_visit(place)), work.make_place(place.hub)
    with refused(place.hub, "agreed_with_the_visited_school"):
        AgreedAction.objects.filter(pk=action.pk).update(place=other)


def draft(place: Place, author: User) -> VisitDraft:
    with tenancy.use(place.hub):
        return VisitDraft.objects.create(
            hub=place.hub, place=place, term=1, number=1, author=author, answers={}, saved_at=timezone.now()
        )


def test_each_author_has_one_draft_of_a_visit(place: Place, lead: User, specialist: User) -> None:
    draft(place, lead)
    draft(place, specialist)
    with refused(place.hub, "visit_draft_once"):
        draft(place, lead)


@pytest.mark.parametrize("of", ["neither", "both"])
def test_an_internal_note_is_of_a_meeting_or_of_a_visit(place: Place, lead: User, of: str) -> None:
    with tenancy.use(place.hub):
        group = WorkGroup.objects.get()
    both = {"visit": work.make_visit(place), "meeting": work.make_meeting(group)}
    said = {"hub": place.hub, "text": "x", "written_by": lead, "written_at": timezone.now()}
    with refused(place.hub, "internal_note_on_meeting_or_visit"):
        InternalNote.objects.create(**said, **(both if of == "both" else {}))


@pytest.mark.parametrize("ended", [False, True])
def test_a_person_of_a_school_has_one_live_link(place: Place, ended: bool) -> None:
    link = work.make_school_link(place)
    if ended:
        with tenancy.use(place.hub):
            SchoolLink.objects.filter(pk=link.pk).update(ended_at=timezone.now())
        work.make_school_link(place, email="HEAD@school.example")
    else:
        with refused(place.hub, "one_school_link_per_person"):
            work.make_school_link(place, email="HEAD@school.example")

from __future__ import annotations

import datetime as dt
from itertools import count

import pytest

from hubs import tenancy
from hubs.models import Hub, Membership, User
from tests import work
from tests.workgroups.reminders.conftest import JOINED, YEAR, assert_as_many_queries, at, due, wishes
from workgroups.models import MasterySpecialist, Place, Visit, VisitDraft, VisitState, WorkGroup
from workgroups.reminders.notes import NOTE_TO_FINISH

OCTOBER = at(10, 1, 12)


@pytest.fixture
def mastery(hub: Hub, specialist: User) -> MasterySpecialist:
    """The Specialist of the group, who is a member."""
    return work.make_specialist(hub, user=specialist)


def draft(place: Place, author: User, saved_at: dt.datetime, *, term: int = 1) -> VisitDraft:
    with tenancy.use(place.hub_id):
        return VisitDraft.objects.create(
            hub_id=place.hub_id, place=place, term=term, number=1, author=author, answers={}, saved_at=saved_at
        )


@pytest.mark.parametrize(
    ("visited_at", "half_days", "expected"),
    [
        (at(11, 18, 9), 1, "Fri 20 Nov 07:30"),
        # The second day after a Thursday or Friday is at the weekend.
        (at(11, 19, 9), 2, "Mon 23 Nov 07:30"),
        (at(11, 20, 9), 1, "Mon 23 Nov 07:30"),
        # Over the change of the clocks, and into the half-term holiday.
        (at(10, 23, 9), 1, "Mon 26 Oct 07:30"),
    ],
)
def test_a_visit_that_is_not_logged_is_asked_for_two_days_after(
    hub: Hub, place: Place, visited_at: dt.datetime, half_days: int, expected: str
) -> None:
    visit = work.make_visit(place, starts_at=visited_at, half_days=half_days)

    assert due(NOTE_TO_FINISH, hub, OCTOBER) == {f"specialist-{visit.specialist_id}": expected}


@pytest.mark.parametrize(
    ("saved_at", "expected"),
    [
        # Before the visit she prepared it.
        (at(11, 10, 20), "Fri 20 Nov 07:30"),
        (at(11, 17, 20), "Fri 20 Nov 07:30"),
        (at(11, 18, 20), "Mon 23 Nov 07:30"),
        (at(11, 24, 20), "Fri 27 Nov 07:30"),
    ],
)
def test_who_is_still_writing_is_given_three_days(
    hub: Hub, place: Place, specialist: User, saved_at: dt.datetime, expected: str
) -> None:
    visit = work.make_visit(place, starts_at=at(11, 18, 9))
    draft(place, specialist, saved_at)

    found = due(NOTE_TO_FINISH, hub, OCTOBER)

    assert found == {f"specialist-{visit.specialist_id}": expected}


def test_a_draft_without_a_visit_in_the_calendar_is_asked_for_after_three_days(
    hub: Hub, place: Place, specialist: User
) -> None:
    draft(place, specialist, at(11, 18, 20))

    [one] = wishes(NOTE_TO_FINISH, hub, OCTOBER)

    # A Saturday.
    assert (one.occurrence, one.due_at) == ("2026-11-21", at(11, 23, 7, 30))
    assert one.recipient == specialist.email
    assert one.about == place
    assert one.because == "A note on the autumn visit to Ash Lane Primary School is begun and not finished."


def test_another_member_who_has_begun_a_note_is_asked_too_while_she_is_a_member(
    hub: Hub, place: Place, lead: User
) -> None:
    visit = work.make_visit(place, starts_at=at(11, 18, 9))
    draft(place, lead, at(11, 18, 20))
    assert due(NOTE_TO_FINISH, hub, OCTOBER) == {
        f"specialist-{visit.specialist_id}": "Fri 20 Nov 07:30",
        f"member-{lead.pk}": "Mon 23 Nov 07:30",
    }

    Membership.objects.filter(user=lead).update(ends_on=dt.date(2026, 10, 1))
    assert set(due(NOTE_TO_FINISH, hub, OCTOBER)) == {f"specialist-{visit.specialist_id}"}


def test_writing_on_moves_it_and_after_it_was_sent_makes_it_another(hub: Hub, place: Place, specialist: User) -> None:
    kept = draft(place, specialist, at(11, 16, 20))
    [before] = wishes(NOTE_TO_FINISH, hub, OCTOBER)
    with tenancy.use(hub):
        VisitDraft.objects.filter(pk=kept.pk).update(saved_at=at(11, 17, 9))

    [after] = wishes(NOTE_TO_FINISH, hub, OCTOBER)

    assert (after.slot, after.occurrence) == (before.slot, "2026-11-20")
    assert before.occurrence == "2026-11-19"


@pytest.mark.parametrize(
    "fields",
    [
        {"state": VisitState.HELD, "held_recorded_at": OCTOBER, "met": "Hana", "shared_note": "Good."},
        {"state": VisitState.MISSED, "missed_reason": "Snow."},
    ],
)
def test_it_goes_when_the_visit_is_logged_or_missed(hub: Hub, place: Place, fields: dict[str, object]) -> None:
    visit = work.make_visit(place, starts_at=at(11, 18, 9))
    with tenancy.use(hub):
        Visit.objects.filter(pk=visit.pk).update(**fields)

    assert wishes(NOTE_TO_FINISH, hub, at(11, 20, 12)) == []


def test_what_is_left_of_a_draft_after_the_log_is_nobodys_business(hub: Hub, place: Place, lead: User) -> None:
    work.make_visit(
        place, starts_at=at(11, 18, 9), state=VisitState.HELD, held_recorded_at=OCTOBER, met="Hana", shared_note="Good."
    )
    draft(place, lead, at(11, 18, 20))

    assert wishes(NOTE_TO_FINISH, hub, OCTOBER) == []


def test_the_hubs_leads_are_asked_where_the_specialist_does_not_see_the_school_any_more(
    hub: Hub, place: Place, specialist: User, mastery: MasterySpecialist, lead: User
) -> None:
    visit = work.make_visit(place, starts_at=at(11, 18, 9))
    draft(place, specialist, at(11, 18, 20))
    assert visit.specialist == mastery
    elm = work.make_group(hub, "Elm", stage_year=place.stage_year)
    with tenancy.use(hub):
        Place.objects.filter(pk=place.pk).update(group=elm, specialist_school=elm.specialist_school_id)

    assert set(due(NOTE_TO_FINISH, hub, OCTOBER)) == {f"member-{lead.pk}"}
    # Who is writing it herself is asked once.
    draft(place, lead, at(11, 18, 20))
    assert [wish.recipient for wish in wishes(NOTE_TO_FINISH, hub, OCTOBER)] == [lead.email]


@pytest.mark.parametrize(("now", "wanted"), [(at(12, 18, 7, 29), True), (at(12, 18, 7, 30), False)])
def test_it_is_of_use_for_four_weeks(hub: Hub, place: Place, now: dt.datetime, wanted: bool) -> None:
    work.make_visit(place, starts_at=at(11, 18, 9))

    assert bool(wishes(NOTE_TO_FINISH, hub, now)) == wanted


def test_what_it_says_holds_nothing_of_what_was_written(hub: Hub, place: Place, specialist: User) -> None:
    visit = work.make_visit(place, starts_at=at(11, 18, 9))
    kept = draft(place, specialist, at(11, 18, 20))
    with tenancy.use(hub):
        VisitDraft.objects.filter(pk=kept.pk).update(answers={"internal_note": "Worried about the head."})

    [one] = wishes(NOTE_TO_FINISH, hub, OCTOBER)

    assert one.subject == "Note to finish: Ash Lane Primary School"
    assert one.because == "The visit to Ash Lane Primary School on 18 November 2026 is to be logged."
    assert "You have begun a note: it is kept." in one.text
    assert f"/console/northvale/groups/places/{place.pk}/visits/1/1/" in one.text
    assert "Worried" not in one.text
    assert one.about == visit


def test_as_many_queries_for_three_notes_as_for_one(hub: Hub, specialist: User, group: WorkGroup) -> None:
    numbers = count(1)

    def one_more() -> None:
        other = work.make_group(hub, stage_year=work.stage_year_of(year=YEAR))
        place = work.make_place(hub, group=other, accepted_at=JOINED)
        work.make_visit(place, starts_at=at(11, next(numbers), 9))
        draft(place, specialist, at(11, 20), term=2)

    assert_as_many_queries(NOTE_TO_FINISH, hub, OCTOBER, one_more)

"""The terms of 2026/27 as they are assumed: 2 September to 18 December, 4 January to 25 March, 12 April to 21 July."""

from __future__ import annotations

import datetime as dt
from itertools import count

import pytest

from hubs import tenancy
from hubs.models import Hub, User
from schools.models import HalfTerm
from tests import factories, work
from tests.workgroups.reminders.conftest import JOINED, assert_as_many_queries, at, due, wishes
from workgroups.models import MasterySpecialist, Participant, Place, PlaceState, Visit, VisitState, WorkGroup
from workgroups.reminders.visits import VISIT_OVERDUE, VISIT_SOON, VISIT_STILL_OVERDUE, VISIT_TO_ARRANGE

START = at(9, 3, 12)
OPEN = [VISIT_TO_ARRANGE, VISIT_OVERDUE, VISIT_STILL_OVERDUE]


def when(rule: object, hub: Hub, now: dt.datetime) -> list[str]:
    return [f"{one.due_at:%a %d %b %H:%M}" for one in wishes(rule, hub, now)]  # type: ignore[arg-type]


def enter_autumn(place: Place, by: User, *, starts_on: dt.date) -> None:
    """The first half of the autumn term of the authority's schools."""
    HalfTerm.objects.create(
        authority=place.school.authority,
        year=2026,
        number=1,
        starts_on=starts_on,
        ends_on=dt.date(2026, 10, 23),
        entered_at=START,
        entered_by=by,
        entered_for_id=place.hub_id,
    )


# --- What is not arranged ---------------------------------------------------------------------


def test_each_term_it_is_asked_in_the_third_week_and_two_weeks_and_one_week_before_the_end(
    hub: Hub, place: Place, lead: User
) -> None:
    assert when(VISIT_TO_ARRANGE, hub, START) == ["Mon 14 Sep 07:30", "Mon 18 Jan 07:30", "Mon 26 Apr 07:30"]
    assert when(VISIT_OVERDUE, hub, START) == ["Fri 04 Dec 07:30", "Thu 11 Mar 07:30", "Wed 07 Jul 07:30"]
    assert when(VISIT_STILL_OVERDUE, hub, START) == ["Fri 11 Dec 07:30", "Thu 18 Mar 07:30", "Wed 14 Jul 07:30"]


def test_it_goes_by_the_dates_of_the_schools_authority(hub: Hub, place: Place, lead: User) -> None:
    enter_autumn(place, lead, starts_on=dt.date(2026, 8, 27))

    assert when(VISIT_TO_ARRANGE, hub, at(8, 20))[0] == "Mon 07 Sep 07:30"


def test_the_specialist_is_asked_for_each_school_and_the_leads_at_last(
    hub: Hub, group: WorkGroup, place: Place, lead: User
) -> None:
    hers, leads = f"specialist-{group.specialist_id}", f"member-{lead.pk}"

    assert {one.recipient for one in wishes(VISIT_TO_ARRANGE, hub, START)} == {"mina@people.example"}
    assert [one.slot for one in wishes(VISIT_OVERDUE, hub, START)] == [
        f"visit-overdue:{place.pk}:{term}:1:{hers}" for term in (1, 2, 3)
    ]
    assert [one.slot for one in wishes(VISIT_STILL_OVERDUE, hub, START)] == [
        f"visit-still-overdue:{place.pk}:{term}:1:{leads}" for term in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (at(9, 14, 7, 30), [True, True, True]),
        (at(12, 4, 7, 29), [True, True, True]),
        (at(12, 4, 7, 30), [False, True, True]),
        (at(12, 11, 7, 30), [False, False, True]),
        (at(12, 25, 7, 29), [False, False, True]),
        (at(12, 25, 7, 30), [False, False, False]),
    ],
)
def test_until_when_each_is_of_use(hub: Hub, place: Place, lead: User, now: dt.datetime, wanted: list[bool]) -> None:
    autumn = [[one for one in wishes(rule, hub, now) if f":{place.pk}:1:1:" in one.slot] for rule in OPEN]

    assert [bool(found) for found in autumn] == wanted


@pytest.mark.parametrize(
    ("fields", "is_asked"),
    [
        ({"state": VisitState.ARRANGED}, False),
        ({"state": VisitState.HELD, "held_recorded_at": START, "met": "Hana", "shared_note": "Good."}, False),
        ({"state": VisitState.MISSED, "missed_reason": "Snow."}, True),
        ({"state": VisitState.MISSED, "missed_reason": "None.", "was_arranged": False}, False),
    ],
)
def test_it_goes_when_the_visit_is_arranged_or_given_up_and_comes_back_when_it_was_missed(
    hub: Hub, place: Place, lead: User, fields: dict[str, object], is_asked: bool
) -> None:
    work.make_visit(place, starts_at=at(10, 7, 9), term=1, **fields)

    for rule in OPEN:
        autumn = [one for one in wishes(rule, hub, START) if f":{place.pk}:1:1:" in one.slot]
        assert bool(autumn) == is_asked


def test_a_visit_beyond_those_that_the_stage_wants_is_not_asked_for(hub: Hub, place: Place) -> None:
    work.make_visit(place, starts_at=at(10, 7, 9), term=1)
    work.make_visit(place, starts_at=at(10, 8, 9), term=1, number=2, state=VisitState.MISSED, missed_reason="Snow.")

    assert [one for one in wishes(VISIT_TO_ARRANGE, hub, START) if f":{place.pk}:1:" in one.slot] == []


@pytest.mark.parametrize("state", [PlaceState.WAITING, PlaceState.LEFT, PlaceState.COMPLETED])
def test_schools_that_are_not_in_a_group_any_more_are_not_asked_for(
    hub: Hub, place: Place, lead: User, state: PlaceState
) -> None:
    kept = {} if state == PlaceState.COMPLETED else {"group": None, "specialist_school": None}
    with tenancy.use(hub):
        Place.objects.filter(pk=place.pk).update(state=state, **kept)

    assert [wishes(rule, hub, START) for rule in OPEN] == [[], [], []]


def test_a_school_of_another_year_is_not_asked_for(hub: Hub, mastery: MasterySpecialist) -> None:
    old = work.make_group(hub, specialist=mastery, stage_year=work.stage_year_of(year=2025))
    work.make_place(hub, group=old, accepted_at=at(9, 1) - dt.timedelta(days=365))

    assert [wishes(rule, hub, START) for rule in OPEN] == [[], [], []]


def test_a_school_that_comes_late_is_asked_for_at_once(hub: Hub, group: WorkGroup) -> None:
    place = work.make_place(hub, group=group, accepted_at=at(11, 2))

    first = wishes(VISIT_TO_ARRANGE, hub, at(11, 2))[0]

    assert f":{place.pk}:1:1:" in first.slot
    assert first.due_at < at(11, 2)


def test_a_specialist_who_has_stopped_is_not_asked(hub: Hub, place: Place, mastery: MasterySpecialist) -> None:
    with tenancy.use(hub):
        MasterySpecialist.objects.filter(pk=mastery.pk).update(ends_on=dt.date(2026, 12, 4))

    assert len(wishes(VISIT_TO_ARRANGE, hub, START)) == 1
    assert wishes(VISIT_OVERDUE, hub, START) == []


def test_a_term_whose_weeks_lie_otherwise_after_all_is_the_same_occurrence(hub: Hub, place: Place, lead: User) -> None:
    before = wishes(VISIT_TO_ARRANGE, hub, START)[0]
    enter_autumn(place, lead, starts_on=dt.date(2026, 9, 7))

    after = wishes(VISIT_TO_ARRANGE, hub, START)[0]

    assert before.key == after.key
    assert after.due_at == at(9, 21, 7, 30)


def test_what_is_said_of_a_visit_that_is_not_arranged(hub: Hub, place: Place, lead: User) -> None:
    page = f"/console/northvale/groups/places/{place.pk}/visits/1/1/"
    to_arrange, overdue, still = (wishes(rule, hub, START)[0] for rule in OPEN)

    assert to_arrange.subject == "Visit to arrange: Ash Lane Primary School"
    assert to_arrange.because == "The autumn visit to Ash Lane Primary School is not arranged."
    assert "The school's term ends on Friday 18 December 2026" in to_arrange.text
    assert overdue.subject == "Visit overdue: Ash Lane Primary School"
    assert "is overdue" in overdue.text
    assert "Dear Leo Lead," in still.text
    assert "Mina Mastery leads Ash Group and has been reminded." in still.text
    for letter in (to_arrange, overdue, still):
        assert page in letter.text
        assert letter.about == place


# --- What is arranged -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts_at", "expected"),
    [
        (at(11, 18, 9), "Fri 13 Nov 07:30"),
        (at(11, 20, 9), "Fri 13 Nov 07:30"),
        (at(11, 23, 9), "Wed 18 Nov 07:30"),
        # The clocks change in between.
        (at(10, 28, 9), "Fri 23 Oct 07:30"),
        (at(3, 31, 9), "Fri 26 Mar 07:30"),
    ],
)
def test_an_arranged_visit_is_reminded_of_five_days_before(
    hub: Hub, place: Place, starts_at: dt.datetime, expected: str
) -> None:
    work.make_visit(place, starts_at=starts_at)

    assert set(due(VISIT_SOON, hub, START).values()) == {expected}


def test_specialist_head_and_lead_teachers_of_the_day_are_reminded(hub: Hub, place: Place) -> None:
    visit = work.make_visit(place, starts_at=at(11, 18, 9))
    with tenancy.use(hub):
        first, second = place.participants.all()
        # The head leads the work herself; the second teacher leaves on the day.
        Place.objects.filter(pk=place.pk).update(head_email=first.email.upper())
        Participant.objects.filter(pk=second.pk).update(ends_on=dt.date(2026, 11, 18))

    found = {one.slot: one.recipient for one in wishes(VISIT_SOON, hub, START)}

    assert found == {
        f"visit-in-5-days:{visit.pk}:specialist-{visit.specialist_id}": "mina@people.example",
        f"visit-in-5-days:{visit.pk}:head": first.email.upper(),
    }


@pytest.mark.parametrize(("now", "wanted"), [(at(11, 17, 23), True), (at(11, 18, 8, 59), True), (at(11, 18, 9), False)])
def test_it_is_of_use_until_the_visit_begins(hub: Hub, place: Place, now: dt.datetime, wanted: bool) -> None:
    work.make_visit(place, starts_at=at(11, 18, 9))

    assert bool(wishes(VISIT_SOON, hub, now)) == wanted


def test_it_goes_when_the_visit_is_missed_or_the_school_leaves(hub: Hub, place: Place) -> None:
    visit = work.make_visit(place, starts_at=at(11, 18, 9))
    with tenancy.use(hub):
        Visit.objects.filter(pk=visit.pk).update(state=VisitState.MISSED, missed_reason="Snow.")
    assert wishes(VISIT_SOON, hub, START) == []

    work.make_visit(place, starts_at=at(11, 19, 9))
    assert wishes(VISIT_SOON, hub, START)
    with tenancy.use(hub):
        Place.objects.filter(pk=place.pk).update(state=PlaceState.LEFT, group=None, specialist_school=None)
    assert wishes(VISIT_SOON, hub, START) == []


def test_what_is_said_of_a_visit_that_is_near(hub: Hub, place: Place) -> None:
    visit = work.make_visit(place, starts_at=at(11, 18, 9))
    work.make_school_link(place)
    factories.go_on_as(place.school, factories.make_school("Birch Academy"))

    hers, heads, teachers = wishes(VISIT_SOON, hub, START)[:3]

    for letter in (hers, heads, teachers):
        assert letter.subject == "Support visit on Wednesday 18 November 2026: Birch Academy"
        assert letter.because == "The visit to Birch Academy is on 18 November 2026."
        assert "Wednesday 18 November 2026, 9am to midday" in letter.text
        assert letter.about == visit
    assert f"/console/northvale/groups/places/{place.pk}/visits/1/1/" in hers.text
    assert "Mina Mastery, your Mastery Specialist, visits Birch Academy" in heads.text
    assert "/school/" in heads.text
    assert "/school/" not in teachers.text


@pytest.mark.parametrize("rule", [*OPEN, VISIT_SOON])
def test_as_many_queries_for_three_schools_as_for_one(hub: Hub, lead: User, rule: object) -> None:
    numbers = count(1)

    def one_more() -> None:
        group = work.make_group(hub, stage_year=work.stage_year_of(year=2026))
        place = work.make_place(hub, group=group, accepted_at=JOINED)
        work.make_school_link(place)
        work.make_visit(place, starts_at=at(11, next(numbers), 9), term=1)

    assert_as_many_queries(rule, hub, START, one_more)  # type: ignore[arg-type]

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import product

import pytest
from django.utils import timezone

from correspondence.models import Message
from hubs import tenancy, timeline
from hubs.models import Hub, Membership, Role
from hubs.permissions import NotAllowed
from programmes.deciding import CannotDecide
from programmes.happenings import OfferAccepted, SchoolChosen
from programmes.models import OfferAnswer, Participation, State
from schools.models import School
from tests import factories, work
from tests.workgroups.conftest import history, outcomes, reload
from workgroups import placing
from workgroups.happenings import PlaceChanged, PlaceMade, place_changed, place_made
from workgroups.models import PLACE_TRANSITIONS, Place, PlaceEvent, PlaceState, Visit, WorkGroup
from workgroups.placing import CannotPlace, WrongDay
from workgroups.steps import STEPS

Kind = PlaceEvent.Kind
REASON = "The head asked for it."
DAY = dt.timedelta(days=1)


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[PlaceChanged]:
    told: list[PlaceChanged] = []
    monkeypatch.setattr(place_changed, "_listeners", [told.append])
    return told


def join(place: Place, group: WorkGroup, actor: Membership, now: dt.datetime, on: dt.date | None = None) -> None:
    with tenancy.use(actor.hub):
        placing.join(place=place, group=group, on=on or timezone.localdate(now), actor=actor, now=now)


def move(place: Place, group: WorkGroup, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(actor.hub):
        placing.move(place=place, group=group, on=timezone.localdate(now), reason=REASON, actor=actor, now=now)


def step(
    verb: Callable[..., None], place: Place, actor: Membership, now: dt.datetime, on: dt.date | None = None
) -> None:
    with tenancy.use(actor.hub):
        verb(place=place, on=on or timezone.localdate(now), reason=REASON, actor=actor, now=now)


def said(record: Place | WorkGroup) -> list[str]:
    with tenancy.use(record.hub_id):
        return list(timeline.entries_of(record).order_by("pk").values_list("text", flat=True))


def letters_about(place: Place) -> list[Message]:
    with tenancy.use(place.hub_id):
        return list(Message.objects.about(place).order_by("pk"))


# --- An accepted offer becomes a place -----------------------------------------------------------


@pytest.fixture
def accepted(hub: Hub, now: dt.datetime) -> OfferAccepted:
    expression = work.make_offered(hub)
    with tenancy.use(hub):
        type(expression).objects.filter(pk=expression.pk).update(state=State.ACCEPTED)
        answer = OfferAnswer.objects.create(
            hub=hub, expression=expression, offer=expression.decisions.get(), answer="accepted", name="Hana Head",
            role="Headteacher", agreement="We promise.", answered_at=now - DAY,
        )  # fmt: skip
    return OfferAccepted(expression, answer, now)


def test_an_accepted_offer_becomes_a_place_without_a_group(
    accepted: OfferAccepted, hub: Hub, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[PlaceMade] = []
    monkeypatch.setattr(place_made, "_listeners", [told.append])
    with tenancy.use(hub):
        placing.make_place(accepted)
        place = Place.objects.get()
        people = list(place.participants.all())
    acceptance = timezone.localdate(now - DAY)

    expression = accepted.expression
    assert (place.expression_id, place.school_id, place.stage_year) == (
        expression.pk, expression.school_id, expression.stage_year,
    )  # fmt: skip
    assert (place.state, place.group, place.accepted_at) == (PlaceState.WAITING, None, accepted.answer.answered_at)
    assert (place.head_name, place.head_email) == ("Hana Head", "head@school.example")
    assert [(one.position, one.name, one.starts_on, one.ends_on) for one in people] == [
        (1, "Teacher 1", acceptance, None),
        (2, "Teacher 2", acceptance, None),
    ]
    assert [(event.kind, event.happened_on) for event in history(place)] == [(Kind.ACCEPTED, acceptance)]
    assert said(place) == ["Accepted the place that was offered. It waits for a group."]
    assert told == [PlaceMade(place, accepted.answer, now)]
    assert not Participation.objects.exists()


def test_the_room_listens_to_accepted_offers(accepted: OfferAccepted, hub: Hub) -> None:
    from programmes.happenings import offer_accepted

    with tenancy.use(hub):
        offer_accepted.tell(accepted)
        assert Place.objects.get().expression == accepted.expression


# --- Joining and moving --------------------------------------------------------------------------


def test_a_place_joins_a_group_from_a_day_on(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime, changes: list[PlaceChanged]
) -> None:
    join(place, group, actor, now)

    after = reload(place)
    assert (after.state, after.group, after.specialist_school) == (
        PlaceState.IN_GROUP, group, group.specialist.school,
    )  # fmt: skip
    last = history(place)[-1]
    assert (last.kind, last.group, last.happened_on) == (Kind.JOINED, group, timezone.localdate(now))
    assert last.recorded_by == actor.user
    assert said(place)[-1].startswith("Joined Ash Group on ")
    assert said(group)[-1].startswith("Ash Lane Primary School joined on ")
    assert [(told.place, told.before, told.actor) for told in changes] == [(place, PlaceState.WAITING, actor)]
    assert outcomes(place) == ["taking_part"]


def test_joining_twice_writes_once(place: Place, group: WorkGroup, actor: Membership, now: dt.datetime) -> None:
    join(place, group, actor, now)
    once = (history(place), said(place), len(letters_about(place)))
    join(place, group, actor, now + dt.timedelta(seconds=1))
    assert (history(place), said(place), len(letters_about(place))) == once


def test_a_place_is_never_in_two_groups(
    place: Place, group: WorkGroup, hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    join(place, group, actor, now)
    with pytest.raises(CannotPlace, match=r"Ash Lane Primary School is in Ash Group already\. Move it from there"):
        join(place, work.make_group(hub), actor, now)
    assert reload(place).group == group


def test_a_place_moves_with_a_reason_and_its_arranged_visits_get_the_other_specialist(
    place: Place, group: WorkGroup, hub: Hub, actor: Membership, now: dt.datetime, changes: list[PlaceChanged]
) -> None:
    join(place, group, actor, now)
    arranged = work.make_visit(reload(place))
    held = work.make_visit(
        reload(place), term=2, state="held", held_recorded_at=now, met="Hana", shared_note="Number lines."
    )
    elm = work.make_group(hub, "Elm Group")
    move(place, elm, actor, now)

    assert (reload(place).group, reload(place).state) == (elm, PlaceState.IN_GROUP)
    assert (history(place)[-1].kind, history(place)[-1].reason) == (Kind.MOVED, REASON)
    day = said(place)[-1].removeprefix("Moved from Ash Group to Elm Group on ")
    assert said(elm)[-1] == f"Ash Lane Primary School moved here from Ash Group on {day}"
    assert said(group)[-1] == f"Ash Lane Primary School moved to Elm Group on {day}"
    assert day.endswith(REASON)
    with tenancy.use(hub):
        now_with = dict(Visit.objects.values_list("pk", "specialist"))
        assert Visit.objects.get(pk=arranged.pk).sequence == 1
    assert now_with == {arranged.pk: elm.specialist_id, held.pk: group.specialist_id}
    # It is in a group as before: nothing for rooms above.
    assert len(changes) == 1


def test_moving_to_the_group_that_it_is_in_does_nothing(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    join(place, group, actor, now)
    once = history(place)
    move(place, group, actor, now)
    assert history(place) == once


def test_a_group_of_another_stage_or_year_is_refused(
    place: Place, hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    other = work.make_group(hub, "Later", stage_year=work.stage_year_of(year=work.this_year() + 1))
    with pytest.raises(CannotPlace, match=r"has a place in .*, and Later is for"):
        join(place, other, actor, now)


def test_more_schools_than_the_limit_are_not_refused(hub: Hub, group: WorkGroup, actor: Membership) -> None:
    with tenancy.use(hub):
        WorkGroup.objects.update(size_limit=1)
    for _ in range(2):
        join(work.make_place(hub), group, actor, timezone.now())
    with tenancy.use(hub):
        assert group.places.members().count() == 2


# --- The Specialist's own school -----------------------------------------------------------------


def her_school(group: WorkGroup) -> School:
    return group.specialist.school


def as_it_is(school: School) -> School:
    return school


def what_it_became(school: School) -> School:
    later = factories.make_school("Her Academy")
    factories.go_on_as(school, later)
    return later


def what_it_was(school: School) -> School:
    before = factories.make_school("Her School of old")
    factories.go_on_as(before, school)
    return before


def what_merged_with_it(school: School) -> School:
    other, both = factories.make_school("The other one"), factories.make_school("Both of them")
    factories.go_on_as(school, both)
    factories.go_on_as(other, both)
    return other


@pytest.mark.parametrize("urn", [as_it_is, what_it_became, what_it_was, what_merged_with_it])
def test_the_specialists_own_school_is_refused_under_every_urn(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime, urn: Callable[[School], School]
) -> None:
    own = work.make_place(hub, urn(her_school(group)))
    other = work.make_group(hub)

    with pytest.raises(CannotPlace, match="Mina Mastery, who leads Ash Group, teaches at"):
        join(own, group, actor, now)
    assert reload(own).state == PlaceState.WAITING
    join(own, other, actor, now)
    with pytest.raises(CannotPlace, match="Mina Mastery, who leads Ash Group, teaches at"):
        move(own, group, actor, now)
    assert reload(own).group == other


def test_a_school_moves_on_no_day_to_come(
    place: Place, group: WorkGroup, hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    other, tomorrow = work.make_group(hub), timezone.localdate(now) + dt.timedelta(days=1)
    join(place, group, actor, now)
    with tenancy.use(hub), pytest.raises(WrongDay):
        placing.move(place=place, group=other, on=tomorrow, reason=REASON, actor=actor, now=now)
    assert reload(place).group == group


# --- Out of the group, away, and back ------------------------------------------------------------


def test_a_place_is_taken_out_to_wait_for_another_group(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    join(place, group, actor, now)
    step(placing.take_out, place, actor, now)

    assert (reload(place).state, reload(place).group) == (PlaceState.WAITING, None)
    assert (history(place)[-1].kind, history(place)[-1].group) == (Kind.TAKEN_OUT, group)
    # It still has its place, and takes part.
    assert outcomes(place) == ["taking_part"]


def test_a_school_that_leaves_is_known_to_have_left(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime, changes: list[PlaceChanged]
) -> None:
    join(place, group, actor, now)
    step(placing.leave, place, actor, now)

    assert (reload(place).state, reload(place).group) == (PlaceState.LEFT, None)
    assert outcomes(place) == ["left"]
    assert said(place)[-1].endswith(REASON)
    assert [told.before for told in changes] == [PlaceState.WAITING, PlaceState.IN_GROUP]


def test_a_school_that_leaves_without_ever_having_had_a_group_took_no_part(
    place: Place, actor: Membership, now: dt.datetime
) -> None:
    step(placing.leave, place, actor, now)
    assert (reload(place).state, outcomes(place)) == (PlaceState.LEFT, [])


def test_a_school_that_comes_back_waits_for_a_group_and_takes_part_again(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    join(place, group, actor, now)
    step(placing.leave, place, actor, now)
    step(placing.come_back, place, actor, now)

    assert (reload(place).state, outcomes(place)) == (PlaceState.WAITING, ["taking_part"])
    join(place, group, actor, now)
    assert reload(place).group == group


def test_who_leaves_before_the_year_begins_took_no_part(hub: Hub, actor: Membership) -> None:
    year = work.this_year() + 1
    coming = work.make_place(hub, year=year)
    group = work.make_group(hub, stage_year=work.stage_year_of(year=year))
    now = timezone.now()
    join(coming, group, actor, now, on=dt.date(year, 9, 1))
    assert outcomes(coming) == ["taking_part"]
    step(placing.leave, coming, actor, now)
    assert outcomes(coming) == []


VERBS: dict[Kind, Callable[..., None]] = {
    Kind.TAKEN_OUT: placing.take_out,
    Kind.LEFT: placing.leave,
    Kind.RETURNED: placing.come_back,
}


@pytest.mark.parametrize(("state", "kind"), list(product(PlaceState, VERBS)))
def test_a_step_is_taken_from_where_the_table_allows_it(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime, state: PlaceState, kind: Kind
) -> None:
    has_group = state not in (PlaceState.WAITING, PlaceState.LEFT)
    place = work.make_place(hub, group=group if has_group else None)
    with tenancy.use(hub):
        Place.objects.update(state=state)
    before = history(place)
    starts, leads_to = STEPS[kind]

    if state == leads_to:
        step(VERBS[kind], place, actor, now)
        assert history(place) == before
    elif state in starts:
        step(VERBS[kind], place, actor, now)
        assert (reload(place).state, len(history(place))) == (leads_to, len(before) + 1)
    else:
        with pytest.raises(CannotPlace, match="so it cannot"):
            step(VERBS[kind], place, actor, now)
        assert (reload(place).state, history(place)) == (state, before)


def test_the_steps_are_those_of_the_table_of_transitions() -> None:
    steps: dict[PlaceState, set[PlaceState]] = {state: set() for state in PlaceState}
    for starts, leads_to in STEPS.values():
        for start in starts - {leads_to}:
            steps[start].add(leads_to)
    assert steps == PLACE_TRANSITIONS


# --- Days, reasons, people -----------------------------------------------------------------------


def test_nothing_happens_before_the_acceptance_or_after_the_year(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    accepted_at = now - dt.timedelta(days=10)
    place, first = work.make_place(hub, accepted_at=accepted_at), timezone.localdate(accepted_at)
    last = dt.date(work.this_year() + 1, 8, 31)

    for wrong in (first - DAY, last + DAY):
        with pytest.raises(WrongDay, match="Enter a day from"):
            join(place, group, actor, now, on=wrong)
    assert len(history(place)) == 1
    join(place, group, actor, now, on=last)
    for wrong in (first - DAY, timezone.localdate(now) + DAY):
        with pytest.raises(WrongDay):
            step(placing.leave, place, actor, now, on=wrong)
    step(placing.leave, place, actor, now, on=first)
    assert history(place)[-1].happened_on == first


@pytest.mark.parametrize("verb", [placing.take_out, placing.leave])
def test_without_a_reason_nothing_is_written(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime, verb: Callable[..., None]
) -> None:
    join(place, group, actor, now)
    before = history(place)
    with tenancy.use(actor.hub), pytest.raises(ValueError, match="reason"):
        verb(place=place, on=timezone.localdate(now), reason="  ", actor=actor, now=now)
    assert history(place) == before


@pytest.mark.parametrize("role", [Role.MASTERY_SPECIALIST, Role.FINANCE])
def test_only_who_forms_groups_decides_on_places(
    hub: Hub, place: Place, group: WorkGroup, now: dt.datetime, role: Role
) -> None:
    somebody = factories.membership_of(factories.make_member(hub, role, "Somebody"), hub)
    with pytest.raises(NotAllowed):
        join(place, group, somebody, now)
    for verb in VERBS.values():
        with pytest.raises(NotAllowed):
            step(verb, place, somebody, now)
    assert len(history(place)) == 1


# --- What other hubs may read --------------------------------------------------------------------


def test_a_school_joins_a_group_of_a_year_to_come_when_that_begins_or_later(
    hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    year = work.this_year() + 1
    coming = work.make_place(hub, year=year)
    group, other = (work.make_group(hub, stage_year=work.stage_year_of(year=year)) for _ in range(2))
    begins, label = dt.date(year, 9, 1), f"{year}/{(year + 1) % 100:02d}"

    for wrong in (timezone.localdate(now), begins - DAY):
        with pytest.raises(WrongDay, match=f"Enter a day from 1 September {year}, when {label} begins"):
            join(coming, group, actor, now, on=wrong)
    join(coming, group, actor, now, on=begins)
    with pytest.raises(WrongDay, match="begins"):
        move(coming, other, actor, now)
    assert {f"from 1 September {year}" in letter.text for letter in letters_about(coming)} == {True}


def test_what_another_hub_has_recorded_of_the_school_and_year_is_in_the_way(
    place: Place, group: WorkGroup, other_hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    Participation.objects.create(
        school=place.school, stage=place.stage_year.stage, year=place.stage_year.year, outcome="taking_part",
        recorded_for=other_hub, recorded_at=now,
    )  # fmt: skip
    before = (history(place), said(place))
    with pytest.raises(CannotPlace, match="Severnmoor Maths Hub has recorded Ash Lane Primary School for Developing"):
        join(place, group, actor, now)
    assert (reload(place).state, history(place), said(place)) == (PlaceState.WAITING, *before)
    assert letters_about(place) == []


def test_a_school_leaves_whatever_another_hub_says_of_it_by_now(
    place: Place, group: WorkGroup, other_hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    join(place, group, actor, now)
    Participation.objects.update(recorded_for=other_hub, outcome="completed")
    step(placing.leave, place, actor, now)
    assert (reload(place).state, outcomes(place)) == (PlaceState.LEFT, ["completed"])


def test_a_school_outside_the_area_that_accepted_takes_part(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    # Nobody's area: the hub has a say because the school accepted its offer.
    far = work.make_place(hub, factories.make_school("Far School"))
    assert not hub.areas.exists()
    join(far, group, actor, now)
    assert outcomes(far) == ["taking_part"]


def test_a_school_that_changed_before_the_year_began_takes_part_under_the_urn_of_the_year(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    year = work.this_year()
    ash = factories.make_school("Ash Lane Primary School")
    birch = factories.make_school("Birch Academy", opened_on=dt.date(year, 9, 1))
    place = work.make_place(hub, ash)
    factories.go_on_as(ash, birch, closed_on=dt.date(year, 8, 31))
    join(place, group, actor, now)

    assert [fact.school for fact in Participation.objects.all()] == [birch]
    step(placing.leave, place, actor, now)
    assert [(fact.school, fact.outcome) for fact in Participation.objects.all()] == [(birch, "left")]


def test_a_school_that_changes_in_the_middle_of_the_year_keeps_place_people_and_the_fact(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    year = work.this_year()
    ash = factories.make_school("Ash Lane Primary School")
    place = work.make_place(hub, ash)
    join(place, group, actor, now)
    birch = factories.make_school("Birch Academy", opened_on=dt.date(year, 11, 1))
    factories.go_on_as(ash, birch, closed_on=dt.date(year, 10, 31))
    elm = work.make_group(hub, "Elm Group")
    move(place, elm, actor, now)

    after = reload(place)
    assert (after.group, after.school, after.school_now) == (elm, ash, birch)
    assert after.school_in_full == "Birch Academy, formerly Ash Lane Primary School"
    with tenancy.use(hub):
        assert [one.name for one in after.participants.all()] == ["Teacher 1", "Teacher 2"]
    assert [fact.school for fact in Participation.objects.all()] == [ash]
    first, *_, last = letters_about(place)
    assert "Ash Lane Primary School is in the Work Group Ash Group" in first.text
    assert "Birch Academy has moved to another Work Group" in last.text
    assert said(elm)[-1].startswith("Birch Academy moved here")
    assert said(group)[0].startswith("Ash Lane Primary School joined")


# --- A school that has split ---------------------------------------------------------------------


def test_a_place_goes_along_with_the_part_that_its_expression_is_for(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    join(place, group, actor, now)
    former, part = place.school, factories.make_school("Ash North")
    factories.go_on_as(former, part, factories.make_school("Ash South"))
    with tenancy.use(place.hub):
        place.expression.school = part
        placing.follow_school(SchoolChosen(place.expression, former, actor, now))
    assert (reload(place).school, reload(place).group) == (part, group)
    assert said(place)[-1].startswith("It is for Ash North (URN ")


def test_a_part_at_which_the_groups_specialist_teaches_is_refused(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    join(place, group, actor, now)
    with tenancy.use(place.hub):
        place.expression.school = group.specialist.school
        with pytest.raises(CannotDecide, match="Move the place to another group first"):
            placing.follow_school(SchoolChosen(place.expression, place.school, actor, now))


def test_an_expression_without_a_place_has_nothing_to_follow(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    offered = work.make_offered(hub)
    with tenancy.use(hub):
        placing.follow_school(SchoolChosen(offered, offered.school, actor, now))
        assert not Place.objects.exists()

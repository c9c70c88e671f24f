"""Two members who act at the same moment on what belongs together: the second goes by what the first has done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.utils import timezone

from hubs import tenancy, timeline
from hubs.models import Hub, Membership
from tests import factories, work
from tests.locks import begin_meanwhile
from tests.workgroups.meetings import RECORD, marks_of
from workgroups import forming, holding, placing, specialists, steps, visiting
from workgroups.models import MasterySpecialist, Place, Visit, WorkGroup

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def today(now: dt.datetime) -> dt.date:
    return timezone.localdate(now)


@pytest.fixture
def nora(hub: Hub) -> MasterySpecialist:
    return work.make_specialist(hub, "Nora")


def one_after_the_other(hub: Hub, first: Callable[[], object], second: Callable[[], object]) -> None:
    """The second verb begins before the first one's transaction ends, and waits for it."""
    ended: list[bool] = []

    def meanwhile() -> None:
        with tenancy.use(hub.pk):
            second()
        ended.append(True)

    with tenancy.use(hub):
        first()
        other = begin_meanwhile(meanwhile)
        assert other.is_alive()
    other.join()
    assert ended, "The second verb has failed."


def give_to(specialist: MasterySpecialist, group: WorkGroup, actor: Membership, now: dt.datetime) -> bool:
    with tenancy.use(group.hub_id):
        there = WorkGroup.objects.get(pk=group.pk)
        return forming.change_group(
            group=group, name=there.name, specialist=specialist, size_limit=there.size_limit, actor=actor, now=now
        )


def arrange(place: Place, actor: Membership, now: dt.datetime) -> Visit:
    starts_at = now + dt.timedelta(days=3)
    return visiting.arrange_visit(
        place=place, term=3, number=1, starts_at=starts_at, half_days=1, actor=actor, now=now
    )  # fmt: skip


def change_school(specialist: MasterySpecialist, name: str, actor: Membership, now: dt.datetime) -> bool:
    details = replace(specialists._details_of(specialist), school=factories.make_school(name))
    return specialists.change_specialist(specialist=specialist, details=details, actor=actor, now=now)


def said(record: Place | WorkGroup | MasterySpecialist) -> list[str]:
    with tenancy.use(record.hub_id):
        return list(timeline.entries_of(record).order_by("pk").values_list("text", flat=True))


def test_of_two_who_give_a_group_away_the_second_takes_it_from_the_first_ones_specialist(
    hub: Hub, group: WorkGroup, actor: Membership, nora: MasterySpecialist, now: dt.datetime
) -> None:
    olga = work.make_specialist(hub, "Olga")
    one_after_the_other(hub, lambda: give_to(nora, group, actor, now), lambda: give_to(olga, group, actor, now))
    assert said(group)[-1] == "Changed: Mastery Specialist from Nora to Olga."
    assert said(nora)[-1] == f"Leads {group}, {group.stage_year} no more: Olga does."


def test_who_joins_a_group_while_it_is_given_away_joins_the_new_specialists(
    hub: Hub,
    group: WorkGroup,
    place: Place,
    actor: Membership,
    nora: MasterySpecialist,
    now: dt.datetime,
    today: dt.date,
) -> None:
    one_after_the_other(
        hub,
        lambda: give_to(nora, group, actor, now),
        lambda: placing.join(place=place, group=group, on=today, actor=actor, now=now),
    )
    with tenancy.use(hub):
        assert Place.objects.get(pk=place.pk).specialist_school_id == nora.school_id


def test_who_is_taken_out_while_she_moves_is_taken_out_of_where_she_moved(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime, today: dt.date
) -> None:
    place, elm = work.make_place(hub, group=group), work.make_group(hub, "Elm")
    one_after_the_other(
        hub,
        lambda: placing.move(place=place, group=elm, on=today, reason="Nearer.", actor=actor, now=now),
        lambda: placing.take_out(place=place, on=today, reason="For now.", actor=actor, now=now),
    )
    with tenancy.use(hub):
        assert list(place.events.values_list("group", flat=True))[-1] == elm.pk
    assert said(place)[-1].startswith("Taken out of Elm on ")


@pytest.mark.parametrize("how", ["group", "place"])
def test_a_visit_that_is_arranged_meanwhile_is_the_new_specialists(
    hub: Hub, group: WorkGroup, actor: Membership, nora: MasterySpecialist, now: dt.datetime, today: dt.date, how: str
) -> None:
    place, elm = work.make_place(hub, group=group), work.make_group(hub, "Elm", specialist=nora)

    def change() -> None:
        if how == "group":
            give_to(nora, group, actor, now)
        else:
            placing.move(place=place, group=elm, on=today, reason="Nearer.", actor=actor, now=now)

    one_after_the_other(hub, change, lambda: arrange(place, actor, now))
    with tenancy.use(hub):
        assert Visit.objects.get(place=place).specialist == nora


def test_of_two_who_change_a_specialists_school_the_second_changes_what_the_first_has_written(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    specialist = group.specialist
    one_after_the_other(
        hub,
        lambda: change_school(specialist, "Ash", actor, now),
        lambda: change_school(specialist, "Birch", actor, now),
    )
    assert "school from Ash to Birch" in said(specialist)[-1]


def test_a_group_that_is_formed_while_its_specialist_changes_schools_has_the_new_one(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    specialist = group.specialist
    one_after_the_other(
        hub,
        lambda: change_school(specialist, "Ash", actor, now),
        lambda: forming.form_group(
            stage_year=group.stage_year, name="New", specialist=specialist, size_limit=7, actor=actor, now=now
        ),
    )
    with tenancy.use(hub):
        there = WorkGroup.objects.select_related("specialist").get(name="New")
        assert there.specialist_school_id == there.specialist.school_id


# --- Neither waits for the other -------------------------------------------------------------------


def crossing(hub: Hub, first: Callable[[], object], second: Callable[[], object], then: Callable[[], object]) -> None:
    """The second begins while the first has locked something, and the first goes on; neither is given up."""
    ended: list[bool] = []

    def meanwhile() -> None:
        with tenancy.use(hub.pk):
            second()
        ended.append(True)

    with tenancy.use(hub):
        first()
        other = begin_meanwhile(meanwhile)
        then()
    other.join()
    assert ended, "The second verb has failed."


def test_a_school_leaves_while_its_groups_meeting_is_recorded(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime, today: dt.date
) -> None:
    place = work.make_place(hub, group=group, accepted_at=now - dt.timedelta(days=30))
    meeting = work.make_meeting(group, starts_at=now - dt.timedelta(days=1))
    marks = marks_of(meeting)
    crossing(
        hub,
        lambda: steps.locked(place),
        lambda: holding.hold_meeting(
            meeting=meeting, marks=marks, record=RECORD, internal_note="", actor=actor, now=now
        ),
        lambda: placing.leave(place=place, on=today, reason="No cover.", actor=actor, now=now),
    )


def test_a_school_leaves_while_its_group_is_given_away(
    hub: Hub, group: WorkGroup, actor: Membership, nora: MasterySpecialist, now: dt.datetime, today: dt.date
) -> None:
    place = work.make_place(hub, group=group)
    crossing(
        hub,
        lambda: steps.locked(place),
        lambda: give_to(nora, group, actor, now),
        lambda: placing.leave(place=place, on=today, reason="No cover.", actor=actor, now=now),
    )


def test_a_visit_is_arranged_while_its_specialist_changes_schools(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    place, specialist = work.make_place(hub, group=group), group.specialist
    crossing(
        hub,
        lambda: steps.locked(place),
        lambda: change_school(specialist, "Ash", actor, now),
        lambda: arrange(place, actor, now),
    )


def test_two_members_put_the_same_schools_into_two_groups(
    hub: Hub, group: WorkGroup, actor: Membership, now: dt.datetime, today: dt.date
) -> None:
    one, two, elm = work.make_place(hub), work.make_place(hub), work.make_group(hub, "Elm")
    refused: dict[int, str] = {}

    def second() -> None:
        refused.update(placing.join_together(places=[two, one], group=elm, on=today, actor=actor, now=now))

    # The first has locked what both want first, and goes on to the other.
    crossing(
        hub,
        lambda: steps.locked(one),
        second,
        lambda: placing.join_together(places=[one, two], group=group, on=today, actor=actor, now=now),
    )
    assert set(refused) == {one.pk, two.pk}


def test_a_school_that_joins_while_a_group_is_about_to_be_given_away_is_there_as_well(
    hub: Hub, group: WorkGroup, place: Place, actor: Membership, nora: MasterySpecialist, now: dt.datetime
) -> None:
    """The one who gives it away has seen who is in it, and waits for the group."""
    there, today = work.make_place(hub, group=group), timezone.localdate(now)
    crossing(
        hub,
        lambda: placing.join(place=place, group=group, on=today, actor=actor, now=now),
        lambda: give_to(nora, group, actor, now),
        lambda: arrange(place, actor, now),
    )
    with tenancy.use(hub):
        assert Visit.objects.get(place=place).specialist == nora
        assert Place.objects.get(pk=there.pk).specialist_school_id == nora.school_id

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from correspondence.models import Message
from hubs import tenancy, timeline
from hubs.models import Hub, Membership, User
from hubs.permissions import NotAllowed
from programmes.applying import Teacher
from tests import factories, work
from tests.workgroups.conftest import reload
from workgroups import participants, placing
from workgroups.models import Attendance, Participant, Place, SchoolLink, WorkGroup
from workgroups.participants import CannotChange, SameTeacher, WrongDay
from workgroups.school_links import link_for

ANA = Teacher("Ana New", "Maths lead", "Year 2", "ana@school.example", "1234567")


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def place(hub: Hub, group: WorkGroup, now: dt.datetime) -> Place:
    """A school whose lead teachers have taken part for ten days."""
    return work.make_place(hub, group=group, accepted_at=now - dt.timedelta(days=10))


@pytest.fixture
def first(place: Place) -> Participant:
    with tenancy.use(place.hub):
        return place.participants.get(position=1)


def replace(first: Participant, actor: Membership, now: dt.datetime, teacher: Teacher = ANA, **on: Any) -> Participant:
    with tenancy.use(actor.hub):
        return participants.replace_participant(
            participant=first, teacher=teacher, **{"on": timezone.localdate(now), **on}, actor=actor, now=now
        )


def change(one: Participant, actor: Membership, now: dt.datetime, teacher: Teacher) -> bool:
    with tenancy.use(actor.hub):
        return participants.change_participant(participant=one, teacher=teacher, actor=actor, now=now)


def name_head(place: Place, actor: Membership, now: dt.datetime, name: str, email: str) -> bool:
    with tenancy.use(actor.hub):
        return participants.name_headteacher(place=place, name=name, email=email, actor=actor, now=now)


def link(place: Place, email: str, now: dt.datetime) -> SchoolLink:
    with tenancy.use(place.hub):
        return link_for(place=place, name="Somebody", email=email, now=now)


def live(place: Place) -> set[str]:
    with tenancy.use(place.hub):
        return set(SchoolLink.objects.filter(place=place, ended_at=None).values_list("email", flat=True))


def written_to(place: Place) -> list[str]:
    with tenancy.use(place.hub):
        return [letter.recipients[0] for letter in Message.objects.about(place).order_by("pk")]


def said(place: Place) -> list[str]:
    with tenancy.use(place.hub):
        return list(timeline.entries_of(place).order_by("pk").values_list("text", flat=True))


# --- Another teacher follows ---------------------------------------------------------------------


def test_another_teacher_follows_and_what_the_first_attended_stays(
    place: Place, first: Participant, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    with tenancy.use(place.hub):
        attended = Attendance.objects.create(
            hub=place.hub, meeting=work.make_meeting(group), participant=first, mark="present", recorded_at=now
        )
    after = replace(first, actor, now)

    today = timezone.localdate(now)
    with tenancy.use(place.hub):
        first.refresh_from_db()
        assert Attendance.objects.get() == attended
        assert attended.participant == first
        assert list(place.participants.taking_part_on(today)) == [after, place.participants.get(position=2)]
    assert (first.ends_on, after.starts_on, after.ends_on, after.position) == (today, today, None, 1)
    assert (after.name, after.role, after.email, after.year_group, after.trn) == (
        ANA.name, ANA.role, ANA.email, ANA.year_group, ANA.trn,
    )  # fmt: skip
    assert said(place)[-1].startswith("Ana New follows Teacher 1 as lead teacher from ")


def test_who_leaves_loses_her_link_and_who_follows_gets_one(
    place: Place, first: Participant, actor: Membership, now: dt.datetime
) -> None:
    link(place, first.email, now)
    link(place, place.head_email, now)
    replace(first, actor, now)
    assert live(place) == {place.head_email, ANA.email}
    assert written_to(place) == [ANA.email]


def test_a_head_who_was_lead_teacher_as_well_keeps_her_link(
    place: Place, first: Participant, actor: Membership, now: dt.datetime
) -> None:
    with tenancy.use(place.hub):
        Participant.objects.filter(pk=first.pk).update(email="HEAD@school.example")
    before = link(place, place.head_email, now)
    replace(first, actor, now)
    assert live(place) == {before.email, ANA.email}


def test_two_cannot_follow_one(place: Place, first: Participant, actor: Membership, now: dt.datetime) -> None:
    replace(first, actor, now)
    with pytest.raises(CannotChange, match="Another teacher has followed Teacher 1 already"):
        replace(first, actor, now, Teacher("Bo", "Teacher", "", "bo@school.example", ""))


@pytest.mark.parametrize(
    ("name", "email", "told"),
    [
        ("Ana", "TEACHER2.{pk}@school.example", "this one is Teacher 2's, the other lead teacher"),
        ("teacher 2", "ana@school.example", "Enter a different teacher: Teacher 2 is the other"),
    ],
)
def test_the_two_lead_teachers_are_two_people(
    place: Place, first: Participant, actor: Membership, now: dt.datetime, name: str, email: str, told: str
) -> None:
    same = Teacher(name, "Teacher", "", email.format(pk=place.pk), "")
    for verb in (lambda: replace(first, actor, now, same), lambda: change(first, actor, now, same)):
        with pytest.raises(SameTeacher, match=told):
            verb()
    with tenancy.use(place.hub):
        assert place.participants.count() == 2


@pytest.mark.parametrize("days", [-11, 1])
def test_nobody_follows_before_the_first_began_or_in_the_future(
    place: Place, first: Participant, actor: Membership, now: dt.datetime, days: int
) -> None:
    with pytest.raises(WrongDay, match="when Teacher 1 began, to today"):
        replace(first, actor, now, on=timezone.localdate(now) + dt.timedelta(days=days))


# --- Putting right -------------------------------------------------------------------------------


def test_what_is_known_of_a_teacher_is_put_right(
    place: Place, first: Participant, actor: Membership, now: dt.datetime
) -> None:
    right = Teacher("Teacher One", first.role, "", first.email, "7654321")
    assert change(first, actor, now, right)
    assert said(place)[-1] == (
        "Changed for Teacher One, lead teacher: name from Teacher 1 to Teacher One, TRN from nothing to 7654321."
    )
    assert written_to(place) == []
    assert not change(first, actor, now, right)
    assert len(said(place)) == 1


def test_a_wrong_address_loses_its_link_and_the_right_one_gets_a_letter(
    place: Place, first: Participant, actor: Membership, now: dt.datetime
) -> None:
    link(place, first.email, now)
    change(first, actor, now, Teacher(first.name, first.role, "", "right@school.example", ""))
    assert live(place) == {"right@school.example"}
    assert written_to(place) == ["right@school.example"]


def test_one_who_has_left_is_put_right_without_a_letter(
    place: Place, first: Participant, actor: Membership, now: dt.datetime
) -> None:
    replace(first, actor, now)
    change(first, actor, now, Teacher(first.name, first.role, "", "old@school.example", ""))
    assert written_to(place) == [ANA.email]
    assert live(place) == {ANA.email}


# --- The headteacher -----------------------------------------------------------------------------


def test_another_head_is_named_and_the_link_of_the_one_before_ends(
    place: Place, actor: Membership, now: dt.datetime
) -> None:
    link(place, place.head_email, now)
    assert name_head(place, actor, now, "Nia Next", "nia@school.example")
    assert (reload(place).head_name, reload(place).head_email) == ("Nia Next", "nia@school.example")
    assert live(place) == written_to_set(place) == {"nia@school.example"}
    assert said(place)[-1] == ("Headteacher: Nia Next, nia@school.example. Before: Hana Head, head@school.example.")
    assert not name_head(place, actor, now, "Nia Next", "nia@school.example")
    assert len(said(place)) == 1


def written_to_set(place: Place) -> set[str]:
    return set(written_to(place))


def test_the_next_head_at_the_offices_address_is_written_to(place: Place, actor: Membership, now: dt.datetime) -> None:
    name_head(place, actor, now, "Nia Next", place.head_email)
    assert written_to(place) == [place.head_email]


def test_nobody_is_welcomed_at_a_school_that_has_left(
    place: Place, first: Participant, actor: Membership, now: dt.datetime
) -> None:
    with tenancy.use(place.hub):
        placing.leave(place=place, on=timezone.localdate(now), reason="Too far.", actor=actor, now=now)
    replace(first, actor, now)
    name_head(place, actor, now, "Nia Next", "nia@school.example")
    assert written_to(place) == []
    assert live(place) == set()


# --- Who may -------------------------------------------------------------------------------------


def test_a_specialist_changes_nobody(
    place: Place, first: Participant, hub: Hub, specialist: User, now: dt.datetime
) -> None:
    somebody = factories.membership_of(specialist, hub)
    for verb in (
        lambda: replace(first, somebody, now),
        lambda: change(first, somebody, now, ANA),
        lambda: name_head(place, somebody, now, "Nia", "nia@school.example"),
    ):
        with pytest.raises(NotAllowed):
            verb()

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from correspondence.models import Message
from hubs import tenancy, timeline
from hubs.models import Hub, Membership, User
from hubs.permissions import NotAllowed
from hubs.tenancy import HubOwned
from tests import factories, work
from workgroups import forming
from workgroups.models import MasterySpecialist, Meeting, Visit, WorkGroup


@pytest.fixture
def mina(hub: Hub) -> MasterySpecialist:
    return work.make_specialist(hub, "Mina Mastery")


def form(mina: MasterySpecialist, actor: Membership, now: dt.datetime, **given: Any) -> WorkGroup:
    values = {"stage_year": work.stage_year_of(), "name": "Ash Group", "specialist": mina, "size_limit": 7, **given}
    with tenancy.use(actor.hub):
        return forming.form_group(**values, actor=actor, now=now)


def change(group: WorkGroup, actor: Membership, now: dt.datetime, **given: Any) -> bool:
    values = {"name": group.name, "specialist": group.specialist, "size_limit": group.size_limit, **given}
    with tenancy.use(actor.hub):
        return forming.change_group(group=group, **values, actor=actor, now=now)


def said(record: HubOwned) -> list[str]:
    with tenancy.use(record.hub_id):
        return list(timeline.entries_of(record).order_by("pk").values_list("text", flat=True))


def test_a_group_is_formed_without_schools(mina: MasterySpecialist, actor: Membership, now: dt.datetime) -> None:
    formed = form(mina, actor, now)
    with tenancy.use(actor.hub):
        found = WorkGroup.objects.get()
        assert not found.places.exists()
    assert (found, found.specialist_id, found.specialist_school_id, found.size_limit, found.made_at) == (
        formed, mina.pk, mina.school_id, 7, now,
    )  # fmt: skip
    assert said(formed) == [f"Formed for {formed.stage_year}, with Mina Mastery and at most 7 schools."]
    assert said(mina) == [f"Leads Ash Group, {formed.stage_year}."]


def test_a_name_is_given_once_for_a_stage_and_year(
    mina: MasterySpecialist, actor: Membership, now: dt.datetime
) -> None:
    first = form(mina, actor, now)
    with pytest.raises(forming.NameTaken, match="Choose another name: there is a group of this name for Developing"):
        form(mina, actor, now, name="ash group")
    form(mina, actor, now, stage_year=work.stage_year_of(year=work.this_year() + 1))
    other = form(mina, actor, now, name="Elm Group")
    with pytest.raises(forming.NameTaken):
        change(other, actor, now, name="Ash Group")
    assert said(other) == [f"Formed for {other.stage_year}, with Mina Mastery and at most 7 schools."]
    assert said(first) == said(other)


def test_name_and_limit_change(group: WorkGroup, actor: Membership, now: dt.datetime) -> None:
    assert change(group, actor, now, name="Birch Group", size_limit=9)
    assert said(group) == ["Changed: name from Ash Group to Birch Group, most schools from 7 to 9."]
    assert not change(group, actor, now, name="Birch Group", size_limit=9)
    assert len(said(group)) == 1


def test_another_specialist_gets_what_is_to_come_and_the_copies_follow(
    group: WorkGroup, hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    place, then, soon = work.make_place(hub, group=group), now - dt.timedelta(days=3), now + dt.timedelta(days=3)
    was_to_be, visit = work.make_visit(place, starts_at=then), work.make_visit(place, starts_at=soon, term=2)
    was_planned, meeting = work.make_meeting(group, starts_at=then), work.make_meeting(group, starts_at=soon)
    nora = work.make_specialist(hub, "Nora Next")
    before = group.specialist
    assert change(group, actor, now, specialist=nora)
    with tenancy.use(hub):
        assert WorkGroup.objects.get().specialist_school == nora.school
        assert group.places.get().specialist_school == nora.school
        assert Visit.objects.get(pk=visit.pk).specialist == nora
        assert Visit.objects.get(pk=was_to_be.pk).specialist == before
        assert Meeting.objects.get(pk=meeting.pk).specialist == nora
        assert Meeting.objects.get(pk=was_planned.pk).specialist == before
    assert said(group) == ["Changed: Mastery Specialist from Mina Mastery to Nora Next."]
    assert said(before) == [f"Leads Ash Group, {group.stage_year} no more: Nora Next does."]
    assert said(nora) == [f"Leads Ash Group, {group.stage_year}, after Mina Mastery."]


def test_the_schools_of_the_group_are_told_of_another_specialist_once(
    group: WorkGroup, hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    place, other = work.make_place(hub, group=group, accepted_at=now), work.make_place(hub)
    nora = work.make_specialist(hub, "Nora Next")
    for _ in range(2):
        change(group, actor, now, specialist=nora)
    with tenancy.use(hub):
        letters = list(Message.objects.about(place))
        assert not Message.objects.about(other).exists()
    assert len(letters) == 3
    for letter in letters:
        assert letter.subject == f"A new Mastery Specialist for Ash Group, {group.stage_year}"
        assert "from now on, after Mina Mastery" in letter.text
        assert f"You reach Nora Next at {nora.email}." in letter.text
    assert change(group, actor, now + dt.timedelta(days=1), specialist=group.specialist)
    assert change(group, actor, now + dt.timedelta(days=2), specialist=nora)
    with tenancy.use(hub):
        assert Message.objects.about(place).count() == 9


def test_a_specialist_whose_school_is_in_the_group_is_refused_under_any_urn(
    group: WorkGroup, hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    member = work.make_place(hub, group=group)
    academy = factories.make_school("Academy")
    factories.go_on_as(member.school, academy)
    for school in (member.school, academy):
        nora = work.make_specialist(hub, "Nora Next", school=school)
        with pytest.raises(forming.OwnSchool, match="Nora Next teaches at Academy, which is in the group"):
            change(group, actor, now, specialist=nora)
    assert said(group) == []
    with tenancy.use(hub):
        assert WorkGroup.objects.get().specialist == group.specialist


def test_a_specialist_forms_and_changes_no_groups(
    mina: MasterySpecialist, group: WorkGroup, hub: Hub, specialist: User, now: dt.datetime
) -> None:
    somebody = factories.membership_of(specialist, hub)
    for verb in (lambda: form(mina, somebody, now), lambda: change(group, somebody, now, name="Mine")):
        with pytest.raises(NotAllowed):
            verb()

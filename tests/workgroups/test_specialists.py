from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from hubs import tenancy, timeline
from hubs.models import Hub, Membership, User
from hubs.permissions import NotAllowed
from programmes.models import Stage
from schools.models import School
from tests import factories, work
from workgroups import completing, specialists
from workgroups.models import DaysAgreed, MasterySpecialist, Place, PlaceState, WorkGroup
from workgroups.specialists import CannotKeep, SpecialistDetails
from workgroups.steps import CannotPlace


@pytest.fixture
def school(db: None) -> School:
    return factories.make_school("Mina's School")


@pytest.fixture
def mina(school: School) -> SpecialistDetails:
    return SpecialistDetails(
        name="Mina Mastery", email="Mina@people.example", phase=Stage.Phase.PRIMARY, cohort=7, school=school,
        starts_on=dt.date(2025, 9, 1),
    )  # fmt: skip


def add(details: SpecialistDetails, actor: Membership, now: dt.datetime) -> MasterySpecialist:
    with tenancy.use(actor.hub):
        return specialists.add_specialist(details=details, actor=actor, now=now)


def change(one: MasterySpecialist, details: SpecialistDetails, actor: Membership, now: dt.datetime) -> bool:
    with tenancy.use(actor.hub):
        return specialists.change_specialist(specialist=one, details=details, actor=actor, now=now)


def agree(one: MasterySpecialist, year: int, half_days: int, actor: Membership, now: dt.datetime) -> bool:
    with tenancy.use(actor.hub):
        return specialists.agree_days(specialist=one, year=year, half_days=half_days, actor=actor, now=now)


def said(one: MasterySpecialist) -> list[str]:
    with tenancy.use(one.hub_id):
        return list(timeline.entries_of(one).order_by("pk").values_list("text", flat=True))


def test_a_specialist_is_added_with_cohort_and_school(
    mina: SpecialistDetails, actor: Membership, now: dt.datetime
) -> None:
    added = add(mina, actor, now)
    with tenancy.use(actor.hub):
        found = MasterySpecialist.objects.get()
    assert (found, found.hub, found.email, found.cohort_in_words) == (
        added, actor.hub, "mina@people.example", "Primary cohort 7",
    )  # fmt: skip
    assert said(added) == ["Added: Primary cohort 7, Mina's School."]


def test_two_cannot_have_one_address(mina: SpecialistDetails, actor: Membership, now: dt.datetime) -> None:
    add(mina, actor, now)
    with pytest.raises(CannotKeep, match="Mina Mastery has this e-mail address already") as refusal:
        add(replace(mina, name="Another", email="MINA@people.example"), actor, now)
    assert refusal.value.field == "email"
    with tenancy.use(actor.hub):
        assert MasterySpecialist.objects.count() == 1


def test_two_cannot_have_one_account(
    mina: SpecialistDetails, specialist: User, actor: Membership, now: dt.datetime
) -> None:
    add(replace(mina, user=specialist), actor, now)
    with pytest.raises(CannotKeep, match="Mina Mastery is connected to this account already") as refusal:
        add(replace(mina, name="Another", email="another@people.example", user=specialist), actor, now)
    assert refusal.value.field == "user"


def test_another_hub_may_know_the_same_person(
    mina: SpecialistDetails, actor: Membership, stranger: User, other_hub: Hub, now: dt.datetime
) -> None:
    add(mina, actor, now)
    assert add(mina, factories.membership_of(stranger, other_hub), now).hub == other_hub


def test_what_is_known_is_changed_and_said(mina: SpecialistDetails, actor: Membership, now: dt.datetime) -> None:
    added = add(mina, actor, now)
    assert change(added, replace(mina, cohort=8, ends_on=dt.date(2026, 8, 31)), actor, now)
    assert said(added)[-1] == (
        "Changed: cohort from 7 to 8, first day on which she no longer works for the hub from none to 31 August 2026."
    )
    assert not change(added, replace(mina, cohort=8, ends_on=dt.date(2026, 8, 31)), actor, now)
    assert len(said(added)) == 2


def test_she_may_go_over_to_a_school_on_whose_completion_in_her_group_somebody_has_decided(
    hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    last_year = work.this_year() - 1
    group = work.make_group(hub, "Ash Group", stage_year=work.stage_year_of(year=last_year))
    place, one = work.make_place(hub, group=group), group.specialist
    details = replace(specialists._details_of(one), school=place.school)
    with pytest.raises(CannotKeep, match="Decide first whether it has completed"):
        change(one, details, actor, now)
    with tenancy.use(hub):
        Place.objects.filter(pk=place.pk).update(state=PlaceState.COMPLETED)
    assert change(one, details, actor, now)
    with tenancy.use(hub), pytest.raises(CannotPlace, match="teaches at"):
        completing.reopen(place=place, on=now.date(), reason="A slip.", actor=actor, now=now)


def test_her_new_school_may_be_in_none_of_her_groups(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    became = factories.make_school("Ash Academy")
    mine = work.make_place(place.hub, group=group)
    factories.go_on_as(mine.school, became)
    one = group.specialist
    details = SpecialistDetails(one.name, one.email, Stage.Phase.PRIMARY, one.cohort, became, one.starts_on)
    for school in (became, mine.school):
        with pytest.raises(CannotKeep, match="is in Ash Group, Developing") as refusal:
            change(one, replace(details, school=school), actor, now)
        assert refusal.value.field == "school"
    assert change(one, replace(details, school=place.school), actor, now)
    with tenancy.use(place.hub):
        # The copies follow.
        assert WorkGroup.objects.get().specialist_school == place.school
        assert group.places.get().specialist_school == place.school


def test_days_are_agreed_by_the_half_and_agreed_anew(
    mina: SpecialistDetails, actor: Membership, now: dt.datetime
) -> None:
    added = add(mina, actor, now)
    assert agree(added, 2026, 31, actor, now)
    assert not agree(added, 2026, 31, actor, now)
    assert agree(added, 2026, 24, actor, now)
    assert agree(added, 2027, 2, actor, now)
    with tenancy.use(actor.hub):
        assert dict(DaysAgreed.objects.values_list("year", "half_days")) == {2026: 24, 2027: 2}
    assert said(added)[1:] == [
        "Agreed for 2026/27: 15½ days.",
        "Agreed for 2026/27: 12 days, before 15½ days.",
        "Agreed for 2027/28: 1 day.",
    ]


def test_a_specialist_changes_no_specialists(
    mina: SpecialistDetails, actor: Membership, hub: Hub, specialist: User, now: dt.datetime
) -> None:
    added, somebody = add(mina, actor, now), factories.membership_of(specialist, hub)
    for verb in (
        lambda: add(mina, somebody, now),
        lambda: change(added, mina, somebody, now),
        lambda: agree(added, 2026, 2, somebody, now),
    ):
        with pytest.raises(NotAllowed):
            verb()

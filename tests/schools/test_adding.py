from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from hubs import tenancy, timeline
from hubs.models import Hub, HubArea, LocalAuthority, User
from hubs.permissions import NotAllowed
from schools import adding, ancestry
from schools.adding import CannotAdd, CannotWithdraw, NewSchool
from schools.models import School, Succession
from schools.search import choices_for, find
from tests import factories

pytestmark = pytest.mark.django_db
HERON = NewSchool(
    name="Heron Rise Primary School",
    town="Ellerbridge",
    postcode="NV7 7ZZ",
    authority="001",
    kind="free",
    phase="Primary",
    low_age=4,
    high_age=11,
    opens_on=dt.date(2027, 9, 1),
)
Add = Callable[..., School]


@pytest.fixture(autouse=True)
def _area(hub: Hub) -> None:
    authority = LocalAuthority.objects.create(code="001", name="Northvale")
    HubArea.objects.create(hub=hub, authority=authority)


@pytest.fixture
def add(hub: Hub, administrator: User, now: dt.datetime) -> Add:
    """Adds a school as the hub's administrator."""

    def add_as(person: User = administrator, **fields: object) -> School:
        with tenancy.use(hub):
            return adding.add_school(
                given=replace(HERON, **fields),  # type: ignore[arg-type]
                actor=factories.membership_of(person, hub),
                now=now,
            )

    return add_as


def withdraw(school: School, hub: Hub, person: User, now: dt.datetime) -> None:
    with tenancy.use(hub):
        adding.withdraw_school(school=school, actor=factories.membership_of(person, hub), now=now)


# --- Adding ----------------------------------------------------------------------------------


def test_a_school_is_added_under_a_stand_in_for_its_urn(add: Add, hub: Hub, now: dt.datetime) -> None:
    school = add()

    assert not school.is_of_register
    assert school.urn_in_words == "URN not known yet"
    assert (school.status, school.added_by, school.added_at) == (School.Status.PROPOSED, hub, now)
    assert (school.type_code, school.type_group_code, school.opened_on) == (35, 11, dt.date(2027, 9, 1))
    with tenancy.use(hub):
        (entry,) = timeline.entries_of(school)
    assert "which the register does not know yet" in entry.text


def test_a_school_whose_day_has_come_is_open(add: Add, now: dt.datetime) -> None:
    assert add(opens_on=now.date()).status == School.Status.OPEN


def test_a_special_school_has_no_phase(add: Add) -> None:
    assert add(kind="special_free").phase == "Not applicable"


def test_only_the_hub_that_added_it_finds_it(add: Add, hub: Hub, other_hub: Hub) -> None:
    school = add()

    assert find("heron rise", near=hub) == [school]
    assert find("heron rise", near=other_hub) == find("heron rise", near=None) == []


def test_the_same_school_twice_is_one(add: Add) -> None:
    assert add() == add(name="Heron rise primary school")
    assert add(postcode="NV7 7ZX") != add()


def test_a_number_is_never_given_twice(add: Add, hub: Hub, administrator: User, now: dt.datetime) -> None:
    first = add()
    withdraw(first, hub, administrator, now)

    assert add().urn > first.urn


def test_a_school_is_added_in_the_hubs_area_only(add: Add) -> None:
    LocalAuthority.objects.create(code="009", name="Severnmoor")

    with pytest.raises(CannotAdd, match="an authority of the hub's area"):
        add(authority="009")


def test_a_mastery_specialist_adds_none(add: Add, specialist: User) -> None:
    with pytest.raises(NotAllowed):
        add(specialist)


# --- What is like it -------------------------------------------------------------------------


def test_schools_at_its_postcode_or_of_its_name_may_be_the_one(hub: Hub, other_hub: Hub, now: dt.datetime) -> None:
    severnmoor = LocalAuthority.objects.create(code="009", name="Severnmoor")
    same_place = factories.make_school("Otter Brook School", postcode="NV7 7ZZ")
    same_name = factories.make_school("Heron Rise Primary", postcode="NV1 1AA")
    factories.make_school("Heron Rise Primary School", postcode="SM1 1AA", authority=severnmoor)
    factories.make_school("Heron Rise Primary School", postcode="NV7 7ZZ", status=School.Status.CLOSED)
    factories.make_school("Oak Tree School", postcode="NV1 1AA")
    factories.make_school(
        "Heron Rise Primary School", urn=School.FIRST_ADDED + 1, added_by=other_hub, added_at=now, postcode="NV7 7ZZ"
    )

    assert adding.like(HERON, hub=hub) == [same_place, same_name]


def test_when_the_register_knows_a_school_like_it_the_hub_is_asked(add: Add) -> None:
    added = add()
    assert not Succession.objects.exists()
    known = factories.make_school("Heron Rise Primary School", postcode="NV7 7ZZ")

    ancestry.rebuild()

    change = Succession.objects.get()
    assert (change.predecessor, change.successor, change.doubts) == (added, known, ["likely"])


def test_who_has_just_said_that_it_is_none_of_those_is_not_asked_at_once(add: Add) -> None:
    factories.make_school("Heron Rise Primary School", postcode="NV7 7ZZ")

    add()

    assert not Succession.objects.exists()


# --- Withdrawing -----------------------------------------------------------------------------


def test_a_school_added_by_mistake_is_taken_back(add: Add, hub: Hub, administrator: User, now: dt.datetime) -> None:
    factories.make_school("Heron Rise Primary School", postcode="NV7 7ZZ")
    school = add()
    ancestry.rebuild()
    assert Succession.objects.exists()

    withdraw(school, hub, administrator, now)
    withdraw(school, hub, administrator, now)

    assert not School.objects.filter(pk=school.pk).exists()
    assert not Succession.objects.exists()
    with tenancy.use(hub):
        assert [entry.text for entry in timeline.entries_of(hub)] == [
            "Withdrew Heron Rise Primary School, Ellerbridge, NV7 7ZZ, which had been added."
        ]


def test_a_school_to_which_something_refers_stays(add: Add, hub: Hub, administrator: User, now: dt.datetime) -> None:
    school = add()
    factories.make_expression(factories.make_window(hub), school)

    with pytest.raises(CannotWithdraw, match="Something refers to Heron Rise"):
        withdraw(school, hub, administrator, now)

    assert School.objects.filter(pk=school.pk).exists()


def test_nobody_takes_back_a_school_of_the_register_or_of_another_hub(
    hub: Hub, other_hub: Hub, administrator: User, now: dt.datetime
) -> None:
    known = factories.make_school()
    anothers = factories.make_school(urn=School.FIRST_ADDED + 1, added_by=other_hub, added_at=now)

    for school in (known, anothers):
        withdraw(school, hub, administrator, now)

    assert School.objects.count() == 2


def test_a_mastery_specialist_takes_none_back(add: Add, hub: Hub, specialist: User, now: dt.datetime) -> None:
    with pytest.raises(NotAllowed):
        withdraw(add(), hub, specialist, now)


def test_the_name_that_a_hub_gave_a_school_stays_its_own_when_the_register_knows_the_school(
    add: Add, hub: Hub, other_hub: Hub, administrator: User, now: dt.datetime
) -> None:
    added = add(name="Kestrel Working Title")
    known = factories.make_school("Heron Rise Primary School", postcode="NV7 7ZZ")
    with tenancy.use(hub):
        ancestry.rule(
            predecessor=added.urn, successor=known.urn, same_school=True, reason="The trust told us.",
            actor=factories.membership_of(administrator, hub), now=now,
        )  # fmt: skip

    assert find("kestrel working", near=hub) == [known]
    assert find("kestrel working", near=other_hub) == find("kestrel working", near=None) == []
    (choice,) = choices_for("kestrel working", hub)
    assert choice.hint.endswith("formerly Kestrel Working Title")

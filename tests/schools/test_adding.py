from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import replace

import pytest
from django.utils import timezone

from hubs import tenancy, timeline
from hubs.models import Hub, HubArea, LocalAuthority, User
from hubs.permissions import NotAllowed
from hubs.wording import plain_day
from schools import adding, ancestry, changes
from schools.adding import AddedBefore, CannotAdd, NewSchool
from schools.changes import Filter
from schools.confirming import confirm
from schools.models import School, Succession, SuccessionRuling
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
Change = Callable[..., bool]


@pytest.fixture(autouse=True)
def _area(hub: Hub) -> None:
    authority = LocalAuthority.objects.create(code="001", name="Northvale")
    HubArea.objects.create(hub=hub, authority=authority)


@pytest.fixture
def add(hub: Hub, administrator: User, now: dt.datetime) -> Add:
    """Adds a school as the hub's administrator."""

    def add_as(person: User = administrator, *, none_of: Collection[School] = (), **fields: object) -> School:
        with tenancy.use(hub):
            return adding.add_school(
                given=replace(HERON, **fields),  # type: ignore[arg-type]
                none_of=none_of,
                actor=factories.membership_of(person, hub),
                now=now,
            )

    return add_as


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


def test_the_same_school_with_other_details_is_not_added_again(add: Add) -> None:
    school = add()

    with pytest.raises(AddedBefore, match="was added before, with other details") as refusal:
        add(name="HERON RISE PRIMARY SCHOOL", town="Ashby Marsh", high_age=16)

    assert refusal.value.school == school
    assert str(refusal.value).endswith(
        "you typed town Ashby Marsh instead of Ellerbridge; ages 4 to 16 instead of 4 to 11."
    )
    school.refresh_from_db()
    assert (school.town, school.high_age) == ("Ellerbridge", 11)


def test_a_special_school_once_more_is_the_same_whatever_phase_is_chosen(add: Add) -> None:
    assert add(kind="special_free") == add(kind="special_free", phase="")


def test_a_school_is_added_in_the_hubs_area_only(add: Add) -> None:
    LocalAuthority.objects.create(code="009", name="Severnmoor")

    with pytest.raises(CannotAdd, match="an authority of the hub's area"):
        add(authority="009")


def test_a_mastery_specialist_adds_none(add: Add, specialist: User) -> None:
    with pytest.raises(NotAllowed):
        add(specialist)


# --- Changing what was said of it ------------------------------------------------------------


@pytest.fixture
def change(hub: Hub, administrator: User, now: dt.datetime) -> Change:
    """Changes a school as the hub's administrator, or somebody else."""

    def change_as(school: School, person: User = administrator, **fields: object) -> bool:
        with tenancy.use(hub):
            return adding.change_school(
                school=school,
                given=replace(HERON, **fields),  # type: ignore[arg-type]
                actor=factories.membership_of(person, hub),
                now=now,
            )

    return change_as


def test_what_was_said_of_a_school_is_put_right_and_the_timeline_says_how(
    add: Add, change: Change, hub: Hub, now: dt.datetime
) -> None:
    LocalAuthority.objects.create(code="002", name="Southvale")
    HubArea.objects.create(hub=hub, authority_id="002")
    school = add()
    added_at = school.added_at

    assert change(
        school, name="Kestrel Primary School", town="Ashby Marsh", postcode="NV1 1AA", authority="002",
        kind="special_academy", high_age=16, opens_on=now.date(),
    )  # fmt: skip

    school.refresh_from_db()
    assert school.label == "Kestrel Primary School, Ashby Marsh, NV1 1AA"
    assert (school.authority_id, school.type_code, school.phase) == ("002", 33, "Not applicable")
    assert (school.low_age, school.high_age, school.opened_on) == (4, 16, now.date())
    assert (school.status, school.added_by, school.added_at) == (School.Status.OPEN, hub, added_at)
    with tenancy.use(hub):
        entry, _ = timeline.entries_of(school)
    assert entry.text == (
        "Changed: name Kestrel Primary School instead of Heron Rise Primary School; "
        "town Ashby Marsh instead of Ellerbridge; postcode NV1 1AA instead of NV7 7ZZ; "
        "local authority Southvale instead of Northvale; kind of school Special academy instead of Free school; "
        "phase none instead of Primary; ages 4 to 16 instead of 4 to 11; "
        f"opening day {plain_day(now.date())} instead of 1 September 2027."
    )
    assert find("kestrel", near=hub) == [school]
    assert find("heron rise", near=hub) == []


def test_the_same_change_twice_is_one(add: Add, change: Change, hub: Hub) -> None:
    school = add()

    assert change(school, town="Ashby Marsh")
    assert not change(school, town="Ashby Marsh")

    with tenancy.use(hub):
        assert timeline.entries_of(school).count() == 2


def test_another_name_is_held_against_the_register_anew(add: Add, change: Change) -> None:
    known = factories.make_school("Kestrel Primary School", postcode="NV1 1AA")
    school = add()
    ancestry.rebuild()
    assert not Succession.objects.exists()

    change(school, name="Kestrel Primary School")
    assert Succession.objects.get().successor == known

    change(school)
    assert not Succession.objects.exists()


def test_a_school_is_not_changed_into_another_that_was_added(add: Add, change: Change) -> None:
    add()
    school = add(name="Kestrel Primary School")

    with pytest.raises(CannotAdd, match="Your hub has added Heron Rise Primary School, Ellerbridge, NV7 7ZZ as well"):
        change(school)


def test_a_school_is_changed_to_an_authority_of_the_area_or_keeps_its_own(add: Add, change: Change, hub: Hub) -> None:
    LocalAuthority.objects.create(code="009", name="Severnmoor")
    school = add()

    with pytest.raises(CannotAdd, match="an authority of the hub's area"):
        change(school, authority="009")
    HubArea.objects.filter(hub=hub).delete()
    assert change(school, town="Ashby Marsh")


def test_only_what_the_hub_has_added_and_nobody_has_found_yet_is_changed(
    add: Add, change: Change, other_hub: Hub, now: dt.datetime
) -> None:
    matched = add()
    School.objects.filter(pk=matched.pk).update(status=School.Status.CLOSED, closed_why=ancestry.MATCHED)
    anothers = factories.make_school(urn=School.FIRST_ADDED + 7, added_by=other_hub, added_at=now)

    for school in (matched, anothers, factories.make_school()):
        with pytest.raises(CannotAdd, match="withdrawn meanwhile, or found in the register"):
            change(school, town="Nowhere")
    assert not School.objects.filter(town="Nowhere").exists()


def test_a_mastery_specialist_changes_none(add: Add, change: Change, specialist: User) -> None:
    with pytest.raises(NotAllowed):
        change(add(), specialist, town="Ashby Marsh")


@pytest.mark.parametrize("kind", adding.KINDS)
def test_what_was_said_of_a_school_can_be_read_back(add: Add, kind: str) -> None:
    phase = "" if adding.is_special(kind) else "Primary"

    assert adding.said_of(add(kind=kind)) == replace(HERON, kind=kind, phase=phase)


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


def test_who_said_that_it_is_none_of_those_is_not_asked_again(add: Add, administrator: User, hub: Hub) -> None:
    known = [factories.make_school("Heron Rise Primary School", postcode="NV7 7ZZ") for _ in range(4)]

    added = add(none_of=known)
    another = factories.make_school("Heron Rise Primary School", postcode="NV7 7ZZ")
    ancestry.rebuild()

    asked = Succession.objects.filter(predecessor=added, doubts=["likely"]).values_list("successor", flat=True)
    assert set(asked) == {another.urn}
    ruled = SuccessionRuling.objects.filter(predecessor=added, same_school=False)
    assert {(one.successor, one.ruled_by, one.ruled_for) for one in ruled} == {
        (one, administrator, hub) for one in known
    }


def test_nothing_is_ruled_on_a_school_elsewhere_at_the_same_postcode(add: Add) -> None:
    far = LocalAuthority.objects.create(code="009", name="Severnmoor")
    add(none_of=[factories.make_school("Heron Rise", postcode="NV7 7ZZ", authority=far)])

    assert not SuccessionRuling.objects.exists()


def test_who_was_mistaken_in_that_can_say_so(add: Add, hub: Hub, administrator: User, now: dt.datetime) -> None:
    known = factories.make_school("Heron Rise Primary School", postcode="NV7 7ZZ")
    added = add(none_of=[known])
    change = changes.changes(hub, Filter(decided=True)).get()

    with tenancy.use(hub):
        confirm(
            change=change, same_school=True, reason="The trust told us.", seen=SuccessionRuling.objects.get().pk,
            actor=factories.membership_of(administrator, hub), now=now,
        )  # fmt: skip

    added.refresh_from_db()
    assert ancestry.current_of(added) == [known]


# --- Opening ---------------------------------------------------------------------------------


def test_a_school_opens_in_the_night_of_its_day(add: Add) -> None:
    opens, later = add(), add(name="Otter Brook School", opens_on=dt.date(2027, 9, 2))
    known = factories.make_school(status=School.Status.PROPOSED, opened_on=dt.date(2027, 9, 1))
    night = dt.datetime(2027, 9, 1, 0, 10, tzinfo=timezone.get_default_timezone())

    assert adding.open_due(now=night - dt.timedelta(hours=1)) == 0
    assert adding.open_due(now=night) == 1
    assert adding.open_due(now=night) == 0

    for school, status in ((opens, "OPEN"), (later, "PROPOSED"), (known, "PROPOSED")):
        school.refresh_from_db()
        assert school.status == School.Status[status], school


def test_a_night_that_was_missed_is_made_up_for(add: Add) -> None:
    add()

    assert adding.open_due(now=dt.datetime(2027, 9, 5, tzinfo=timezone.get_default_timezone())) == 1


def test_a_school_that_was_found_in_the_register_is_not_opened(add: Add) -> None:
    school = add()
    School.objects.filter(pk=school.pk).update(status=School.Status.CLOSED, closed_why=ancestry.MATCHED)

    assert adding.open_due(now=dt.datetime(2027, 9, 5, tzinfo=timezone.get_default_timezone())) == 0


# --- Found in the register -------------------------------------------------------------------


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

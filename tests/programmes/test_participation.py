from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from hubs import tenancy, timeline
from hubs.models import Hub, HubArea, LocalAuthority, Membership, Role, User
from hubs.permissions import NotAllowed
from programmes import participation
from programmes.models import Participation, Stage, State
from schools.models import School
from tests import factories
from tests.locks import begin_meanwhile

DAY = dt.timedelta(days=1)
COMPLETED, TAKING_PART, LEFT, NOT_COMPLETED = (
    Participation.Outcome.COMPLETED,
    Participation.Outcome.TAKING_PART,
    Participation.Outcome.LEFT,
    Participation.Outcome.NOT_COMPLETED,
)


@pytest.fixture
def school(hub: Hub) -> School:
    """A school of the hub's area."""
    school = factories.make_school()
    HubArea.objects.create(hub=hub, authority=school.authority)
    return school


@pytest.fixture
def far_away(db: None) -> School:
    """A school of nobody's area."""
    return factories.make_school("Far School", authority=LocalAuthority.objects.create(code="002", name="Southern"))


def record(
    school: School,
    actor: Membership,
    now: dt.datetime,
    *,
    year: int = 2024,
    outcome: Participation.Outcome = COMPLETED,
    stage: str = "primary-developing",
) -> bool:
    with tenancy.use(actor.hub):
        return participation.record(
            school=school, stage=Stage.objects.get(slug=stage), year=year, outcome=outcome, actor=actor, now=now
        )


def said_of(school: School, hub: Hub) -> list[str]:
    with tenancy.use(hub):
        return list(timeline.entries_of(school).values_list("text", flat=True))


def test_what_a_school_did_is_recorded_with_year_outcome_and_hub(
    school: School, decider: Membership, now: dt.datetime
) -> None:
    assert record(school, decider, now)

    (found,) = participation.participation_of([school.pk])
    assert (found.school, found.stage.slug, found.year) == (school, "primary-developing", 2024)
    assert (found.outcome, found.recorded_for, found.recorded_at) == (COMPLETED, decider.hub, now)
    assert (found.title, found.year_label) == ("Developing (primary)", "2024/25")
    assert said_of(school, decider.hub) == ["Recorded: Developing (primary), 2024/25, completed."]


@pytest.mark.parametrize(
    ("opened_on", "closed_on", "expected"),
    [
        (None, None, True),
        (dt.date(2026, 8, 31), None, True),
        (dt.date(2026, 9, 1), None, False),
        (None, dt.date(2014, 9, 1), False),
        (None, dt.date(2014, 9, 2), True),
    ],
)
def test_a_school_has_a_year_to_record_when_it_can_have_taught_in_one(
    opened_on: dt.date | None, closed_on: dt.date | None, expected: bool
) -> None:
    one, never = School(opened_on=opened_on, closed_on=closed_on), School(opened_on=dt.date(2030, 9, 1))

    assert participation.has_year_to_record([never, one], this_year=2025) is expected


def test_recording_the_same_again_changes_nothing(school: School, decider: Membership, now: dt.datetime) -> None:
    record(school, decider, now)

    assert not record(school, decider, now + DAY)
    assert Participation.objects.get().recorded_at == now
    assert len(said_of(school, decider.hub)) == 1


def test_recording_it_again_changes_how_it_ended(school: School, decider: Membership, now: dt.datetime) -> None:
    record(school, decider, now, outcome=TAKING_PART)

    assert record(school, decider, now + DAY, outcome=LEFT)
    found = Participation.objects.get()
    assert (found.outcome, found.recorded_at) == (LEFT, now + DAY)
    assert said_of(school, decider.hub)[0] == (
        "Changed: Developing (primary), 2024/25, from taking part to left before the end."
    )


def test_another_hubs_record_cannot_be_changed_or_removed_outside_the_area(
    school: School, decider: Membership, stranger: User, other_hub: Hub, now: dt.datetime
) -> None:
    record(school, decider, now)
    # It has a say about the school, but not the area.
    factories.make_expression(factories.make_window(other_hub), school, state=State.OFFERED)
    other = factories.membership_of(stranger, other_hub)

    with pytest.raises(participation.CannotRecord, match="Northvale Maths Hub has recorded this as completed"):
        record(school, other, now, outcome=LEFT)
    with tenancy.use(other_hub), pytest.raises(participation.CannotRecord, match="so can the hub of the school's area"):
        participation.remove(participation=Participation.objects.get(), actor=other, now=now)

    assert Participation.objects.get().outcome == COMPLETED
    # To say the same is no change.
    assert not record(school, other, now)
    assert said_of(school, other_hub) == []


def test_the_hub_of_the_area_puts_right_what_another_hub_has_recorded(
    school: School, decider: Membership, stranger: User, other_hub: Hub, now: dt.datetime
) -> None:
    factories.make_expression(factories.make_window(other_hub), school, state=State.OFFERED)
    other = factories.membership_of(stranger, other_hub)
    record(school, other, now)

    assert record(school, decider, now + DAY, outcome=LEFT)

    found = Participation.objects.get()
    assert (found.outcome, found.recorded_for, found.recorded_at) == (LEFT, decider.hub, now + DAY)
    assert said_of(school, decider.hub)[0] == (
        "Changed: Developing (primary), 2024/25, from completed, as Severnmoor Maths Hub had recorded it, "
        "to left before the end."
    )
    # What the area's hub says stands.
    with pytest.raises(participation.CannotRecord):
        record(school, other, now + DAY)


def test_the_hub_of_the_area_removes_what_another_hub_has_recorded_by_mistake(
    school: School, decider: Membership, stranger: User, other_hub: Hub, now: dt.datetime
) -> None:
    factories.make_expression(factories.make_window(other_hub), school, state=State.OFFERED)
    record(school, factories.membership_of(stranger, other_hub), now)

    with tenancy.use(decider.hub):
        participation.remove(participation=Participation.objects.get(), actor=decider, now=now)

    assert not Participation.objects.exists()
    assert "completed, as Severnmoor Maths Hub had recorded it" in said_of(school, decider.hub)[0]


def test_a_mistake_of_ones_own_hub_can_be_taken_back(school: School, decider: Membership, now: dt.datetime) -> None:
    record(school, decider, now)
    mistake = Participation.objects.get()

    with tenancy.use(decider.hub):
        participation.remove(participation=mistake, actor=decider, now=now)
        participation.remove(participation=mistake, actor=decider, now=now)

    assert not Participation.objects.exists()
    assert said_of(school, decider.hub)[0] == (
        "Removed, as recorded by mistake: Developing (primary), 2024/25, completed."
    )
    assert len(said_of(school, decider.hub)) == 2


# Whose school it is: where it lies, what it sent to the hub and what became of that; records and puts right.
SAYS: dict[str, tuple[str, str, bool, bool]] = {
    "it lies in the area": ("near", "", True, True),
    "it lies elsewhere": ("far", "", False, False),
    "it lies elsewhere and writes a draft": ("far", "draft", False, False),
    "it lies elsewhere and somebody has sent an expression in its name": ("far", "submitted", False, False),
    "it lies elsewhere and has been declined": ("far", "declined", False, False),
    "it lies elsewhere and has been offered a place": ("far", "offered", True, False),
    "it lies elsewhere and has accepted a place": ("far", "accepted", True, False),
    "it lies elsewhere and another hub has offered it a place": ("far", "offered elsewhere", False, False),
    "it lies in the area and has been offered a place": ("near", "offered", True, True),
    "it lies elsewhere and became a school of the area": ("became near", "", True, True),
    "it lies elsewhere and was offered a place under the URN it had before": ("far", "offered before", True, False),
    "the hub has added it": ("added", "", True, True),
    "another hub has added it, in the area": ("added elsewhere", "", False, False),
    "the hub had added it, and the register knows it elsewhere by now": ("added and far", "", False, False),
}


@pytest.mark.parametrize(("where", "sent", "records", "puts_right"), SAYS.values(), ids=SAYS)
def test_a_hub_has_a_say_about_the_schools_of_its_area_and_those_it_has_offered_a_place(
    school: School,
    far_away: School,
    hub: Hub,
    other_hub: Hub,
    decider: Membership,
    now: dt.datetime,
    where: str,
    sent: str,
    records: bool,
    puts_right: bool,
) -> None:
    asked = school if where == "near" else far_away
    if where == "became near":
        factories.go_on_as(far_away, school)
    elif where.startswith("added"):
        by = other_hub if where == "added elsewhere" else hub
        added = asked = factories.make_school("New School", urn=900_000_001, added_by=by, added_at=now)
        if where.endswith("far"):
            factories.go_on_as(added, asked := far_away)
    to, state, under = other_hub if sent.endswith("elsewhere") else hub, sent.split(" ")[0], asked
    if sent.endswith("before"):
        under = factories.make_school("Old School", authority=asked.authority)
    if state == "draft":
        factories.make_draft(factories.make_window(to), under)
    elif state:
        factories.make_expression(factories.make_window(to), under, state=State(state))
    if under != asked:
        factories.go_on_as(under, asked)

    with tenancy.use(hub):
        say = participation.say_of(hub, asked)
    theirs = Participation(school=asked, recorded_for=factories.make_hub("wealdshore"))
    assert (say.may_record, say.may_put_right(theirs)) == (records, puts_right)
    assert say.may_put_right(Participation(school=asked, recorded_for=hub))
    if records:
        assert record(asked, decider, now)
    else:
        with pytest.raises(
            participation.CannotRecord, match="is not in the area of Northvale Maths Hub, which has not"
        ):
            record(asked, decider, now)
        assert not Participation.objects.exists()


@pytest.mark.parametrize("year", [2013, 2027])
def test_a_year_before_the_programme_or_to_come_is_refused(
    school: School, decider: Membership, now: dt.datetime, year: int
) -> None:
    with pytest.raises(participation.CannotRecord, match="is not a year in which"):
        record(school, decider, now, year=year)


@pytest.mark.parametrize("year", [2014, 2026])
def test_the_first_year_and_this_one_can_be_recorded(
    school: School, decider: Membership, now: dt.datetime, year: int
) -> None:
    assert record(school, decider, now, year=year)


@pytest.mark.parametrize(("year", "outcome"), [(2027, LEFT), (2027, NOT_COMPLETED), (2028, TAKING_PART)])
def test_only_that_it_takes_part_is_said_of_the_coming_year(
    school: School, decider: Membership, now: dt.datetime, year: int, outcome: Participation.Outcome
) -> None:
    assert record(school, decider, now, year=2027, outcome=TAKING_PART)
    with pytest.raises(participation.CannotRecord, match="is not a year in which"):
        record(school, decider, now, year=year, outcome=outcome)


@pytest.mark.parametrize(
    ("outcome", "expected"), [(TAKING_PART, True), (COMPLETED, True), (NOT_COMPLETED, True), (LEFT, False)]
)
def test_who_has_not_left_takes_part(
    school: School, decider: Membership, now: dt.datetime, outcome: Participation.Outcome, expected: bool
) -> None:
    record(school, decider, now, outcome=outcome)
    assert School.objects.filter(participation.takes_part(2024)).exists() == expected


def test_what_is_removed_says_why(school: School, decider: Membership, now: dt.datetime) -> None:
    record(school, decider, now)
    with tenancy.use(decider.hub):
        found = Participation.objects.get()
        participation.remove(participation=found, actor=decider, now=now, why="because it never began")
    assert said_of(school, decider.hub)[0] == (
        "Removed, because it never began: Developing (primary), 2024/25, completed."
    )


def test_a_stage_of_a_year_does_not_stand_twice_in_one_line(
    school: School, decider: Membership, now: dt.datetime
) -> None:
    added = factories.make_school("Birch", urn=900_000_001, added_by=decider.hub, added_at=now)
    record(added, decider, now)
    factories.go_on_as(added, school, closed_on=dt.date(2025, 8, 31))

    with pytest.raises(participation.CannotRecord) as refusal:
        record(school, decider, now, outcome=LEFT)

    assert str(refusal.value) == (
        "Developing (primary), 2024/25, is recorded already as completed, for Birch (URN not known yet). "
        "Choose that school to change how it ended, or remove it there first."
    )
    assert record(added, decider, now, outcome=LEFT)
    assert record(school, decider, now, year=2025)


def test_two_schools_that_merged_later_may_have_done_the_same(
    school: School, decider: Membership, now: dt.datetime
) -> None:
    oak, elm = factories.make_school("Oak"), factories.make_school("Elm")
    factories.go_on_as(school, elm)
    factories.go_on_as(oak, elm)

    assert record(school, decider, now)
    assert record(oak, decider, now)
    with pytest.raises(participation.CannotRecord, match="is recorded already"):
        record(elm, decider, now)


@pytest.mark.parametrize(
    ("opened", "closed", "is_possible"),
    [
        (None, None, True),
        (dt.date(2025, 8, 31), None, True),
        (dt.date(2025, 9, 1), None, False),
        (None, dt.date(2024, 8, 31), False),
        (None, dt.date(2024, 9, 1), False),
        (None, dt.date(2024, 9, 2), True),
    ],
)
def test_a_year_in_which_the_school_cannot_have_taught_is_refused(
    school: School,
    decider: Membership,
    now: dt.datetime,
    opened: dt.date | None,
    closed: dt.date | None,
    is_possible: bool,
) -> None:
    school.opened_on, school.closed_on = opened, closed
    school.save(update_fields=["opened_on", "closed_on"])

    if is_possible:
        assert record(school, decider, now, year=2024)
    else:
        with pytest.raises(participation.CannotRecord, match=r"did not teach in 2024/25\. Choose the school"):
            record(school, decider, now, year=2024)


def test_what_another_hub_called_the_school_is_not_told(
    school: School, decider: Membership, other_hub: Hub, now: dt.datetime
) -> None:
    added = factories.make_school("Secret School", urn=900_000_001, added_by=other_hub, added_at=now)
    factories.go_on_as(added, school)
    Participation.objects.create(
        school=added, stage=Stage.objects.get(slug="primary-developing"), year=2024, outcome=COMPLETED,
        recorded_for=other_hub, recorded_at=now,
    )  # fmt: skip

    with pytest.raises(participation.CannotRecord, match=f"by {other_hub.name}, from before the register") as refusal:
        record(school, decider, now)
    assert "Secret" not in str(refusal.value)


@pytest.mark.django_db(transaction=True)
def test_nobody_who_records_waits_for_an_import(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    ash, birch = factories.make_school("Ash"), factories.make_school("Birch")
    HubArea.objects.create(hub=hub, authority=ash.authority)
    factories.go_on_as(ash, birch)
    actor = factories.membership_of(factories.make_member(hub, Role.HUB_LEAD, "Ann Able"), hub)

    def meanwhile() -> None:
        record(birch, actor, now)

    with transaction.atomic():
        School.objects.filter(pk=birch.pk).update(town="Kirkholme")
        other = begin_meanwhile(meanwhile)
        waits = other.is_alive()
        School.objects.filter(pk=ash.pk).update(town="Kirkholme")
    other.join()

    assert not waits
    assert Participation.objects.get().school == birch


@pytest.mark.django_db(transaction=True)
def test_of_two_who_record_it_at_the_same_moment_under_two_urns_one_is_told(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    ash, birch = factories.make_school("Ash"), factories.make_school("Birch")
    HubArea.objects.create(hub=hub, authority=ash.authority)
    factories.go_on_as(ash, birch)
    actor = factories.membership_of(factories.make_member(hub, Role.HUB_LEAD, "Ann Able"), hub)
    refused: list[str] = []

    def meanwhile() -> None:
        try:
            record(birch, actor, now)
        except participation.CannotRecord as refusal:
            refused.append(str(refusal))

    with tenancy.use(hub):
        record(ash, actor, now)
        other = begin_meanwhile(meanwhile)
        assert other.is_alive()
    other.join()

    assert len(refused) == 1
    assert Participation.objects.get().school == ash


def test_who_may_only_look_records_and_removes_nothing(
    school: School, decider: Membership, specialist: User, now: dt.datetime
) -> None:
    actor = factories.membership_of(specialist, decider.hub)
    with pytest.raises(NotAllowed):
        record(school, actor, now)
    record(school, decider, now)

    with tenancy.use(decider.hub), pytest.raises(NotAllowed):
        participation.remove(participation=Participation.objects.get(), actor=actor, now=now)
    assert Participation.objects.exists()


# --- Reading it ------------------------------------------------------------------------------


def test_a_stage_has_the_name_of_its_year_or_of_the_nearest_one(
    school: School, decider: Membership, now: dt.datetime
) -> None:
    for year in (2016, 2025):
        record(school, decider, now, year=year)

    found = participation.participation_of([school.pk])

    assert [(one.year, one.title) for one in found] == [(2025, "Developing (primary)"), (2016, "Developing (primary)")]


def test_every_stage_can_be_chosen_once_under_its_latest_name(db: None) -> None:
    choices = participation.stages_to_choose()

    assert len(choices) == len(dict(choices)) == Stage.objects.filter(years__isnull=False).distinct().count()
    assert "Developing (primary)" in dict(choices).values()


def test_what_a_school_was_before_counts_for_it_and_what_it_became_does_not(
    school: School, decider: Membership, now: dt.datetime
) -> None:
    ash, birch, cedar = school, factories.make_school("Birch"), factories.make_school("Cedar")
    factories.make_school("Never")
    factories.go_on_as(ash, birch)
    factories.go_on_as(birch, cedar)
    record(birch, decider, now, year=2024)

    def found(**facts: object) -> set[str]:
        return set(School.objects.filter(participation.took_part(**facts)).values_list("name", flat=True))

    assert found() == {"Birch", "Cedar"}
    assert found(outcome=COMPLETED, year=2024) == {"Birch", "Cedar"}
    assert found(outcome=LEFT) == found(year=2025) == set()


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2019, ["Ash"]),
        # It became an academy in the middle of the year.
        (2020, ["Ash"]),
        (2021, ["Birch"]),
        (2016, ["Ash"]),
        # Before either is known to have taught.
        (2012, ["Birch", "Ash"]),
    ],
)
def test_a_fact_belongs_to_the_urn_that_taught_when_the_year_began(db: None, year: int, expected: list[str]) -> None:
    ash = factories.make_school("Ash", opened_on=dt.date(2017, 1, 1), closed_on=dt.date(2021, 2, 28))
    birch = factories.make_school("Birch", opened_on=dt.date(2021, 3, 1))

    assert [school.name for school in participation.taught_in([birch, ash], year)] == expected


def test_of_two_that_merged_either_may_be_meant(db: None) -> None:
    ash = factories.make_school("Ash", closed_on=dt.date(2023, 8, 31))
    oak = factories.make_school("Oak", closed_on=dt.date(2023, 8, 31))
    elm = factories.make_school("Elm", opened_on=dt.date(2023, 9, 1))

    assert participation.taught_in([elm, oak, ash], 2022) == [oak, ash]
    assert participation.taught_in([elm, oak, ash], 2023) == [elm]

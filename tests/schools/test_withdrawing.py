from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import transaction

from hubs import tenancy, timeline
from hubs.models import Hub, HubArea, LocalAuthority, User
from hubs.permissions import NotAllowed
from programmes.models import ExpressionOfInterest, Participation, RecruitmentWindow, Stage
from schools import adding, ancestry, withdrawing
from schools.adding import NewSchool
from schools.models import HalfTerm, School, Succession, SuccessionRuling
from schools.withdrawing import CannotWithdraw
from tests import factories
from tests.locks import begin_meanwhile

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
Withdraw = Callable[..., None]


@pytest.fixture
def add(hub: Hub, administrator: User, now: dt.datetime) -> Add:
    """Adds a school as the hub's administrator."""
    authority, _ = LocalAuthority.objects.get_or_create(code="001", defaults={"name": "Northvale"})
    HubArea.objects.get_or_create(hub=hub, authority=authority)

    def add_school(*none_of: School) -> School:
        with tenancy.use(hub):
            return adding.add_school(
                given=HERON, none_of=none_of, actor=factories.membership_of(administrator, hub), now=now
            )

    return add_school


@pytest.fixture
def withdraw(hub: Hub, administrator: User, now: dt.datetime) -> Withdraw:
    """Takes a school back as the hub's administrator, or somebody else."""

    def withdraw_school(school: School, person: User = administrator) -> None:
        with tenancy.use(hub):
            withdrawing.withdraw_school(school=school, actor=factories.membership_of(person, hub), now=now)

    return withdraw_school


def reason_against(school: School, hub: Hub) -> str:
    with tenancy.use(hub):
        return withdrawing.why_not(school)


def test_a_school_added_by_mistake_is_taken_back(add: Add, withdraw: Withdraw, hub: Hub) -> None:
    school = add()
    factories.make_school("Heron Rise Primary School", postcode="NV7 7ZZ")
    ancestry.rebuild()
    assert Succession.objects.exists()

    withdraw(school)
    withdraw(school)

    assert not School.objects.filter(pk=school.pk).exists()
    assert not Succession.objects.exists()
    with tenancy.use(hub):
        assert [entry.text for entry in timeline.entries_of(hub)] == [
            "Withdrew Heron Rise Primary School, Ellerbridge, NV7 7ZZ, which had been added."
        ]


def test_that_it_is_none_of_those_known_holds_no_school_back(add: Add, withdraw: Withdraw) -> None:
    school = add(factories.make_school("Heron Rise Primary School", postcode="NV7 7ZZ"))

    withdraw(school)

    assert not School.objects.filter(pk=school.pk).exists()
    assert not Succession.objects.exists()
    assert SuccessionRuling.objects.count() == 1


def test_a_number_is_never_given_twice(add: Add, withdraw: Withdraw) -> None:
    first = add()
    withdraw(first)

    assert add().urn > first.urn


def test_drafts_of_strangers_go_with_it(add: Add, withdraw: Withdraw, hub: Hub) -> None:
    school = add()
    window = factories.make_window(hub)
    factories.make_draft(window, school)
    others = factories.make_draft(window, factories.make_school())

    assert reason_against(school, hub) == ""
    withdraw(school)

    assert not School.objects.filter(pk=school.pk).exists()
    with tenancy.use(hub):
        assert list(ExpressionOfInterest.objects.all()) == [others]


def take_part(school: School, hub: Hub, now: dt.datetime) -> None:
    Participation.objects.create(
        school=school, stage=Stage.objects.all()[0], year=2025, outcome="completed", recorded_for=hub, recorded_at=now
    )


def test_what_refers_to_a_school_is_named_and_holds_it(
    add: Add, withdraw: Withdraw, hub: Hub, administrator: User, now: dt.datetime
) -> None:
    school = add()
    window = factories.make_window(hub)
    draft = factories.make_draft(window, school)
    factories.make_expression(window, school)
    take_part(school, hub, now)
    HalfTerm.objects.create(
        school=school, year=2027, number=1, starts_on=dt.date(2027, 9, 1), ends_on=dt.date(2027, 10, 22),
        entered_for=hub, entered_by=administrator, entered_at=now,
    )  # fmt: skip
    school.closed_why = ancestry.MATCHED
    school.save()

    with pytest.raises(CannotWithdraw) as refusal:
        withdraw(school)

    assert str(refusal.value) == reason_against(school, hub)
    assert str(refusal.value).startswith(
        "Heron Rise Primary School cannot be withdrawn, for there is an expression of interest, a record of what it "
        "took part in, term dates of its own and a decision on which school of the register it is."
    )
    with tenancy.use(hub):
        assert ExpressionOfInterest.objects.filter(pk=draft.pk).exists()


def test_what_can_be_removed_is_to_be_removed_first(
    add: Add, withdraw: Withdraw, hub: Hub, administrator: User, now: dt.datetime
) -> None:
    school = add()
    take_part(school, hub, now)
    HalfTerm.objects.create(
        school=school, year=2027, number=1, starts_on=dt.date(2027, 9, 1), ends_on=dt.date(2027, 10, 22),
        entered_for=hub, entered_by=administrator, entered_at=now,
    )  # fmt: skip

    with pytest.raises(CannotWithdraw, match="added by mistake, remove that first: the school’s page leads there"):
        withdraw(school)
    HalfTerm.objects.all().delete()
    Participation.objects.all().delete()
    withdraw(school)


def test_what_cannot_be_removed_keeps_the_school_until_the_register_knows_it(
    add: Add, hub: Hub, now: dt.datetime
) -> None:
    school = add()
    factories.make_expression(factories.make_window(hub), school)
    take_part(school, hub, now)

    assert reason_against(school, hub).endswith(
        "When the register knows the school, say under “School changes to confirm” which one it is."
    )


def test_nobody_takes_back_a_school_of_the_register_or_of_another_hub(
    withdraw: Withdraw, other_hub: Hub, now: dt.datetime
) -> None:
    known = factories.make_school()
    anothers = factories.make_school(urn=School.FIRST_ADDED + 1, added_by=other_hub, added_at=now)

    for school in (known, anothers):
        withdraw(school)

    assert School.objects.count() == 2


def test_a_mastery_specialist_takes_none_back(add: Add, withdraw: Withdraw, specialist: User) -> None:
    with pytest.raises(NotAllowed):
        withdraw(add(), specialist)


# --- At once --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_while_somebody_rules_a_withdrawal_waits_and_holds_nothing(add: Add, withdraw: Withdraw) -> None:
    school = add()

    with transaction.atomic():
        ancestry.one_at_a_time()
        other = begin_meanwhile(lambda: withdraw(school))
        assert other.is_alive()
        # As a ruling does, which would wait for ever if the withdrawal held the school already.
        School.objects.select_for_update(nowait=True).get(pk=school.pk)
    other.join()

    assert not School.objects.filter(pk=school.pk).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sent", [True, False])
def test_while_an_expression_of_interest_begins_a_withdrawal_waits_and_says_why_not(
    add: Add, withdraw: Withdraw, hub: Hub, now: dt.datetime, sent: bool
) -> None:
    school = add()
    window: RecruitmentWindow = factories.make_window(hub)
    refusals: list[str] = []

    def try_to() -> None:
        try:
            withdraw(school)
        except CannotWithdraw as refusal:
            refusals.append(str(refusal))

    with transaction.atomic():
        if sent:
            factories.make_expression(window, school)
        else:
            factories.make_draft(window, school)
        # What the end of its transaction does for every reference.
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        other = begin_meanwhile(try_to)
        assert other.is_alive()
    other.join()

    assert len(refusals) == 1
    assert ("an expression of interest" if sent else "Somebody has just begun something") in refusals[0]
    assert School.objects.filter(pk=school.pk).exists()

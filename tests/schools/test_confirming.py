from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from hubs import tenancy
from hubs.models import Hub, HubArea, User
from hubs.permissions import NotAllowed
from schools import ancestry
from schools.confirming import RuledMeanwhile, confirm
from schools.models import Succession, SuccessionRuling
from tests import factories
from tests.schools.families import CLOSED, link, school

pytestmark = pytest.mark.django_db
Confirm = Callable[..., None]


@pytest.fixture
def decide(hub: Hub, administrator: User, now: dt.datetime) -> Confirm:
    """Decides as the hub's administrator on a school that closed and one that may be what it is now."""
    HubArea.objects.create(hub=hub, authority=school(100_001, CLOSED).authority)
    school(150_001)
    link(100_001, "Successor", 150_001, None)
    ancestry.rebuild()

    def decide_as(person: User = administrator, **said: object) -> None:
        values = {"same_school": True, "reason": "The head told us.", "seen": None, **said}
        with tenancy.use(hub):
            confirm(
                change=Succession.objects.get(),
                actor=factories.membership_of(person, hub),
                now=now,
                **values,  # type: ignore[arg-type]
            )

    return decide_as


def reasons() -> list[str]:
    return [ruling.reason for ruling in SuccessionRuling.objects.all()]


def test_a_decision_is_a_ruling_and_ends_the_doubt(decide: Confirm) -> None:
    decide()

    assert reasons() == ["The head told us."]
    assert Succession.objects.get().doubts == []


def test_the_same_sent_twice_is_one_decision(decide: Confirm) -> None:
    decide()
    decide(reason=" The head told us.\n")

    assert len(reasons()) == 1


def test_who_has_seen_the_last_ruling_may_decide_again(decide: Confirm) -> None:
    decide()
    decide(same_school=False, reason="We were wrong.", seen=SuccessionRuling.objects.get().pk)

    assert reasons() == ["We were wrong.", "The head told us."]


def test_it_may_have_been_the_other_way_round(decide: Confirm) -> None:
    decide(turned_round=True)

    assert ancestry.ancestors_of([100_001, 150_001]) == {100_001: {150_001}}


@pytest.mark.parametrize("said", [{"same_school": False}, {"reason": "Another reason."}, {"turned_round": True}])
def test_who_has_not_seen_it_is_told_of_it(decide: Confirm, lead: User, said: dict[str, object]) -> None:
    decide(lead)

    with pytest.raises(RuledMeanwhile) as refusal:
        decide(**said)

    assert refusal.value.ruling.ruled_by == lead
    assert reasons() == ["The head told us."]


def test_what_a_colleague_decided_likewise_was_the_colleagues(decide: Confirm, lead: User) -> None:
    decide(lead)

    with pytest.raises(RuledMeanwhile):
        decide()


def test_a_mastery_specialist_decides_nothing(decide: Confirm, specialist: User) -> None:
    with pytest.raises(NotAllowed):
        decide(specialist)

    assert reasons() == []

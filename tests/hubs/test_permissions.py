from __future__ import annotations

from typing import get_args

import pytest

from hubs import tenancy
from hubs.models import Hub, Membership, Role, User
from hubs.permissions import ALLOWED, Capability, NotAllowed, may, require, who_may
from tests import factories

EVERYTHING: set[Capability] = set(get_args(Capability))
OF_A_LEAD = EVERYTHING - {"pay_money", "manage_hub", "manage_members"}
OF_A_SPECIALIST: set[Capability] = {"use_console", "view_schools", "lead_groups"}
OF_FINANCE: set[Capability] = {"use_console", "view_money", "approve_money", "pay_money", "make_reports"}
EXPECTED: dict[Role, set[Capability]] = {
    Role.ADMINISTRATOR: EVERYTHING,
    Role.HUB_LEAD: OF_A_LEAD,
    Role.ASSISTANT_LEAD: OF_A_LEAD,
    Role.MASTERY_SPECIALIST: OF_A_SPECIALIST,
    Role.FINANCE: OF_FINANCE,
}


def member(role: Role) -> Membership:
    return Membership(hub=Hub(name="Northvale Maths Hub"), user=User(name="Ada"), role=role)


def test_every_role_stands_in_the_table() -> None:
    assert set(ALLOWED) == set(Role.values)
    assert set(EXPECTED) == set(Role)


@pytest.mark.parametrize("capability", sorted(EVERYTHING))
@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_the_table_says_and_nothing_else(role: Role, capability: Capability) -> None:
    assert bool(may(member(role), capability)) == (capability in EXPECTED[role])


@pytest.mark.django_db
@pytest.mark.parametrize("capability", sorted(EVERYTHING - OF_A_SPECIALIST))
def test_a_refusal_says_who_one_is_and_what_that_role_cannot_do(
    capability: Capability, hub: Hub, specialist: User
) -> None:
    actor = factories.membership_of(specialist, hub)
    refused = pytest.raises(NotAllowed, match=r"Mastery Specialist of Northvale Maths Hub\. That role cannot \w+")
    with tenancy.use(hub), refused as refusal:
        require(actor, capability)
    assert str(refusal.value).endswith(".")


@pytest.mark.django_db
def test_a_member_of_one_hub_does_nothing_inside_another(hub: Hub, stranger: User, other_hub: Hub) -> None:
    actor = factories.membership_of(stranger, other_hub)
    with tenancy.use(other_hub):
        require(actor, "manage_members")
    with tenancy.use(hub), pytest.raises(tenancy.AnotherHubActive):
        require(actor, "manage_members")


def test_what_is_allowed_passes_without_a_word() -> None:
    assert may(member(Role.ADMINISTRATOR), "manage_members").reason == ""


def test_who_may_do_something_is_named_by_role() -> None:
    assert who_may("manage_hub") == ["Hub administrator"]
    assert who_may("use_console") == [role.label for role in Role]

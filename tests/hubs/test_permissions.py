from __future__ import annotations

from typing import get_args

import pytest

from hubs.models import Hub, Membership, Role, User
from hubs.permissions import ALLOWED, Capability, NotAllowed, may, require

EVERYTHING: set[Capability] = set(get_args(Capability))
OF_A_LEAD = EVERYTHING - {"manage_hub", "manage_members"}
EXPECTED: dict[Role, set[Capability]] = {
    Role.ADMINISTRATOR: EVERYTHING,
    Role.HUB_LEAD: OF_A_LEAD,
    Role.ASSISTANT_LEAD: OF_A_LEAD,
    Role.MASTERY_SPECIALIST: {"use_console"},
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


@pytest.mark.parametrize("capability", sorted(EVERYTHING - {"use_console"}))
def test_a_refusal_says_who_one_is_and_what_that_role_cannot_do(capability: Capability) -> None:
    with pytest.raises(
        NotAllowed, match=r"Mastery Specialist of Northvale Maths Hub\. That role cannot \w+"
    ) as refusal:
        require(member(Role.MASTERY_SPECIALIST), capability)
    assert str(refusal.value).endswith(".")


def test_what_is_allowed_passes_without_a_word() -> None:
    require(member(Role.ADMINISTRATOR), "manage_members")
    assert may(member(Role.ADMINISTRATOR), "manage_members").reason == ""

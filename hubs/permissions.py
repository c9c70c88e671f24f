"""Who may do what in a hub. One table, read top to bottom; answers come with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hubs.models import Membership, NationalRole, Role
from hubs.tenancy import AnotherHubActive, active_hub_id

Capability = Literal[
    "use_console",
    "view_expressions",
    "decide_expressions",
    "view_schools",
    "maintain_schools",
    "view_messages",
    "retry_messages",
    "manage_recruitment",
    "view_groups",
    "manage_groups",
    "lead_groups",
    "view_money",
    "change_money",
    "approve_money",
    "pay_money",
    "make_reports",
    "manage_hub",
    "manage_members",
]
NationalCapability = Literal["view_national_figures"]

_LEADS: frozenset[Capability] = frozenset(
    {
        "use_console",
        "view_expressions",
        "decide_expressions",
        "view_schools",
        "maintain_schools",
        "view_messages",
        "retry_messages",
        "manage_recruitment",
        "view_groups",
        "manage_groups",
        "lead_groups",
        "view_money",
        "change_money",
        "approve_money",
        "make_reports",
    }
)
ALLOWED: dict[str, frozenset[Capability]] = {
    Role.ADMINISTRATOR: _LEADS | {"pay_money", "manage_hub", "manage_members"},
    Role.HUB_LEAD: _LEADS,
    Role.ASSISTANT_LEAD: _LEADS,
    # Of groups and schools only those that she leads: see `workgroups.permissions`.
    Role.MASTERY_SPECIALIST: frozenset({"use_console", "view_schools", "lead_groups"}),
    Role.FINANCE: frozenset({"use_console", "view_money", "approve_money", "pay_money", "make_reports"}),
}
NATIONAL_ALLOWED: dict[str, frozenset[NationalCapability]] = {
    NationalRole.Kind.VIEWER: frozenset({"view_national_figures"}),
}
# In the words of a sentence: "Mastery Specialists cannot …".
_MEANING: dict[Capability, str] = {
    "use_console": "use the hub's pages",
    "view_expressions": "see expressions of interest",
    "decide_expressions": "decide expressions of interest",
    "view_schools": "see the hub's schools",
    "maintain_schools": "change what the hub knows of its schools",
    "view_messages": "see the hub's messages",
    "retry_messages": "send messages again",
    "manage_recruitment": "open and close recruitment",
    "view_groups": "see all Work Groups",
    "manage_groups": "form Work Groups and decide on places",
    "lead_groups": "lead Work Groups and visit their schools",
    "view_money": "see grants and payments",
    "change_money": "change grants",
    "approve_money": "approve grants",
    "pay_money": "make payment lists and mark them as paid",
    "make_reports": "make reports",
    "manage_hub": "change the hub's details",
    "manage_members": "manage the hub's members",
}


@dataclass(frozen=True)
class Permission:
    """Whether something is allowed and, when it is not, why: a sentence to show."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


class NotAllowed(Exception):
    """A verb was called by a person who may not do it; the message is a sentence to show."""


def may(membership: Membership, capability: Capability) -> Permission:
    """Whether a member's role allows something."""
    if capability in ALLOWED[membership.role]:
        return Permission(True)
    role = Role(membership.role).label
    return Permission(
        False, f"You are signed in as {role} of {membership.hub.name}. That role cannot {_MEANING[capability]}."
    )


def who_may(capability: Capability) -> list[str]:
    """The roles that allow something, as people call them."""
    return [str(Role(role).label) for role, allowed in ALLOWED.items() if capability in allowed]


def require(membership: Membership, capability: Capability) -> None:
    """Raise `NotAllowed` with the reason unless the member's role allows it.

    Raises `AnotherHubActive` when the member is not of the hub in which the verb is called.
    """
    if membership.hub_id != active_hub_id():
        raise AnotherHubActive(f"A member of hub {membership.hub_id} acts inside hub {active_hub_id()}.")
    permission = may(membership, capability)
    if not permission:
        raise NotAllowed(permission.reason)

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
    }
)
ALLOWED: dict[str, frozenset[Capability]] = {
    Role.ADMINISTRATOR: _LEADS | {"manage_hub", "manage_members"},
    Role.HUB_LEAD: _LEADS,
    Role.ASSISTANT_LEAD: _LEADS,
    Role.MASTERY_SPECIALIST: frozenset({"use_console", "view_schools"}),
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

"""The walls between hubs. See docs/decisions/0001-three-walls.md.

First wall: code goes through the hub. Second: the default manager of a hub-owned model filters
by the active hub and raises without one. Third: PostgreSQL row-level security.
"""

from hubs.tenancy.context import (
    AnotherHubActive,
    NoActiveHub,
    active_hub_id,
    at_one_moment,
    own_transaction,
    use,
)
from hubs.tenancy.fence import HubFence
from hubs.tenancy.owned import HubManager, HubOwned, HubQuerySet

__all__ = [
    "AnotherHubActive",
    "HubFence",
    "HubManager",
    "HubOwned",
    "HubQuerySet",
    "NoActiveHub",
    "active_hub_id",
    "at_one_moment",
    "own_transaction",
    "use",
]

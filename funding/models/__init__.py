"""The release-time ledger, grants and how they are paid."""

from funding.models.grants import (
    GRANT_TRANSITIONS,
    Grant,
    GrantEvent,
    GrantState,
    Payment,
    PaymentList,
)
from funding.models.release import ReleaseEntry

__all__ = [
    "GRANT_TRANSITIONS",
    "Grant",
    "GrantEvent",
    "GrantState",
    "Payment",
    "PaymentList",
    "ReleaseEntry",
]

"""Confirming a change of a school that the register leaves in doubt, by a person who has seen the evidence."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from hubs.models import Membership
from schools import ancestry
from schools.models import Succession, SuccessionRuling


class RuledMeanwhile(Exception):
    """Somebody has ruled on the change since the evidence was shown; `ruling` is the latest."""

    def __init__(self, ruling: SuccessionRuling) -> None:
        super().__init__(ruling)
        self.ruling = ruling


def confirm(
    *,
    change: Succession,
    same_school: bool,
    turned_round: bool = False,
    reason: str,
    seen: int | None,
    actor: Membership,
    now: dt.datetime,
) -> None:
    """Rule on a change, having seen its rulings up to the one with the id `seen`, or none.

    `turned_round` if it is the later school that went on as the earlier one. Sending the same once more changes
    nothing. Raises `RuledMeanwhile`, and what `schools.ancestry.rule` raises.
    """
    predecessor, successor = change.predecessor_id, change.successor_id
    if turned_round:
        predecessor, successor = successor, predecessor
    with transaction.atomic():
        ancestry.one_at_a_time()
        latest = ancestry.rulings_on(predecessor, successor).select_related("ruled_by", "ruled_for").first()
        if latest and latest.pk != seen:
            said = (latest.ruled_by_id, latest.predecessor_id, latest.same_school, latest.reason)
            if said == (actor.user_id, predecessor, same_school, reason.strip()):
                return
            raise RuledMeanwhile(latest)
        ancestry.rule(
            predecessor=predecessor,
            successor=successor,
            same_school=same_school,
            reason=reason,
            actor=actor,
            now=now,
        )

"""Confirming a change of a school that the register leaves in doubt, by a person who has seen the evidence."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from hubs.models import Membership
from schools import ancestry
from schools.models import Succession, SuccessionRuling

# With the earlier school's URN: two people who rule on one school at once do so one after the other.
_LOCK = 7_401_210


class RuledMeanwhile(Exception):
    """Somebody has ruled on the change since the evidence was shown; `ruling` is the latest."""

    def __init__(self, ruling: SuccessionRuling) -> None:
        super().__init__(ruling)
        self.ruling = ruling


def confirm(
    *,
    change: Succession,
    same_school: bool,
    reason: str,
    seen: int | None,
    actor: Membership,
    now: dt.datetime,
) -> None:
    """Rule on a change, having seen its rulings up to the one with the id `seen`, or none.

    Sending the same once more changes nothing. Raises `RuledMeanwhile`, and what `schools.ancestry.rule` raises.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, change.predecessor_id])
        latest = (
            SuccessionRuling.objects.filter(predecessor=change.predecessor_id, successor=change.successor_id)
            .select_related("ruled_by", "ruled_for")
            .first()
        )
        if latest and latest.pk != seen:
            if (latest.ruled_by_id, latest.same_school, latest.reason) == (actor.user_id, same_school, reason.strip()):
                return
            raise RuledMeanwhile(latest)
        ancestry.rule(
            predecessor=change.predecessor_id,
            successor=change.successor_id,
            same_school=same_school,
            reason=reason,
            actor=actor,
            now=now,
        )

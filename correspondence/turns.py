"""What is done for a hub one after the other, whoever does it."""

from __future__ import annotations

from enum import IntEnum

from django.db import connection


class Turn(IntEnum):
    """What one waits one's turn for: numbers that no other advisory lock of two parts has."""

    REMINDERS = 20261127
    DOCUMENTS = 84203311


def wait_for_turn(turn: Turn, *, hub_id: int) -> None:
    """Until the transaction ends, nobody else of the hub comes past this.

    What follows sees all that the one before has written: each statement looks anew.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [turn.value, hub_id])

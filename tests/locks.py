"""Two at the same moment, without waiting by the clock."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from django.db import connection, connections


def begin_meanwhile(work: Callable[[], None]) -> Thread:
    """Start `work` on a connection of its own, and return when it waits for a lock of ours or has ended.

    Call it inside a transaction, and join the thread after it.
    """

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    other = Thread(target=run)
    other.start()
    while other.is_alive() and not _somebody_waits():
        pass
    return other


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        # What a transaction has once seen of the other connections it sees for good, unless it asks anew.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        row = cursor.fetchone()
    return bool(row and row[0])

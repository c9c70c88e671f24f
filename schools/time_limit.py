"""Searches that anybody may send, and that must not keep the database from everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled


class TookTooLong(Exception):
    """PostgreSQL gave up on a statement that took longer than it may."""


@contextmanager
def at_most(milliseconds: int) -> Iterator[None]:
    """Run a block as one transaction, no statement of which may take longer; raises `TookTooLong` when one does."""
    inside_a_transaction = connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            yield
            # A setting local to the transaction outlives a savepoint: take it back by hand.
            if inside_a_transaction:
                cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise

"""Which hub is active: for this piece of code, and for this database transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import structlog
from django.db import connection, transaction

if TYPE_CHECKING:
    from hubs.models import Hub

SETTING = "hubadmin.hub_id"
_active: ContextVar[int | None] = ContextVar("active_hub_id", default=None)


class NoActiveHub(RuntimeError):
    """Hub-owned rows were asked for outside `tenancy.use(hub)`."""


class AnotherHubActive(RuntimeError):
    """A second hub was entered while the first one was still active."""


def active_hub_id() -> int:
    """The active hub's id; raises `NoActiveHub` outside `use`."""
    hub_id = _active.get()
    if hub_id is None:
        raise NoActiveHub("No hub is active: enter it with tenancy.use(hub).")
    return hub_id


@contextmanager
def use(hub: Hub | int) -> Iterator[None]:
    """Run a block as one transaction inside a hub: only its rows are seen and may be written.

    Entering the active hub again is fine; entering another one raises `AnotherHubActive`.
    """
    hub_id = hub if isinstance(hub, int) else hub.pk
    outer = _active.get()
    if outer not in (None, hub_id):
        raise AnotherHubActive(f"Hub {outer} is active, hub {hub_id} was asked for.")
    if outer == hub_id:
        with transaction.atomic():
            yield
        return
    inside_a_transaction = connection.in_atomic_block
    with transaction.atomic():
        _tell_database(str(hub_id))
        token = _active.set(hub_id)
        try:
            with structlog.contextvars.bound_contextvars(hub_id=hub_id):
                yield
        finally:
            _active.reset(token)
        # A setting local to the transaction outlives a savepoint: take it back by hand.
        if inside_a_transaction:
            _tell_database("")


@contextmanager
def own_transaction(hub: Hub | int) -> Iterator[None]:
    """As `use`, and committed at the end: raises RuntimeError inside another transaction, which could undo it."""
    with transaction.atomic(durable=True), use(hub):
        yield


@contextmanager
def at_one_moment(hub: Hub | int) -> Iterator[None]:
    """Run a block that only reads inside a hub as it is at one moment, in a transaction of its own.

    However many queries it takes, what others commit meanwhile is not seen: sums agree with their rows.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            # Before anything is asked, or the database refuses it.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        with use(hub):
            yield


def _tell_database(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, value])

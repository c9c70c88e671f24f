"""Locking rows before a verb changes them."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def locked(rows: QuerySet[Row], pk: int, *, no_key: bool = True) -> Row:
    """One of the rows, with all that they are asked to bring, kept from other verbs until the transaction ends.

    Locked first and then read in a statement of its own: a statement that waits for a lock sees the row anew after
    that, and what it joins to it as it was before. Rows elsewhere may go on referring to it, unless a verb that
    changes what they refer to it by says `no_key=False`. Raises the model's `DoesNotExist`.
    """
    alone = rows.model._default_manager.select_for_update(no_key=no_key)
    alone.only("pk").get(pk=pk)
    return rows.get(pk=pk)


def lock_all(rows: QuerySet[Row], *, no_key: bool = True) -> None:
    """Lock rows as `locked` does, in the order of their keys, so that two who want some of the same do not deadlock."""
    list(rows.order_by("pk").select_for_update(no_key=no_key).values_list("pk"))

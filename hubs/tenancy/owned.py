"""The base of every model that belongs to one hub."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar

from django.db import models

from hubs.tenancy.context import active_hub_id
from hubs.tenancy.fence import HubFence

M = TypeVar("M", bound=models.Model)


class HubQuerySet(models.QuerySet[M]):
    """The base of hub-owned querysets; subclasses add the domain's verbs."""


class HubManager(models.Manager[M]):
    """The second wall: rows of the active hub only; raises `NoActiveHub` when none is active.

    Known holes (subqueries, `_base_manager`, foreign keys, raw SQL) are why there is a third wall.
    """

    _queryset_class: type[models.QuerySet[Any]]

    def get_queryset(self) -> models.QuerySet[M]:
        """Rows of the active hub."""
        return super().get_queryset().filter(hub_id=active_hub_id())


class NationalManager(models.Manager[M]):
    """All hubs' rows through the read-only national role, which sees `national_columns` only."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Every hub's rows, with only those columns loaded that the national role may read."""
        columns = getattr(self.model, "national_columns", ())
        return super().get_queryset().using("national").only(*columns)


class HubOwned(models.Model):
    """A row that belongs to one hub and that no other hub may see.

    `append_only`: the application may add rows but neither change nor remove them.
    `national_columns`: what the national role may read of every hub's rows (never notes or people).
    """

    append_only: ClassVar[bool] = False
    national_columns: ClassVar[tuple[str, ...]] = ()

    hub = models.ForeignKey("hubs.Hub", on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta:
        abstract = True
        constraints = [HubFence(name="%(app_label)s_%(class)s_hub_fence")]

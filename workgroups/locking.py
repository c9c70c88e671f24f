"""What verbs lock before they change it, always in this order, so that no two ever wait for each other:

1. places, by key
2. Work Groups, by key
3. Mastery Specialists
4. what belongs to one of these: meetings, visits, agreed actions

Who needs two of them locks them in this order, or does not lock the second. What is inserted locks weakly what it
refers to (`KEY SHARE`), and passes by all of these locks but those of who changes a Specialist's school, or gives a
group to another Specialist: they change what is referred to, and lock the places and groups that are concerned first.
"""

from __future__ import annotations

from django.db import transaction

from hubs.locking import lock_all, locked
from workgroups.models import MasterySpecialist, Place, WorkGroup
from workgroups.models.groups import WorkGroupQuerySet


class _Changed(Exception):
    """Others than those that are locked belong to it by now."""


def lock_led(groups: WorkGroupQuerySet, specialist: MasterySpecialist) -> MasterySpecialist:
    """Lock groups, all places in them, and a Specialist who leads them or is to; return her as she is now.

    Nothing joins the groups or is led by her from then on, until the transaction ends.
    """
    while True:
        try:
            # What was locked is let go with the savepoint.
            with transaction.atomic():
                return _lock_led(groups, specialist)
        except _Changed:
            continue


def _lock_led(groups: WorkGroupQuerySet, specialist: MasterySpecialist) -> MasterySpecialist:
    found = _found(groups)
    lock_all(Place.objects.filter(pk__in={place for _, place in found if place}))
    lock_all(WorkGroup.objects.filter(pk__in={group for group, _ in found}), no_key=False)
    there = locked(MasterySpecialist.objects.select_related("school", "user"), specialist.pk, no_key=False)
    if _found(groups) != found:
        raise _Changed
    return there


def _found(groups: WorkGroupQuerySet) -> set[tuple[int, int | None]]:
    """Each group with each place in it, by their keys."""
    return set(groups.order_by().values_list("pk", "places__pk"))

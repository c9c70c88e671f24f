"""What a school used to be and what it is now: read in one indexed query, ruled on by people, rebuilt at once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from hubs.models import HubArea, Membership
from hubs.permissions import require
from schools import following, search
from schools.models import Ancestor, School, SuccessionRuling
from schools.succession import derive

# Two rebuilds at a time would each miss what the other has seen.
_LOCK = 7_401_206
# Why a school that a hub had added is closed: the register knows it by now.
MATCHED = "Found in the register"


class CannotRule(Exception):
    """A ruling that nobody can make, or not this hub; the message is a sentence to show."""


def rebuild() -> None:
    """Bring `Succession`, `Ancestor` and `CurrentSchool` up to the register's links, the rulings and the schools.

    In the caller's transaction, if there is one. Two rebuilds wait for each other; where nothing has changed,
    nothing is written.
    """
    with transaction.atomic():
        _one_at_a_time()
        with connection.cursor() as cursor:
            derive(cursor)


def rule(
    *, predecessor: int, successor: int, same_school: bool, reason: str, actor: Membership, now: dt.datetime
) -> None:
    """Rule whether one school, by its URN, went on as another. The latest ruling on a pair holds, for every hub.

    A school that a hub had added is closed when it is matched with another, and open again when that is taken
    back. The same ruling with the same reason once more changes nothing. Raises `NotAllowed` and `CannotRule`.
    """
    require(actor, "maintain_schools")
    reason = reason.strip()
    if not reason:
        raise CannotRule("Say why: other hubs rely on this ruling, and on your reason.")
    if predecessor == successor:
        raise CannotRule("Both are the same school of the register. Choose two different schools.")
    with transaction.atomic():
        _one_at_a_time()
        _check_known_and_near(predecessor, successor, actor)
        if same_school and _latest_ruling(successor, predecessor):
            raise CannotRule(
                f"It has been ruled that {successor} went on as {predecessor}. "
                "Rule first that those are not the same school, then rule the other way round."
            )
        pair = {"predecessor_id": predecessor, "successor_id": successor}
        latest = SuccessionRuling.objects.filter(**pair).first()
        if latest and (latest.same_school, latest.reason) == (same_school, reason):
            return
        SuccessionRuling.objects.create(
            **pair, same_school=same_school, reason=reason, ruled_by=actor.user, ruled_for=actor.hub, ruled_at=now
        )
        if predecessor >= School.FIRST_ADDED:
            _match_added(predecessor, now)
        # What a school is found by hangs on what it was: of those before the ruling, and of those after it.
        concerned = _with_families(predecessor, successor)
        rebuild()
        search.refresh(urns=concerned | _with_families(predecessor, successor))
        transaction.on_commit(partial(following.follow, now=now))


def may_be_ruled_by(actor: Membership) -> Q:
    """Schools of which one must be in a pair for the member's hub to rule on it: its area's and those it added."""
    areas = HubArea.objects.filter(hub=actor.hub_id).values("authority")
    return Q(authority__in=areas, added_by=None) | Q(added_by=actor.hub_id)


def ancestors_of(urns: Iterable[int]) -> dict[int, set[int]]:
    """By URN, the URNs of all that each school was before; schools without any are left out. One indexed query."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for urn, ancestor in Ancestor.objects.filter(school__in=list(urns)).values_list("school_id", "ancestor_id"):
        found[urn].add(ancestor)
    return dict(found)


def family_of(urns: Iterable[int]) -> dict[int, set[int]]:
    """By URN, the URNs of all that each school was before and has become; schools without any are left out.

    One indexed query.
    """
    asked = set(urns)
    before = Ancestor.objects.filter(school__in=asked).values_list("school_id", "ancestor_id")
    after = Ancestor.objects.filter(ancestor__in=asked).values_list("ancestor_id", "school_id")
    found: defaultdict[int, set[int]] = defaultdict(set)
    for urn, relative in before.union(after):
        found[urn].add(relative)
    return dict(found)


def urns_before(urns: Iterable[int] | QuerySet[Any, Any]) -> QuerySet[Ancestor, int]:
    """The URNs of what schools were before, as a subquery: `filter(school__in=urns_before(…))`."""
    return Ancestor.objects.filter(school__in=urns).values_list("ancestor_id", flat=True)


def urns_after(urns: Iterable[int] | QuerySet[Any, Any]) -> QuerySet[Ancestor, int]:
    """The URNs of what schools have become on the way and at its end, as a subquery like `urns_before`."""
    return Ancestor.objects.filter(ancestor__in=urns).values_list("school_id", flat=True)


def current_of(school: School) -> list[School]:
    """What a school is today: itself while a hub may work with it, else the nearest such schools it became.

    None where nobody knows of one, several after a split.
    """
    return [school] if school.status in School.USABLE else list(school.now.order_by("name", "urn"))


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _check_known_and_near(predecessor: int, successor: int, actor: Membership) -> None:
    known = School.objects.known_to(actor.hub).filter(urn__in=[predecessor, successor])
    missing = {predecessor, successor} - set(known.values_list("urn", flat=True))
    if missing:
        raise CannotRule(f"There is no school with URN {min(missing)} in the register.")
    if not known.filter(may_be_ruled_by(actor)).exists():
        raise CannotRule(
            f"Neither school is in the area of {actor.hub.name}. The hub that serves one of them can rule on this."
        )


def _latest_ruling(predecessor: int, successor: int) -> bool | None:
    latest = SuccessionRuling.objects.filter(predecessor=predecessor, successor=successor).first()
    return latest.same_school if latest else None


def _match_added(urn: int, now: dt.datetime) -> None:
    """Close a school that a hub added while a ruling matches it with another, and open it again when none does."""
    latest = (
        SuccessionRuling.objects.filter(predecessor=urn)
        .order_by("successor_id", "-ruled_at", "-pk")
        .distinct("successor_id")
        .values_list("same_school", flat=True)
    )
    school = School.objects.get(pk=urn)
    if any(latest):
        school.status, school.closed_why = School.Status.CLOSED, MATCHED
    elif school.closed_why == MATCHED:
        is_to_open = school.opened_on and school.opened_on > timezone.localdate(now)
        school.status, school.closed_why = School.Status.PROPOSED if is_to_open else School.Status.OPEN, ""
    school.save(update_fields=["status", "closed_why"])


def _with_families(*urns: int) -> set[int]:
    return set(urns).union(*family_of(urns).values())

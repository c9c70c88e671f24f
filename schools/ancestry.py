"""What a school used to be and what it is now: read in one indexed query, ruled on by people, rebuilt at once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from functools import partial

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from hubs import timeline
from hubs.models import Membership
from hubs.permissions import require
from schools import following, search
from schools.lineage import served_by
from schools.models import Ancestor, School, SuccessionRuling
from schools.succession import FamilyTooLarge, derive

# Two rebuilds at a time would each miss what the other has seen.
_LOCK = 7_401_206
# Why a school that a hub had added is closed: the register knows it by now.
MATCHED = "Found in the register"


class CannotRule(Exception):
    """A ruling that nobody can make, or not this hub; the message is a sentence to show."""


def rebuild() -> None:
    """Bring `Succession`, `Ancestor` and `CurrentSchool` up to the register's links, the rulings and the schools.

    In the caller's transaction, if there is one. Two rebuilds wait for each other; where nothing has changed,
    nothing is written. Raises `FamilyTooLarge`.
    """
    with transaction.atomic():
        one_at_a_time()
        with connection.cursor() as cursor:
            derive(cursor)


def one_at_a_time() -> None:
    """Wait until nobody else rules or rebuilds, and have them wait until the end of the caller's transaction.

    Whoever also locks rows of schools takes this lock first.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def rule(
    *, predecessor: int, successor: int, same_school: bool, reason: str, actor: Membership, now: dt.datetime
) -> None:
    """Rule whether one school, by its URN, went on as another. The latest ruling on the two holds, for every hub,
    whichever of them it named first.

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
        one_at_a_time()
        pair = _known_and_near(predecessor, successor, actor)
        said = (predecessor, successor, same_school, reason)
        latest = rulings_on(predecessor, successor).first()
        if latest and (latest.predecessor_id, latest.successor_id, latest.same_school, latest.reason) == said:
            return
        SuccessionRuling.objects.create(
            predecessor_id=predecessor,
            successor_id=successor,
            same_school=same_school,
            reason=reason,
            ruled_by=actor.user,
            ruled_for=actor.hub,
            ruled_at=now,
        )
        one, other = (f"{pair[urn].name} ({pair[urn].urn_in_words})" for urn in (predecessor, successor))
        text = f"Decided: {one} {'became' if same_school else 'did not become'} {other}. {reason}"
        for urn, school in pair.items():
            timeline.record(subject=school, actor=actor, now=now, text=text)
            if urn >= School.FIRST_ADDED:
                _match_added(urn, now)
        # What a school is found by hangs on what it was: of those before the ruling, and of those after it.
        concerned = _with_families(predecessor, successor)
        try:
            rebuild()
        except FamilyTooLarge as error:
            raise CannotRule(str(error)) from error
        search.refresh(urns=concerned | _with_families(predecessor, successor))
        transaction.on_commit(partial(following.follow, now=now))


def rulings_on(one: int, other: int) -> QuerySet[SuccessionRuling]:
    """What people ruled on two schools, whichever they named first, the latest first."""
    return SuccessionRuling.objects.filter(predecessor__in=[one, other], successor__in=[one, other])


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


def current_of(school: School) -> list[School]:
    """What a school is today: itself while a hub may work with it, else the nearest such schools it became.

    None where nobody knows of one, several after a split.
    """
    return [school] if school.status in School.USABLE else list(school.now.order_by("name", "urn"))


def _known_and_near(predecessor: int, successor: int, actor: Membership) -> dict[int, School]:
    """The two schools by URN; raises `CannotRule` where it is not for this hub to rule on them."""
    known = {
        school.urn: school for school in School.objects.known_to(actor.hub).filter(urn__in=[predecessor, successor])
    }
    if missing := {predecessor, successor} - set(known):
        raise CannotRule(f"There is no school with URN {min(missing)} in the register.")
    # A school that the hub has added is no reason: it could be given out for any school of the country.
    served = School.objects.filter(served_by(actor.hub), urn__in=known, urn__lt=School.FIRST_ADDED)
    if not served.exists():
        raise CannotRule(
            f"Neither school is in the area of {actor.hub.name}. The hub that serves one of them can rule on this."
        )
    return known


def _match_added(urn: int, now: dt.datetime) -> None:
    """Close a school that a hub added while a ruling matches it with another, and open it again when none does."""
    rulings = SuccessionRuling.objects.filter(Q(predecessor=urn) | Q(successor=urn)).order_by("pk")
    latest = {frozenset((one.predecessor_id, one.successor_id)): one for one in rulings}
    school = School.objects.get(pk=urn)
    if any(one.same_school and one.predecessor_id == urn for one in latest.values()):
        school.status, school.closed_why = School.Status.CLOSED, MATCHED
    elif school.closed_why == MATCHED:
        is_to_open = school.opened_on and school.opened_on > timezone.localdate(now)
        school.status, school.closed_why = School.Status.PROPOSED if is_to_open else School.Status.OPEN, ""
    else:
        return
    school.save(update_fields=["status", "closed_why"])


def _with_families(*urns: int) -> set[int]:
    return set(urns).union(*family_of(urns).values())

"""Adding a school that the register does not know yet, and putting right what was said of it.

The forms and pages of other hubs do not show it.

When the register knows it, the hub is asked whether it is the one (`schools.likeness`), and a ruling closes the
stand-in and hands on what refers to it (`schools.ancestry.rule`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, ExpressionWrapper, F, FloatField, Func, Q, TextField, Value
from django.utils import timezone

from hubs import timeline
from hubs.members import locked
from hubs.models import Hub, LocalAuthority, Membership
from hubs.permissions import require
from hubs.wording import plain_day
from schools import ancestry, search
from schools.likeness import SAME_NAME
from schools.lineage import area_of
from schools.models import School, SuccessionRuling

# How many schools somebody reads before adding another one.
MOST_LIKELY = 8
# The reason of the rulings that follow from that.
NONE_OF_THESE = "Said to be another school when it was added."


class CannotAdd(Exception):
    """The school cannot be added, or not be changed like this; the message is a sentence to show."""


class AddedBefore(Exception):
    """The hub has added this school before, with other details; the message is a sentence to show."""

    def __init__(self, school: School, differences: list[str]) -> None:
        super().__init__(f"{school.name} was added before, with other details: you typed {'; '.join(differences)}.")
        self.school = school


@dataclass(frozen=True)
class Kind:
    """A kind of school as the register codes it: its type and its group of types."""

    label: str
    type_code: int
    type_name: str
    group_code: int
    group_name: str


# New schools are of one of these kinds; by it we know whether a school is state-funded.
KINDS = {
    "free": Kind("Free school", 35, "Free schools", 11, "Free Schools"),
    "academy": Kind("Academy", 28, "Academy sponsor led", 10, "Academies"),
    "maintained": Kind("Maintained by the authority", 1, "Community school", 4, "Local authority maintained schools"),
    "special_free": Kind("Special free school", 36, "Free schools special", 11, "Free Schools"),
    "special_academy": Kind("Special academy", 33, "Academy special sponsor led", 10, "Academies"),
    "special_maintained": Kind(
        "Special, maintained by the authority", 7, "Community special school", 5, "Special schools"
    ),
    "independent": Kind("Independent", 11, "Other independent school", 3, "Independent schools"),
}
PHASES = ("Nursery", "Primary", "Middle deemed primary", "Middle deemed secondary", "Secondary", "All-through")


def is_special(kind: str) -> bool:
    """Whether a key of `KINDS` is that of a special school, which has no phase."""
    return kind.startswith("special")


@dataclass(frozen=True)
class NewSchool:
    """What a hub knows of a school that the register does not know yet. `kind` is a key of `KINDS`.

    The phase of a special school says nothing.
    """

    name: str
    town: str
    postcode: str
    authority: str
    kind: str
    phase: str
    low_age: int
    high_age: int
    opens_on: dt.date


def like(given: NewSchool, *, hub: Hub) -> list[School]:
    """Schools that may be the one: at the same postcode, or of a very similar name in the authority; the best first.

    Not what the hub has just added itself: adding that once more changes nothing.
    """
    names = (_folded(F("name")), _folded(Value(given.name)))
    similar = Func(*names, function="similarity", output_field=FloatField())
    at_the_place = ExpressionWrapper(Q(postcode=given.postcode), output_field=BooleanField())
    return list(
        School.objects.usable()
        .known_to(hub)
        .exclude(_added_before(given, hub))
        .select_related("authority")
        .annotate(at_the_place=at_the_place, likeness=similar)
        .filter(Q(at_the_place=True) | Q(authority=given.authority, likeness__gte=SAME_NAME))
        .order_by("-at_the_place", "-likeness", "urn")[:MOST_LIKELY]
    )


@transaction.atomic
def add_school(*, given: NewSchool, none_of: Collection[School] = (), actor: Membership, now: dt.datetime) -> School:
    """Add a school under a stand-in for its URN; the same school once more is the one that was added before.

    That it is `none_of` the schools that are like it is kept as rulings, so that nobody is asked about them again.
    It is proposed to open until the night of its day (`open_due`). Raises `NotAllowed`, `AddedBefore` where what was
    said of it before differs, and `CannotAdd` for an authority outside the hub's area.
    """
    require(actor, "maintain_schools")
    ancestry.one_at_a_time()
    hub = locked(actor.hub)
    if given.authority not in area_of(hub):
        raise CannotAdd("Choose an authority of the hub's area.")
    if before := added_before(given, hub):
        # In other capitals it is the same name.
        if differences := _differences(before, replace(given, name=before.name)):
            raise AddedBefore(before, differences)
        return before
    school = School.objects.create(urn=_next_stand_in(), added_by=hub, added_at=now, **_kept(given, now))
    timeline.record(
        subject=school, actor=actor, now=now, text=f"Added {school.label}, which the register does not know yet."
    )
    search.refresh(urns=[school.urn])
    # The others, at the same postcode, are never asked about: no school changes its authority as it opens.
    if others := [other for other in none_of if other.is_of_register and other.authority_id == given.authority]:
        SuccessionRuling.objects.bulk_create(
            SuccessionRuling(
                predecessor=school,
                successor=other,
                same_school=False,
                reason=NONE_OF_THESE,
                ruled_by=actor.user,
                ruled_for=hub,
                ruled_at=now,
            )
            for other in others
        )
        ancestry.rebuild()
    return school


@transaction.atomic
def change_school(*, school: School, given: NewSchool, actor: Membership, now: dt.datetime) -> bool:
    """Put right what the hub has said of a school that it added; whether anything is different now.

    Schools of the register that are like it then are asked about. Raises `NotAllowed`, and `CannotAdd` for a school
    that is not the hub's or is matched, an authority outside the hub's area, and what another school is that the hub
    has added.
    """
    require(actor, "maintain_schools")
    ancestry.one_at_a_time()
    hub = locked(actor.hub)
    found = School.objects.usable().select_for_update(no_key=True).filter(pk=school.pk, added_by=hub).first()
    if found is None:
        raise CannotAdd(f"{school.name} was withdrawn meanwhile, or found in the register.")
    if given.authority != found.authority_id and given.authority not in area_of(hub):
        raise CannotAdd("Choose an authority of the hub's area.")
    if (same := added_before(given, hub, other_than=found)) is not None:
        raise CannotAdd(f"Your hub has added {same.label} as well. Withdraw one of the two.")
    differences = _differences(found, given)
    if not differences:
        return False
    was_like = (found.name, found.postcode, found.authority_id)
    fields = _kept(given, now)
    School.objects.filter(pk=found.pk).update(**fields)
    timeline.record(subject=found, actor=actor, now=now, text=f"Changed: {'; '.join(differences)}.")
    search.refresh(urns=[found.urn])
    if was_like != (given.name, given.postcode, given.authority):
        ancestry.rebuild()
    return True


def added_before(given: NewSchool, hub: Hub, *, other_than: School | None = None) -> School | None:
    """The school of this name, postcode and authority that a hub has added, while it is not matched."""
    found = School.objects.usable().filter(_added_before(given, hub))
    return (found.exclude(pk=other_than.pk) if other_than else found).first()


def said_of(school: School) -> NewSchool:
    """What a hub has said of a school that it added."""
    return NewSchool(
        name=school.name,
        town=school.town,
        postcode=school.postcode,
        authority=school.authority_id,
        kind=next((key for key, kind in KINDS.items() if kind.type_code == school.type_code), ""),
        phase=school.phase if school.phase in PHASES else "",
        low_age=school.low_age or 0,
        high_age=school.high_age or 0,
        opens_on=school.opened_on or dt.date.max,
    )


def open_due(*, now: dt.datetime) -> int:
    """Open the schools that hubs have added and whose day has come; returns how many.

    Nothing else follows: what is to open is found, asked about and worked with like what is open.
    """
    with transaction.atomic():
        ancestry.one_at_a_time()
        proposed = School.objects.filter(urn__gte=School.FIRST_ADDED, status=School.Status.PROPOSED)
        return proposed.filter(opened_on__lte=timezone.localdate(now)).update(status=School.Status.OPEN)


def _added_before(given: NewSchool, hub: Hub) -> Q:
    return Q(added_by=hub, name__iexact=given.name, postcode=given.postcode, authority=given.authority)


def _kept(given: NewSchool, now: dt.datetime) -> dict[str, Any]:
    """The fields of `School` for it."""
    kind = KINDS[given.kind]
    return {
        "name": given.name,
        "town": given.town,
        "postcode": given.postcode,
        "authority_id": given.authority,
        "status": School.Status.PROPOSED if given.opens_on > timezone.localdate(now) else School.Status.OPEN,
        "type_code": kind.type_code,
        "type_name": kind.type_name,
        "type_group_code": kind.group_code,
        "type_group_name": kind.group_name,
        "phase": "Not applicable" if is_special(given.kind) else given.phase,
        "low_age": given.low_age,
        "high_age": given.high_age,
        "opened_on": given.opens_on,
    }


def _differences(school: School, given: NewSchool) -> list[str]:
    """What is said otherwise: "town Ashby Marsh instead of Ellerbridge"."""
    authorities = LocalAuthority.objects.in_bulk([school.authority_id, given.authority])
    old, new = (_told(one, authorities[one.authority].name) for one in (said_of(school), given))
    return [f"{what} {new[what]} instead of {old[what]}" for what in new if new[what] != old[what]]


def _told(given: NewSchool, authority: str) -> dict[str, str]:
    kind = KINDS.get(given.kind)
    return {
        "name": given.name,
        "town": given.town,
        "postcode": given.postcode,
        "local authority": authority,
        "kind of school": kind.label if kind else "another kind",
        "phase": given.phase if given.phase and not is_special(given.kind) else "none",
        "ages": f"{given.low_age} to {given.high_age}",
        "opening day": plain_day(given.opens_on),
    }


def _next_stand_in() -> int:
    """A number of its own, in place of a URN; never given twice, though a school may be withdrawn."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('schools_stand_in')")
        return int(cursor.fetchone()[0])


def _folded(text: F | Value) -> Func:
    return Func(text, function="schools_fold", output_field=TextField())

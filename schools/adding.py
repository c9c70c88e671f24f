"""Adding a school that the register does not know yet. Only the hub that adds it sees it.

When the register knows it, the hub is asked whether it is the one (`schools.likeness`), and a ruling closes the
stand-in and hands on what refers to it (`schools.ancestry.rule`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import BooleanField, ExpressionWrapper, F, FloatField, Func, ProtectedError, Q, TextField, Value
from django.utils import timezone

from hubs import timeline
from hubs.members import locked
from hubs.models import Hub, HubArea, Membership
from hubs.permissions import require
from schools import ancestry, search
from schools.likeness import SAME_NAME
from schools.models import School, Succession

# How many schools somebody reads before adding another one.
MOST_LIKELY = 8


class CannotAdd(Exception):
    """The school cannot be added; the message is a sentence to show."""


class CannotWithdraw(Exception):
    """Something refers to the school; the message is a sentence to show."""


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


@dataclass(frozen=True)
class NewSchool:
    """What a hub knows of a school that the register does not know yet. `kind` is a key of `KINDS`."""

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
def add_school(*, given: NewSchool, actor: Membership, now: dt.datetime) -> School:
    """Add a school under a stand-in for its URN; the same school once more is the one that was added before.

    It is proposed to open until its day has come, and open from then on. Raises `NotAllowed`, and `CannotAdd` for
    an authority outside the hub's area.
    """
    require(actor, "maintain_schools")
    hub = locked(actor.hub)
    if not HubArea.objects.filter(hub=hub, authority=given.authority).exists():
        raise CannotAdd("Choose an authority of the hub's area.")
    if before := School.objects.usable().filter(_added_before(given, hub)).first():
        return before
    kind = KINDS[given.kind]
    school = School.objects.create(
        urn=_next_stand_in(),
        name=given.name,
        town=given.town,
        postcode=given.postcode,
        authority_id=given.authority,
        status=School.Status.PROPOSED if given.opens_on > timezone.localdate(now) else School.Status.OPEN,
        type_code=kind.type_code,
        type_name=kind.type_name,
        type_group_code=kind.group_code,
        type_group_name=kind.group_name,
        phase="Not applicable" if given.kind.startswith("special") else given.phase,
        low_age=given.low_age,
        high_age=given.high_age,
        opened_on=given.opens_on,
        added_by=hub,
        added_at=now,
    )
    timeline.record(
        subject=school, actor=actor, now=now, text=f"Added {school.label}, which the register does not know yet."
    )
    # Who may be whom is worked out with the next register: this person has just said that it is none of those known.
    search.refresh(urns=[school.urn])
    return school


@transaction.atomic
def withdraw_school(*, school: School, actor: Membership, now: dt.datetime) -> None:
    """Take a school back that was added by mistake; gone already, nothing happens.

    Raises `NotAllowed`, and `CannotWithdraw` when something refers to it.
    """
    require(actor, "maintain_schools")
    hub = locked(actor.hub)
    found = School.objects.filter(pk=school.pk, added_by=hub).first()
    if found is None:
        return
    try:
        found.delete()
    except ProtectedError as error:
        raise CannotWithdraw(
            f"Something refers to {school.name}: an expression of interest, term dates or a decision on it. "
            "When the register knows the school, say under “School changes to confirm” which one it is."
        ) from error
    timeline.record(subject=hub, actor=actor, now=now, text=f"Withdrew {school.label}, which had been added.")
    search.refresh(urns=[school.urn])
    if Succession.objects.filter(predecessor=school.urn).exists():
        ancestry.rebuild()


def _added_before(given: NewSchool, hub: Hub) -> Q:
    return Q(added_by=hub, name__iexact=given.name, postcode=given.postcode, authority=given.authority)


def _next_stand_in() -> int:
    """A number of its own, in place of a URN; never given twice, though a school may be withdrawn."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('schools_stand_in')")
        return int(cursor.fetchone()[0])


def _folded(text: F | Value) -> Func:
    return Func(text, function="schools_fold", output_field=TextField())

"""What schools did before: stages they took part in, year by year, under whichever URN they had then.

Facts stay with the URN that did them. Every hub may read them. A hub records them for the schools of its area and
for those that it has offered a place; it changes what it has recorded itself and, of schools of its area, what
another hub has recorded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Abs
from django.utils import timezone

from hubs import timeline
from hubs.models import Hub, Membership
from hubs.permissions import require
from hubs.years import academic_year_of, label_of
from programmes.models import ExpressionOfInterest, Participation, Stage, StageYear, State
from schools.lineage import served_by, urns_of_line
from schools.models import Ancestor, School

# With each URN of a school: two who record one thing under two of its URNs come one after the other.
_LOCK = 7_401_207
# The programme's first academic year.
FIRST_YEAR = 2014


class CannotRecord(Exception):
    """The hub cannot record this, or not change it; the message is a sentence to show."""


@dataclass(frozen=True)
class Say:
    """What a hub has to say about what one school did."""

    hub: Hub
    # The school is in the hub's area under one of its URNs or, before the register knows it, the hub has added it.
    serves: bool
    # The hub has offered it a place, which it may have accepted, under one of its URNs. To have been asked for one
    # gives no say: anybody can send an expression of interest in any school's name.
    has_offered: bool

    @property
    def may_record(self) -> bool:
        """Whether it records what the school did."""
        return self.serves or self.has_offered

    def may_put_right(self, participation: Participation) -> bool:
        """Whether it changes or removes this: what it has recorded itself and, of its area, what others have."""
        return self.serves or participation.recorded_for_id == self.hub.pk


def say_of(hub: Hub, school: School) -> Say:
    """What the active hub has to say about a school; one query."""
    offered = ExpressionOfInterest.objects.filter(state__in=[State.OFFERED, State.ACCEPTED], school=OuterRef("pk"))
    line = School.objects.known_to(hub).filter(pk__in=urns_of_line(school.pk))
    of_register = Q(pk__lt=School.FIRST_ADDED)
    counted = line.aggregate(
        known=Count("pk", filter=of_register),
        in_area=Count("pk", filter=of_register & served_by(hub)),
        added=Count("pk", filter=Q(added_by=hub)),
        has_offered=Count("pk", filter=Exists(offered)),
    )
    # Whose a school is follows from the register as soon as that knows it, and no longer from who added it.
    serves = counted["in_area"] if counted["known"] else counted["added"]
    return Say(hub, bool(serves), bool(counted["has_offered"]))


def record(
    *, school: School, stage: Stage, year: int, outcome: Participation.Outcome, actor: Membership, now: dt.datetime
) -> bool:
    """Record that a school took part in a stage in an academic year, and how it ended; whether that was news.

    Recorded before, the outcome is changed. A school that takes part in the coming year is recorded before that
    begins. Raises `NotAllowed`, and `CannotRecord` for any other year to come or one in which the school cannot
    have taught, a school that the hub has no say about, what another hub has recorded otherwise of a school
    outside the area, and what stands under another URN of the school.
    """
    require(actor, "maintain_schools")
    last = academic_year_of(timezone.localdate(now)) + (outcome == Participation.Outcome.TAKING_PART)
    if not FIRST_YEAR <= year <= last:
        raise CannotRecord(f"{label_of(year)} is not a year in which a school can have taken part.")
    say = say_of(actor.hub, school)
    if not say.may_record:
        raise CannotRecord(why_not(school, actor.hub))
    if not _can_have_taught(school, year):
        raise CannotRecord(
            f"By the register {school.name} ({school.urn_in_words}) did not teach in {label_of(year)}. "
            "Choose the school that it was then."
        )
    what = f"{title_of(stage, year)}, {label_of(year)}"
    with transaction.atomic():
        _require_not_elsewhere(school, stage, year, what, actor.hub)
        found, is_new = Participation.objects.select_for_update(of=("self",)).get_or_create(
            school=school,
            stage=stage,
            year=year,
            defaults={"outcome": outcome, "recorded_for": actor.hub, "recorded_at": now},
        )
        if found.outcome == outcome and not is_new:
            return False
        text = f"Recorded: {what}, {outcome.label.lower()}."
        if not is_new:
            _require_may_put_right(found, say)
            text = f"Changed: {what}, from {_as_recorded(found, actor.hub)} to {outcome.label.lower()}."
            found.outcome, found.recorded_for, found.recorded_at = outcome, actor.hub, now
            found.save(update_fields=["outcome", "recorded_for", "recorded_at"])
        timeline.record(subject=school, actor=actor, now=now, text=text)
    return True


def remove(
    *, participation: Participation, actor: Membership, now: dt.datetime, why: str = "as recorded by mistake"
) -> None:
    """Take back what did not come about, or was recorded by mistake; taken back already, nothing happens.

    Raises `NotAllowed`, and `CannotRecord` for what another hub has recorded of a school outside the area.
    """
    require(actor, "maintain_schools")
    with transaction.atomic():
        locked = Participation.objects.select_for_update(of=("self",)).select_related("school", "stage")
        found = locked.filter(pk=participation.pk).first()
        if found is None:
            return
        _require_may_put_right(found, say_of(actor.hub, found.school))
        what = f"{title_of(found.stage, found.year)}, {label_of(found.year)}"
        text = f"Removed, {why}: {what}, {_as_recorded(found, actor.hub)}."
        timeline.record(subject=found.school, actor=actor, now=now, text=text)
        found.delete()


def why_not(school: School, hub: Hub) -> str:
    """Why a hub without a say about a school does not record what it did."""
    return (
        f"{school.name} is not in the area of {hub.name}, which has not offered it a place either. "
        "Its own hub records what it did."
    )


def participation_of(urns: Iterable[int] | QuerySet[Any, int]) -> QuerySet[Participation]:
    """What schools did under these URNs, the latest first: school, stage, its name of that year, who recorded it."""
    found = Participation.objects.filter(school__in=urns).with_stage_name()
    return found.select_related("school", "stage", "recorded_for").order_by("-year", "stage__order", "pk")


def took_part(**facts: Any) -> Q:
    """Whether a school, or one that it was before, has a participation with these facts: for `School` querysets."""
    itself = Participation.objects.filter(school=OuterRef("pk"), **facts)
    line = Ancestor.objects.filter(school=OuterRef(OuterRef("pk"))).values("ancestor")
    before = Participation.objects.filter(school__in=line, **facts)
    return Exists(itself) | Exists(before)


def takes_part(year: int) -> Q:
    """Whether a school takes part in something in a year and has not left it, as `took_part`."""
    stayed = [outcome for outcome in Participation.Outcome if outcome != Participation.Outcome.LEFT]
    return took_part(year=year, outcome__in=stayed)


def taught_in(schools: Sequence[School], year: int) -> list[School]:
    """Which of the URNs of a line a fact of an academic year belongs to, by the dates of the register.

    Those that taught when the year began; where none did, those that began to teach in it; where the
    dates say nothing, all of them.
    """
    first = dt.date(year, 9, 1)
    at_start = [school for school in schools if _opened_by(school, first) and _not_closed_by(school, first)]
    in_year = [school for school in schools if _can_have_taught(school, year)]
    return at_start or in_year or list(schools)


def has_year_to_record(schools: Iterable[School], this_year: int) -> bool:
    """Whether the dates leave an academic year, to this one, in which one of these URNs can have taken part."""
    years = range(FIRST_YEAR, this_year + 1)
    return any(_can_have_taught(school, year) for school in schools for year in years)


def title_of(stage: Stage, year: int) -> str:
    """What a stage was called in a year or, where nobody knows, in the nearest one."""
    return StageYear.objects.select_related("stage").filter(stage=stage).order_by(Abs(F("year") - year))[0].title


def stages_to_choose() -> list[tuple[int, str]]:
    """Every stage under its latest name, in the stages' order."""
    latest = StageYear.objects.select_related("stage").order_by("stage__order", "-year").distinct("stage__order")
    return [(stage_year.stage_id, stage_year.title) for stage_year in latest]


def _require_may_put_right(participation: Participation, say: Say) -> None:
    if not say.may_put_right(participation):
        raise CannotRecord(
            f"{participation.recorded_for.name} has recorded this as {participation.get_outcome_display().lower()}. "
            "It can change that, and so can the hub of the school's area. Ask one of them if it is wrong."
        )


def _as_recorded(participation: Participation, hub: Hub) -> str:
    """How it ended, and who said so where that was another hub."""
    outcome = participation.get_outcome_display().lower()
    if participation.recorded_for_id == hub.pk:
        return outcome
    return f"{outcome}, as {participation.recorded_for.name} had recorded it,"


def _require_not_elsewhere(school: School, stage: Stage, year: int, what: str, hub: Hub) -> None:
    """Raise where the school has the stage and year under another of its URNs: it took part once."""
    urns = list(urns_of_line(school.pk))
    _one_after_the_other(urns)
    elsewhere = Participation.objects.filter(school__in=urns, stage=stage, year=year).exclude(school=school)
    if found := elsewhere.select_related("school", "recorded_for").first():
        recorded = f"{what}, is recorded already as {found.get_outcome_display().lower()},"
        if found.school.added_by_id not in (None, hub.pk):
            # What another hub called the school is its own.
            raise CannotRecord(
                f"{recorded} by {found.recorded_for.name}, from before the register knew the school. "
                "Ask it if that is wrong."
            )
        raise CannotRecord(
            f"{recorded} for {found.school.name} ({found.school.urn_in_words}). "
            "Choose that school to change how it ended, or remove it there first."
        )


def _one_after_the_other(urns: list[int]) -> None:
    """Wait for whoever else records under one of these URNs, to the end of the caller's transaction.

    Not by locking the schools: an import holds all of those for seconds, and takes them in no order.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, urn) FROM (SELECT unnest(%s::int[]) AS urn ORDER BY urn) AS line",
            [_LOCK, urns],
        )


def _can_have_taught(school: School, year: int) -> bool:
    """Whether the register's dates leave it open that a school taught in an academic year."""
    return _opened_by(school, dt.date(year + 1, 8, 31)) and _not_closed_by(school, dt.date(year, 9, 1))


def _opened_by(school: School, day: dt.date) -> bool:
    return school.opened_on is None or school.opened_on <= day


def _not_closed_by(school: School, day: dt.date) -> bool:
    return school.closed_on is None or school.closed_on > day

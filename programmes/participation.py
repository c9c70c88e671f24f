"""What schools did before: stages they took part in, year by year, under whichever URN they had then.

Facts stay with the URN that did them. Every hub may read them; a hub records them for its own schools
and changes only what it has recorded itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Abs
from django.utils import timezone

from hubs import timeline
from hubs.models import Hub, Membership
from hubs.permissions import require
from hubs.years import academic_year_of, label_of
from programmes.models import ExpressionOfInterest, Participation, Stage, StageYear
from schools.lineage import served_by, urns_of_line
from schools.models import Ancestor, School

# The programme's first academic year.
FIRST_YEAR = 2014


class CannotRecord(Exception):
    """The hub cannot record this, or not change it; the message is a sentence to show."""


def record(
    *, school: School, stage: Stage, year: int, outcome: Participation.Outcome, actor: Membership, now: dt.datetime
) -> bool:
    """Record that a school took part in a stage in an academic year, and how it ended; whether that was news.

    Recorded before, the outcome is changed. Raises `NotAllowed`, and `CannotRecord` for a year to come or in
    which the school cannot have taught, a school that is not the hub's, what another hub has recorded
    otherwise, and what stands under another URN of the school.
    """
    require(actor, "maintain_schools")
    if not FIRST_YEAR <= year <= academic_year_of(timezone.localdate(now)):
        raise CannotRecord(f"{label_of(year)} is not a year in which a school can have taken part.")
    if not is_of_hub(school, actor.hub):
        raise CannotRecord(
            f"{school.name} is neither in the area of {actor.hub.name} nor has it sent an expression of interest. "
            "Its own hub records what it did."
        )
    if not _can_have_taught(school, year):
        raise CannotRecord(
            f"By the register {school.name} ({school.urn_in_words}) did not teach in {label_of(year)}. "
            "Choose the school that it was then."
        )
    what = f"{title_of(stage, year)}, {label_of(year)}"
    with transaction.atomic():
        _require_not_elsewhere(school, stage, year, what)
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
            _require_own(found, actor)
            text = f"Changed: {what}, from {found.get_outcome_display().lower()} to {outcome.label.lower()}."
            found.outcome, found.recorded_at = outcome, now
            found.save(update_fields=["outcome", "recorded_at"])
        timeline.record(subject=school, actor=actor, now=now, text=text)
    return True


def remove(*, participation: Participation, actor: Membership, now: dt.datetime) -> None:
    """Take back what the hub has recorded by mistake; taken back already, nothing happens.

    Raises `NotAllowed`, and `CannotRecord` for what another hub has recorded.
    """
    require(actor, "maintain_schools")
    with transaction.atomic():
        locked = Participation.objects.select_for_update(of=("self",)).select_related("school", "stage")
        found = locked.filter(pk=participation.pk).first()
        if found is None:
            return
        _require_own(found, actor)
        what = f"{title_of(found.stage, found.year)}, {label_of(found.year)}"
        text = f"Removed, as recorded by mistake: {what}, {found.get_outcome_display().lower()}."
        timeline.record(subject=found.school, actor=actor, now=now, text=text)
        found.delete()


def is_of_hub(school: School, hub: Hub) -> bool:
    """Whether a hub records what a school did: under any of its URNs it is in the hub's area, was added by the
    hub, or has sent it an expression of interest.
    """
    sent = ExpressionOfInterest.objects.sent().filter(school=OuterRef("pk"))
    line = School.objects.known_to(hub).filter(pk__in=urns_of_line(school.pk))
    return line.filter(served_by(hub) | Q(Exists(sent))).exists()


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
    return took_part(year=year, outcome__in=[Participation.Outcome.TAKING_PART, Participation.Outcome.COMPLETED])


def taught_in(schools: Sequence[School], year: int) -> list[School]:
    """Which of the URNs of a line a fact of an academic year belongs to, by the dates of the register.

    Those that taught when the year began; where none did, those that began to teach in it; where the
    dates say nothing, all of them.
    """
    first = dt.date(year, 9, 1)
    at_start = [school for school in schools if _opened_by(school, first) and _not_closed_by(school, first)]
    in_year = [school for school in schools if _can_have_taught(school, year)]
    return at_start or in_year or list(schools)


def title_of(stage: Stage, year: int) -> str:
    """What a stage was called in a year or, where nobody knows, in the nearest one."""
    return StageYear.objects.select_related("stage").filter(stage=stage).order_by(Abs(F("year") - year))[0].title


def stages_to_choose() -> list[tuple[int, str]]:
    """Every stage under its latest name, in the stages' order."""
    latest = StageYear.objects.select_related("stage").order_by("stage__order", "-year").distinct("stage__order")
    return [(stage_year.stage_id, stage_year.title) for stage_year in latest]


def _require_own(participation: Participation, actor: Membership) -> None:
    if participation.recorded_for_id != actor.hub_id:
        raise CannotRecord(
            f"{participation.recorded_for.name} has recorded this as {participation.get_outcome_display().lower()}, "
            "and it alone can change that. Ask it if you think that it is wrong."
        )


def _require_not_elsewhere(school: School, stage: Stage, year: int, what: str) -> None:
    """Raise where the school has the stage and year under another of its URNs: it took part once."""
    line = School.objects.filter(pk__in=urns_of_line(school.pk))
    # In the order of the URNs: two who record under two of them come one after the other.
    urns = list(line.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    elsewhere = Participation.objects.filter(school__in=urns, stage=stage, year=year).exclude(school=school)
    if found := elsewhere.select_related("school").first():
        raise CannotRecord(
            f"{what}, is recorded already as {found.get_outcome_display().lower()}, for {found.school.name} "
            f"({found.school.urn_in_words}). Choose that school to change how it ended, or remove it there first."
        )


def _can_have_taught(school: School, year: int) -> bool:
    """Whether the register's dates leave it open that a school taught in an academic year."""
    return _opened_by(school, dt.date(year + 1, 8, 31)) and _not_closed_by(school, dt.date(year, 9, 1))


def _opened_by(school: School, day: dt.date) -> bool:
    return school.opened_on is None or school.opened_on <= day


def _not_closed_by(school: School, day: dt.date) -> bool:
    return school.closed_on is None or school.closed_on > day

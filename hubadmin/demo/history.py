"""What the demo's schools did in earlier years, and which of them become academies in the middle of this one."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from zoneinfo import ZoneInfo

from hubs.models import Hub, Membership, Role
from hubs.years import academic_year_of
from programmes import participation
from programmes.models import LIVE, ExpressionOfInterest, Participation, Stage
from schools.models import School

LONDON = ZoneInfo("Europe/London")
# Of each hub's schools so many have a history, and so many with work in progress become academies.
SCHOOLS_WITH_HISTORY = {"northvale": 90, "severnmoor": 40, "wealdshore": 40}
CONVERSIONS = 2
COMPLETED, LEFT = Participation.Outcome.COMPLETED, Participation.Outcome.LEFT
# Years ago, stage and outcome: what schools usually did, one after the other.
_PRIMARY = (
    ((3, "primary-developing", COMPLETED), (2, "primary-embedding", COMPLETED), (1, "primary-sustaining", COMPLETED)),
    ((4, "primary-developing", COMPLETED), (3, "primary-embedding", COMPLETED)),
    ((1, "primary-developing", COMPLETED),),
    ((2, "primary-readiness", COMPLETED), (1, "primary-developing", COMPLETED)),
    ((5, "primary-developing", LEFT),),
    ((2, "primary-developing", COMPLETED), (1, "primary-embedding", LEFT)),
)
_SECONDARY = (
    ((2, "secondary-developing", COMPLETED), (1, "secondary-embedding-sustaining", COMPLETED)),
    ((1, "secondary-developing", COMPLETED),),
    ((3, "secondary-developing", LEFT),),
)
_WORDS = {"Primary": _PRIMARY, "Secondary": _SECONDARY, "Middle deemed secondary": _SECONDARY}


def record_history(*, hub: Hub, year: int, now: dt.datetime) -> None:
    """Record what schools of the hub's area did before `year`, under the URN each of them had then.

    The hub's lead did so last summer. Called inside the hub.
    """
    chance = random.Random(f"history of {hub.slug}")  # noqa: S311
    lead = Membership.objects.select_related("hub", "user").filter(hub=hub, role=Role.HUB_LEAD).earliest("pk")
    last_summer = dt.datetime(year, 7, 14, 15, 30, tzinfo=LONDON)
    stages = {stage.slug: stage for stage in Stage.objects.all()}
    schools = School.objects.open().filter(authority__hubs=hub, phase__in=_WORDS, type_group_code__in=(4, 10, 11))
    for school in chance.sample(
        list(schools.order_by("urn").prefetch_related("formerly")), SCHOOLS_WITH_HISTORY[hub.slug]
    ):
        for years_ago, slug, outcome in chance.choice(_WORDS[school.phase]):
            if then := _in_its_day(school, year - years_ago):
                participation.record(
                    school=then,
                    stage=stages[slug],
                    year=year - years_ago,
                    outcome=outcome,
                    actor=lead,
                    now=min(last_summer, now),
                )


def _in_its_day(school: School, year: int) -> School | None:
    """The school under the URN that it had when an academic year began; None when it did not exist yet."""
    if school.opened_on is None or year >= academic_year_of(school.opened_on):
        return school
    return next(iter(school.formerly.all()), None)


def schools_to_convert() -> list[int]:
    """URNs of maintained schools of the active hub with a live expression of interest: those that become academies.

    One expression that waits for the hub and one that it has offered a place, where there are both.
    """
    by_state: dict[str, list[int]] = defaultdict(list)
    for expression in (
        ExpressionOfInterest.objects.filter(state__in=LIVE, school__status=School.Status.OPEN)
        .filter(school__type_group_code=4, school__phase="Primary")
        .select_related("school")
        .order_by("submitted_at", "pk")
    ):
        by_state[expression.state].append(expression.school_id)
    firsts = [urns[0] for urns in by_state.values()]
    return firsts[:CONVERSIONS]

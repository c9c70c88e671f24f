"""What the pages need, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from programmes.models import (
    Decision,
    ExpressionOfInterest,
    ExpressionQuerySet,
    RecruitmentWindow,
    StageYear,
    State,
)
from schools.lineage import called, of_today, urns_of_school_today

SORTS = {
    "received": ("submitted_at", "pk"),
    "school": ("name_now", "pk"),
    "authority": ("authority_now", "name_now", "pk"),
    "stage": ("window__stage_year__year", "window__stage__order", "name_now", "pk"),
    "state": ("state", "submitted_at", "pk"),
}


@dataclass(frozen=True)
class Filter:
    """What an administrator looks for in the list."""

    search: str = ""
    stage: str = ""
    year: int | None = None
    state: str = ""
    sort: str = "-received"


def expressions(chosen: Filter) -> ExpressionQuerySet:
    """The hub's expressions of interest that match, with school, authority and stage."""
    found = _matching(chosen)
    if chosen.state:
        found = found.filter(state=chosen.state)
    order = SORTS[chosen.sort.removeprefix("-")]
    today = {"name_now": of_today("name"), "authority_now": of_today("authority__name")}
    found = found.annotate(**{name: today[name] for name in order if name in today})
    descending = chosen.sort.startswith("-")
    return (
        found.with_stage()
        .select_related("school__authority")
        .with_school_now()
        .order_by(*(f"-{field}" if descending else field for field in order))
    )


def counts_by_state(chosen: Filter) -> dict[str, int]:
    """How many there are in each state among those that match otherwise; one query."""
    rows = _matching(chosen).order_by().values_list("state").annotate(Count("pk"))
    counted = dict(rows)
    return {state.value: counted.get(state.value, 0) for state in State if state != State.DRAFT}


def _matching(chosen: Filter) -> ExpressionQuerySet:
    found = ExpressionOfInterest.objects.sent()
    if chosen.stage:
        found = found.filter(window__stage__slug=chosen.stage)
    if chosen.year is not None:
        found = found.filter(window__stage_year__year=chosen.year)
    for word in chosen.search.split():
        found = found.filter(
            called(word)
            | Q(reference__icontains=word)
            | Q(contact_name__icontains=word)
            | Q(contact_email__icontains=word)
        )
    return found


def stages_with_windows() -> QuerySet[RecruitmentWindow]:
    """The hub's recruitment windows with their stages, latest year first."""
    return RecruitmentWindow.objects.select_related("stage_year__stage").order_by("-stage_year__year", "stage__order")


def stages_of_years(years: tuple[int, ...]) -> QuerySet[StageYear]:
    """The stages that run in some academic years."""
    return StageYear.objects.select_related("stage").filter(year__in=years).order_by("-year", "stage__order")


def windows_to_show(now: dt.datetime) -> list[RecruitmentWindow]:
    """The windows a school may want to see: opening, open or closed at most half a year ago; one per stage."""
    latest: dict[int, RecruitmentWindow] = {}
    recent = stages_with_windows().filter(closes_at__gt=now - dt.timedelta(days=182))
    recent = recent.order_by("stage__order", "opens_at")
    for window in recent:
        shown = latest.get(window.stage_id)
        if shown is None or not shown.takes_expressions_at(now):
            latest[window.stage_id] = window
    return list(latest.values())


def expression_with_answers(reference: str) -> ExpressionOfInterest | None:
    """The sent expression with this reference, and everything its page shows; None where there is none."""
    return (
        ExpressionOfInterest.objects.sent()
        .with_stage()
        .with_school_now()
        .select_related("school__authority", "hub")
        .prefetch_related("lead_teachers", "agreed_promises")
        .filter(reference=reference)
        .first()
    )


def others_of_school(expression: ExpressionOfInterest) -> ExpressionQuerySet:
    """What else the school of an expression, as it is today, has sent to the hub under any URN, newest first."""
    sent = ExpressionOfInterest.objects.sent().with_stage()
    others = sent.filter(school__in=urns_of_school_today(expression.school_id)).exclude(pk=expression.pk)
    return others.order_by("-submitted_at", "-pk")


def withdrawal_of(expression_id: int) -> Decision | None:
    """The last withdrawal of an offer to the school of an expression, if there is one."""
    withdrawn = Decision.objects.filter(expression=expression_id, outcome=State.WITHDRAWN)
    return withdrawn.order_by("-decided_at", "-pk").first()


def latest_offer(expression_id: int) -> Decision | None:
    """The last offer made to the school of an expression, with its answer, school, stage and promises in one query."""
    offers = Decision.objects.filter(expression=expression_id, outcome=State.OFFERED)
    offers = offers.select_related("answer", "expression__school", "expression__window__stage_year__stage")
    return offers.with_promises().order_by("-decided_at", "-pk").first()

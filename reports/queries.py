"""Figures across rooms, each page's in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count

from hubs.models import Hub
from programmes.models import ExpressionOfInterest, RecruitmentWindow, StageYear, State


def windows_closing(*, now: dt.datetime, within: dt.timedelta) -> list[RecruitmentWindow]:
    """Recruitment that closes soon, the next first."""
    return list(
        RecruitmentWindow.objects.select_related("stage_year__stage")
        .filter(opens_at__lte=now, closes_at__gt=now, closes_at__lte=now + within)
        .order_by("closes_at", "stage__order")
    )


@dataclass(frozen=True)
class NationalRow:
    """One hub's expressions of interest for a stage of a year, counted by what became of them.

    Each of those received is to decide, was offered a place, or was declined. Of the places offered some are
    accepted, some turned down, and the others wait for the school's answer.
    """

    hub: str
    stage: str
    year: str
    received: int
    to_decide: int
    offered: int
    accepted: int
    turned_down: int
    declined: int


@dataclass(frozen=True)
class NationalGroup:
    """One hub's rows, and their sum."""

    hub: str
    rows: list[NationalRow]
    total: NationalRow


def grouped_by_hub(rows: Sequence[NationalRow]) -> list[NationalGroup]:
    """Rows that are ordered by hub, each hub's together."""
    groups = [(hub, list(of_hub)) for hub, of_hub in groupby(rows, key=lambda row: row.hub)]
    return [NationalGroup(hub, of_hub, sum_of(of_hub)) for hub, of_hub in groups]


def sum_of(rows: Sequence[NationalRow]) -> NationalRow:
    """The counts of several rows added up, under no hub's or stage's name."""
    return NationalRow(
        hub="",
        stage="",
        year="",
        received=sum(row.received for row in rows),
        to_decide=sum(row.to_decide for row in rows),
        offered=sum(row.offered for row in rows),
        accepted=sum(row.accepted for row in rows),
        turned_down=sum(row.turned_down for row in rows),
        declined=sum(row.declined for row in rows),
    )


def national_figures(*, year: int) -> list[NationalRow]:
    """Every hub's counts for an academic year, through the national role: no names, no notes."""
    windows = {
        window.pk: window
        for window in RecruitmentWindow.national.select_related("stage_year__stage")
        .only(
            "id", "hub", "stage_year__year", "stage_year__name", "stage_year__stage__phase", "stage_year__stage__order"
        )
        .filter(stage_year__year=year)
    }
    hubs = dict(Hub.objects.using("national").values_list("pk", "name"))
    counted: dict[int, dict[str, int]] = {pk: {} for pk in windows}
    sent = ExpressionOfInterest.national.filter(window__in=windows).exclude(state=State.DRAFT)
    for window_id, state, count in sent.order_by().values_list("window", "state").annotate(Count("pk")):
        counted[window_id][state] = count
    ordered = sorted(windows.values(), key=lambda window: (hubs[window.hub_id], window.stage_year.stage.order))
    return [_national_row(hubs[window.hub_id], window.stage_year, counted[window.pk]) for window in ordered]


# An offer counts as one, whatever became of it.
_HAVE_BEEN_OFFERED = (State.OFFERED, State.ACCEPTED, State.TURNED_DOWN, State.WITHDRAWN)


def _national_row(hub: str, stage_year: StageYear, counted: dict[str, int]) -> NationalRow:
    return NationalRow(
        hub=hub,
        stage=stage_year.title,
        year=stage_year.year_label,
        received=sum(counted.values()),
        to_decide=counted.get(State.SUBMITTED, 0),
        offered=sum(counted.get(state, 0) for state in _HAVE_BEEN_OFFERED),
        accepted=counted.get(State.ACCEPTED, 0),
        turned_down=counted.get(State.TURNED_DOWN, 0),
        declined=counted.get(State.DECLINED, 0),
    )

"""When a hub takes expressions of interest."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from hubs import timeline
from hubs.constraints import broken_constraint
from hubs.models import Membership
from hubs.permissions import require
from programmes.models import RecruitmentWindow, StageYear


class Overlaps(Exception):
    """The hub has another window for this stage open at the same time."""


def set_window(
    *,
    stage_year: StageYear,
    opens_at: dt.datetime,
    closes_at: dt.datetime,
    late_until: dt.datetime | None,
    actor: Membership,
    now: dt.datetime,
) -> RecruitmentWindow:
    """Open recruitment for a stage of a year, or move its dates; what was sent meanwhile stays.

    Raises `NotAllowed` and `Overlaps`: a hub has one open window for a stage at a time.
    """
    require(actor, "manage_recruitment")
    dates = {"opens_at": opens_at, "closes_at": closes_at, "late_until": late_until}
    try:
        with transaction.atomic():
            window, is_new = RecruitmentWindow.objects.update_or_create(
                stage_year=stage_year,
                hub=actor.hub,
                defaults=dates,
                create_defaults={**dates, "stage": stage_year.stage},
            )
    except IntegrityError as error:
        if broken_constraint(error) != "one_open_window_per_hub_and_stage":
            raise
        raise Overlaps from error
    timeline.record(
        subject=window,
        actor=actor,
        now=now,
        text=f"{'Set' if is_new else 'Changed'} the dates of recruitment for {stage_year}.",
    )
    return window

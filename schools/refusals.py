"""What a person must force: an older register than the one here, or one from which much is missing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from hubs.wording import plain_day
from schools.models import RegisterImport
from schools.register_file import day_in

if TYPE_CHECKING:
    from schools.register import Plan

# A file that closes or lacks more of the schools open here, or drops more of the links, is cut off or a mistake.
MOST_LOST = 0.05


def of(plan: Plan) -> list[str]:
    """Why a plan must be forced, each reason a sentence; none when it may be applied as it is."""
    found = [] if plan.changes_nothing else [reason for reason in (_older(plan), _older_links(plan)) if reason]
    counts, links = plan.counts, plan.links
    for number, total, does in (
        (counts.would_close, counts.open_here, "would close {} of the {} schools that are open here"),
        (counts.missing, counts.open_here, "lacks {} of the {} schools that are open here"),
        (links.removed, links.here, "drops {} of the {} links between schools that are known here"),
    ):
        if number > total * MOST_LOST:
            told = does.format(f"{number:,}", f"{total:,}")
            found.append(f"The file {told}: more than {MOST_LOST:.0%} is a mistake or a file cut off.")
    return found


def day_then(plan: Plan) -> dt.date | None:
    """Of which day the register here is when the plan is applied: one that changes nothing makes it no older."""
    days = [plan.as_of, _day_here() if plan.changes_nothing else None]
    return max((day for day in days if day), default=None)


def _day_here() -> dt.date | None:
    last = RegisterImport.objects.filter(outcome=RegisterImport.Outcome.APPLIED, as_of__isnull=False).first()
    return last.as_of if last else None


def _older(plan: Plan) -> str | None:
    here = _day_here()
    if here is None:
        return None
    if plan.as_of is None:
        return f"Nobody can tell which day the file is of, and the register here is that of {plain_day(here)}."
    if plan.as_of < here:
        return f"The file is of {plain_day(plan.as_of)}, and the register here is already that of {plain_day(here)}."
    return None


def _older_links(plan: Plan) -> str | None:
    """Links have no other day than the one in their file's name."""
    applied = RegisterImport.objects.filter(outcome=RegisterImport.Outcome.APPLIED)
    last = applied.exclude(links_file_name="").first()
    here, given = day_in(last.links_file_name) if last else None, day_in(plan.links_file_name)
    if not (here and given and given < here):
        return None
    return f"The links are of {plain_day(given)}, and those known here are already of {plain_day(here)}."

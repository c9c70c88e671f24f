"""When the demo's authorities teach: most have published dates of their own, some nobody has entered yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from hubs.models import Hub, LocalAuthority, Membership, Role
from schools.assumed_terms import Span, assumed_half_terms, is_school_day
from schools.models import School
from schools.terms import Edge, set_half_terms

LONDON = ZoneInfo("Europe/London")
_DAY = dt.timedelta(days=1)
_ACADEMIES = 10
# By how many days first and last days differ from the assumed ones.
_Pattern = Mapping[tuple[int, Edge], int]

# As Leicestershire does: from August, October's break a week early, free from the second week of July.
EARLY_OCTOBER: _Pattern = {(1, "starts"): -7, (1, "ends"): -7, (2, "starts"): -7, (6, "ends"): -12}
TWO_WEEKS_IN_OCTOBER: _Pattern = {(1, "ends"): -7, (6, "ends"): 1}
PATTERNS: Mapping[str, _Pattern] = {
    "001": {(1, "starts"): 1, (6, "ends"): 1},
    "002": EARLY_OCTOBER,
    "003": TWO_WEEKS_IN_OCTOBER,
    # Easter a week later.
    "005": {(4, "ends"): 7, (5, "starts"): 7},
    "006": {},
    # February's week early.
    "008": {(3, "ends"): -7, (4, "starts"): -7},
    "010": {(1, "starts"): 2, (2, "ends"): 2, (3, "starts"): 2},
}
# Of these next year's are published as well.
PUBLISHED_AHEAD = ("001", "002")


def enter_term_dates(*, hub: Hub, year: int, now: dt.datetime) -> None:
    """Enter what the authorities of a hub's area have published for a year, as the hub's lead did some weeks ago.

    An academy of the first of them sets its own. Called inside the hub.
    """
    lead = Membership.objects.select_related("hub", "user").filter(hub=hub, role=Role.HUB_LEAD).earliest("pk")
    # A working day, in working hours.
    some_weeks_ago = now.astimezone(LONDON).replace(hour=15) - dt.timedelta(weeks=5)
    moment = some_weeks_ago - max(0, some_weeks_ago.weekday() - 4) * _DAY
    entered = [authority for authority in hub.areas.order_by("pk") if authority.pk in PATTERNS]
    for authority in entered:
        _enter(authority, PATTERNS[authority.pk], year, lead, moment)
        if authority.pk in PUBLISHED_AHEAD:
            _enter(authority, PATTERNS[authority.pk], year + 1, lead, moment)
    academies = School.objects.open().filter(authority__in=entered[:1], type_group_code=_ACADEMIES, phase="Secondary")
    for academy in academies.order_by("pk")[:1]:
        _enter(academy, TWO_WEEKS_IN_OCTOBER, year, lead, moment)


def _enter(of: LocalAuthority | School, pattern: _Pattern, year: int, actor: Membership, now: dt.datetime) -> None:
    dates = {
        number: Span(
            _school_day(span.starts_on + pattern.get((number, "starts"), 0) * _DAY, _DAY),
            _school_day(span.ends_on + pattern.get((number, "ends"), 0) * _DAY, -_DAY),
        )
        for number, span in enumerate(assumed_half_terms(year), start=1)
    }
    set_half_terms(of=of, year=year, dates=dates, actor=actor, now=now)


def _school_day(day: dt.date, step: dt.timedelta) -> dt.date:
    while not is_school_day(day):
        day += step
    return day

"""What tests of support visits begin with: a Specialist, her group in the autumn of 2026, a school in it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from correspondence.models import Message
from hubs import tenancy, timeline
from hubs.models import Hub, User
from tests import work
from tests.work import LONDON
from workgroups.models import Place, Visit, WorkGroup
from workgroups.visiting import ActionAgreed, VisitLog

YEAR = 2026


def at(text: str) -> dt.datetime:
    """A time in London: "2026-11-10 09:30"."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=LONDON)


def group_of(hub: Hub, user: User | None = None) -> WorkGroup:
    """A group of primary Developing 2026/27 that this member leads."""
    led_by = work.make_specialist(hub, user=user) if user else work.make_specialist(hub)
    return work.make_group(hub, specialist=led_by, stage_year=work.stage_year_of(year=YEAR))


def place_in(group: WorkGroup, **fields: Any) -> Place:
    """A school that has been in a group since the summer before."""
    return work.make_place(group.hub, group=group, **{"accepted_at": at("2026-06-20 12:00"), **fields})


def a_log(**fields: Any) -> VisitLog:
    """What is written about a visit on Tuesday 10 November 2026."""
    values: dict[str, Any] = {
        "starts_at": at("2026-11-10 09:30"),
        "half_days": 1,
        "teachers_half_days": 2,
        "met": "Both lead teachers and the head",
        "shared_note": "We looked at bar models in Year 4.",
        "internal_note": "The head is about to leave.",
        "actions": (ActionAgreed("Draw bars in every lesson", "Tess Teacher", dt.date(2027, 1, 15)),),
    }
    return VisitLog(**{**values, **fields})


def letters_about(visit: Visit) -> list[Message]:
    """Those that were queued, in order."""
    with tenancy.use(visit.hub_id):
        return list(Message.objects.about(visit).order_by("pk"))


def entries_of(record: Place | Visit) -> list[str]:
    """The timeline, oldest first."""
    with tenancy.use(record.hub_id):
        return list(timeline.entries_of(record).order_by("pk").values_list("text", flat=True))

"""A group in its year, for tests of its meetings: the academic year 2026/27, seen from November 2026."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hubs import tenancy
from hubs.models import Hub, Membership, User
from hubs.moments import LONDON, london
from tests import factories, work
from workgroups.holding import Marked, MeetingRecord, hold_meeting, who_is_marked
from workgroups.models import Attendance, Meeting, Place, WorkGroup
from workgroups.planning import MeetingDetails, plan_meeting

YEAR = 2026
SEPTEMBER = dt.datetime(2026, 9, 3, 9, 0, tzinfo=LONDON)
# A Tuesday in the second half of the spring term.
TUESDAY = london(dt.date(2027, 3, 2), dt.time(13, 30))
RECORD = MeetingRecord(
    observed_lesson="Year 2, part whole models.",
    discussion="How long to stay with the concrete.",
    agreed_actions="Each tries the task in her own class.",
)


def make_group(hub: Hub, *, led_by: User | None = None, name: str = "Ashby") -> WorkGroup:
    """A group of this year, led by a Specialist who is a member where one is given."""
    specialist = work.make_specialist(hub, user=led_by) if led_by else None
    return work.make_group(hub, name, specialist=specialist, stage_year=work.stage_year_of(year=YEAR))


def make_member_school(group: WorkGroup, name: str = "Ash Lane Primary School", **fields: Any) -> Place:
    """A school that has been in the group since the beginning of September, with its two lead teachers."""
    return work.make_place(group.hub, factories.make_school(name), group=group, accepted_at=SEPTEMBER, **fields)


def planned(group: WorkGroup, actor: Membership, now: dt.datetime, **fields: Any) -> Meeting:
    """A meeting that was planned: in the town hall on that Tuesday unless told otherwise."""
    with tenancy.use(group.hub_id):
        details = MeetingDetails(**{"starts_at": TUESDAY, "venue": "Town hall", **fields})
        return plan_meeting(group=group, details=details, actor=actor, now=now)


def marks_of(meeting: Meeting, **marks: str) -> list[Marked]:
    """Everybody was there, but for those named by their places in the list: `p0="absent"`, `p1="Sub Stitute"`."""
    found = []
    with tenancy.use(meeting.hub_id):
        for index, participant in enumerate(who_is_marked(meeting)):
            word = marks.get(f"p{index}", "present")
            known = word in Attendance.Mark.values
            found.append(Marked(participant, word if known else "substitute", "" if known else word))
    return found


def held(meeting: Meeting, actor: Membership, now: dt.datetime, *, note: str = "", **marks: str) -> Meeting:
    """A meeting that was recorded as held, written up."""
    with tenancy.use(meeting.hub_id):
        return hold_meeting(
            meeting=meeting,
            marks=marks_of(meeting, **marks),
            record=RECORD,
            internal_note=note,
            actor=actor,
            now=now,
        )

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubs import tenancy
from hubs.models import Hub, User
from tests import factories, work
from tests.workgroups.meetings import TUESDAY, held, make_group, make_member_school
from workgroups.meeting_queries import MeetingRow, meetings_of_group
from workgroups.models import WorkGroup

A_DAY = dt.timedelta(days=1)


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    return make_group(hub, led_by=specialist)


def rows(group: WorkGroup, now: dt.datetime) -> list[MeetingRow]:
    with tenancy.use(group.hub):
        return meetings_of_group(group, now=now)


def test_a_group_s_meetings_stand_in_the_order_of_time(group: WorkGroup) -> None:
    later, sooner, between = (work.make_meeting(group, starts_at=TUESDAY + days * A_DAY) for days in (9, 0, 3))
    work.make_meeting(make_group(group.hub, name="Mill Road"), starts_at=TUESDAY)
    assert [row.meeting for row in rows(group, TUESDAY)] == [sooner, between, later]


def test_each_says_how_it_stands_and_how_many_came(group: WorkGroup, specialist: User) -> None:
    make_member_school(group)
    met = work.make_meeting(group, starts_at=TUESDAY)
    held(met, factories.membership_of(specialist, group.hub), TUESDAY, p0="absent")
    work.make_meeting(group, starts_at=TUESDAY + A_DAY)
    work.make_meeting(group, starts_at=TUESDAY + 3 * A_DAY)
    work.make_meeting(group, starts_at=TUESDAY + 4 * A_DAY, to_be_confirmed=True)
    work.make_meeting(group, starts_at=TUESDAY + 5 * A_DAY, state="cancelled", cancelled_reason="Snow.")
    found = [(row.state_in_words, row.state, row.attendance) for row in rows(group, TUESDAY + 2 * A_DAY)]
    assert found == [
        ("Held", "held", "1 of 2"),
        ("To record", "overdue", ""),
        ("Planned", "planned", ""),
        ("To be confirmed", "pending", ""),
        ("Cancelled", "cancelled", ""),
    ]


def test_three_take_as_many_queries_as_one(group: WorkGroup) -> None:
    counts = []
    for number in (1, 2, 3):
        former = factories.make_school(f"Host {number}")
        factories.go_on_as(former, factories.make_school(f"Academy {number}"))
        work.make_meeting(group, starts_at=TUESDAY + number * A_DAY, host_school=former, venue="")
        with tenancy.use(group.hub), CaptureQueriesContext(connection) as captured:
            assert [row.meeting.where for row in meetings_of_group(group, now=TUESDAY)][-1] == f"Academy {number}"
        counts.append(len(captured))
    assert counts == [2, 2, 2]

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from correspondence.reminders import Rule, Wanted
from hubs import tenancy
from hubs.models import Hub, Membership, User
from tests import factories, work
from tests.work import LONDON
from workgroups.models import MasterySpecialist, Meeting, Participant, Place, PlaceEvent, WorkGroup
from workgroups.planning import MeetingDetails, cancel_meeting, change_meeting, details_of

YEAR = 2026
JOINED = dt.datetime(2026, 9, 1, 9, 0, tzinfo=LONDON)
# Farther than any rule looks.
ALWAYS = dt.timedelta(days=400)


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    """A moment of the school year 2026/27 in London."""
    return dt.datetime(YEAR if month >= 8 else YEAR + 1, month, day, hour, minute, tzinfo=LONDON)


@pytest.fixture
def ada(administrator: User, hub: Hub) -> Membership:
    return factories.membership_of(administrator, hub)


@pytest.fixture
def mastery(hub: Hub) -> MasterySpecialist:
    """The Specialist of the group."""
    return work.make_specialist(hub, "Mina Mastery", email="mina@people.example")


@pytest.fixture
def group(hub: Hub, mastery: MasterySpecialist) -> WorkGroup:
    """A group of the year's Developing, without schools."""
    return work.make_group(hub, "Ash Group", specialist=mastery, stage_year=work.stage_year_of(year=YEAR))


@pytest.fixture
def place(hub: Hub, group: WorkGroup) -> Place:
    """A school that is in the group since September, with its two lead teachers."""
    return work.make_place(hub, factories.make_school("Ash Lane Primary School"), group=group, accepted_at=JOINED)


def change(meeting: Meeting, actor: Membership, now: dt.datetime, **fields: object) -> None:
    """Change what is planned about a meeting."""
    with tenancy.use(meeting.hub_id):
        found = Meeting.objects.with_group().get(pk=meeting.pk)
        details = MeetingDetails(**{**vars(details_of(found)), **fields})
        change_meeting(meeting=found, details=details, actor=actor, now=now)


def cancel(meeting: Meeting, actor: Membership, now: dt.datetime) -> None:
    """Cancel a meeting."""
    with tenancy.use(meeting.hub_id):
        found = Meeting.objects.with_group().get(pk=meeting.pk)
        cancel_meeting(meeting=found, reason="The host’s boiler is broken.", actor=actor, now=now)


def joins_on(place: Place, day: dt.date, *, recorded_at: dt.datetime = JOINED) -> None:
    """Have a place that is in its group already join it on another day."""
    with tenancy.use(place.hub_id):
        _step(place, PlaceEvent.Kind.TAKEN_OUT, JOINED.date(), place.group)
        _step(place, PlaceEvent.Kind.JOINED, day, place.group, recorded_at)


def moves_on(place: Place, day: dt.date, group: WorkGroup) -> None:
    """Have a place be moved to another group as of a day."""
    with tenancy.use(place.hub_id):
        _step(place, PlaceEvent.Kind.MOVED, day, group)
        Place.objects.filter(pk=place.pk).update(group=group, specialist_school=group.specialist_school_id)


def followed_by(teacher: Participant, day: dt.date) -> Participant:
    """Have another lead teacher follow on a day."""
    with tenancy.use(teacher.hub_id):
        Participant.objects.filter(pk=teacher.pk).update(ends_on=day)
        return Participant.objects.create(
            hub_id=teacher.hub_id, place=teacher.place, position=teacher.position, name="Nia New", role="Teacher",
            email="nia@school.example", starts_on=day,
        )  # fmt: skip


def _step(
    place: Place, kind: PlaceEvent.Kind, on: dt.date, group: WorkGroup | None, recorded_at: dt.datetime = JOINED
) -> None:
    PlaceEvent.objects.create(
        hub_id=place.hub_id, place=place, kind=kind, group=group, happened_on=on, reason="So.", recorded_at=recorded_at
    )


def wishes(rule: Rule, hub: Hub, now: dt.datetime, ahead: dt.timedelta = ALWAYS) -> list[Wanted]:
    """What a rule wants, as the engine takes it: due so far ahead, and still of use."""
    with tenancy.use(hub):
        found = list(rule(now=now, until=now + ahead))
    return [one for one in found if one.due_at <= now + ahead and one.useless_at > now]


def due(rule: Rule, hub: Hub, now: dt.datetime) -> dict[str, str]:
    """When each of those is due, in London, by the end of its slot."""
    return {
        one.slot.rpartition(":")[2]: f"{one.due_at.astimezone(LONDON):%a %d %b %H:%M}" for one in wishes(rule, hub, now)
    }


def queries_of(rule: Rule, hub: Hub, now: dt.datetime) -> int:
    """How many queries a rule takes."""
    with tenancy.use(hub), CaptureQueriesContext(connection) as captured:
        list(rule(now=now, until=now + ALWAYS))
    return len(captured)


def assert_as_many_queries(rule: Rule, hub: Hub, now: dt.datetime, one_more: Callable[[], object]) -> None:
    """For three of what is reminded of as many as for one."""
    one_more()
    for_one, wanted = queries_of(rule, hub, now), len(wishes(rule, hub, now))
    assert wanted
    one_more()
    one_more()
    assert len(wishes(rule, hub, now)) >= 3 * wanted
    assert queries_of(rule, hub, now) == for_one

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from correspondence import reminders
from hubs import tenancy, timeline
from hubs.models import Hub, Membership, Role, User
from hubs.moments import london
from hubs.permissions import NotAllowed
from tests import factories, work
from tests.workgroups.meetings import TUESDAY, held, make_group, make_member_school, planned
from workgroups.forming import change_group
from workgroups.models import Meeting, MeetingChange, MeetingState, WorkGroup
from workgroups.planning import (
    CannotCancel,
    CannotPlan,
    ChangedMeanwhile,
    MeetingDetails,
    cancel_meeting,
    change_meeting,
    details_of,
    hosts_of,
)

AN_HOUR = dt.timedelta(hours=1)


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    return make_group(hub, led_by=specialist)


@pytest.fixture
def leader(specialist: User, hub: Hub) -> Membership:
    """The Specialist of the group."""
    return factories.membership_of(specialist, hub)


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each time that the reminders are to be brought up to date."""
    asked: list[str] = []
    monkeypatch.setattr(reminders, "derive_soon", lambda: asked.append("soon"))
    return asked


def told_of(meeting: Meeting) -> list[str]:
    with tenancy.use(meeting.hub_id):
        return [entry.text for entry in timeline.entries_of(meeting)]


def changes_of(meeting: Meeting) -> list[tuple[str, int]]:
    with tenancy.use(meeting.hub_id):
        return list(meeting.changes.values_list("kind", "sequence"))


# --- Planning ------------------------------------------------------------------------------------


def test_a_specialist_plans_a_meeting_of_her_group(
    group: WorkGroup, leader: Membership, now: dt.datetime, derived: list[str]
) -> None:
    meeting = planned(group, leader, now, agenda="Subtraction")
    assert (meeting.state, meeting.sequence, meeting.made_at) == ("planned", 0, now)
    assert told_of(meeting) == ["Planned for Tuesday 2 March 2027, 1:30pm, ½ day, Town hall."]
    assert derived == ["soon"]


def test_sent_twice_it_is_one_meeting(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    assert planned(group, leader, now) == planned(group, leader, now + AN_HOUR)
    with tenancy.use(group.hub):
        assert Meeting.objects.count() == 1


def test_two_meetings_of_a_group_are_not_at_one_time(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    planned(group, leader, now)
    with pytest.raises(CannotPlan, match="Ashby has a meeting at this time already"):
        planned(group, leader, now, venue="Library")


def test_the_database_keeps_two_meetings_apart_as_well(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    meeting = planned(group, leader, now)
    with pytest.raises(IntegrityError, match="one_meeting_of_a_group_at_a_time"), transaction.atomic():
        work.make_meeting(group, starts_at=meeting.starts_at)


def test_the_time_of_a_cancelled_meeting_is_free_again(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    meeting = planned(group, leader, now)
    with tenancy.use(group.hub):
        cancel_meeting(meeting=meeting, reason="Snow.", actor=leader, now=now)
    assert planned(group, leader, now) != meeting


def test_a_school_of_the_group_may_host_and_no_other(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    host = make_member_school(group).school
    meeting = planned(group, leader, now, host_school=host, venue="hall")
    assert meeting.where == "Ash Lane Primary School, hall"
    with pytest.raises(CannotPlan, match="Mill Road is not in Ashby"):
        planned(group, leader, now, starts_at=TUESDAY + AN_HOUR, host_school=factories.make_school("Mill Road"))


def test_a_school_that_became_an_academy_hosts_under_its_new_name(group: WorkGroup) -> None:
    former = make_member_school(group).school
    academy = factories.make_school("Birch Academy")
    factories.go_on_as(former, academy)
    with tenancy.use(group.hub):
        assert hosts_of(group) == [academy]


def test_a_meeting_that_was_held_is_entered_afterwards(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    meeting = planned(group, leader, now, starts_at=now - dt.timedelta(days=40))
    assert told_of(meeting)[0].startswith("Entered for Monday 12 October 2026")


def test_what_is_entered_or_moved_to_a_day_before_is_of_who_led_the_group_then(
    group: WorkGroup, lead: User, hub: Hub, now: dt.datetime
) -> None:
    hub_lead, day = factories.membership_of(lead, hub), dt.timedelta(days=1)
    first, *others = [group.specialist, *(work.make_specialist(hub, name) for name in ("Nell Next", "Olga Other"))]
    for specialist, days_ago in zip(others, (20, 10), strict=True):
        with tenancy.use(hub):
            change_group(
                group=group,
                name=group.name,
                specialist=specialist,
                size_limit=group.size_limit,
                actor=hub_lead,
                now=now - days_ago * day,
            )
    with tenancy.use(hub):
        group.refresh_from_db()
    at = {days_ago: planned(group, hub_lead, now, starts_at=now - days_ago * day) for days_ago in (30, 20, 15, 5, -5)}
    nell, olga = others
    assert {days_ago: meeting.specialist for days_ago, meeting in at.items()} == {
        30: first,
        # Up to the moment itself it was hers, as `workgroups.handing_over` has it.
        20: first,
        15: nell,
        5: olga,
        -5: olga,
    }
    with tenancy.use(hub):
        earlier = replace(details_of(at[-5]), starts_at=now - 25 * day)
        assert change_meeting(meeting=at[-5], details=earlier, actor=hub_lead, now=now).specialist == first


@pytest.mark.parametrize(("days", "said"), [(-367, "not more than a year ago"), (733, "not more than two years ahead")])
def test_a_slip_of_the_year_is_refused(
    group: WorkGroup, leader: Membership, now: dt.datetime, days: int, said: str
) -> None:
    with pytest.raises(CannotPlan, match=said):
        planned(group, leader, now, starts_at=now + dt.timedelta(days=days))


# --- Who may ---------------------------------------------------------------------------------------


def test_another_specialist_may_not(group: WorkGroup, leader: Membership, hub: Hub, now: dt.datetime) -> None:
    other = factories.membership_of(factories.make_member(hub, Role.MASTERY_SPECIALIST, "Olga Other"), hub)
    meeting = planned(group, leader, now)
    moved = replace(details_of(meeting), starts_at=TUESDAY + AN_HOUR)
    with pytest.raises(NotAllowed, match="led by another Mastery Specialist"):
        planned(group, other, now, starts_at=TUESDAY + AN_HOUR)
    with tenancy.use(hub), pytest.raises(NotAllowed):
        change_meeting(meeting=meeting, details=moved, actor=other, now=now)
    with tenancy.use(hub), pytest.raises(NotAllowed):
        cancel_meeting(meeting=meeting, reason="Snow.", actor=other, now=now)


def test_finance_may_not_and_a_lead_may(
    group: WorkGroup, hub: Hub, finance: User, lead: User, now: dt.datetime
) -> None:
    with pytest.raises(NotAllowed):
        planned(group, factories.membership_of(finance, hub), now)
    assert planned(group, factories.membership_of(lead, hub), now).state == MeetingState.PLANNED


def test_a_member_of_another_hub_may_not(group: WorkGroup, stranger: User, other_hub: Hub, now: dt.datetime) -> None:
    with pytest.raises(tenancy.AnotherHubActive):
        planned(group, factories.membership_of(stranger, other_hub), now)


# --- Changing --------------------------------------------------------------------------------------


def test_a_meeting_is_moved_and_its_people_are_to_be_told(
    group: WorkGroup, leader: Membership, now: dt.datetime, derived: list[str]
) -> None:
    meeting = planned(group, leader, now)
    later = london(dt.date(2027, 3, 30), dt.time(9))
    with tenancy.use(group.hub):
        moved = change_meeting(
            meeting=meeting, details=MeetingDetails(later, venue="Library"), actor=leader, now=now + AN_HOUR
        )
        change = moved.changes.get()
    assert (moved.sequence, moved.changed_at, moved.starts_at) == (1, now + AN_HOUR, later)
    assert (change.kind, change.sequence, change.starts_at_before, change.where_before) == (
        "moved",
        1,
        TUESDAY,
        "Town hall",
    )
    assert told_of(moved)[0] == (
        "Moved from Tuesday 2 March 2027, 1:30pm to Tuesday 30 March 2027, 9am. Where: Library, before Town hall."
    )
    assert derived == ["soon"] * 2


def test_changed_to_what_it_is_nothing_happens(
    group: WorkGroup, leader: Membership, now: dt.datetime, derived: list[str]
) -> None:
    meeting = planned(group, leader, now)
    with tenancy.use(group.hub):
        same = change_meeting(meeting=meeting, details=details_of(meeting), actor=leader, now=now + AN_HOUR)
    assert (same.sequence, same.changed_at, len(told_of(meeting)), derived) == (0, now, 1, ["soon"])


def test_whoever_has_seen_an_older_plan_is_told_how_it_stands(
    group: WorkGroup, leader: Membership, now: dt.datetime
) -> None:
    meeting = planned(group, leader, now)
    with tenancy.use(group.hub):
        moved = replace(details_of(meeting), starts_at=TUESDAY + AN_HOUR)
        change_meeting(meeting=meeting, details=moved, actor=leader, now=now, seen=0)
        other = replace(details_of(meeting), venue="Library")
        with pytest.raises(ChangedMeanwhile, match="2 March 2027, 2:30pm now, Town hall"):
            change_meeting(meeting=meeting, details=other, actor=leader, now=now, seen=0)
        # Whoever wants what it is by now has nothing to check.
        assert change_meeting(meeting=meeting, details=moved, actor=leader, now=now, seen=0).sequence == 1


@pytest.mark.parametrize(
    ("fields", "said", "is_news"),
    [
        ({"agenda": "Fractions"}, "Changed the agenda.", False),
        ({"half_days": 2}, "Now 1 day, before ½ day.", False),
        ({"to_be_confirmed": True}, "Still to be confirmed.", False),
        ({"venue": "Library"}, "Where: Library, before Town hall.", True),
        ({"format": "online", "venue": ""}, "Where: Online, before Town hall.", True),
        ({"format": "hybrid", "online_link": "https://meet.example/a"}, "Where: Town hall and online", True),
        ({"online_link": "https://meet.example/a"}, "Changed the link.", False),
    ],
)
def test_every_change_raises_the_number_and_another_place_is_news(
    group: WorkGroup, leader: Membership, now: dt.datetime, fields: dict[str, Any], said: str, is_news: bool
) -> None:
    meeting = planned(group, leader, now)
    with tenancy.use(group.hub):
        details = replace(details_of(meeting), **fields)
        changed = change_meeting(meeting=meeting, details=details, actor=leader, now=now)
    assert changed.sequence == 1
    assert changes_of(meeting) == ([("moved", 1)] if is_news else [])
    assert told_of(meeting)[0].startswith(said)


def test_another_link_is_news_for_whoever_has_the_old_one(
    group: WorkGroup, leader: Membership, now: dt.datetime
) -> None:
    meeting = planned(group, leader, now, format="online", venue="", online_link="https://meet.example/a")
    with tenancy.use(group.hub):
        details = replace(details_of(meeting), online_link="https://meet.example/b")
        change_meeting(meeting=meeting, details=details, actor=leader, now=now)
    assert changes_of(meeting) == [("moved", 1)]


def test_a_host_that_has_left_the_group_stays_on_a_meeting_whose_time_is_changed(
    group: WorkGroup, leader: Membership, now: dt.datetime
) -> None:
    place = make_member_school(group)
    meeting = planned(group, leader, now, host_school=place.school, venue="")
    with tenancy.use(group.hub):
        type(place).objects.filter(pk=place.pk).update(state="left", group=None, specialist_school=None)
        details = replace(details_of(meeting), starts_at=TUESDAY + AN_HOUR)
        assert change_meeting(meeting=meeting, details=details, actor=leader, now=now).host_school == place.school


def test_a_meeting_cannot_be_moved_onto_another_one(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    planned(group, leader, now)
    second = planned(group, leader, now, starts_at=TUESDAY + AN_HOUR)
    with tenancy.use(group.hub), pytest.raises(CannotPlan, match="at this time already"):
        change_meeting(meeting=second, details=replace(details_of(second), starts_at=TUESDAY), actor=leader, now=now)
    assert changes_of(second) == []


def test_what_was_held_is_neither_changed_nor_cancelled(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    meeting = held(planned(group, leader, now), leader, TUESDAY + AN_HOUR)
    with tenancy.use(group.hub):
        with pytest.raises(CannotPlan, match="is held"):
            change_meeting(
                meeting=meeting, details=replace(details_of(meeting), venue="Library"), actor=leader, now=now
            )
        with pytest.raises(CannotCancel, match="Put its attendance right instead"):
            cancel_meeting(meeting=meeting, reason="Snow.", actor=leader, now=now)
    assert changes_of(meeting) == []


# --- Cancelling ------------------------------------------------------------------------------------


def test_a_meeting_is_cancelled_with_a_reason_once(
    group: WorkGroup, leader: Membership, now: dt.datetime, derived: list[str]
) -> None:
    meeting = planned(group, leader, now)
    with tenancy.use(group.hub):
        cancel_meeting(meeting=meeting, reason=" Snow. ", actor=leader, now=now)
        again = cancel_meeting(meeting=meeting, reason="Ice.", actor=leader, now=now + AN_HOUR)
    assert (again.state, again.cancelled_reason, again.sequence) == ("cancelled", "Snow.", 1)
    assert changes_of(meeting) == [("cancelled", 1)]
    assert told_of(meeting)[0] == "Cancelled: Snow."
    assert derived == ["soon"] * 2


def test_nobody_cancels_without_a_reason(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    meeting = planned(group, leader, now)
    with tenancy.use(group.hub), pytest.raises(ValueError, match="told why"):
        cancel_meeting(meeting=meeting, reason="  ", actor=leader, now=now)


def test_a_cancelled_meeting_is_not_changed_any_more(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    meeting = planned(group, leader, now)
    with tenancy.use(group.hub):
        cancel_meeting(meeting=meeting, reason="Snow.", actor=leader, now=now)
        with pytest.raises(CannotPlan, match="is cancelled"):
            change_meeting(
                meeting=meeting, details=replace(details_of(meeting), venue="Library"), actor=leader, now=now
            )


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": "cancelled"}, "meeting_cancelled_with_reason"),
        ({"cancelled_reason": "Snow."}, "meeting_cancelled_with_reason"),
        ({"state": "held"}, "meeting_held_has_time"),
        ({"half_days": 5}, "meeting_half_days_sane"),
        ({"half_days": 0}, "meeting_half_days_sane"),
        ({"state": "postponed"}, "meeting_state_known"),
        ({"format": "letter"}, "meeting_format_known"),
    ],
)
def test_the_database_holds_what_a_meeting_is(
    group: WorkGroup, leader: Membership, now: dt.datetime, fields: dict[str, object], constraint: str
) -> None:
    meeting = planned(group, leader, now)
    with pytest.raises(IntegrityError, match=constraint), tenancy.use(group.hub):
        Meeting.objects.filter(pk=meeting.pk).update(**fields)


def test_a_change_is_told_once_for_each_number(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    meeting = planned(group, leader, now)
    with tenancy.use(group.hub):
        cancel_meeting(meeting=meeting, reason="Snow.", actor=leader, now=now)
        change = meeting.changes.get()
        change.pk = None
        with pytest.raises(IntegrityError, match="meeting_change_once"), transaction.atomic():
            change.save(force_insert=True)
        assert MeetingChange.append_only


@pytest.mark.django_db(transaction=True)
def test_planned_by_two_at_once_it_is_one_meeting(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    def plan(number: int) -> int:
        try:
            return planned(group, leader, now + number * AN_HOUR).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(plan, range(4)))) == 1
    with tenancy.use(group.hub):
        assert Meeting.objects.count() == 1

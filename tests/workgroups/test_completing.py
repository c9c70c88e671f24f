from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, Membership, User
from hubs.permissions import NotAllowed
from hubs.wording import plain_day
from programmes.models import Participation
from tests import factories, work
from tests.workgroups.conftest import history, outcomes, reload
from tests.workgroups.test_placing import join
from workgroups import completing, placing
from workgroups.models import Attendance, Place, PlaceEvent, PlaceState, WorkGroup
from workgroups.placing import CannotPlace, WrongDay

Kind = PlaceEvent.Kind
REASON = "Six meetings and three visits."


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def joined(place: Place, group: WorkGroup, actor: Membership, now: dt.datetime) -> Place:
    join(place, group, actor, now)
    return place


def decide(
    verb: Callable[..., None], place: Place, actor: Membership, now: dt.datetime, on: dt.date | None = None
) -> None:
    with tenancy.use(actor.hub):
        verb(place=place, on=on or timezone.localdate(now), reason=REASON, actor=actor, now=now)


@pytest.mark.parametrize(
    ("verb", "state"),
    [(completing.complete, PlaceState.COMPLETED), (completing.not_complete, PlaceState.NOT_COMPLETED)],
)
def test_completion_is_a_decision_with_day_reason_and_evidence_and_every_hub_reads_it(
    joined: Place, group: WorkGroup, actor: Membership, now: dt.datetime, verb: Callable[..., None], state: PlaceState
) -> None:
    decide(verb, joined, actor, now)
    decide(verb, joined, actor, now)

    assert (reload(joined).state, reload(joined).group) == (state, group)
    *_, last = history(joined)
    assert len(history(joined)) == 3
    assert (last.kind, last.reason, last.happened_on, last.recorded_by) == (
        state.value, REASON, timezone.localdate(now), actor.user,
    )  # fmt: skip
    assert last.evidence.startswith(f"As of {plain_day(now)}.\nMeetings of Ash Group held: 0 of 6")
    assert outcomes(joined) == [state.value]


def test_a_decision_taken_back_leaves_the_school_taking_part(
    joined: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    decide(completing.complete, joined, actor, now)
    decide(completing.reopen, joined, actor, now)
    decide(completing.reopen, joined, actor, now)
    assert (reload(joined).state, reload(joined).group) == (PlaceState.IN_GROUP, group)
    assert outcomes(joined) == ["taking_part"]
    assert [event.kind for event in history(joined)][2:] == [Kind.COMPLETED, Kind.REOPENED]
    decide(completing.not_complete, joined, actor, now)
    assert outcomes(joined) == ["not_completed"]


def test_one_decision_is_taken_back_before_the_other_is_made(
    joined: Place, actor: Membership, now: dt.datetime
) -> None:
    decide(completing.complete, joined, actor, now)
    with pytest.raises(CannotPlace, match="Ash Lane Primary School has completed, so it cannot be recorded as not"):
        decide(completing.not_complete, joined, actor, now)


def test_a_school_without_a_group_completes_nothing(place: Place, actor: Membership, now: dt.datetime) -> None:
    for verb in (completing.complete, completing.not_complete, completing.reopen):
        with pytest.raises(CannotPlace, match="waits for a group, so it cannot"):
            decide(verb, place, actor, now)
    assert len(history(place)) == 1


def test_nobody_completes_a_year_that_has_not_begun(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    group = work.make_group(hub, stage_year=work.stage_year_of(year=work.this_year() + 1))
    with pytest.raises(CannotPlace, match="has not begun"):
        decide(completing.complete, work.make_place(hub, group=group), actor, now)


def test_nobody_completes_tomorrow(joined: Place, actor: Membership, now: dt.datetime) -> None:
    with pytest.raises(WrongDay):
        decide(completing.complete, joined, actor, now, on=timezone.localdate(now) + dt.timedelta(days=1))


def test_what_another_hub_says_by_now_is_in_the_way(
    joined: Place, other_hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    Participation.objects.update(recorded_for=other_hub)
    with pytest.raises(CannotPlace, match="Severnmoor Maths Hub has recorded"):
        decide(completing.complete, joined, actor, now)
    assert reload(joined).state == PlaceState.IN_GROUP


def test_a_specialist_decides_nothing(joined: Place, hub: Hub, specialist: User, now: dt.datetime) -> None:
    somebody = factories.membership_of(specialist, hub)
    for verb in (completing.complete, completing.not_complete, completing.reopen):
        with pytest.raises(NotAllowed):
            decide(verb, joined, somebody, now)


def test_the_evidence_counts_meetings_attendance_and_visits_and_what_rooms_above_know(
    joined: Place, group: WorkGroup, hub: Hub, actor: Membership, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: dict[str, Any] = {"state": "held", "held_recorded_at": now}
    meetings = [work.make_meeting(group, starts_at=now - dt.timedelta(days=days), **held) for days in (3, 2, 1)]
    work.make_meeting(group)
    work.make_visit(reload(joined), **held, met="Hana", shared_note="Number lines.")
    work.make_visit(reload(joined), term=2)
    with tenancy.use(hub):
        one, two = joined.participants.all()
        two.ends_on = timezone.localdate(now)
        two.save()
        marks = [(one, 0, "present"), (one, 1, "substitute"), (one, 2, "absent"), (two, 0, "present")]
        for person, meeting, mark in marks:
            Attendance.objects.create(
                hub=hub, meeting=meetings[meeting], participant=person, mark=mark, recorded_at=now,
                substitute_name="Sam" if mark == "substitute" else "",
            )  # fmt: skip
    monkeypatch.setattr(completing, "_sources", [])
    completing.register_evidence(lambda place: [f"Release used by {place.school.name}: 7 of 10 days."])
    with tenancy.use(hub):
        lines = completing.evidence_of(reload(joined), now=now)
    assert lines == [
        f"As of {plain_day(now)}.",
        "Meetings of Ash Group held: 3 of 6 that the stage plans.",
        "Teacher 1: came to 1 of 3 meetings, and a substitute to 1.",
        f"Teacher 2 (until {plain_day(timezone.localdate(now))}): came to 1 of 1 meeting.",
        "Support visits held: 1 of 3.",
        "Release used by Ash Lane Primary School: 7 of 10 days.",
    ]


def test_a_school_that_completed_is_not_moved_or_taken_out(
    joined: Place, hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    decide(completing.complete, joined, actor, now)
    other = work.make_group(hub)
    with tenancy.use(hub):
        for verb, more in ((placing.take_out, {}), (placing.leave, {}), (placing.move, {"group": other})):
            with pytest.raises(CannotPlace, match="has completed, so it cannot"):
                verb(place=joined, on=timezone.localdate(now), reason=REASON, actor=actor, now=now, **more)

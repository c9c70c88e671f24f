"""What the database itself refuses about release time and money, whatever the code above it does."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from funding.models import GrantEvent, ReleaseEntry
from hubs import tenancy
from hubs.models import Hub, User
from tests import work
from tests.workgroups.test_constraints import refused
from workgroups.models import Attendance, MasterySpecialist, Meeting, Place, Visit, WorkGroup


@dataclass(frozen=True)
class Sources:
    """What days can come from, and the two accounts that they are of."""

    place: Place
    mina: MasterySpecialist
    attendance: Attendance
    meeting: Meeting
    visit: Visit
    logged: ReleaseEntry

    def fields(self, names: str) -> dict[str, Any]:
        """These sources, and a key and words where they are named so."""
        others = {"corrects": self.logged, "key": uuid.uuid4(), "words": "Because."}
        found = {name: others.get(name) or getattr(self, name) for name in names.split()}
        return {"entry_key" if name == "key" else name: value for name, value in found.items()}


@pytest.fixture
def sources(place: Place, group: WorkGroup, mina: MasterySpecialist) -> Sources:
    """One of each kind, and 2 half-days that the school has logged."""
    meeting, visit = work.make_meeting(group), work.make_visit(place)
    return Sources(place, mina, marked(meeting, place), meeting, visit, work.make_release(place, 2))


def marked(meeting: Meeting, place: Place) -> Attendance:
    with tenancy.use(place.hub_id):
        return Attendance.objects.create(
            hub_id=place.hub_id,
            meeting=meeting,
            participant=place.participants.get(position=1),
            mark="present",
            recorded_at=meeting.starts_at,
        )


def add(sources: Sources, kind: str, account: str, names: str) -> ReleaseEntry:
    half_days = -2 if kind == "correction" else 2
    values = {"words": "", "entry_key": None, **sources.fields(names)}
    return work.make_release(getattr(sources, account), half_days, kind=kind, **values)


@pytest.mark.parametrize(
    ("kind", "account", "names"),
    [
        ("meeting", "place", "attendance"),
        ("meeting", "mina", "meeting"),
        ("visit", "place", "visit"),
        ("visit", "mina", "visit"),
        ("in_school", "place", "words key"),
        ("in_school", "mina", "words key"),
        ("correction", "place", "words attendance"),
        ("correction", "place", "words visit"),
        ("correction", "place", "words corrects"),
        ("correction", "mina", "words meeting"),
        ("correction", "mina", "words visit"),
    ],
)
def test_each_kind_of_days_has_its_source(sources: Sources, kind: str, account: str, names: str) -> None:
    assert add(sources, kind, account, names).kind == kind


OF_MEETING, OF_VISIT = "release_of_meeting_has_source", "release_of_visit_has_source"
IN_SCHOOL, CORRECTION = "release_in_school_is_logged_once", "release_correction_has_source"


@pytest.mark.parametrize(
    ("constraint", "kind", "account", "names"),
    [
        (OF_MEETING, "meeting", "place", ""),
        (OF_MEETING, "meeting", "place", "meeting"),
        (OF_MEETING, "meeting", "place", "attendance meeting"),
        (OF_MEETING, "meeting", "place", "attendance visit"),
        (OF_MEETING, "meeting", "place", "attendance key"),
        (OF_MEETING, "meeting", "mina", "attendance"),
        (OF_MEETING, "meeting", "mina", "meeting visit"),
        (OF_VISIT, "visit", "place", ""),
        (OF_VISIT, "visit", "place", "visit attendance"),
        (OF_VISIT, "visit", "mina", "visit meeting"),
        (OF_VISIT, "visit", "mina", "visit key"),
        (IN_SCHOOL, "in_school", "place", "words"),
        (IN_SCHOOL, "in_school", "place", "key"),
        (IN_SCHOOL, "in_school", "place", "words key attendance"),
        (IN_SCHOOL, "in_school", "mina", "words key meeting"),
        (IN_SCHOOL, "in_school", "mina", "words key visit"),
        (CORRECTION, "correction", "place", "words"),
        (CORRECTION, "correction", "mina", "words"),
        (CORRECTION, "correction", "place", "words meeting"),
        (CORRECTION, "correction", "mina", "words attendance"),
        (CORRECTION, "correction", "place", "words attendance visit"),
        (CORRECTION, "correction", "place", "words corrects visit"),
        (CORRECTION, "correction", "place", "words corrects attendance"),
        (CORRECTION, "correction", "place", "words corrects key"),
    ],
)
def test_days_without_their_one_source_are_refused(
    sources: Sources, constraint: str, kind: str, account: str, names: str
) -> None:
    with refused(sources.place.hub, constraint):
        add(sources, kind, account, names)


@pytest.mark.parametrize(
    ("account", "half_days", "constraint"),
    [
        (lambda sources: work.make_place(sources.place.hub), -2, "release_corrects_the_schools_own"),
        (lambda sources: sources.mina, -2, "release_corrects_the_specialists_own"),
        (lambda sources: sources.place, -1, "release_corrects_the_schools_own"),
        (lambda sources: sources.place, 2, "release_corrects_the_schools_own"),
    ],
    ids=["another school's", "a Specialist's", "less", "forth instead of back"],
)
def test_a_correction_takes_back_a_row_of_its_own_account_and_all_of_it(
    sources: Sources, account: Callable[[Sources], Place | MasterySpecialist], half_days: int, constraint: str
) -> None:
    whose = account(sources)
    with refused(sources.place.hub, constraint):
        fields: dict[str, Any] = {"kind": "correction", "corrects": sources.logged, "entry_key": None}
        work.make_release(whose, half_days, **fields)


# --- Of one hub ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "constraint"),
    [
        ("grant", "grant_and_place_of_one_hub"),
        ("event", "grant_event_and_grant_of_one_hub"),
        ("payment's grant", "payment_and_grant_of_one_hub"),
        ("payment's list", "payment_and_list_of_one_hub"),
        ("school's days", "release_and_place_of_one_hub"),
        ("Specialist's days", "release_and_specialist_of_one_hub"),
        ("attendance's days", "release_and_attendance_of_one_hub"),
        ("meeting's days", "release_and_meeting_of_one_hub"),
        ("visit's days", "release_and_visit_of_one_hub"),
        ("days of a visit to another school", "release_of_the_visited_school"),
    ],
)
def test_money_and_days_of_another_hub_are_refused(
    hub: Hub, other_hub: Hub, administrator: User, now: dt.datetime, table: str, constraint: str
) -> None:
    theirs = work.make_place(other_hub)
    their_grant = work.make_grant(work.make_place(other_hub))
    our_grant = work.make_grant(work.make_place(hub))
    our_list, their_list = (work.make_payment_list(one, administrator) for one in (hub, other_hub))
    specialist = work.make_specialist(other_hub)
    our_specialist, our_place = work.make_specialist(hub), work.make_place(hub, group=work.make_group(hub))
    their_group = work.make_group(other_hub)
    their_member, their_meeting = work.make_place(other_hub, group=their_group), work.make_meeting(their_group)
    their_visit, their_attendance = work.make_visit(their_member), marked(their_meeting, their_member)
    our_visit = work.make_visit(work.make_place(hub, group=work.make_group(hub)))

    with refused(hub, constraint):
        match table:
            case "grant":
                type(our_grant).objects.create(hub=hub, place=theirs, amount_pence=1, claim_on=now.date())
            case "event":
                GrantEvent.objects.create(
                    hub=hub, grant=their_grant, kind="due", amount_pence=1, happened_at=now, actor_name="Ada"
                )
            case "payment's grant":
                work.make_payment(our_list, their_grant, hub_id=hub.pk)
            case "payment's list":
                work.make_payment(their_list, our_grant)
            case "school's days":
                work.make_release(theirs, hub_id=hub.pk)
            case "Specialist's days":
                work.make_release(specialist, hub_id=hub.pk)
            case "attendance's days":
                work.make_release(our_place, kind="meeting", attendance=their_attendance)
            case "meeting's days":
                work.make_release(our_specialist, kind="meeting", meeting=their_meeting)
            case "visit's days":
                work.make_release(our_specialist, kind="visit", visit=their_visit)
            case "days of a visit to another school":
                work.make_release(our_place, kind="visit", visit=our_visit)


# --- Payments --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "paid", "paid_on": dt.date(2026, 11, 2)},
        {"state": "paid", "payment_reference": "BACS 7"},
        {"payment_reference": "BACS 7"},
        {"state": "cancelled", "payment_reference": "BACS 7"},
    ],
    ids=["no reference", "no day", "not paid", "taken back"],
)
def test_a_list_is_paid_on_a_day_under_a_reference_or_not_at_all(
    hub: Hub, administrator: User, fields: dict[str, Any]
) -> None:
    by = administrator if fields.get("state") == "paid" else None
    with refused(hub, "payment_list_paid_by_somebody"):
        work.make_payment_list(hub, administrator, paid_by=by, **fields)

"""How long a hub's reminders take to be brought up to date, beside bare inserts of the same rows.

    bin/bench reminders [--rounds 3]

Of a hub as large as the largest: 40 groups, 280 schools, 240 meetings, 800 visits, and the mails that a year has left.
Once with its dates spread over the year, and once with all of them in the coming fortnight, as never happens.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import django

from hubadmin.local.embedded import ServiceError
from hubadmin.local.provision import ProvisionError
from hubadmin.local.testing import services

if TYPE_CHECKING:
    from correspondence.deriving import Changes
    from correspondence.models import Message
    from hubs.models import Hub, User
    from workgroups.models import WorkGroup

GROUPS, SCHOOLS_OF_GROUP, MEETINGS_OF_GROUP, VISITS, OFFERS, LEFT_OVER = 40, 7, 6, 800, 60, 10_000
YEAR = 2026
NOW = datetime(2026, 11, 9, 12, 0, tzinfo=ZoneInfo("Europe/London"))
_numbers = count(1)


@dataclass
class Series:
    """What one thing took in each round: seconds, and as a multiple of that round's bare inserts."""

    name: str
    seconds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    rows: int = 0

    def add(self, seconds: float, bare: float, rows: int) -> None:
        """Note a round."""
        self.seconds.append(seconds)
        self.ratios.append(seconds / bare)
        self.rows = rows

    def __str__(self) -> str:
        return (
            f"{self.name:<46}{self.rows:>7,} rows{statistics.median(self.seconds):>9.3f} s"
            f"{statistics.median(self.ratios):>8.2f}   {min(self.ratios):.2f} to {max(self.ratios):.2f}"
        )


def measure(name: str, days: int, most: float, *, rounds: int, say: Callable[[str], object] = print) -> bool:
    """Derive the reminders of a hub whose dates lie within so many days; whether a run takes at most `most` seconds."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from correspondence import reminders
    from hubs import tenancy

    series = [
        Series("bare inserts of the same messages"),
        Series("the first run: all of them are new"),
        Series("another run: nothing has changed"),
        Series("every meeting and visit is a day later"),
        Series("every meeting and visit is gone"),
    ]
    hub = make_hub(days)
    with tenancy.use(hub):
        # Links to schools' pages are made once and for all: not part of what is timed.
        reminders.prepare(now=NOW)
    for _ in range(rounds):
        with tenancy.use(hub):
            first, changes = _timed()
            bare = _bare(changes.created)
            with CaptureQueriesContext(connection) as queries:
                again, nothing = _timed()
            _move(hub, timedelta(days=1))
            moved, moves = _timed()
            _remove(hub)
            gone, removals = _timed()
            counts = [len(changes.created), len(changes.created), _all(nothing), _all(moves), _all(removals)]
            for one, seconds, rows in zip(series, [bare, first, again, moved, gone], counts, strict=True):
                one.add(seconds, bare, rows)
            transaction.set_rollback(True)
    say(f"\n{name}: {len(queries)} statements a run; medians of {rounds} rounds, multiples of the bare inserts")
    for one in series:
        say(str(one))
    slowest = max(statistics.median(one.seconds) for one in series[1:])
    say(f"A run takes at most {most:.0f} s: {'holds' if slowest <= most else 'DOES NOT HOLD'}.")
    return slowest <= most


def _timed() -> tuple[float, Changes]:
    from correspondence.deriving import bring_up_to_date

    began = time.perf_counter()
    changes = bring_up_to_date(now=NOW)
    return time.perf_counter() - began, changes


def _all(changes: Changes) -> int:
    return len(changes.created) + len(changes.changed) + len(changes.cancelled)


def _bare(messages: Iterable[Message]) -> float:
    """Seconds for nothing but inserting the same rows once more, under other keys."""
    from correspondence.models import Message

    copies = [
        Message(**{**{one.attname: getattr(row, one.attname) for one in Message._meta.concrete_fields}, **_other(row)})
        for row in messages
    ]
    began = time.perf_counter()
    Message.objects.bulk_create(copies)
    seconds = time.perf_counter() - began
    Message.objects.filter(key__startswith="bare:").delete()
    return seconds


def _other(row: Message) -> dict[str, object]:
    return {"id": None, "uuid": uuid4(), "key": f"bare:{row.key}"[:200], "slot": ""}


def _move(hub: Hub, by: timedelta) -> None:
    from django.db.models import F

    from workgroups.models import Meeting, Visit

    for model in (Meeting, Visit):
        model._default_manager.filter(hub=hub).update(starts_at=F("starts_at") + by)


def _remove(hub: Hub) -> None:
    from workgroups.models import Meeting, Visit

    Meeting.objects.filter(hub=hub).update(state="cancelled", cancelled_reason="Bench.")
    Visit.objects.filter(hub=hub).update(state="missed", missed_reason="Bench.")


# --- A hub ---------------------------------------------------------------------------------------


def make_hub(days: int) -> Hub:
    """A hub whose meetings and visits lie evenly within so many days from now on."""
    from hubs import tenancy
    from hubs.models import Hub, Membership, Role, User

    number = next(_numbers)
    hub = Hub.objects.create(slug=f"bench-{number}", name=f"Bench {number}", reply_to="bench@hub.example")
    for role in (Role.ADMINISTRATOR, Role.HUB_LEAD):
        user = User.objects.create_user(f"{role.value}{number}@people.example", None, name=role.label)
        Membership.objects.create(hub=hub, user=user, role=role, starts_on=date(2020, 9, 1))
    with tenancy.use(hub):
        groups = _groups(hub, user)
        _dates(hub, groups, days)
        _left_over(hub)
    return hub


def _groups(hub: Hub, user: User) -> list[WorkGroup]:
    """Groups with their Specialists and schools, and schools that were offered a place."""
    from hubs.models import LocalAuthority
    from programmes.models import Decision, ExpressionOfInterest, RecruitmentWindow, StageYear
    from schools.models import School
    from workgroups.models import MasterySpecialist, Participant, Place, PlaceEvent, WorkGroup

    authority, _ = LocalAuthority.objects.get_or_create(code="001", defaults={"name": "Northvale"})
    # Two visits a term: of 1,680 that these schools are to have in a year, 800 are arranged.
    stage_year = StageYear.objects.select_related("stage").get(stage__slug="primary-readiness", year=YEAR)
    window = RecruitmentWindow.objects.create(
        hub=hub, stage=stage_year.stage, stage_year=stage_year, opens_at=NOW - _days(300), closes_at=NOW - _days(200)
    )
    of_groups = GROUPS * SCHOOLS_OF_GROUP
    schools = School.objects.bulk_create(
        School(
            urn=700_000 + next(_numbers), name=f"School {number}", authority=authority, status=1, type_code=1,
            type_group_code=4, phase="Primary", low_age=3, high_age=11,
        )
        for number in range(of_groups + OFFERS + GROUPS)
    )  # fmt: skip
    expressions = ExpressionOfInterest.objects.bulk_create(
        ExpressionOfInterest(
            hub=hub, window=window, school=school, state="accepted" if number < of_groups else "offered",
            reference=f"B{next(_numbers):08}", started_at=NOW, touched_at=NOW, submitted_at=NOW,
            contact_name="Cleo Contact", contact_email=f"cleo{number}@school.example", contact_is_head=False,
            head_name="Hana Head", head_email=f"head{number}@school.example", privacy_version=1,
        )
        for number, school in enumerate(schools[: of_groups + OFFERS])
    )  # fmt: skip
    Decision.objects.bulk_create(
        Decision(hub=hub, expression=one, outcome="offered", decided_by=user, decided_at=NOW - _days(20),
                 answer_by=(NOW + _days(8)).date())
        for one in expressions[of_groups:]
    )  # fmt: skip
    specialists = MasterySpecialist.objects.bulk_create(
        MasterySpecialist(hub=hub, name=f"Specialist {number}", email=f"specialist{number}@people.example",
                          phase="primary", cohort=7, school=school, starts_on=date(2020, 9, 1))
        for number, school in enumerate(schools[of_groups + OFFERS :])
    )  # fmt: skip
    groups = WorkGroup.objects.bulk_create(
        WorkGroup(hub=hub, stage_year=stage_year, name=f"Group {number}", specialist=one,
                  specialist_school_id=one.school_id, size_limit=8, made_at=NOW)
        for number, one in enumerate(specialists)
    )  # fmt: skip
    places = Place.objects.bulk_create(
        Place(hub=hub, expression=one, stage_year=stage_year, school=one.school, state="in_group",
              group=groups[number % GROUPS], specialist_school_id=groups[number % GROUPS].specialist_school_id,
              head_name="Hana Head", head_email=one.head_email, accepted_at=NOW)
        for number, one in enumerate(expressions[:of_groups])
    )  # fmt: skip
    joined_on = date(YEAR, 9, 1)
    PlaceEvent.objects.bulk_create(
        PlaceEvent(hub=hub, place=one, kind="joined", group=one.group, happened_on=joined_on, recorded_at=NOW)
        for one in places
    )
    Participant.objects.bulk_create(
        Participant(hub=hub, place=one, position=position, name=f"Teacher {position}", role="Teacher",
                    email=f"teacher{position}.{one.pk}@school.example", starts_on=joined_on)
        for one in places
        for position in (1, 2)
    )  # fmt: skip
    return groups


def _dates(hub: Hub, groups: list[WorkGroup], days: int) -> None:
    from funding.models import Grant
    from workgroups.models import Meeting, Place, Visit

    meetings = GROUPS * MEETINGS_OF_GROUP
    Meeting.objects.bulk_create(
        Meeting(hub=hub, group=groups[number % GROUPS], specialist_id=groups[number % GROUPS].specialist_id,
                starts_at=NOW + _days(days) * (number + 1) / meetings,
                venue="Town hall", made_at=NOW - _days(60), changed_at=NOW - _days(60))
        for number in range(meetings)
    )  # fmt: skip
    places = list(Place.objects.order_by("pk"))
    specialists = {group.pk: group.specialist_id for group in groups}
    # The first of the two visits of each term, until there are enough.
    slots = [(place, term) for term in (1, 2, 3) for place in places][:VISITS]
    Visit.objects.bulk_create(
        Visit(hub=hub, place=place, specialist_id=specialists[place.group_id or 0], term=term,
              starts_at=NOW + _days(days) * (number + 1) / VISITS, made_at=NOW, changed_at=NOW)
        for number, (place, term) in enumerate(slots)
    )  # fmt: skip
    Grant.objects.bulk_create(
        Grant(hub=hub, place=place, amount_pence=100_000, claim_on=(NOW + _days(14 + number % 5)).date())
        for number, place in enumerate(places)
    )


def _left_over(hub: Hub) -> None:
    """The reminders that a year has left: sent, and none of them wanted any more."""
    from correspondence.models import Message

    Message.objects.bulk_create(
        (
            Message(hub=hub, kind="meeting-in-10-days", key=f"old:{number}", slot=f"old:{number}", from_name="Bench",
                    from_address="bench@hub.example", recipients=["teacher@school.example"], subject="Meeting",
                    text="Dear Teacher,\n" * 20, state="sent", queued_at=NOW - _days(90), not_before=NOW - _days(80),
                    claimed_at=NOW - _days(80), sent_at=NOW - _days(80), attempts=1)
            for number in range(LEFT_OVER)
        ),
        batch_size=2_000,
    )  # fmt: skip


def _days(number: int) -> timedelta:
    return timedelta(days=number)


def main(arguments: Iterable[str]) -> int:
    """Measure both hubs; returns the exit status: 1 when a run takes longer than it may."""
    parser = argparse.ArgumentParser(prog="bin/bench reminders", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(list(arguments))
    with services() as variables:
        os.environ.update(variables)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hubadmin.settings")
        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        held = [
            measure("Over a year", 250, 3, rounds=options.rounds),
            measure("All in a fortnight", 13, 15, rounds=options.rounds),
        ]
        connections.close_all()
    return 0 if all(held) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ServiceError, ProvisionError) as problem:
        sys.exit(f"bin/bench: {problem}")

"""A year of one hub in any order: all rooms' verbs, each done by anybody and sent twice, and what holds after each.

What is refused changes nothing, and what is done already is not done again. Beside the hub there is another one, of
which nothing changes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import wraps
from itertools import count, cycle
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from pytest_django import Settings

from correspondence import delivery, deriving, sending, tasks
from correspondence.models import WAITING, Message
from correspondence.models import State as MessageState
from funding import granting, ledger, paying
from funding.models import Grant, GrantState, PaymentList, ReleaseEntry
from hubs import tenancy
from hubs.models import Hub
from hubs.moments import london
from hubs.permissions import NotAllowed
from programmes import accepting, applying, deciding
from programmes.models import ExpressionOfInterest
from tests import what_holds
from tests.autumn import DAY, SEPTEMBER, Autumn, make_autumn, make_elsewhere, send_expression
from tests.correspondence import backends
from tests.correspondence.backends import ScriptedBackend
from workgroups import completing, forming, holding, participants, placing, planning, visiting
from workgroups.models import (
    Attendance,
    MasterySpecialist,
    Meeting,
    MeetingState,
    Participant,
    Place,
    PlaceState,
    Visit,
    VisitState,
    WorkGroup,
)

# In the autumn, when grants are about to be claimed, and towards the end of the year.
BEGINNINGS = st.sampled_from([SEPTEMBER + days * DAY for days in (3, 20, 147, 280)])
HALF_PAST_ONE, NINE = dt.time(13, 30), dt.time(9)
CHOICES = st.integers(0, 1_000)
MARKS = st.lists(st.sampled_from(list(Attendance.Mark)), min_size=1, max_size=4)
LEADERS = st.sampled_from(["mina", "leo"])
MONEY_PEOPLE = st.sampled_from(["leo", "ada", "fola", "mina"])
# What is mostly done with a place and with a grant that stand so; now and then it is something else.
PLACE_STEPS: dict[str, list[Callable[..., None]]] = {
    PlaceState.WAITING: [placing.join, placing.join, placing.leave],
    PlaceState.IN_GROUP: [placing.leave, placing.move, placing.take_out, completing.complete, completing.not_complete],
    PlaceState.LEFT: [placing.come_back],
    PlaceState.COMPLETED: [completing.reopen],
    PlaceState.NOT_COMPLETED: [completing.reopen],
}
GRANT_STEPS: dict[str, list[Callable[..., None]]] = {
    GrantState.EXPECTED: [granting.mark_due, granting.withhold],
    GrantState.DUE: [granting.approve, granting.approve, granting.not_due, granting.withhold],
    GrantState.APPROVED: [granting.withhold],
    GrantState.WITHHELD: [granting.reinstate],
    GrantState.PAID: [],
}
MESSAGE_ACTS = st.sampled_from([sending.hold, sending.release, sending.cancel, sending.send_now, sending.retry])
_numbers = count(1)

M = TypeVar("M")
P = ParamSpec("P")


def pick(found: Iterable[M], choice: int) -> M | None:
    """One of these, if there is any."""
    rows = list(found)
    return rows[choice % len(rows)] if rows else None


def one_step(steps: Mapping[str, list[Callable[..., None]]], state: str, choice: int) -> Callable[..., None]:
    """A step, mostly one that can be taken in a state."""
    everything = [step for found in steps.values() for step in found]
    step = pick([*steps[state] * 3, *everything], choice)
    assert step
    return step


def a_request(step: Callable[Concatenate[AYear, P], None]) -> Callable[Concatenate[AYear, P], None]:
    """A step that is one transaction in the hub, after which the workers do what they were told."""

    @wraps(step)
    def taken(self: AYear, /, *args: P.args, **drawn: P.kwargs) -> None:
        self.now += dt.timedelta(minutes=1)
        with tenancy.use(self.hub):
            step(self, *args, **drawn)
        self.the_transaction_is_committed()

    return taken


class AYear(RuleBasedStateMachine):
    """A hub with some schools, two Work Groups and its people."""

    autumn: Autumn
    elsewhere: Hub
    # What the broker is told, by the names of the tasks.
    told: list[str]
    # When the reminders were derived last; None where the workers have been told since and have not done so.
    derived_at: dt.datetime | None

    @initialize(begins=BEGINNINGS, workers_run=st.booleans())
    def begin(self, begins: dt.datetime, workers_run: bool) -> None:
        self.undo = transaction.savepoint()
        ScriptedBackend.reset()
        self.hub, self.people = self.autumn.hub, self.autumn.people
        self.held_by = dict(self.autumn.held_by)
        # Which group was led by whom until when.
        self.led_until: list[tuple[int, MasterySpecialist, dt.datetime]] = []
        self.amount_set_by = defaultdict(set, {grant: {*people} for grant, people in self.autumn.amount_set_by.items()})
        self.sent: dict[int, dict[str, Any]] = {}
        with tenancy.use(self.elsewhere):
            self.rows_elsewhere = what_holds.all_rows()
        self.now = begins
        self.workers_run = workers_run
        # Whether nothing has changed since everything was added up.
        self.is_looked_at = False
        self.derive()

    # --- What every step has in common ---

    def do(self, verb: Callable[..., Any], *, refused_by: Sequence[type[Exception]] = (), **given: Any) -> bool:
        """Have a verb done and sent a second time; whether it was not refused. Who is refused has changed nothing."""
        refusals: tuple[type[Exception], ...] = (NotAllowed, *refused_by)
        before = what_holds.all_rows()
        try:
            verb(**given, now=self.now)
        except refusals:
            assert what_holds.all_rows() == before
            return False
        # Now, and not only when it is committed, which it never is here.
        connection.check_constraints()
        after = what_holds.all_rows()
        self.is_looked_at = self.is_looked_at and after == before
        with suppress(*refusals):
            verb(**given, now=self.now)
        assert what_holds.all_rows() == after
        return True

    def the_transaction_is_committed(self) -> None:
        committed, connection.run_on_commit = connection.run_on_commit, []
        self.told.clear()
        for _, todo, *_ in committed:
            todo()
        if tasks.derive_reminders.name in self.told:
            self.derived_at = None
            if self.workers_run:
                self.derive()

    def derive(self) -> deriving.Changes:
        with tenancy.use(self.hub):
            changes = deriving.bring_up_to_date(now=self.now)
        self.derived_at = self.now
        return changes

    @property
    def today(self) -> dt.date:
        return timezone.localdate(self.now)

    def at(self, days: int, time: dt.time) -> dt.datetime:
        """A time of the day so many days from today."""
        return london(self.today + days * DAY, time)

    # --- Time and workers ---

    @rule(hours=st.sampled_from([1, 20, 3 * 24, 10 * 24, 30 * 24]))
    def time_passes(self, hours: int) -> None:
        self.now += dt.timedelta(hours=hours)
        if self.workers_run:
            self.derive()

    @rule()
    def the_workers_stop_or_go_on(self) -> None:
        self.workers_run = not self.workers_run

    @rule()
    def the_round_runs_and_again(self) -> None:
        self.derive()
        with tenancy.use(self.hub):
            before = what_holds.all_rows()
        assert not self.derive()
        with tenancy.use(self.hub):
            assert what_holds.all_rows() == before
            what_holds.what_waits_is_what_is_wanted(self.now)

    @rule(trouble=st.sampled_from([None, None, "open", "refuse", "break"]))
    def the_workers_send(self, trouble: str | None) -> None:
        errors: dict[str | None, dict[str, Exception]] = {
            "open": {"open": OSError("unreachable")},
            "refuse": {"send": ValueError("no such address")},
            "break": {"send": OSError("broken")},
        }
        ScriptedBackend.script = errors.get(trouble, {})
        with tenancy.use(self.hub):
            due = list(Message.objects.due(self.now).order_by("not_before", "pk").values_list("pk", flat=True)[:8])
        self.is_looked_at = False
        for message in due:
            delivery.deliver(hub_id=self.hub.pk, message_id=message, now=self.now)

    @rule(choice=CHOICES, act=MESSAGE_ACTS)
    @a_request
    def somebody_acts_on_a_message(self, choice: int, act: Callable[..., Message]) -> None:
        open_ones = [MessageState.FAILED, MessageState.UNCERTAIN] if act == sending.retry else WAITING
        message = pick(Message.objects.filter(state__in=open_ones).order_by("pk"), choice)
        if message:
            sure = {"sure": True} if act == sending.retry else {}
            with suppress(sending.TooLate):
                act(message=message, actor=self.people["leo"], now=self.now, **sure)
            # What was given up may be wanted no more.
            self.derived_at, self.is_looked_at = None, False

    # --- Recruitment ---

    @rule(school=st.integers(0, 5))
    @a_request
    def a_school_expresses_interest(self, school: int) -> None:
        given = send_expression(self.autumn, school)
        self.do(applying.submit, **given, refused_by=[applying.SchoolHasOne, applying.NotTaking])

    @rule(choice=CHOICES, offers=st.booleans(), days=st.sampled_from([None, 0, 2, 20]))
    @a_request
    def the_hub_decides(self, choice: int, offers: bool, days: int | None) -> None:
        expression = pick(ExpressionOfInterest.objects.sent().order_by("pk"), choice)
        given: dict[str, Any] = {"expression": expression, "actor": self.people["leo"]}
        if offers:
            answer_by = None if days is None else self.today + days * DAY
            self.do(deciding.offer, **given, answer_by=answer_by, refused_by=[deciding.CannotDecide])
        else:
            self.do(deciding.decline, **given, reason="The groups are full.", refused_by=[deciding.CannotDecide])

    @rule(choice=CHOICES, accepts=st.booleans())
    @a_request
    def a_school_answers(self, choice: int, accepts: bool) -> None:
        expression = pick(ExpressionOfInterest.objects.sent().order_by("pk"), choice)
        given: dict[str, Any] = {
            "expression": expression,
            "name": "Hana Head",
            "role": "Headteacher",
            "refused_by": [accepting.CannotAnswer, accepting.AnsweredOtherwise],
        }
        if accepts:
            self.do(accepting.accept_offer, **given)
        else:
            self.do(accepting.turn_down_offer, **given, reason="No cover.")

    # --- Work Groups ---

    @rule(name=st.sampled_from(["Ash", "Cedar", "Dogwood"]), choice=CHOICES)
    @a_request
    def a_group_is_formed(self, name: str, choice: int) -> None:
        self.do(
            forming.form_group,
            stage_year=self.autumn.window.stage_year,
            name=name,
            specialist=pick(MasterySpecialist.objects.order_by("pk"), choice),
            size_limit=7,
            actor=self.people["ada"],
            refused_by=[forming.NameTaken],
        )

    @rule(choice=CHOICES, specialist=CHOICES)
    @a_request
    def a_group_gets_another_specialist(self, choice: int, specialist: int) -> None:
        group = pick(WorkGroup.objects.select_related("specialist").order_by("pk"), choice)
        after = pick(MasterySpecialist.objects.order_by("pk"), specialist)
        assert group
        before = group.specialist
        was_changed = self.do(
            forming.change_group,
            group=group,
            name=group.name,
            specialist=after,
            size_limit=group.size_limit,
            actor=self.people["leo"],
            refused_by=[forming.OwnSchool],
        )
        if was_changed and after != before:
            self.led_until.append((group.pk, before, self.now))

    @rule(choice=CHOICES, how=CHOICES, group=CHOICES, days_ago=st.integers(0, 30))
    @a_request
    def a_place_takes_a_step(self, choice: int, how: int, group: int, days_ago: int) -> None:
        place = pick(Place.objects.order_by("pk"), choice)
        assert place
        step = one_step(PLACE_STEPS, place.state, how)
        given: dict[str, Any] = {"place": place, "on": self.today - days_ago * DAY, "actor": self.people["leo"]}
        if step in (placing.join, placing.move):
            given["group"] = pick(WorkGroup.objects.order_by("pk"), group)
        if step != placing.join:
            given["reason"] = "It is so."
        self.do(step, **given, refused_by=[placing.CannotPlace, placing.WrongDay])

    @rule(choice=CHOICES, days_ago=st.integers(0, 20))
    @a_request
    def a_teacher_is_followed_by_another(self, choice: int, days_ago: int) -> None:
        number = next(_numbers)
        self.do(
            participants.replace_participant,
            participant=pick(Participant.objects.filter(ends_on=None).order_by("pk"), choice),
            teacher=applying.Teacher(f"Teacher {number}", "Class teacher", "", f"teacher{number}@school.example", ""),
            on=self.today - days_ago * DAY,
            actor=self.people["leo"],
            refused_by=[participants.CannotChange],
        )

    @rule(choice=CHOICES, name=st.sampled_from(["Hana Head", "Hugo Head"]))
    @a_request
    def a_school_has_another_head(self, choice: int, name: str) -> None:
        place = pick(Place.objects.order_by("pk"), choice)
        assert place
        email = f"{name.split()[0].lower()}.{place.pk}@school.example"
        self.do(participants.name_headteacher, place=place, name=name, email=email, actor=self.people["leo"])

    # --- Meetings ---

    @rule(who=LEADERS, choice=CHOICES, days=st.integers(-20, 30), half_days=st.integers(1, 2))
    @a_request
    def a_meeting_is_planned(self, who: str, choice: int, days: int, half_days: int) -> None:
        self.do(
            planning.plan_meeting,
            group=pick(WorkGroup.objects.order_by("pk"), choice),
            details=planning.MeetingDetails(self.at(days, HALF_PAST_ONE), half_days=half_days, venue="Town hall"),
            actor=self.people[who],
            refused_by=[planning.CannotPlan],
        )

    @rule(who=LEADERS, choice=CHOICES, days=st.integers(-3, 30), venue=st.sampled_from(["Town hall", "Library"]))
    @a_request
    def a_meeting_is_moved(self, who: str, choice: int, days: int, venue: str) -> None:
        if meeting := self.a_meeting(choice, state=MeetingState.PLANNED):
            starts_at = self.at(days, HALF_PAST_ONE)
            self.do(
                planning.change_meeting,
                meeting=meeting,
                details=replace(planning.details_of(meeting), starts_at=starts_at, venue=venue),
                actor=self.people[who],
                refused_by=[planning.CannotPlan],
            )

    @rule(who=LEADERS, choice=CHOICES)
    @a_request
    def a_meeting_is_cancelled(self, who: str, choice: int) -> None:
        if meeting := self.a_meeting(choice, state=MeetingState.PLANNED):
            self.do(
                planning.cancel_meeting,
                meeting=meeting,
                reason="Snow.",
                actor=self.people[who],
                refused_by=[planning.CannotCancel],
            )

    @rule(who=LEADERS, choice=CHOICES, marks=MARKS)
    @a_request
    def a_meeting_is_held(self, who: str, choice: int, marks: list[Attendance.Mark]) -> None:
        if meeting := self.a_meeting(choice, state=MeetingState.PLANNED, starts_at__lte=self.now):
            was_held = self.do(
                holding.hold_meeting,
                meeting=meeting,
                marks=marks_of(meeting, marks),
                record=holding.MeetingRecord(discussion="How long to stay with the concrete."),
                internal_note="",
                actor=self.people[who],
                refused_by=[holding.CannotHold],
            )
            if was_held:
                self.held_by.setdefault(meeting.pk, self.leader_of(meeting))

    @rule(who=LEADERS, choice=CHOICES, marks=MARKS)
    @a_request
    def attendance_is_put_right(self, who: str, choice: int, marks: list[Attendance.Mark]) -> None:
        if meeting := self.a_meeting(choice, state=MeetingState.HELD):
            self.do(
                holding.put_right_attendance,
                meeting=meeting,
                marks=marks_of(meeting, marks),
                reason="Names were mixed up.",
                actor=self.people[who],
                refused_by=[holding.NotHeld],
            )

    def a_meeting(self, choice: int, **preferred: Any) -> Meeting | None:
        """One of the meetings, more often of those that are preferred."""
        meetings = Meeting.objects.select_related("group__specialist").order_by("pk")
        return pick([*meetings.filter(**preferred), *meetings], choice)

    def leader_of(self, meeting: Meeting) -> MasterySpecialist:
        """Who led its group when it began."""
        former = (
            who for group, who, until in self.led_until if group == meeting.group_id and until >= meeting.starts_at
        )
        return next(former, meeting.group.specialist)

    # --- Visits ---

    @rule(who=LEADERS, choice=CHOICES, term=st.integers(1, 3), days=st.integers(-1, 30), half_days=st.integers(1, 2))
    @a_request
    def a_visit_is_arranged(self, who: str, choice: int, term: int, days: int, half_days: int) -> None:
        self.do(
            visiting.arrange_visit,
            place=pick(Place.objects.order_by("pk"), choice),
            term=term,
            number=1 + choice % 2,
            starts_at=self.at(days, NINE),
            half_days=half_days,
            actor=self.people[who],
            refused_by=[visiting.CannotVisit],
        )

    @rule(who=LEADERS, choice=CHOICES, days=st.integers(-1, 30), half_days=st.integers(1, 2))
    @a_request
    def a_visit_is_moved(self, who: str, choice: int, days: int, half_days: int) -> None:
        if visit := self.a_visit(choice, state=VisitState.ARRANGED):
            self.do(
                visiting.move_visit,
                visit=visit,
                starts_at=self.at(days, NINE),
                half_days=half_days,
                actor=self.people[who],
                refused_by=[visiting.CannotVisit],
            )

    @rule(who=LEADERS, choice=CHOICES)
    @a_request
    def a_visit_is_missed(self, who: str, choice: int) -> None:
        if visit := self.a_visit(choice, state=VisitState.ARRANGED):
            self.do(
                visiting.miss_visit,
                visit=visit,
                reason="She was ill.",
                actor=self.people[who],
                refused_by=[visiting.CannotVisit],
            )

    @rule(who=LEADERS, choice=CHOICES, term=st.integers(1, 3))
    @a_request
    def a_visit_is_given_up(self, who: str, choice: int, term: int) -> None:
        self.do(
            visiting.give_up_visit,
            place=pick(Place.objects.order_by("pk"), choice),
            term=term,
            number=1 + choice % 2,
            reason="The school asked for none.",
            actor=self.people[who],
            refused_by=[visiting.CannotVisit],
        )

    @rule(
        who=LEADERS,
        choice=CHOICES,
        term=st.integers(1, 3),
        days_ago=st.integers(0, 30),
        half_days=st.integers(1, 4),
        of_teachers=st.integers(0, 4),
    )
    @a_request
    def a_visit_is_held(
        self, who: str, choice: int, term: int, days_ago: int, half_days: int, of_teachers: int
    ) -> None:
        """One that was arranged, or another."""
        arranged = Visit.objects.filter(state=VisitState.ARRANGED).values_list("place", "term", "number")
        anywhere = ((place, term, 1) for place in Place.objects.order_by("pk").values_list("pk", flat=True))
        slot = pick([*arranged.order_by("pk"), *anywhere], choice)
        assert slot
        self.do(
            visiting.log_visit,
            place=Place.objects.get(pk=slot[0]),
            term=slot[1],
            number=slot[2],
            log=visiting.VisitLog(
                starts_at=self.at(-days_ago, NINE),
                half_days=half_days,
                teachers_half_days=of_teachers,
                met="Both lead teachers",
                shared_note="We looked at bar models.",
                actions=(visiting.ActionAgreed("Draw bars in every lesson"),),
            ),
            actor=self.people[who],
            refused_by=[visiting.CannotVisit],
        )

    @rule(
        who=LEADERS,
        choice=CHOICES,
        days_ago=st.integers(0, 40),
        half_days=st.integers(1, 4),
        of_teachers=st.integers(0, 4),
    )
    @a_request
    def a_visit_is_put_right(self, who: str, choice: int, days_ago: int, half_days: int, of_teachers: int) -> None:
        if visit := self.a_visit(choice, state=VisitState.HELD):
            log = replace(
                visiting.log_of(visit),
                starts_at=self.at(-days_ago, NINE),
                half_days=half_days,
                teachers_half_days=of_teachers,
            )
            if log.met and log.shared_note:
                self.do(
                    visiting.put_right_visit,
                    visit=visit,
                    log=log,
                    reason="It was another day.",
                    actor=self.people[who],
                    refused_by=[visiting.CannotVisit],
                )

    def a_visit(self, choice: int, **preferred: Any) -> Visit | None:
        """One of the visits, more often of those that are preferred."""
        visits = Visit.objects.select_related("place").order_by("pk")
        return pick([*visits.filter(**preferred), *visits], choice)

    # --- Release time ---

    @rule(
        who=st.sampled_from(["mina", "leo", "Hana Head"]),
        choice=CHOICES,
        days_ago=st.integers(-1, 12),
        half_days=st.integers(0, 5),
        key=st.uuids(version=4),
    )
    @a_request
    def days_in_school_are_logged(self, who: str, choice: int, days_ago: int, half_days: int, key: uuid.UUID) -> None:
        """By a member or, by its link, somebody of the school."""
        accounts = [*Place.objects.order_by("pk"), *MasterySpecialist.objects.order_by("pk")]
        self.do(
            ledger.log_in_school,
            account=pick(accounts, choice),
            logged=ledger.InSchool(self.today - days_ago * DAY, half_days, "Planning together", key),
            actor=self.people.get(who, who),
            refused_by=[ledger.CannotLog],
        )

    @rule(who=LEADERS, choice=CHOICES)
    @a_request
    def days_are_taken_back(self, who: str, choice: int) -> None:
        rows = ReleaseEntry.objects.select_related("place", "specialist").order_by("pk")
        if entry := pick([*rows.filter(kind=ReleaseEntry.Kind.IN_SCHOOL), *rows], choice):
            self.do(
                ledger.correct_entry,
                entry=entry,
                reason="Logged for another school.",
                actor=self.people[who],
                refused_by=[ledger.CannotCorrect],
            )

    # --- Money ---

    @rule(who=MONEY_PEOPLE, choice=CHOICES, how=CHOICES)
    @a_request
    def a_grant_takes_a_step(self, who: str, choice: int, how: int) -> None:
        if grant := self.a_grant(choice, state=GrantState.DUE):
            step = one_step(GRANT_STEPS, grant.state, how)
            needs_reason = step in (granting.not_due, granting.withhold, granting.reinstate)
            reason = {"reason": "The head asked for it."} if needs_reason else {}
            self.do(step, grant=grant, actor=self.people[who], **reason, refused_by=[granting.CannotDecide])

    @rule(who=MONEY_PEOPLE, choice=CHOICES, pence=st.sampled_from([50_000, 100_000, 120_000]))
    @a_request
    def a_grant_has_another_amount(self, who: str, choice: int, pence: int) -> None:
        if grant := self.a_grant(choice, state=GrantState.DUE):
            is_done = self.do(
                granting.change_amount,
                grant=grant,
                amount_pence=pence,
                reason="Only one teacher took part.",
                actor=self.people[who],
                refused_by=[granting.CannotDecide],
            )
            if is_done and grant.amount_pence != pence:
                self.amount_set_by[grant.pk].add(self.people[who].user_id)

    def a_grant(self, choice: int, **preferred: Any) -> Grant | None:
        """One of the grants, more often of those that are preferred."""
        grants = Grant.objects.order_by("pk")
        return pick([*grants.filter(**preferred), *grants], choice)

    @rule(who=MONEY_PEOPLE, choice=CHOICES, days=st.integers(1, 60))
    @a_request
    def a_grant_is_to_be_claimed_on_another_day(self, who: str, choice: int, days: int) -> None:
        self.do(
            granting.change_claim_day,
            grant=pick(Grant.objects.order_by("pk"), choice),
            claim_on=self.today + days * DAY,
            actor=self.people[who],
            refused_by=[granting.CannotDecide],
        )

    @rule(who=MONEY_PEOPLE, all_grants=st.booleans())
    @a_request
    def a_payment_list_is_made(self, who: str, all_grants: bool) -> None:
        grants = Grant.objects.all() if all_grants else paying.to_pay()
        self.do(
            paying.make_payment_list,
            grants=list(grants),
            actor=self.people[who],
            refused_by=[paying.CannotPay],
        )

    @rule(who=MONEY_PEOPLE, choice=CHOICES)
    @a_request
    def a_payment_list_is_taken_back(self, who: str, choice: int) -> None:
        if payment_list := pick(PaymentList.objects.order_by("pk"), choice):
            self.do(
                paying.take_back,
                payment_list=payment_list,
                actor=self.people[who],
                refused_by=[paying.CannotPay],
            )

    @rule(who=MONEY_PEOPLE, choice=CHOICES, days_ago=st.integers(0, 3))
    @a_request
    def a_payment_list_is_paid(self, who: str, choice: int, days_ago: int) -> None:
        if payment_list := pick(PaymentList.objects.order_by("pk"), choice):
            self.do(
                paying.mark_paid,
                payment_list=payment_list,
                paid_on=self.today - days_ago * DAY,
                reference="BACS 7",
                actor=self.people[who],
                refused_by=[paying.CannotPay],
            )

    # --- What holds ---

    @invariant()
    def everything_adds_up(self) -> None:
        if self.is_looked_at:
            return
        with tenancy.use(self.hub):
            what_holds.everything_stands_where_its_history_says(self.now)
            what_holds.the_ledger_says_what_was_spent(self.held_by, self.people["leo"])
            what_holds.what_is_paid_was_approved(self.amount_set_by)
            # Of what has just been derived the round makes sure: here it is that who had to tell the workers has.
            if self.derived_at and self.derived_at != self.now:
                what_holds.what_waits_is_what_is_wanted(self.derived_at)
            if self.derived_at:
                what_holds.whoever_is_asked_may_do_it(self.hub)
        with tenancy.use(self.elsewhere):
            assert what_holds.all_rows() == self.rows_elsewhere
        self.is_looked_at = True

    @invariant()
    def what_was_sent_stays_sent_and_was_sent_once(self) -> None:
        with tenancy.use(self.hub):
            sent = {row.pk: columns(row) for row in Message.objects.filter(state=MessageState.SENT)}
        assert self.sent.items() <= sent.items()
        self.sent = sent
        mails = Counter(mail.extra_headers["Message-ID"] for mail in ScriptedBackend.sent)
        assert max(mails.values(), default=1) == 1
        assert len(mails) == len(sent)

    def teardown(self) -> None:
        if hasattr(self, "undo"):
            transaction.savepoint_rollback(self.undo)


def marks_of(meeting: Meeting, marks: Iterable[Attendance.Mark]) -> list[holding.Marked]:
    """A mark for everybody who is marked."""
    return [
        holding.Marked(participant, mark, "Sub Stitute" if mark == Attendance.Mark.SUBSTITUTE else "")
        for participant, mark in zip(holding.who_is_marked(meeting), cycle(marks), strict=False)
    ]


def columns(message: Message) -> dict[str, Any]:
    return {field.attname: getattr(message, field.attname) for field in Message._meta.concrete_fields}


@pytest.mark.django_db
def test_in_whatever_order_a_year_goes_everything_adds_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMAIL_BACKEND = backends.NAME
    AYear.autumn, AYear.told = make_autumn(), []
    AYear.elsewhere = make_elsewhere(AYear.autumn.schools[-1])
    monkeypatch.setattr(tasks, "_tell", lambda task, **_: AYear.told.append(task.name))
    run_state_machine_as_test(AYear, settings=PROFILE)


PROFILE = settings(max_examples=8, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))

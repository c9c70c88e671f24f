"""Whatever happens: facts that change, people who intervene, mails that go out or do not, runs that come late."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from correspondence import delivery, deriving, sending
from correspondence.models import WAITING, Message, State
from hubs import tenancy
from hubs.models import Hub, Role
from hubs.permissions import may
from tests import factories
from tests.correspondence.backends import ScriptedBackend
from tests.correspondence.rules import FakeRule

START = dt.datetime(2026, 3, 20, 7, 30, tzinfo=ZoneInfo("Europe/London"))
DAY = dt.timedelta(days=1)
SLOTS = st.sampled_from(["fake:a", "fake:b", "fake:c"])
# Days from today on, to beyond the horizon.
DAYS = st.integers(-1, 18)
CHOICES = st.integers(0, 1_000)
ACTS = (sending.hold, sending.release, sending.cancel, sending.send_now)
_numbers = count(1)


class Reminders(RuleBasedStateMachine):
    """A hub's reminders beside what is known of them without the engine."""

    wishes: FakeRule

    @initialize()
    def begin(self) -> None:
        self.hub: Hub = factories.make_hub(f"hub{next(_numbers)}")
        ada = factories.make_member(self.hub, Role.ADMINISTRATOR, "Ada Administrator")
        self.actor = factories.membership_of(ada, self.hub)
        assert may(self.actor, "retry_messages")
        # The clocks change after nine days.
        self.now = START
        self.wishes.wishes.clear()
        # By key: sent, given up, or cancelled by a person. Nothing more comes of these.
        self.settled: set[str] = set()
        self.sent: list[str] = []
        # By key: what was wanted when the engine ran, or when a person let it go.
        self.promised: set[str] = set()
        # What is in the database is what the last run left, but for what people and workers did since.
        self.is_derived = False
        ScriptedBackend.reset()
        # Something is due from the beginning: else most runs never come to what follows a failure.
        for slot in ("fake:a", "fake:b", "fake:c"):
            self.want(slot, days=0, version=0, at_once=True)

    # --- Facts ---

    @rule(slot=SLOTS, days=DAYS, version=st.integers(0, 2), at_once=st.booleans())
    def want(self, slot: str, days: int, version: int, at_once: bool) -> None:
        occurrence = (self.now - START).days + days
        due_at = START + occurrence * DAY
        text = f"{slot} on day {occurrence}, version {version}"
        self.wishes.want(slot, str(occurrence), due_at, useless_at=due_at + 4 * DAY, text=text)
        self.is_derived = False
        if at_once:
            self.the_engine_runs(late=False)

    @rule(slot=SLOTS)
    def want_no_more(self, slot: str) -> None:
        if self.wishes.wishes.pop(slot, None):
            self.is_derived = False

    @rule(hours=st.sampled_from([1, 10, 24, 24 * 3, 24 * 9]))
    def time_passes(self, hours: int) -> None:
        self.now += dt.timedelta(hours=hours)
        self.is_derived = False

    # --- People and workers ---

    @precondition(lambda self: self.waiting())
    @rule(act=st.sampled_from(ACTS), choice=CHOICES)
    def a_person_acts(self, act: Any, choice: int) -> None:
        waiting = self.waiting()
        row = waiting[choice % len(waiting)]
        with tenancy.use(self.hub):
            try:
                act(message=row, actor=self.actor, now=self.now)
            except sending.TooLate:
                assert act in (sending.release, sending.send_now) and not self.is_wanted(row)
                return
        if act is sending.send_now or (act is sending.release and row.state == State.HELD):
            assert self.is_wanted(row)
        if act is sending.cancel:
            self.settled.add(row.key)

    @precondition(lambda self: self.given_up())
    @rule(choice=CHOICES, just_before=st.sampled_from(["nothing", "moved", "gone"]))
    def a_person_sends_again_what_failed(self, choice: int, just_before: str) -> None:
        given_up = self.given_up()
        row = given_up[choice % len(given_up)]
        if just_before == "moved":
            self.want(row.slot, days=3, version=0, at_once=False)
        elif just_before == "gone":
            self.want_no_more(row.slot)
        with tenancy.use(self.hub):
            try:
                sending.retry(message=row, actor=self.actor, now=self.now, sure=True)
            except sending.TooLate:
                assert not self.is_wanted(row)
                return
        assert self.is_wanted(row)
        self.promised.add(row.key)
        self.settled.discard(row.key)
        self.is_derived = False

    @precondition(lambda self: any(row.state == State.QUEUED and row.not_before <= self.now for row in self.waiting()))
    @rule(trouble=st.sampled_from([None, "open", "refuse", "break"]))
    def the_workers_send(self, trouble: str | None) -> None:
        errors: dict[str | None, dict[str, Exception]] = {
            "open": {"open": OSError("unreachable")},
            "refuse": {"send": ValueError("no such address")},
            "break": {"send": OSError("broken")},
        }
        ScriptedBackend.reset()
        ScriptedBackend.script.update(errors.get(trouble, {}))
        before = {row.pk: row for row in self.rows()}
        for pk in delivery.take_lost(hub_id=self.hub.pk, now=self.now + delivery.RETRY_AFTER[0]):
            delivery.deliver(hub_id=self.hub.pk, message_id=pk, now=self.now)
        for row in self.rows():
            if row.state != before[row.pk].state:
                assert before[row.pk].state == State.QUEUED
                self.settled.add(row.key)
                if row.state == State.SENT:
                    self.sent.append(row.key)
                    assert row.key in self.promised
                    assert row.useless_at is not None and row.useless_at > self.now
                    if self.is_derived:
                        assert self.is_wanted(row)

    # --- The engine ---

    @rule(late=st.booleans())
    def the_engine_runs(self, late: bool) -> None:
        if late:
            self.now += dt.timedelta(hours=30)
        before = self.rows()
        expected = {
            wish.key: State.HELD if self.is_held(before, wish.slot) else State.QUEUED
            for wish in self.wishes.wishes.values()
            if wish.due_at <= self.now + deriving.HORIZON and wish.useless_at > self.now
            if wish.key not in self.settled
        }

        self.derive()
        self.promised = {wish.key for wish in self.wishes.wishes.values()}

        after = self.rows()
        assert {row.key: row.state for row in after if row.state in WAITING} == expected
        self.is_derived = True
        # Who was settled is left as it was, to the letter.
        assert [self.columns(row) for row in after if row.key in self.settled] == [
            self.columns(row) for row in before if row.key in self.settled
        ]
        assert not self.derive()
        assert [self.columns(row) for row in self.rows()] == [self.columns(row) for row in after]

    @invariant()
    def nothing_was_sent_twice(self) -> None:
        if hasattr(self, "sent"):
            assert len(self.sent) == len(set(self.sent))

    @invariant()
    def of_each_slot_at_most_one_waits(self) -> None:
        if hasattr(self, "hub"):
            slots = [row.slot for row in self.waiting()]
            assert len(slots) == len(set(slots))

    @precondition(lambda self: getattr(self, "is_derived", False))
    @invariant()
    def what_waits_says_what_is_wanted(self) -> None:
        for row in self.rows():
            wish = self.wishes.wishes.get(row.slot)
            if row.state in WAITING:
                assert wish is not None
                assert (row.key, row.text, row.useless_at) == (wish.key, wish.text, wish.useless_at)
                # Put off by the mail server at most for as long as that takes.
                assert row.not_before <= max(wish.due_at, self.now + delivery.RETRY_AFTER[-1])

    # --- What there is ---

    def derive(self) -> deriving.Changes:
        with tenancy.use(self.hub):
            return deriving.bring_up_to_date(now=self.now)

    def rows(self) -> list[Message]:
        with tenancy.use(self.hub):
            return list(Message.objects.reminders().order_by("pk"))

    def waiting(self) -> list[Message]:
        return [row for row in self.rows() if row.state in WAITING]

    def given_up(self) -> list[Message]:
        return [row for row in self.rows() if row.state in (State.FAILED, State.UNCERTAIN)]

    def is_wanted(self, row: Message) -> bool:
        """Whether the facts by now ask for it; what is due later than the engine looks, they do not yet."""
        wish = self.wishes.wishes.get(row.slot)
        return (
            wish is not None
            and wish.key == row.key
            and wish.due_at <= self.now + deriving.HORIZON
            and wish.useless_at > self.now
        )

    @staticmethod
    def is_held(rows: list[Message], slot: str) -> bool:
        return any(row.state == State.HELD for row in rows if row.slot == slot)

    @staticmethod
    def columns(row: Message) -> dict[str, Any]:
        return {field.attname: getattr(row, field.attname) for field in Message._meta.concrete_fields}


@pytest.mark.django_db
def test_what_waits_is_always_what_is_wanted_and_nothing_is_sent_twice(
    rule: FakeRule, mail_server: type[ScriptedBackend]
) -> None:
    Reminders.wishes = rule
    run_state_machine_as_test(
        Reminders,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

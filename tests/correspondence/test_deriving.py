from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from correspondence import delivery, deriving, mailbox, reminders, sending
from correspondence.models import DeliveryAttempt, Message, Outcome, State
from hubs import tenancy
from hubs.links import make_token
from hubs.models import Hub, Membership, User
from tests.correspondence.backends import ScriptedBackend
from tests.correspondence.conftest import Queue, in_state, reload
from tests.correspondence.rules import FakeRule
from tests.factories import membership_of

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def ada(administrator: User, hub: Hub) -> Membership:
    return membership_of(administrator, hub)


def derive(hub: Hub, now: dt.datetime) -> deriving.Changes:
    with tenancy.use(hub):
        return deriving.bring_up_to_date(now=now)


def rows(hub: Hub) -> list[Message]:
    with tenancy.use(hub):
        return list(Message.objects.reminders().order_by("pk"))


def only(hub: Hub) -> Message:
    [row] = rows(hub)
    return row


def states(hub: Hub) -> dict[str, str]:
    return {row.key: row.state for row in rows(hub)}


# --- Creating ---------------------------------------------------------------------------------


def test_what_is_wanted_becomes_a_message_that_waits_for_its_time(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    rule.want("fake:1", "2026-12-01", now + 3 * DAY, about=hub)

    derive(hub, now)

    row = only(hub)
    assert (row.kind, row.slot, row.key) == ("fake", "fake:1", "fake:1:2026-12-01")
    assert (row.state, row.not_before, row.useless_at) == (State.QUEUED, now + 3 * DAY, now + 5 * DAY)
    assert (row.recipients, row.subject, row.text) == (
        ["mina@people.example"],
        "On 2026-12-01",
        "Remember 2026-12-01.",
    )
    assert (row.from_name, row.reply_to) == ("Northvale Maths Hub", "hello@northvale.example")
    assert (row.about_kind, row.about_id) == ("hubs.hub", hub.pk)
    assert row.because == "It is on 2026-12-01."
    assert row.dispatched_at is None


@pytest.mark.parametrize(
    ("due_in", "made"),
    [
        (deriving.HORIZON, True),
        (deriving.HORIZON + dt.timedelta(seconds=1), False),
        (-DAY, True),
        # It is of use for two days.
        (-2 * DAY + dt.timedelta(seconds=1), True),
        (-2 * DAY, False),
    ],
)
def test_only_what_is_due_within_the_horizon_and_still_of_use_is_made(
    hub: Hub, rule: FakeRule, now: dt.datetime, due_in: dt.timedelta, made: bool
) -> None:
    rule.want("fake:1", "2026-12-01", now + due_in)

    derive(hub, now)

    assert len(rows(hub)) == made


def test_a_late_run_has_what_is_still_of_use_sent_at_once(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    rule.want("fake:1", "2026-11-20", now - DAY)

    derive(hub, now)
    ids = delivery.take_lost(hub_id=hub.pk, now=now)

    assert ids == [only(hub).pk]
    delivery.deliver(hub_id=hub.pk, message_id=ids[0], now=now)
    assert only(hub).state == State.SENT


def test_running_again_changes_nothing(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    rule.want("fake:1", "2026-12-01", now + 3 * DAY)

    assert derive(hub, now)
    before = only(hub)

    assert not derive(hub, now + HOUR)
    assert vars_of(only(hub)) == vars_of(before)


def vars_of(row: Message) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in Message._meta.concrete_fields}


def test_a_link_made_anew_is_no_change(hub: Hub, rule: FakeRule, now: dt.datetime, monkeypatch: Any) -> None:
    def want(subject_id: int) -> str:
        token = make_token("school-page", hub_id=hub.pk, subject_id=subject_id)
        rule.want("fake:1", "2026-12-01", now + 3 * DAY, text=f"See https://hubs.example/school/{token}/")
        return token

    first = want(7)
    derive(hub, now)
    monkeypatch.setattr("django.core.signing.time.time", lambda: now.timestamp() + 3600)
    again = want(7)
    assert again != first
    assert not derive(hub, now)
    assert first in only(hub).text

    other = want(8)
    assert derive(hub, now)
    assert other in only(hub).text


def test_it_derives_for_the_active_hub_only(hub: Hub, other_hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    rule.want("fake:1", "2026-12-01", now + DAY)
    derive(hub, now)
    rule.wishes.clear()

    derive(other_hub, now)

    assert only(hub).state == State.QUEUED
    assert rows(other_hub) == []


def test_other_messages_are_left_alone(hub: Hub, rule: FakeRule, queue: Queue, now: dt.datetime) -> None:
    letter = queue(hub)

    derive(hub, now)

    assert reload(letter).state == State.QUEUED


# --- Dates that move --------------------------------------------------------------------------


def test_a_waiting_reminder_moves_with_its_date(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    rule.want("fake:1", "2026-12-01", now + 3 * DAY)
    derive(hub, now)
    first = only(hub)
    rule.want("fake:1", "2026-12-04", now + 6 * DAY, recipient="new@people.example")

    derive(hub, now + HOUR)

    moved = only(hub)
    assert (moved.pk, moved.uuid, moved.queued_at) == (first.pk, first.uuid, now)
    assert (moved.key, moved.not_before, moved.useless_at) == ("fake:1:2026-12-04", now + 6 * DAY, now + 8 * DAY)
    assert (moved.recipients, moved.subject) == (["new@people.example"], "On 2026-12-04")
    assert (moved.text, moved.because) == ("Remember 2026-12-04.", "It is on 2026-12-04.")


def test_one_that_is_due_already_moves_away_with_its_date(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    rule.want("fake:1", "2026-12-01", now)
    derive(hub, now)
    [pk] = delivery.take_lost(hub_id=hub.pk, now=now)
    rule.want("fake:1", "2026-12-04", now + 3 * DAY)

    derive(hub, now)

    delivery.deliver(hub_id=hub.pk, message_id=pk, now=now)
    assert (only(hub).state, only(hub).not_before) == (State.QUEUED, now + 3 * DAY)
    # A worker is told anew when its time comes.
    assert only(hub).dispatched_at is None
    assert delivery.take_lost(hub_id=hub.pk, now=now + 3 * DAY) == [pk]


def test_the_same_date_may_be_reminded_of_at_another_time(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    rule.want("fake:1", "2026-12-01", now + 3 * DAY)
    derive(hub, now)
    rule.want("fake:1", "2026-12-01", now + 2 * DAY)

    assert derive(hub, now)

    assert (only(hub).key, only(hub).not_before) == ("fake:1:2026-12-01", now + 2 * DAY)


def test_facts_that_change_are_in_the_text_of_what_waits(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    rule.want("fake:1", "2026-12-01", now + DAY)
    derive(hub, now)
    Hub.objects.filter(pk=hub.pk).update(name="Northvale and Moor Maths Hub")
    rule.want("fake:1", "2026-12-01", now + DAY, text="In the town hall.")

    derive(hub, now)

    assert (only(hub).text, only(hub).from_name) == ("In the town hall.", "Northvale and Moor Maths Hub")


def test_what_nobody_wants_any_more_is_cancelled_and_comes_back_with_its_date(
    hub: Hub, rule: FakeRule, now: dt.datetime
) -> None:
    wish = rule.want("fake:1", "2026-12-01", now + DAY)
    derive(hub, now)
    rule.wishes.clear()
    derive(hub, now)
    assert (only(hub).state, only(hub).cancelled_by) == (State.CANCELLED, None)

    rule.wishes[wish.slot] = wish
    derive(hub, now)

    assert (only(hub).state, only(hub).not_before) == (State.QUEUED, now + DAY)


def test_a_cancelled_one_comes_back_for_another_date(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    rule.want("fake:1", "2026-12-01", now + DAY)
    derive(hub, now)
    rule.wishes.clear()
    derive(hub, now)
    rule.want("fake:1", "2026-12-08", now + 8 * DAY)

    derive(hub, now)

    assert states(hub) == {"fake:1:2026-12-08": State.QUEUED}


def test_one_that_moves_beyond_the_horizon_goes_and_comes_again(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    rule.want("fake:1", "2026-12-01", now + DAY)
    derive(hub, now)
    rule.want("fake:1", "2026-12-31", now + 30 * DAY)
    derive(hub, now)
    assert states(hub) == {"fake:1:2026-12-01": State.CANCELLED}

    derive(hub, now + 16 * DAY)

    assert states(hub) == {"fake:1:2026-12-31": State.QUEUED}


@pytest.mark.parametrize("held", [False, True])
def test_what_is_of_no_use_any_more_is_cancelled(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime, held: bool
) -> None:
    rule.want("fake:1", "2026-12-01", now + DAY)
    derive(hub, now)
    if held:
        with tenancy.use(hub):
            sending.hold(message=only(hub), actor=ada, now=now)

    derive(hub, now + 3 * DAY)

    assert (only(hub).state, only(hub).cancelled_by) == (State.CANCELLED, None)


# --- What was sent ----------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.FAILED, State.UNCERTAIN])
@pytest.mark.parametrize("change", ["nothing", "text", "gone"])
def test_what_a_mail_server_may_know_is_never_touched(
    hub: Hub, rule: FakeRule, now: dt.datetime, state: State, change: str
) -> None:
    rule.want("fake:1", "2026-11-21", now)
    derive(hub, now)
    before = in_state(only(hub), state)
    if change == "text":
        rule.want("fake:1", "2026-11-21", now + HOUR, text="Otherwise.")
    elif change == "gone":
        rule.wishes.clear()

    assert not derive(hub, now + HOUR)

    assert vars_of(only(hub)) == vars_of(before)


def test_after_one_was_sent_another_date_is_another_message_and_the_first_one_none_again(
    hub: Hub, rule: FakeRule, now: dt.datetime
) -> None:
    rule.want("fake:1", "2026-11-21", now)
    derive(hub, now)
    in_state(only(hub), State.SENT)

    rule.want("fake:1", "2026-11-28", now + 7 * DAY)
    derive(hub, now)
    assert states(hub) == {"fake:1:2026-11-21": State.SENT, "fake:1:2026-11-28": State.QUEUED}

    rule.want("fake:1", "2026-11-21", now)
    derive(hub, now)
    assert states(hub) == {"fake:1:2026-11-21": State.SENT, "fake:1:2026-11-28": State.CANCELLED}


def test_one_that_the_mail_server_put_off_keeps_the_time_of_its_next_attempt(
    hub: Hub, rule: FakeRule, now: dt.datetime, mail_server: type[ScriptedBackend]
) -> None:
    mail_server.script["open"] = OSError("unreachable")
    rule.want("fake:1", "2026-11-21", now)
    derive(hub, now)
    delivery.deliver(hub_id=hub.pk, message_id=only(hub).pk, now=now)
    put_off_to = only(hub).not_before
    assert put_off_to > now

    derive(hub, now)

    assert (only(hub).not_before, only(hub).attempts) == (put_off_to, 1)


def test_one_that_a_mail_server_may_know_is_not_turned_into_that_of_another_date(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime
) -> None:
    rule.want("fake:1", "2026-11-21", now)
    derive(hub, now)
    uncertain = tried(only(hub), now)
    with tenancy.use(hub):
        sending.retry(message=uncertain, actor=ada, now=now, sure=True)

    rule.want("fake:1", "2026-11-28", now + 7 * DAY)
    derive(hub, now)

    assert states(hub) == {"fake:1:2026-11-21": State.CANCELLED, "fake:1:2026-11-28": State.QUEUED}

    # It comes back as what it is, and not in place of the other.
    rule.want("fake:1", "2026-11-21", now)
    derive(hub, now)
    assert states(hub) == {"fake:1:2026-11-21": State.QUEUED, "fake:1:2026-11-28": State.CANCELLED}


def tried(message: Message, now: dt.datetime) -> Message:
    with tenancy.use(message.hub_id):
        DeliveryAttempt.objects.create(
            hub_id=message.hub_id,
            message=message,
            started_at=now,
            finished_at=now,
            outcome=Outcome.UNCERTAIN,
            error="The connection broke.",
        )
    return in_state(message, State.UNCERTAIN)


# --- What people did --------------------------------------------------------------------------


def test_what_a_person_cancelled_stays_cancelled_for_its_date_and_only_that(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime
) -> None:
    wish = rule.want("fake:1", "2026-12-01", now + DAY)
    derive(hub, now)
    with tenancy.use(hub):
        sending.cancel(message=only(hub), actor=ada, now=now)

    assert not derive(hub, now)
    assert only(hub).cancelled_by == ada.user

    rule.want("fake:1", "2026-12-03", now + 3 * DAY)
    derive(hub, now)
    assert states(hub) == {"fake:1:2026-12-01": State.CANCELLED, "fake:1:2026-12-03": State.QUEUED}

    rule.wishes[wish.slot] = wish
    derive(hub, now)
    assert states(hub) == {"fake:1:2026-12-01": State.CANCELLED, "fake:1:2026-12-03": State.CANCELLED}


def test_what_a_person_holds_back_moves_with_its_date_and_stays_held(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime
) -> None:
    rule.want("fake:1", "2026-12-01", now + DAY)
    derive(hub, now)
    with tenancy.use(hub):
        sending.hold(message=only(hub), actor=ada, now=now)
    rule.want("fake:1", "2026-12-03", now + 3 * DAY)

    derive(hub, now)

    assert (only(hub).state, only(hub).key, only(hub).not_before) == (
        State.HELD,
        "fake:1:2026-12-03",
        now + 3 * DAY,
    )


def test_the_hold_on_one_that_was_tried_passes_to_that_of_another_date(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime
) -> None:
    rule.want("fake:1", "2026-11-21", now)
    derive(hub, now)
    uncertain = tried(only(hub), now)
    with tenancy.use(hub):
        sending.retry(message=uncertain, actor=ada, now=now, sure=True)
        sending.hold(message=uncertain, actor=ada, now=now)
    rule.want("fake:1", "2026-11-28", now + 7 * DAY)

    derive(hub, now)

    assert states(hub) == {"fake:1:2026-11-21": State.CANCELLED, "fake:1:2026-11-28": State.HELD}


@pytest.mark.parametrize("engine_began_before", [False, True])
def test_what_a_person_sends_early_goes_at_once_and_not_again(
    hub: Hub, rule: FakeRule, ada: Membership, now: dt.datetime, engine_began_before: bool
) -> None:
    rule.want("fake:1", "2026-12-01", now + 3 * DAY)
    derive(hub, now)
    with tenancy.use(hub):
        sending.send_now(message=only(hub), actor=ada, now=now + HOUR)

    derive(hub, now if engine_began_before else now + 2 * HOUR)
    delivery.deliver(hub_id=hub.pk, message_id=only(hub).pk, now=now + 2 * HOUR)
    derive(hub, now + 4 * DAY)

    assert states(hub) == {"fake:1:2026-12-01": State.SENT}
    assert len(mailbox.mails()) == 1


# --- The engine itself ------------------------------------------------------------------------


def test_two_wishes_for_one_slot_are_one_message(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    wish = rule.want("fake:1", "2026-12-01", now + DAY)
    rule.wishes["again"] = wish

    derive(hub, now)

    assert len(rows(hub)) == 1


def test_preparations_come_before_the_rules(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    def prepare(*, now: dt.datetime) -> None:
        rule.want("fake:1", "2026-12-01", now + DAY)

    reminders.register_preparation(prepare)

    derive(hub, now)

    assert len(rows(hub)) == 1


def test_as_many_queries_for_three_of_each_as_for_one(hub: Hub, rule: FakeRule, now: dt.datetime) -> None:
    def queries_for(count: int) -> int:
        rule.wishes.clear()
        derive(hub, now)
        for number in range(2 * count):
            rule.want(f"fake:{count}:{number}", "2026-12-01", now + DAY)
        derive(hub, now)
        # A third of them new, a third moved, a third gone.
        for number in range(count, 3 * count):
            rule.want(f"fake:{count}:{number}", "2026-12-02", now + 2 * DAY)
        for number in range(count):
            del rule.wishes[f"fake:{count}:{number}"]
        with CaptureQueriesContext(connection) as captured:
            changes = derive(hub, now)
        assert (len(changes.created), len(changes.changed), len(changes.cancelled)) == (count, count, count)
        return len([query for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    assert queries_for(1) == queries_for(3) <= 8

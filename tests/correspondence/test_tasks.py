from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from correspondence import delivery, mailbox, tasks
from correspondence.models import State
from hubs.models import Hub
from tests.correspondence.conftest import Queue, reload


@pytest.fixture
def dispatched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The messages that the workers were told of."""
    told: list[int] = []
    monkeypatch.setattr(tasks.deliver_message, "apply_async", lambda kwargs, retry: told.append(kwargs["message_id"]))
    return told


def test_the_task_delivers_a_due_message_once(hub: Hub, queue: Queue) -> None:
    message = queue(hub, now=timezone.now())

    tasks.deliver_message(hub_id=hub.pk, message_id=message.pk)
    tasks.deliver_message(hub_id=hub.pk, message_id=message.pk)

    assert reload(message).state == State.SENT
    assert len(mailbox.mails()) == 1


def test_the_task_of_a_message_that_is_gone_does_nothing(hub: Hub) -> None:
    tasks.deliver_message(hub_id=hub.pk, message_id=1)

    assert mailbox.mails() == []


def test_the_sweep_visits_every_hub(hub: Hub, other_hub: Hub, queue: Queue, dispatched: list[int]) -> None:
    long_ago = timezone.now() - dt.timedelta(hours=1)
    lost = [queue(hub, now=long_ago), queue(other_hub, now=long_ago)]
    stuck = queue(other_hub, now=long_ago)
    delivery._claim(hub_id=other_hub.pk, message_id=stuck.pk, now=long_ago)

    tasks.sweep()

    assert sorted(dispatched) == [message.pk for message in lost]
    assert reload(stuck).state == State.UNCERTAIN


def test_a_dispatch_without_a_broker_is_left_to_the_sweep(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(**options: Any) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(tasks.deliver_message, "apply_async", down)

    tasks.dispatch(hub_id=hub.pk, message_id=1)

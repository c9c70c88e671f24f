from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction

from correspondence import reminders, tasks
from hubs import tenancy
from hubs.models import Hub
from tests.correspondence.rules import FakeRule

CaptureOnCommit = Any


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The hubs that the workers were told to derive."""
    found: list[int] = []
    monkeypatch.setattr(tasks.derive_reminders, "apply_async", lambda kwargs, retry: found.append(kwargs["hub_id"]))
    return found


def test_a_worker_is_told_after_the_commit(
    hub: Hub, told: list[int], django_capture_on_commit_callbacks: CaptureOnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        with tenancy.use(hub):
            reminders.derive_soon()
        assert told == []
    assert told == [hub.pk]


def test_a_worker_is_told_once_however_much_happens_in_a_transaction(
    hub: Hub, told: list[int], django_capture_on_commit_callbacks: CaptureOnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True), tenancy.use(hub):
        for _ in range(5):
            reminders.derive_soon()
        with transaction.atomic():
            reminders.derive_soon()

    assert told == [hub.pk]


def test_what_is_undone_takes_nothing_from_the_rest(
    hub: Hub, told: list[int], django_capture_on_commit_callbacks: CaptureOnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True), tenancy.use(hub):
        with pytest.raises(ZeroDivisionError):
            derive_and_fail()
        reminders.derive_soon()

    assert told == [hub.pk]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_tells_nobody(told: list[int], hub: Hub) -> None:
    with pytest.raises(ZeroDivisionError), tenancy.use(hub):
        derive_and_fail()

    assert told == []


@transaction.atomic
def derive_and_fail() -> None:
    reminders.derive_soon()
    raise ZeroDivisionError


def test_without_a_hub_nothing_is_derived(db: None) -> None:
    with pytest.raises(tenancy.NoActiveHub):
        reminders.derive_soon()


def test_a_reminder_is_called_by_its_rule_and_other_messages_by_none(rule: FakeRule) -> None:
    assert reminders.label_of("fake") == "Something to do"
    assert reminders.label_of("eoi-received") == ""


def test_one_wish_is_one_key(rule: FakeRule, now: dt.datetime) -> None:
    assert rule.want("fake:1", "2026-12-01", now).key == "fake:1:2026-12-01"

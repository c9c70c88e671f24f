from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import pytest
from celery.worker.request import Request
from django.core import mail
from django.utils import timezone
from kombu import Message
from pytest_django import Settings

from hubadmin.celery import app
from hubs.models import Hub, NationalRole
from schools import tasks
from schools.models import RegisterImport, School
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_night_that_finds_nothing_leaves_its_reason(tmp_path: Path, settings: Settings) -> None:
    settings.REGISTER_SOURCE = str(tmp_path)

    tasks.refresh_register()

    assert "has neither today's register" in RegisterImport.objects.get().reason


def test_the_morning_after_a_week_somebody_is_told(tmp_path: Path, settings: Settings) -> None:
    settings.REGISTER_SOURCE = str(tmp_path)
    NationalRole.objects.create(user=factories.make_user("Nat National"))
    tasks.refresh_register()
    long_ago = timezone.now() - dt.timedelta(days=8)
    first = RegisterImport.objects.get()
    RegisterImport.objects.create(
        outcome="refused",
        started_at=long_ago,
        finished_at=long_ago,
        file_name=first.file_name,
        actor_name=first.actor_name,
        reason="It is not there.",
    )

    tasks.warn_when_overdue()
    tasks.warn_when_overdue()

    assert len(mail.outbox) == 1


def test_a_night_that_left_no_word_is_kept_in_the_morning(tmp_path: Path, settings: Settings) -> None:
    settings.REGISTER_SOURCE = str(tmp_path)

    tasks.warn_when_overdue()

    assert "left no word" in RegisterImport.objects.get().reason


@pytest.mark.parametrize(
    ("task", "taken_when_begun"), [(tasks.refresh_register, True), (tasks.warn_when_overdue, False)]
)
def test_a_refresh_that_kills_its_worker_does_not_come_back_to_kill_the_next_one(
    task: Any, *, taken_when_begun: bool
) -> None:
    acknowledged: list[object] = []
    message = Message(headers={"id": "a", "task": task.name}, body="")
    request = Request(message, app=app, body=([], {}, {}), decoded=True, on_ack=lambda *args: acknowledged.append(args))

    request.on_accepted(pid="1", time_accepted=time.monotonic())

    assert bool(acknowledged) is taken_when_begun


def test_every_night_schools_that_hubs_added_open_on_their_day(hub: Hub, settings: Settings) -> None:
    assert "schools.tasks.open_added_schools" in [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    added = factories.make_school(
        urn=School.FIRST_ADDED,
        added_by=hub,
        added_at=timezone.now(),
        status=School.Status.PROPOSED,
        opened_on=timezone.localdate(),
    )

    tasks.open_added_schools()

    added.refresh_from_db()
    assert added.status == School.Status.OPEN

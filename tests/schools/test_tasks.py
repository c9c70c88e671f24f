from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from hubs.models import NationalRole
from schools import tasks
from schools.models import RegisterImport
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

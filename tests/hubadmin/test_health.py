from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from hubadmin import tasks

# Nobody listens on the first port.
NOWHERE = "redis://127.0.0.1:1/0"


def ready(client: Client) -> tuple[int, dict[str, str]]:
    response = client.get(reverse("ready"))
    return response.status_code, response.json()


@pytest.fixture
def _worker() -> None:
    """A worker that has just left its sign."""
    tasks.beat()


def test_the_process_says_that_it_is_alive_without_any_database(client: Client) -> None:
    response = client.get(reverse("alive"))

    assert (response.status_code, response.content) == (200, b"alive\n")


@pytest.mark.usefixtures("_worker")
def test_it_is_ready_when_all_it_needs_is_there(client: Client, db: None) -> None:
    assert ready(client) == (200, {"database": "ok", "migrations": "ok", "broker": "ok", "worker": "ok"})


def test_health_is_never_cached(client: Client, db: None) -> None:
    for name in ("alive", "ready"):
        assert "no-store" in client.get(reverse(name)).headers["Cache-Control"]


def test_without_a_sign_of_a_worker_it_is_not_ready(client: Client, db: None) -> None:
    assert ready(client) == (
        503,
        {"database": "ok", "migrations": "ok", "broker": "ok", "worker": "no sign of a worker"},
    )


def test_an_old_sign_of_a_worker_is_told_with_its_age(client: Client, db: None) -> None:
    cache.set(tasks.HEARTBEAT, time.time() - 61)

    status, answers = ready(client)

    assert status == 503
    assert answers["worker"] in ("last sign 61 seconds ago", "last sign 62 seconds ago")


@pytest.mark.usefixtures("_worker")
def test_a_broker_that_is_down_is_named(client: Client, db: None, settings: Settings) -> None:
    settings.REDIS_URL = NOWHERE

    assert ready(client) == (503, {"database": "ok", "migrations": "ok", "broker": "unreachable", "worker": "ok"})


@pytest.mark.usefixtures("_worker")
def test_migrations_that_are_not_applied_are_counted(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    applied = MigrationRecorder.applied_migrations

    def without_the_latest(self: MigrationRecorder) -> dict[tuple[str, str], Any]:
        found = dict(applied(self))
        del found[max(key for key in found if key[0] == "programmes")]
        return found

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", without_the_latest)

    assert ready(client) == (
        503,
        {"database": "ok", "migrations": "1 not applied", "broker": "ok", "worker": "ok"},
    )


@pytest.fixture
def _database_down(transactional_db: None) -> Iterator[None]:
    """Nobody answers where the database was."""
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = "1"
    yield
    connection.close()
    connection.settings_dict["PORT"] = port


@pytest.mark.usefixtures("_worker", "_database_down")
def test_a_database_that_is_down_is_named(client: Client) -> None:
    assert ready(client) == (
        503,
        {
            "database": "unreachable",
            "migrations": "unknown: database unreachable",
            "broker": "ok",
            "worker": "ok",
        },
    )


@pytest.mark.usefixtures("_database_down")
def test_without_a_database_the_process_is_alive_all_the_same(client: Client) -> None:
    assert client.get(reverse("alive")).status_code == 200

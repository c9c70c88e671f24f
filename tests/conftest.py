"""What every test may ask for: a database under the app role, two hubs, and three kinds of people."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import Client, TransactionTestCase
from playwright.sync_api import BrowserContext
from psycopg import sql
from pytest_django import DjangoDbBlocker, Settings
from redis import Redis

from hubadmin.local.provision import clone, drop, provision
from hubs.models import Hub, Role, User
from tests import factories
from tests.browser import NOTE_LEAVING
from tests.environment import ADMIN_URL, DATABASE, GIVEN_TEMPLATE, TEMPLATE, WORKER

# Filled by migrations, the same for every test.
REFERENCE_TABLES = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "programmes_stage",
    "programmes_stageyear",
    "programmes_stagepromise",
}


@pytest.fixture(scope="session")
def django_db_setup(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A copy of the migrated template for this worker; where none is given the first worker that needs it makes it."""
    shared = tmp_path_factory.getbasetemp()
    if WORKER != "main":
        shared = shared.parent
    with (shared / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not GIVEN_TEMPLATE and not (shared / "template.ready").exists():
            provision(ADMIN_URL, database=TEMPLATE)
            with django_db_blocker.unblock():
                _migrate_template()
            (shared / "template.ready").touch()
        clone(ADMIN_URL, TEMPLATE, DATABASE)
    yield
    connections.close_all()
    drop(ADMIN_URL, DATABASE)


def _migrate_template() -> None:
    for alias in connections:
        connections[alias].settings_dict["NAME"] = TEMPLATE
    call_command("migrate", verbosity=0)
    connections.close_all()
    for alias in connections:
        connections[alias].settings_dict["NAME"] = DATABASE


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave nothing behind: neither the template and its roles nor keys in Redis."""
    if not hasattr(session.config, "workerinput"):
        if not GIVEN_TEMPLATE:
            drop(ADMIN_URL, TEMPLATE)
        redis = Redis.from_url(settings.REDIS_URL)
        for key in redis.scan_iter(f"*{TEMPLATE}:*"):
            redis.delete(key)


def _truncate_as_owner(self: TransactionTestCase) -> None:
    """Empty the tables as their owner: the app role, under which the test ran, may not."""
    with psycopg.connect(settings_url("owner"), autocommit=True) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        names = [sql.Identifier(name) for (name,) in tables if name not in REFERENCE_TABLES]
        connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))


TransactionTestCase._fixture_teardown = _truncate_as_owner  # type: ignore[attr-defined]


def settings_url(alias: str) -> str:
    """A connection string for one of the three roles."""
    database = connections[alias].settings_dict
    return psycopg.conninfo.make_conninfo(
        host=database["HOST"],
        port=database["PORT"] or None,
        user=database["USER"],
        password=database["PASSWORD"],
        dbname=database["NAME"],
    )


@pytest.fixture(autouse=True)
def _own_cache() -> None:
    """Counters and rate limits start anew in every test."""
    cache.key_prefix = f"{settings.KEY_PREFIX}:{secrets.token_hex(4)}"


@pytest.fixture(autouse=True)
def _own_mailbox(tmp_path: Path, settings: Settings) -> None:
    """Mails go into a folder of the test."""
    settings.MAILBOX_DIR = tmp_path / "mailbox"


@pytest.fixture
def now() -> dt.datetime:
    """A Saturday morning in November, in London."""
    return dt.datetime(2026, 11, 21, 10, 0, tzinfo=ZoneInfo("Europe/London"))


@pytest.fixture
def hub(db: None) -> Hub:
    """The hub that the test is about."""
    return factories.make_hub("northvale")


@pytest.fixture
def other_hub(db: None) -> Hub:
    """A hub that must see nothing of it."""
    return factories.make_hub("severnmoor")


@pytest.fixture
def administrator(hub: Hub) -> User:
    """Runs the hub: may do everything in it."""
    return factories.make_member(hub, Role.ADMINISTRATOR, "Ada Administrator")


@pytest.fixture
def lead(hub: Hub) -> User:
    """Leads the hub: may decide, may not manage members."""
    return factories.make_member(hub, Role.HUB_LEAD, "Leo Lead")


@pytest.fixture
def specialist(hub: Hub) -> User:
    """Leads Work Groups: a member without the hub's papers."""
    return factories.make_member(hub, Role.MASTERY_SPECIALIST, "Mina Specialist")


@pytest.fixture
def finance(hub: Hub) -> User:
    """Pays for the hub: sees money only."""
    return factories.make_member(hub, Role.FINANCE, "Fola Finance")


@pytest.fixture
def stranger(other_hub: Hub) -> User:
    """Runs another hub: must see nothing."""
    return factories.make_member(other_hub, Role.ADMINISTRATOR, "Stan Stranger")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser in which a person is signed in, with a second factor."""

    def sign_in(user: User) -> Client:
        Authenticator.objects.get_or_create(user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": "x"}})
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


# --- Browser --------------------------------------------------------------------------------------

CHROMIUM_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, which calls nobody."""
    return {**browser_type_launch_args, "executable_path": os.environ.get("CHROMIUM"), "args": CHROMIUM_SWITCHES}


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    """A browser's own, in which `tests.browser.arrive` can tell that a page is on its way."""
    context.add_init_script(NOTE_LEAVING)
    return context

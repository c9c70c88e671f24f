"""The running application for the journeys that people make: server, worker, broker, browser."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import ConsoleMessage, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from hubadmin.celery import app


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[None]:
    """A real worker on this test's database, queue and mailbox."""
    app.control.purge()
    command = [sys.executable, "-m", "celery", "-A", "hubadmin.celery", "worker"]
    options = ["--concurrency=1", "--without-gossip", "--without-mingle", "--loglevel=ERROR"]
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *options],
            cwd=settings.BASE_DIR,
            env={**os.environ, "VAR_DIR": str(tmp_path)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    yield
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=30)
    app.control.purge()


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> str:
    """The address of the running application, which the links in its mails lead to as well."""
    settings.PUBLIC_URL = live_server.url
    return live_server.url


@pytest.fixture
def quiet(page: Page) -> Iterator[Page]:
    """The page, in whose browser's console nothing may be said."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.set_default_timeout(20_000)
    yield page
    assert complaints == []

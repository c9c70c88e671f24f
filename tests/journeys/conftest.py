"""The running application for the journeys that people make: server, worker, broker, browser."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import ConsoleMessage, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from hubadmin.celery import app

WIDTHS = (1440, 360)


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


def look_at(page: Page) -> None:
    """Fail when axe finds anything, or when the page is wider than a desk's or a phone's screen."""
    # What was clicked may still be on its way.
    page.wait_for_load_state()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} is wider than {width}"
        violations = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations] == [], page.url


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

from __future__ import annotations

import os
from typing import Any

import pytest

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

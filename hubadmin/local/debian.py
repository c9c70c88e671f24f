"""Debian packages, where we may install them: as root or with a sudo that asks for no password."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path


def may_install() -> bool:
    """Whether this machine has apt-get and lets us use it."""
    return shutil.which("apt-get") is not None and _as_root() is not None


def install(packages: Sequence[str], log: Path) -> bool:
    """Install packages; False when that is not allowed or fails. What apt says goes to the log."""
    prefix = _as_root()
    if prefix is None or shutil.which("apt-get") is None:
        return False
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    install_command = [*prefix, *environment, "apt-get", "install", "-y", "--no-install-recommends", *packages]
    update_command = [*prefix, *environment, "apt-get", "update"]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:

        def succeeds(command: Sequence[str]) -> bool:
            return subprocess.call(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output) == 0

        # A machine's package lists are often missing or stale: then fetch them and try once more.
        return succeeds(install_command) or (succeeds(update_command) and succeeds(install_command))


def _as_root() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0:
        return ["sudo", "-n"]
    return None

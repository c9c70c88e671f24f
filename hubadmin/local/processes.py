"""Ending processes and whole process groups, and telling the living from the dead."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PROC = Path("/proc")


def group_lives(group: int) -> bool:
    """Whether a process group has a member that is not merely waiting to be buried."""
    if PROC.joinpath("self", "stat").exists():
        return any(_group_and_state(entry) == (group, True) for entry in PROC.iterdir() if entry.name.isdigit())
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _group_and_state(entry: Path) -> tuple[int, bool]:
    """A process's group and whether it lives (a zombie does not)."""
    try:
        # The name stands in brackets and may hold anything; what follows it is plain.
        state, _parent, group = entry.joinpath("stat").read_text(errors="replace").rpartition(")")[2].split()[:3]
    except (OSError, ValueError):
        return 0, False
    return int(group), state not in "ZX"


def signal_process(pid: int, number: int) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def signal_group(group: int, number: int) -> None:
    """Send a signal to a process group that may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def stop_groups(groups: Sequence[int], *, grace: float) -> None:
    """End process groups: ask each leader, wait up to `grace` seconds, then kill whoever is left.

    Only the leaders are asked, because a worker's children take the signal for an order to drop their task.
    """
    for group in groups:
        signal_process(group, signal.SIGTERM)
    wait_until(lambda: not any(group_lives(group) for group in groups), seconds=grace)
    for group in groups:
        signal_group(group, signal.SIGKILL)
    wait_until(lambda: not any(group_lives(group) for group in groups), seconds=5)


def wait_until(done: Callable[[], bool], *, seconds: float) -> bool:
    """Look until something is so or the time is up; returns whether it is so."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def command_of(pid: int) -> str:
    """The command line of a process; empty when there is none."""
    answer = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()

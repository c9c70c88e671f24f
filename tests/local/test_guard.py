"""The guard: no process outlives its supervisor."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hubadmin.local.guard import Guard
from hubadmin.local.places import ROOT
from hubadmin.local.processes import group_lives, wait_until

# Each child starts a grandchild and says both are there; one is deaf to being asked to stop.
FAMILY = """
import signal, subprocess, sys
if {deaf}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sleep", "600"])
print("born", flush=True)
signal.pause()
"""
SUPERVISOR = """
import signal, subprocess, sys
from hubadmin.local.guard import Guard
guard = Guard(grace=0.5)
for family in sys.argv[1:]:
    print(guard.spawn([sys.executable, "-c", family]).pid, flush=True)
signal.pause()
"""


def start_supervisor(*families: str) -> tuple[subprocess.Popen[str], list[int]]:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, *families], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    lines = [supervisor.stdout.readline().strip() for _ in range(2 * len(families))]
    return supervisor, [int(line) for line in lines if line != "born"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_all_groups_end_with_their_supervisor_however_it_ends(number: signal.Signals) -> None:
    supervisor, groups = start_supervisor(FAMILY.format(deaf=False), FAMILY.format(deaf=True))
    assert all(group_lives(group) for group in groups)
    supervisor.send_signal(number)
    supervisor.communicate()
    assert wait_until(lambda: not any(group_lives(group) for group in groups), seconds=20)


def test_closing_ends_all_children_and_the_guard() -> None:
    with Guard(grace=2) as guard:
        children = [guard.spawn(["sleep", "600"]) for _ in range(2)]
        assert all(child.poll() is None for child in children)
    assert all(child.returncode == -signal.SIGTERM for child in children)
    assert not guard.lives()


def test_burying_a_dead_child_ends_what_it_left_running(tmp_path: Path) -> None:
    with Guard(grace=2) as guard, (tmp_path / "log").open("wb") as output:
        child = guard.spawn([sys.executable, "-c", FAMILY.format(deaf=False)], output=output)
        assert wait_until(lambda: (tmp_path / "log").read_text() == "born\n", seconds=20)
        child.kill()
        child.wait()
        assert group_lives(child.pid)
        guard.bury(child)
        assert wait_until(lambda: not group_lives(child.pid), seconds=5)

"""Looking after the demo's processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubadmin.local import keeper
from hubadmin.local.guard import Guard
from hubadmin.local.supervisor import DemoError, Program, Supervisor


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    with Guard(grace=2) as guard:
        yield Supervisor(guard, dict(os.environ), say=said.append)


def lasting(tmp_path: Path) -> Program:
    return Program("worker", ["sleep", "600"], tmp_path / "worker.log")


def test_a_program_that_dies_is_started_again_with_a_word(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    program = lasting(tmp_path)
    supervisor.start(program)
    assert program.process is not None
    first = program.process.pid
    os.kill(first, signal.SIGKILL)
    supervisor.watch(until=lambda: bool(said))
    assert program.process.pid != first
    assert program.process.poll() is None
    assert said[0].startswith("worker has ended (status -9) and is started again")


def test_a_program_that_dies_again_and_again_is_given_up_with_the_end_of_its_log(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    supervisor.start(Program("web", [sys.executable, "-c", "raise SystemExit('no such table')"], tmp_path / "web.log"))
    with pytest.raises(DemoError, match=r"web ends again and again \(status 1\)(.|\n)*no such table"):
        supervisor.watch(until=lambda: False)
    assert len(said) == 3


def test_a_lost_guard_ends_the_demo(supervisor: Supervisor) -> None:
    guard = int(subprocess.check_output(["pgrep", "-P", str(os.getpid()), "-f", "hubadmin.local.guard"]))
    os.kill(guard, signal.SIGKILL)
    with pytest.raises(DemoError, match="guard process has gone"):
        supervisor.watch(until=lambda: False)


def test_a_service_whose_keeper_was_killed_comes_back_at_its_address(said: list[str], tmp_path: Path) -> None:
    use = keeper.use("valkey", tmp_path / "valkey")
    pid = int(subprocess.check_output(["pgrep", "-f", f"keeper valkey {tmp_path}"]))
    with Guard(grace=2, claims=[use.claim]) as guard:
        supervisor = Supervisor(guard, {}, [use], say=said.append)
        os.kill(pid, signal.SIGKILL)
        supervisor.watch(until=lambda: bool(said))
        assert use.lives()
    assert "valkey is started again" in said[0]
    for each in (use, *supervisor.replacements):
        each.release()

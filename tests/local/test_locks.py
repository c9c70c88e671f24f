"""Locks between processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hubadmin.local import locks
from hubadmin.local.places import ROOT

HOLD = """
import sys
from pathlib import Path
from hubadmin.local import locks
lock = locks.wait_for_lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def hold_in_another_process(path: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_lock_is_had_by_one_only(tmp_path: Path) -> None:
    first = locks.try_lock(tmp_path / "lock")
    assert first is not None
    assert locks.try_lock(tmp_path / "lock") is None
    os.close(first)
    assert locks.try_lock(tmp_path / "lock") is not None


def test_shared_locks_go_together_and_keep_others_out(tmp_path: Path) -> None:
    shared = [locks.try_lock(tmp_path / "lock", shared=True) for _ in range(2)]
    assert None not in shared
    assert locks.try_lock(tmp_path / "lock") is None


def test_asking_whether_a_lock_is_held_does_not_take_it(tmp_path: Path) -> None:
    assert not locks.is_held(tmp_path / "lock")
    assert locks.try_lock(tmp_path / "lock") is not None


def test_a_killed_process_lets_go_of_its_lock(tmp_path: Path) -> None:
    process = hold_in_another_process(tmp_path / "lock")
    assert locks.is_held(tmp_path / "lock")
    process.kill()
    process.communicate()
    assert not locks.is_held(tmp_path / "lock")

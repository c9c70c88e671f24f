"""A guard that outlives whoever it guards for: kill -9 of a supervisor leaves no process behind.

The guard is a process in a session of its own that reads from a pipe whose other end only the supervisor
holds. Each child of the supervisor writes its process group into the pipe before it becomes its program, so
none can slip through. When the pipe closes, by a clean stop or a sudden death, the guard ends all groups.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import IO

from hubadmin.local.places import ROOT
from hubadmin.local.processes import group_lives, signal_group, stop_groups, wait_until

GRACE_SECONDS = 15.0


class Guard:
    """Starts processes that end, at the latest, with this one; a context manager that stops them all."""

    def __init__(self, *, grace: float = GRACE_SECONDS, claims: Sequence[int] = ()) -> None:
        """Wait `grace` seconds before killing; `claims` are file descriptors (locks) to hold until all has ended."""
        self._grace = grace
        self._children: list[subprocess.Popen[bytes]] = []
        reading, self._pipe = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hubadmin.local.guard", str(grace)],
            cwd=ROOT,
            stdin=reading,
            pass_fds=claims,
            start_new_session=True,
        )
        os.close(reading)

    def __enter__(self) -> Guard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def spawn(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        output: IO[bytes] | None = None,
        stdin: int | None = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """Start a program in the project's folder, as the leader of its own process group."""

        def register() -> None:
            os.write(self._pipe, b"+%d\n" % os.getpid())

        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=stdin,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=register,
        )
        self._children.append(child)
        return child

    def bury(self, child: subprocess.Popen[bytes]) -> None:
        """End what a dead child has left running, and forget it: its number may soon be another's."""
        signal_group(child.pid, signal.SIGKILL)
        self._children.remove(child)
        os.write(self._pipe, b"-%d\n" % child.pid)

    def lives(self) -> bool:
        """Whether the guard is there; without it a sudden death would leave processes behind."""
        return self._process.poll() is None

    def close(self) -> None:
        """End all children and the guard."""
        os.close(self._pipe)
        # Children must be waited for while the guard stops them: an unburied one still counts on some systems.
        wait_until(self._all_ended, seconds=self._grace + 10)
        stop_groups([child.pid for child in self._children if group_lives(child.pid)], grace=self._grace)
        self._process.wait()

    def _all_ended(self) -> bool:
        for child in self._children:
            child.poll()
        return self._process.poll() is not None


def main(grace: float) -> None:
    """The guard's own process."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: list[int] = []
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.append(group)
        elif group in groups:
            groups.remove(group)
    stop_groups([group for group in reversed(groups) if group_lives(group)], grace=grace)


if __name__ == "__main__":
    main(float(sys.argv[1]))

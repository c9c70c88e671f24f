"""Runs the processes of the demo: starts them again when they die, gives up when that does not help."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hubadmin.local import keeper
from hubadmin.local.guard import Guard
from hubadmin.local.keeper import Use
from hubadmin.local.places import tail

LOOK_EVERY = 0.2
QUICK_DEATH_SECONDS = 20.0
QUICK_DEATHS_ALLOWED = 3


class DemoError(Exception):
    """The demo cannot go on; the text says why."""


@dataclass
class Program:
    """A process that is to run all the time."""

    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    quick_deaths: int = 0


@dataclass
class Supervisor:
    """Looks after programs and the embedded services they rely on."""

    guard: Guard
    environment: Mapping[str, str]
    uses: Sequence[Use] = ()
    programs: list[Program] = field(default_factory=list)
    say: Callable[[str], None] = print
    starts: dict[str, int] = field(default_factory=dict)
    replacements: list[Use] = field(default_factory=list)

    def start(self, program: Program) -> None:
        """Start a program with a fresh log, and look after it from now on."""
        program.log.parent.mkdir(parents=True, exist_ok=True)
        with program.log.open("wb") as output:
            program.process = self.guard.spawn(program.command, environment=self.environment, output=output)
        program.began = time.monotonic()
        if program not in self.programs:
            self.programs.append(program)

    def look(self) -> None:
        """Look once at everything. Raises DemoError when it is time to give up."""
        for program in self.programs:
            if program.process is not None and program.process.poll() is not None:
                self._revive(program, program.process)
        for used in self.uses:
            self._look_at_service(used)
        if not self.guard.lives():
            raise DemoError("the guard process has gone; without it processes could be left behind")

    def watch(self, *, until: Callable[[], bool]) -> None:
        """Look again and again until something is so. Raises DemoError."""
        while not until():
            self.look()
            time.sleep(LOOK_EVERY)

    def _look_at_service(self, used: Use) -> None:
        """A service is started again by its keeper; a keeper that has gone itself, by us."""
        if not used.lives():
            self.say(f"The keeper of {used.kind} has gone; {used.kind} is started again")
            self.replacements.append(keeper.use(used.kind, used.folder))
            if self.replacements[-1].url != used.url:
                raise DemoError(f"{used.kind} could not be started at its old address")
        starts = used.starts()
        if starts > self.starts.get(used.kind, starts):
            self.say(f"{used.kind} has ended and is started again ({used.folder / 'keeper.log'})")
        self.starts[used.kind] = starts

    def _revive(self, program: Program, dead: subprocess.Popen[bytes]) -> None:
        self.guard.bury(dead)
        program.process = None
        lived = time.monotonic() - program.began
        program.quick_deaths = program.quick_deaths + 1 if lived < QUICK_DEATH_SECONDS else 1
        last_lines = f"Its last lines ({program.log}):\n{tail(program.log)}"
        if program.quick_deaths > QUICK_DEATHS_ALLOWED:
            raise DemoError(f"{program.name} ends again and again (status {dead.returncode}). {last_lines}")
        self.say(f"{program.name} has ended (status {dead.returncode}) and is started again. {last_lines}")
        self.start(program)

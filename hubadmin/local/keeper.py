"""Keeps one embedded service running for as long as anybody uses it.

Whoever uses the service holds a shared lock on `users.lock` in the service's folder. The keeper runs in a
session of its own and stops the service as soon as it gets that lock for itself alone, that is: when the last
user has ended, in whatever way. The kernel counts the users, so a killed command leaves no database behind,
and two commands at once cannot stop each other's.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubadmin.local.embedded import SERVICES, Postgres, ServiceError, Valkey
from hubadmin.local.locks import holding, is_held, try_lock, wait_for_lock
from hubadmin.local.places import ROOT, tail, write_private
from hubadmin.local.ports import free_port
from hubadmin.local.processes import wait_until

LOOK_EVERY = 0.2
STOP_SECONDS = 30.0
REMOVE_SECONDS = 10.0
QUICK_DEATH_SECONDS = 30.0
QUICK_DEATHS_ALLOWED = 3


@dataclass(frozen=True)
class Use:
    """A claim on a running service: it runs at least until `release`, or until this process ends."""

    kind: str
    folder: Path
    url: str
    claim: int

    def lives(self) -> bool:
        """Whether the keeper still looks after the service."""
        return is_held(_keeper_lock(self.folder))

    def starts(self) -> int:
        """How often the keeper has started the service since it came: more than once means that it died."""
        return int(_state(self.folder).get("starts", 0))

    def release(self) -> None:
        """Use the service no longer, and wait until it has stopped unless somebody else uses it."""
        os.close(self.claim)
        if wait_until(lambda: not self.lives(), seconds=5 * LOOK_EVERY):
            return
        if is_held(self.folder / "users.lock"):
            wait_until(lambda: not self.lives(), seconds=STOP_SECONDS)


def use(kind: str, folder: Path, *, throwaway: bool = False) -> Use:
    """Use the embedded service in the folder, starting it where it does not run yet. Raises ServiceError.

    A throw-away service trades safety for speed and is deleted when its last user is done.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    claim = wait_for_lock(folder / "users.lock", shared=True)
    try:
        with holding(folder / "start.lock"):
            if not is_held(_keeper_lock(folder)):
                _start_keeper(kind, folder, throwaway=throwaway)
            return Use(kind, folder, _state(folder)["url"], claim)
    except BaseException:
        os.close(claim)
        raise


def remove(kind: str, folder: Path) -> bool:
    """Delete what the service has stored; False when somebody uses it."""
    if not folder.exists():
        return True
    # A keeper that is just stopping is waited for, a user is not.
    deadline = time.monotonic() + REMOVE_SECONDS
    while (alone := try_lock(folder / "users.lock")) is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY)
    SERVICES[kind](folder).remove()
    os.close(alone)
    return True


def _start_keeper(kind: str, folder: Path, *, throwaway: bool) -> None:
    """Start a keeper and wait until its service answers. Raises ServiceError."""
    command = [sys.executable, "-m", "hubadmin.local.keeper", kind, str(folder), *(["throwaway"] if throwaway else [])]
    reading, writing = os.pipe()
    with (folder / "keeper.log").open("ab") as log:
        keeper = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=log,
            start_new_session=True,
        )
    os.close(writing)
    with open(reading, encoding="utf-8") as answer:  # noqa: PTH123 (a file descriptor, no path)
        problem = answer.read()
    if problem != "ready":
        keeper.wait()
        raise ServiceError(problem or f"the keeper of {kind} ended. Its last lines:\n{tail(folder / 'keeper.log')}")


def _keeper_lock(folder: Path) -> Path:
    return folder / "keeper.lock"


def _state(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return state


# --- The keeper's own process ----------------------------------------------------------------


def main(kind: str, folder: Path, *, throwaway: bool) -> None:
    """Start the service, tell the waiting starter, and stay until nobody uses it."""
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    if try_lock(_keeper_lock(folder)) is None:
        _answer("another keeper has come first; run the command again.")
        return
    service = SERVICES[kind](folder, throwaway)
    try:
        service.prepare()
        process, port = _start(service, free_port(_last_port(folder)), starts=1)
    except (ServiceError, OSError) as problem:
        _answer(str(problem))
        return
    _answer("ready")
    try:
        process = _keep(service, process, port)
    finally:
        _stop(service, process)
        if throwaway:
            service.remove()
            shutil.rmtree(folder, ignore_errors=True)


def _start(service: Postgres | Valkey, port: int, *, starts: int) -> tuple[subprocess.Popen[bytes], int]:
    process = service.start(port)
    state = {"url": service.url(port), "port": port, "starts": starts, "pid": process.pid}
    write_private(service.folder / "state.json", json.dumps(state))
    return process, port


def _keep(service: Postgres | Valkey, process: subprocess.Popen[bytes], port: int) -> subprocess.Popen[bytes]:
    """Watch until nobody uses the service, starting it again when it dies. Raises ServiceError."""
    starts, quick_deaths, began = 1, 0, time.monotonic()
    while True:
        try:
            process.wait(timeout=LOOK_EVERY)
        except subprocess.TimeoutExpired:
            if try_lock(service.folder / "users.lock") is not None:
                # Held until this process ends: a newcomer waits until the service has stopped.
                return process
            continue
        print(
            f"{service.name} ended with status {process.returncode}.\n{tail(service.folder / 'log')}", file=sys.stderr
        )
        quick_deaths = quick_deaths + 1 if time.monotonic() - began < QUICK_DEATH_SECONDS else 1
        if quick_deaths > QUICK_DEATHS_ALLOWED:
            raise ServiceError(f"{service.name} dies again and again")
        starts, began = starts + 1, time.monotonic()
        service.prepare()
        process, _port = _start(service, port, starts=starts)


def _stop(service: Postgres | Valkey, process: subprocess.Popen[bytes]) -> None:
    for number in service.stop_signals:
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            continue


def _answer(text: str) -> None:
    """Tell the starter, who reads until we close."""
    os.write(1, text.encode())
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _last_port(folder: Path) -> int:
    try:
        return int(_state(folder)["port"])
    except (FileNotFoundError, KeyError, ValueError):
        return 0


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), throwaway=sys.argv[3:] == ["throwaway"])

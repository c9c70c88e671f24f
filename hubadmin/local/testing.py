"""`bin/test [ARGUMENTS]`: every check and every test, or with arguments only pytest with those.

Works on a throw-away PostgreSQL and Valkey, or on DATABASE_URL and REDIS_URL where given. Runs in `.venv`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hubadmin.local import debian, environment, keeper
from hubadmin.local.embedded import ServiceError
from hubadmin.local.guard import Guard
from hubadmin.local.locks import holding, try_lock, wait_for_lock
from hubadmin.local.places import private_dir, var_dir
from hubadmin.local.provision import ProvisionError, Urls, database_of, drop, provision
from hubadmin.local.setup import setup_log

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PYTHON_SOURCES = (".", "bin/setup", "bin/demo", "bin/test", "bin/bench")
PASSED, FAILED, SKIPPED = "passed", "FAILED", "skipped"


@dataclass(frozen=True)
class Check:
    """One of the commands that must succeed."""

    name: str
    command: Sequence[str]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """How a check ended and how long it took, in seconds."""

    name: str
    result: str
    seconds: float


def main(arguments: Sequence[str]) -> int:
    """Run the checks; returns the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with services() as variables:
            return run_focused(arguments, variables) if arguments else run_everything(variables)
    except (ServiceError, ProvisionError) as problem:
        sys.exit(f"bin/test: {problem}")
    except KeyboardInterrupt:
        sys.exit("bin/test: stopped.")


def run_focused(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Only pytest, with the arguments given."""
    print("· Only pytest, since there are arguments: linters, types and other checks are skipped", flush=True)
    browser = find_browser()
    more = {**variables, "CHROMIUM": browser, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"} if browser else variables
    with Guard() as guard:
        return guard.spawn(_python("pytest", *arguments), environment=more, stdin=None).wait()


def run_everything(variables: Mapping[str, str]) -> int:
    """All checks, whatever the others say, then a summary."""
    began = time.monotonic()
    with Guard() as guard:
        outcomes = [_run(guard, check) for check in checks(variables)]
        outcomes.append(_run_browser_tests(guard, variables))
    failed = [outcome.name for outcome in outcomes if outcome.result == FAILED]
    print("\nSummary")
    for outcome in outcomes:
        print(f"  {outcome.result:8} {outcome.seconds:6.1f} s  {outcome.name}")
    verdict = f"{len(failed)} failed: {', '.join(failed)}" if failed else "all passed"
    print(f"  {verdict}, {time.monotonic() - began:.0f} s", flush=True)
    return 1 if failed else 0


def checks(variables: Mapping[str, str]) -> list[Check]:
    """What is to be run, the quickest first; the browser tests aside."""
    manage = [sys.executable, "manage.py"]
    import_rules = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    commands = {
        "ruff check": _python("ruff", "check", *PYTHON_SOURCES),
        "ruff format": _python("ruff", "format", "--check", *PYTHON_SOURCES),
        "import rules": import_rules,
        "djlint format": _python("djlint", "--check", "--quiet", "templates"),
        "djlint": _python("djlint", "--lint", "--quiet", "templates"),
        "mypy": _python("mypy", "--strict", "."),
        "migrate": [*manage, "migrate", "--verbosity", "0"],
        "migrations": [*manage, "makemigrations", "--check", "--dry-run"],
    }
    found = [Check(name, command, variables) for name, command in commands.items()]
    deployment = [*manage, "check", "--deploy", "--fail-level", "WARNING", "--database", "default"]
    found.append(Check("deployment", deployment, _as_in_production(variables)))
    found.append(Check("pytest", _pytest("not browser"), _on_copies(variables)))
    return found


def _pytest(marked: str) -> list[str]:
    # A worker for each of two cores; one that has nothing left takes over from the other's end.
    return _python("pytest", "-n", "2", "--dist", "worksteal", "-m", marked)


def _on_copies(variables: Mapping[str, str]) -> dict[str, str]:
    """For tests: they copy the database that the migrations were run on, and run none themselves."""
    return {**variables, "TEST_TEMPLATE": database_of(variables["DATABASE_URL"])}


def _as_in_production(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        **variables,
        "ENVIRONMENT": "production",
        "PUBLIC_URL": "https://hubs.example.org",
        "ALLOWED_HOSTS": "hubs.example.org",
        "EMAIL_URL": "smtp://mail.example.org:25",
        "HSTS_INCLUDE_SUBDOMAINS": "true",
        "HSTS_PRELOAD": "true",
    }


def _run(guard: Guard, check: Check) -> Outcome:
    print(f"\n── {check.name} " + "─" * (70 - len(check.name)), flush=True)
    began = time.monotonic()
    process = guard.spawn(check.command, environment=check.variables)
    status = process.wait()
    guard.bury(process)
    return Outcome(check.name, FAILED if status else PASSED, time.monotonic() - began)


def _run_browser_tests(guard: Guard, variables: Mapping[str, str]) -> Outcome:
    name = "browser tests"
    browser = find_browser() or _install_browser()
    if browser is None:
        print(f"\n· {name} skipped: no Chromium, and none could be installed (apt-get install chromium)", flush=True)
        return Outcome(name, FAILED if os.environ.get("CI") == "true" else SKIPPED, 0.0)
    # Playwright's synchronous interface runs a loop in the test's thread, which Django takes for async code.
    more = {**_on_copies(variables), "CHROMIUM": browser, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"}
    return _run(guard, Check(name, _pytest("browser"), more))


def find_browser() -> str | None:
    """The path of a Chromium on this machine; CHROMIUM names one outright."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def _install_browser() -> str | None:
    if not debian.may_install():
        return None
    print("\n· Installing Chromium for the browser tests", flush=True)
    debian.install(["chromium"], setup_log())
    return find_browser()


# --- Services --------------------------------------------------------------------------------


@contextmanager
def services() -> Iterator[dict[str, str]]:
    """The environment for checks and tests, with services that are gone afterwards.

    Raises ServiceError and ProvisionError.
    """
    folder, lock = _run_folder()
    uses = []
    try:
        admin, broker = environment.given("DATABASE_URL"), environment.given("REDIS_URL")
        if admin is None:
            uses.append(keeper.use("postgres", folder / "postgres", throwaway=True))
            admin = uses[-1].url
        if broker is None:
            uses.append(keeper.use("valkey", folder / "valkey", throwaway=True))
            broker = uses[-1].url
        database = f"hubadmin_checks_{secrets.token_hex(4)}"
        urls = provision(admin, database=database)
        try:
            yield _variables(admin, broker, urls, folder)
        finally:
            drop(admin, database)
    finally:
        for used in uses:
            used.release()
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _run_folder() -> tuple[Path, int]:
    """A folder for this run, locked while it lasts; those of runs that were killed are cleared away."""
    base = private_dir(var_dir() / "test")
    with holding(base / "start.lock"):
        for leftover in (path for path in base.iterdir() if path.is_dir()):
            lock = try_lock(leftover / "run.lock")
            if lock is not None:
                shutil.rmtree(leftover, ignore_errors=True)
                os.close(lock)
        folder = base / secrets.token_hex(4)
        folder.mkdir()
        return folder, wait_for_lock(folder / "run.lock")


def _variables(admin: str, broker: str, urls: Urls, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ENVIRONMENT": "test",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "TEST_ADMIN_DATABASE_URL": admin,
        "DATABASE_URL": urls.app,
        "DATABASE_OWNER_URL": urls.owner,
        "DATABASE_NATIONAL_URL": urls.national,
        "REDIS_URL": broker,
        # Mail and keys of the demo in this checkout are none of the tests' business.
        "VAR_DIR": str(private_dir(folder / "var")),
    }


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`bin/setup [--dev]`: install and build what hubadmin needs, start nothing.

Each step is skipped while its inputs are what they were when it last succeeded, so that a second run
takes a moment and needs no network.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hubadmin.local import debian, stamps
from hubadmin.local.locks import holding
from hubadmin.local.places import ROOT, VENV, VENV_PYTHON, tail, var_dir

PIP_UNFINISHED = VENV / ".hubadmin-unfinished"
OLDEST_NODE = 18
PDF_PACKAGES = ("libpangoft2-1.0-0", "libharfbuzz-subset0")
PDF_LIBRARIES = {
    "linux": ("libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"),
    "darwin": ("libpangoft2-1.0.dylib", "libharfbuzz-subset.dylib"),
}


class StepError(Exception):
    """A step of the set-up failed; its text says which, why and what to do."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; exits with a sentence when a step fails."""
    parser = argparse.ArgumentParser(
        prog="bin/setup", description="Install and build what hubadmin needs; start nothing."
    )
    parser.add_argument("--dev", action="store_true", help="install what the tests and checks need as well")
    run_or_exit(dev=parser.parse_args(arguments).dev)


def run_or_exit(*, dev: bool) -> None:
    """Set up, or end the program with the reason why not."""
    try:
        set_up(dev=dev)
    except StepError as failure:
        sys.exit(f"bin/setup: {failure}")
    except KeyboardInterrupt:
        sys.exit("bin/setup: stopped; the next run takes it up again.")


def set_up(*, dev: bool) -> None:
    """Bring the virtual environment and the front end up to date. Raises StepError."""
    var_dir().mkdir(parents=True, exist_ok=True)
    with holding(var_dir() / "setup.lock"):
        make_venv()
        install_python_packages(dev=dev)
        install_pdf_libraries()
        install_node_packages()
        build_front_end()
        collect_static_files()


def setup_log() -> Path:
    """Where the output of the steps goes."""
    return var_dir() / "log" / "setup.log"


# --- Python ----------------------------------------------------------------------------------


def make_venv() -> None:
    """Make `.venv`, anew when it was half-made, moved or made by a Python that is gone. Raises StepError."""
    stamp, inputs = VENV / ".hubadmin-venv", stamps.digest(str(ROOT), sys.base_prefix, _version(2))
    unfinished = PIP_UNFINISHED.exists()
    if VENV_PYTHON.exists() and not unfinished and (stamps.is_fresh(stamp, inputs) or _venv_is_sound()):
        stamps.set_stamp(stamp, inputs)
        return
    _say("Making the virtual environment")
    _need_venv_module()
    stamps.forget(stamp)
    python = getattr(sys, "_base_executable", sys.executable)
    _run(
        "making the virtual environment",
        [python, "-m", "venv", "--clear", str(VENV)],
        advice="Delete .venv and try again.",
    )
    stamps.set_stamp(stamp, inputs)


def _venv_is_sound() -> bool:
    """Whether the environment runs, has pip and stands where it was made: its scripts name its own path."""
    question = "import os, sys, pip, ssl; sys.exit(sys.version_info < (3, 11))"
    configuration = VENV / "pyvenv.cfg"
    stands = configuration.exists() and str(VENV) in configuration.read_text(encoding="utf-8")
    try:
        return stands and subprocess.call([VENV_PYTHON, "-c", question], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def _need_venv_module() -> None:
    """Debian splits the module that makes environments off into a package of its own."""
    if _has_ensurepip():
        return
    package = f"python{_version(2)}-venv"
    _say(f"Installing {package}")
    debian.install([package], setup_log())
    if not _has_ensurepip():
        raise StepError(
            f"making the virtual environment failed: this Python ({sys.executable}) has no ensurepip. "
            f"Install it (Debian and Ubuntu: `apt-get install {package}`) and run the command again."
        )


def _has_ensurepip() -> bool:
    # Asked of a new process, since this one remembers what it did not find.
    python = getattr(sys, "_base_executable", sys.executable)
    return subprocess.call([python, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL) == 0


def install_python_packages(*, dev: bool) -> None:
    """Install the locked packages; those for developing are a superset of those for running. Raises StepError."""
    run_locks = [ROOT / "locks" / "run.txt", ROOT / "locks" / "embedded.txt"]
    dev_lock = ROOT / "locks" / "dev.txt"
    run_stamp, run_inputs = VENV / ".hubadmin-run", stamps.digest(*run_locks)
    dev_stamp, dev_inputs = VENV / ".hubadmin-dev", stamps.digest(dev_lock)
    if stamps.is_fresh(dev_stamp, dev_inputs) or (not dev and stamps.is_fresh(run_stamp, run_inputs)):
        return
    _say("Installing Python packages (the first time this takes a minute or two)")
    stamps.forget(dev_stamp)
    stamps.forget(run_stamp)
    _pip_install([dev_lock] if dev else run_locks)
    stamps.set_stamp(dev_stamp if dev else run_stamp, dev_inputs if dev else run_inputs)


def _pip_install(locks: Sequence[Path]) -> None:
    """Install from locks. A pip that is killed leaves a mark, by which the environment is made anew next time."""
    options = [option for lock in locks for option in ("-r", str(lock))]
    PIP_UNFINISHED.touch()
    _run(
        "installing Python packages",
        [str(VENV_PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", *options],
        advice="Check that this machine reaches its package index and run the command again.",
        always=PIP_UNFINISHED.unlink,
    )


# --- The front end ---------------------------------------------------------------------------


def install_node_packages() -> None:
    """Install the locked npm packages, with the system's Node or else one from the Python package index."""
    stamp, inputs = (
        ROOT / "node_modules" / ".hubadmin-ci",
        stamps.digest(ROOT / "package.json", ROOT / "package-lock.json"),
    )
    if stamps.is_fresh(stamp, inputs):
        return
    _say("Installing npm packages")
    stamps.forget(stamp)
    environment = _node_environment()
    _run(
        "installing npm packages",
        ["npm", "ci", "--no-audit", "--no-fund"],
        environment=environment,
        advice="Check that this machine reaches the npm registry and run the command again.",
    )
    stamps.set_stamp(stamp, inputs)


def build_front_end() -> None:
    """Compile style sheets and scripts into `static/dist`. Raises StepError."""
    sources = [path for path in sorted((ROOT / "static").iterdir()) if path.name != "dist"]
    stamp, inputs = _front_end_stamp(), stamps.digest(ROOT / "package.json", ROOT / "package-lock.json", *sources)
    if stamps.is_fresh(stamp, inputs):
        return
    _say("Building the front end")
    stamps.forget(stamp)
    _run(
        "building the front end",
        ["npm", "run", "build"],
        environment=_node_environment(),
        advice="See the message above.",
    )
    stamps.set_stamp(stamp, inputs)


def _front_end_stamp() -> Path:
    return ROOT / "static" / "dist" / ".hubadmin-build"


def collect_static_files() -> None:
    """Gather and fingerprint what WhiteNoise serves. Raises StepError."""
    stamp = ROOT / "staticfiles" / ".hubadmin-collected"
    inputs = stamps.digest(ROOT / "static" / "dist", ROOT / "locks" / "run.txt", ROOT / "hubadmin" / "settings.py")
    if stamps.is_fresh(stamp, inputs):
        return
    _say("Collecting static files")
    stamps.forget(stamp)
    # No database is spoken to, but the settings want to know one.
    environment = {
        **os.environ,
        "ENVIRONMENT": "demo",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "ALLOWED_HOSTS": "localhost",
    }
    _run(
        "collecting static files",
        [str(VENV_PYTHON), "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity", "0"],
        environment=environment,
        advice="See the message above.",
    )
    stamps.set_stamp(stamp, inputs)


def _node_environment() -> Mapping[str, str]:
    """The environment in which `node` and `npm` are found; installs a Node into the environment when there is none."""
    if _node_major(shutil.which("node")) >= OLDEST_NODE and shutil.which("npm"):
        return os.environ
    borrowed = VENV / "bin" / "node"
    if not borrowed.exists():
        _say(f"Installing Node (this machine has no Node {OLDEST_NODE} or newer)")
        _pip_install([ROOT / "locks" / "node.txt"])
    return {**os.environ, "PATH": f"{borrowed.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _node_major(node: str | None) -> int:
    if node is None:
        return 0
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    version = re.match(r"v(\d+)\.", answer)
    return int(version[1]) if version else 0


# --- Libraries for PDFs ----------------------------------------------------------------------


def install_pdf_libraries() -> None:
    """Install the libraries that draw PDFs where we may, else say in a line what to install and go on."""
    if _pdf_libraries_load():
        return
    # Tried once a day at most: a machine without network would wait for the failure at every start.
    stamp, inputs = var_dir() / ".pdf-libraries-tried", stamps.digest(time.strftime("%Y-%m-%d"))
    if debian.may_install() and not stamps.is_fresh(stamp, inputs):
        _say("Installing the libraries for PDFs")
        stamps.set_stamp(stamp, inputs)
        if debian.install(PDF_PACKAGES, setup_log()) and _pdf_libraries_load():
            return
    command = "brew install pango" if sys.platform == "darwin" else f"apt-get install {' '.join(PDF_PACKAGES)}"
    _say(f"No PDFs can be made until you install their libraries: {command}")


def _pdf_libraries_load() -> bool:
    try:
        for name in PDF_LIBRARIES.get(sys.platform, ()):
            ctypes.CDLL(name)
    except OSError:
        return False
    return True


# --- Running a step --------------------------------------------------------------------------


def _run(
    step: str,
    command: Sequence[str],
    *,
    advice: str,
    environment: Mapping[str, str] | None = None,
    always: Callable[[], None] = lambda: None,
) -> None:
    """Run a command in the project's folder; when it fails, raise StepError with the end of what it said.

    `always` is called once the command has ended by itself, well or not, but not when it was interrupted.
    """
    log = setup_log()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        try:
            status = subprocess.call(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        except OSError as error:
            raise StepError(f"{step} failed: {error}. {advice}") from error
    if status < 0:
        raise StepError(f"{step} was killed by signal {-status}. Run the command again.")
    always()
    if status:
        raise StepError(f"{step} failed (exit status {status}). Its last lines:\n{tail(log)}\n  What to do: {advice}")


def _say(sentence: str) -> None:
    print(f"· {sentence}", flush=True)


def _version(parts: int) -> str:
    return ".".join(str(number) for number in sys.version_info[:parts])

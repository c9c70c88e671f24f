"""What `bin/demo` was asked for, and the reasons to refuse it that need no packages."""

from __future__ import annotations

import argparse
import ipaddress
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hubadmin.local.locks import is_held
from hubadmin.local.places import private_dir, var_dir
from hubadmin.local.ports import is_free, next_free

DEFAULT_PORT = 8000


@dataclass(frozen=True)
class Options:
    """The command line of `bin/demo`."""

    host: str
    port: int
    reset: bool
    yes: bool

    @property
    def address(self) -> str:
        """Where the demo will be found."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def read(arguments: Sequence[str]) -> Options:
    """Read the command line; exits with a sentence when the demo cannot be started like that."""
    parser = argparse.ArgumentParser(
        prog="bin/demo", description="Run hubadmin with invented hubs, on this machine only."
    )
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help=f"port to listen on (default: {DEFAULT_PORT})")
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--reset", action="store_true", help="delete the demo's data and begin anew")
    parser.add_argument("--yes", action="store_true", help="do not ask before deleting data from DATABASE_URL")
    options = Options(**vars(parser.parse_args(arguments)))
    _refuse_second_demo()
    _refuse_taken_port(options)
    return options


def demo_lock() -> Path:
    """Held for as long as the demo runs."""
    return private_dir(var_dir()) / "demo.lock"


def demo_record() -> Path:
    """Says where the running demo is found."""
    return var_dir() / "demo.json"


def running_address() -> str | None:
    """The address of the demo that runs in this checkout, if one does."""
    if not is_held(demo_lock()):
        return None
    try:
        address: str = json.loads(demo_record().read_text(encoding="utf-8"))["address"]
    except FileNotFoundError:
        return "an address it has not got yet"
    return address


def _refuse_second_demo() -> None:
    if address := running_address():
        sys.exit(f"bin/demo: the demo of this checkout runs already, at {address}")


def _refuse_taken_port(options: Options) -> None:
    if is_free(options.port, options.host):
        return
    other = next_free(options.port, options.host)
    advice = f" This one is free: bin/demo --port {other}" if other else " Give another with --port."
    sys.exit(f"bin/demo: port {options.port} is taken by another program.{advice}")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text} is not a port (1 to 65535)")
    return int(text)


def _loopback(text: str) -> str:
    name = "127.0.0.1" if text == "localhost" else text.strip("[]")
    try:
        if ipaddress.ip_address(name).is_loopback:
            return name
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(
        f"{text} is no loopback address: the demo signs anybody in, so it stays on this machine"
    )

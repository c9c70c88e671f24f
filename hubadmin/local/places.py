"""Where things lie in a checkout."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"


def var_dir() -> Path:
    """The ignored folder that holds the embedded services, the local secret key, logs and mailbox."""
    return Path(os.environ.get("VAR_DIR") or ROOT / "var")


def private_dir(path: Path) -> Path:
    """The folder, made where missing, closed to other people."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, so that a reader finds either the old text or the whole new one."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, indented; empty when there is no such file."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines()[-lines:])

"""What has been done already, remembered by a file inside the thing that was made.

A stamp lies in the product (`.venv`, `node_modules`, ...), so deleting the product forgets the stamp with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(*parts: str | Path) -> str:
    """One digest over texts, files and whole folders (dot files and caches aside); a missing path counts as empty."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(f"text {part}\0".encode())
            continue
        for file in _files(part):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"file {file.relative_to(part.parent)} {content}\0".encode())
    return total.hexdigest()


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    inside = (file for file in path.rglob("*") if file.is_file())
    return sorted(file for file in inside if not _is_noise(file.relative_to(path)))


def _is_noise(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def is_fresh(stamp: Path, inputs: str) -> bool:
    """Whether the stamp says that these very inputs have been dealt with."""
    try:
        return stamp.read_text(encoding="ascii") == inputs
    except FileNotFoundError:
        return False


def forget(stamp: Path) -> None:
    """Take the stamp away, before its product is touched."""
    stamp.unlink(missing_ok=True)


def set_stamp(stamp: Path, inputs: str) -> None:
    """Remember that the product is whole and made of these inputs."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(inputs, encoding="ascii")

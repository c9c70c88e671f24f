"""Locks between processes. The kernel lets go of them when a process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def try_lock(path: Path, *, shared: bool = False) -> int | None:
    """Take the lock and return its file descriptor, or None when somebody else's lock is in the way."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def wait_for_lock(path: Path, *, shared: bool = False) -> int:
    """Take the lock, waiting as long as it takes, and return its file descriptor: closing that lets go."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    return descriptor


def is_held(path: Path) -> bool:
    """Whether a process holds the lock for itself alone; nobody holds one in a folder that is gone."""
    try:
        descriptor = try_lock(path, shared=True)
    except FileNotFoundError:
        return False
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold the lock for the length of the block."""
    descriptor = wait_for_lock(path)
    try:
        yield
    finally:
        os.close(descriptor)

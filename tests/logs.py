"""What a module logs."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest import mock

import structlog
from structlog.testing import capture_logs


@contextmanager
def logs_of(module: ModuleType) -> Iterator[list[MutableMapping[str, Any]]]:
    """The lines that it logs meanwhile, also when its own logger has been at work before, and is set up for good."""
    with mock.patch.object(module, "log", structlog.get_logger()), capture_logs() as logs:
        yield logs

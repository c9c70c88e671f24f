"""Structured logs without personal data: what happened, for which hub, in which request."""

from __future__ import annotations

import logging.config
import traceback
from typing import Any

import structlog
from django.conf import settings


def _shared_processors() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]


def what_failed(error: BaseException | None) -> dict[str, Any]:
    """The kind of an error and where it arose, for a line of the log.

    Not its own words, except in the demo: a database's say which address or name it was about.
    """
    frames = traceback.extract_tb(error.__traceback__ if error else None)
    return {
        "kind": type(error).__name__ if error else None,
        "words": str(error) if settings.DEMO else None,
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def configure_logs(*, level: str, as_json: bool) -> None:
    """Send everything, ours and the libraries', through structlog to standard output."""
    shared = _shared_processors()
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                }
            },
            "handlers": {"output": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["output"], "level": level},
            "loggers": {
                # These name addresses of pages, which hold link tokens: our own request log has the route.
                "django.request": {"level": "CRITICAL"},
                "django.security.csrf": {"level": "CRITICAL"},
                # Its lines on failed tasks have the error's words: hubadmin.celery logs them without.
                "celery.app.trace": {"level": "CRITICAL"},
                "fontTools": {"level": "ERROR"},
            },
        }
    )

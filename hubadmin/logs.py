"""Structured logs without personal data: what happened, for which hub, in which request."""

from __future__ import annotations

import logging.config
from typing import Any

import structlog


def _shared_processors() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]


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
                # Task arguments hold ids only, but a line for each task says nothing.
                "celery.app.trace": {"level": "WARNING"},
                "fontTools": {"level": "ERROR"},
            },
        }
    )

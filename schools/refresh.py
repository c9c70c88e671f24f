"""The nightly refresh: look for the register's newest files, and take them in.

A night that does not succeed leaves a refusal with its reason, and the next night tries again. What nobody
mends for a week is told to people: see `schools.freshness`.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from django.conf import settings
from django.utils import timezone

from schools.models import RegisterImport
from schools.register import import_register
from schools.register_file import RegisterRefused
from schools.source import Source, SourceUnusable, source_at

ACTOR = "Nightly refresh"
_REGISTER = "edubasealldata"
_LINKS = "links_edubasealldata"
_CRASHED = "The import broke off with an error of its own. Whoever runs hubadmin finds it in the worker's log."
log = structlog.get_logger(__name__)


class NothingThere(SourceUnusable):
    """Neither today's file nor yesterday's is there; the message is a sentence for a person."""


def refresh(*, now: dt.datetime) -> bool:
    """Take in today's register or, where that is not there yet, yesterday's; whether the register is up to date.

    Nothing to do when that day's register has been applied, or without `REGISTER_SOURCE`. What goes wrong is
    kept as a refused `RegisterImport`; an error that nobody foresaw is raised as well.
    """
    if not settings.REGISTER_SOURCE:
        return False
    today = timezone.localdate(now)
    file_name = name_of(_REGISTER, today, "csv")
    try:
        source = source_at(settings.REGISTER_SOURCE)
        with TemporaryDirectory(prefix="hubadmin-register-") as folder:
            for day in (today, today - dt.timedelta(days=1)):
                if RegisterImport.objects.filter(outcome=RegisterImport.Outcome.APPLIED, as_of=day).exists():
                    return True
                if register := _fetch(source, _REGISTER, day, Path(folder)):
                    file_name = register.name
                    _take_in(register, _links(source, today, Path(folder)), now)
                    return True
        raise NothingThere(
            f"{settings.REGISTER_SOURCE} has neither today's register ({file_name}) nor yesterday's, as CSV or as zip."
        )
    except RegisterRefused:
        # The import itself has kept why.
        log.warning("register_not_refreshed", file=file_name)
        return False
    except SourceUnusable as problem:
        _refused(file_name, str(problem), now)
        return False
    except Exception:
        _refused(file_name, _CRASHED, now)
        raise


def name_of(kind: str, day: dt.date, ending: str) -> str:
    """What the register's site calls a file: edubasealldata20250524.csv."""
    return f"{kind}{day:%Y%m%d}.{ending}"


def _fetch(source: Source, kind: str, day: dt.date, into: Path) -> Path | None:
    return source.fetch(name_of(kind, day, "csv"), into) or source.fetch(name_of(kind, day, "zip"), into)


def _links(source: Source, today: dt.date, into: Path) -> Path | None:
    """The newest links; without any, those of the last import stay as they are."""
    yesterday = today - dt.timedelta(days=1)
    return _fetch(source, _LINKS, today, into) or _fetch(source, _LINKS, yesterday, into)


def _take_in(register: Path, links: Path | None, now: dt.datetime) -> None:
    import_register(register, links=links, actor_name=ACTOR, now=now)


def _refused(file_name: str, reason: str, now: dt.datetime) -> None:
    """Keep that this night did not succeed, and why."""
    log.warning("register_not_refreshed", file=file_name)
    RegisterImport.objects.create(
        outcome=RegisterImport.Outcome.REFUSED,
        file_name=file_name,
        actor_name=ACTOR,
        started_at=now,
        finished_at=now,
        reason=reason,
    )

"""The nightly refresh: look for the register's newest files, and take them in.

A night that does not succeed leaves a refusal with its reason, and the next night tries again. What nobody
mends for a week is told to people: see `schools.freshness`.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from schools.models import RegisterImport
from schools.register import import_register
from schools.register_file import RegisterRefused
from schools.rows import BadRow
from schools.source import Source, SourceUnusable, source_at

ACTOR = "Nightly refresh"
_REGISTER = "edubasealldata"
_LINKS = "links_edubasealldata"
_CRASHED = "The import broke off with an error of its own. Whoever runs hubadmin finds it in the worker's log."
_TOO_LONG = "It took too long and was stopped. Whoever runs hubadmin finds in the worker's log when it began."
_SILENT = "The night left no word: worker or beat did not run then, or worker was killed while it took the register in."
_DAY = dt.timedelta(days=1)
_FOLDER = "hubadmin-register-"
# Longer than a refresh can last.
_LEFT_BEHIND = dt.timedelta(hours=12)
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
    _clear_leftovers(now)
    today = timezone.localdate(now)
    file_name = name_of(_REGISTER, today, "csv")
    try:
        source = source_at(settings.REGISTER_SOURCE)
        with TemporaryDirectory(prefix=_FOLDER) as folder:
            for day in (today, today - _DAY):
                if RegisterImport.objects.filter(outcome=RegisterImport.Outcome.APPLIED, as_of=day).exists():
                    return True
                if register := _fetch(source, _REGISTER, day, Path(folder)):
                    file_name = register.name
                    _take_in(register, _links(source, today, Path(folder)), now)
                    return True
        raise NothingThere(f"{source} has neither today's register ({file_name}) nor yesterday's, as CSV or as zip.")
    except RegisterRefused:
        # The import itself has kept why.
        log.warning("register_not_refreshed", file=file_name)
        return False
    except SourceUnusable as problem:
        _refused(file_name, str(problem), now)
        return False
    except SoftTimeLimitExceeded:
        _refused(file_name, _TOO_LONG, now)
        return False
    except Exception:
        _refused(file_name, _CRASHED, now)
        raise


def note_silence(*, now: dt.datetime) -> bool:
    """Keep it when no night of the last 24 hours has left a word, though one should have; whether that was so.

    A refresh that is killed cannot say so itself. One that finds yesterday's register applied has nothing to say.
    """
    if not settings.REGISTER_SOURCE:
        return False
    today = timezone.localdate(now)
    known = RegisterImport.objects.filter(
        Q(finished_at__gt=now - _DAY) | Q(outcome=RegisterImport.Outcome.APPLIED, as_of__gte=today - _DAY)
    )
    if known.exists():
        return False
    _refused(name_of(_REGISTER, today, "csv"), _SILENT, now)
    return True


def name_of(kind: str, day: dt.date, ending: str) -> str:
    """What the register's site calls a file: edubasealldata20250524.csv."""
    return f"{kind}{day:%Y%m%d}.{ending}"


def _fetch(source: Source, kind: str, day: dt.date, into: Path) -> Path | None:
    return source.fetch(name_of(kind, day, "csv"), into) or source.fetch(name_of(kind, day, "zip"), into)


def _links(source: Source, today: dt.date, into: Path) -> Path | None:
    """The newest links; without any, those of the last import stay as they are."""
    return _fetch(source, _LINKS, today, into) or _fetch(source, _LINKS, today - _DAY, into)


def _take_in(register: Path, links: Path | None, now: dt.datetime) -> None:
    plan = import_register(register, links=links, actor_name=ACTOR, now=now)
    _tell_bad_rows(plan.file_name, plan.bad_rows)
    _tell_bad_rows(plan.links_file_name, plan.links.bad_rows)


def _tell_bad_rows(file_name: str, bad_rows: list[BadRow]) -> None:
    for row in bad_rows:
        log.warning("register_row_left_out", file=file_name, line=row.line, reason=row.reason)


def _clear_leftovers(now: dt.datetime) -> None:
    """Remove the folders of refreshes that were killed: nobody else does, and each holds whole registers."""
    for folder in Path(gettempdir()).glob(f"{_FOLDER}*"):
        try:
            changed_at = dt.datetime.fromtimestamp(folder.lstat().st_mtime, dt.UTC)
        except OSError:
            continue
        if now - changed_at > _LEFT_BEHIND and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


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

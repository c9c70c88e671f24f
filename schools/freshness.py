"""How old the register is, and telling people when nobody has mended it for a week."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction

from hubs.models import User
from hubs.wording import day, moment
from schools.models import RegisterAlarm, RegisterImport
from schools.refresh import ACTOR

WEEK = dt.timedelta(days=7)
_MISSED = "Schools that have opened, closed or changed their name since then are not known."
_NEVER = "No register has been taken in yet, so hubs and schools may find no school."
_NO_TRY = "No try has been recorded since then: the worker may not be running."
_WORDING = """\
Dear {name},

hubadmin takes in the national register of schools every night. Since {since} this has not succeeded once.

{known}

{reason}

What to do: pass this mail on to whoever runs hubadmin for you. The page docs/operations.md says under "The register \
is old" how to mend it, and how to take a file in by hand.

It is tried again every night. You will hear from us again in a week if nothing has changed by then.
"""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Freshness:
    """Which day's register the schools are those of, when it was taken in, and what has stood in the way since.

    `since` is from when the refresh has not succeeded: from the last success, by hand or by night, though not from
    before the first night that has left a word. `overdue` is whether that is more than a week while a refresh is
    configured.
    """

    as_of: dt.date | None
    refreshed_at: dt.datetime | None
    since: dt.datetime | None
    overdue: bool
    reason: str


def freshness(*, now: dt.datetime, using: str = "default") -> Freshness:
    """How old the register is; three queries as the role `using`, and one as our own."""
    imports = RegisterImport.objects.using(using).only("id", "outcome", "finished_at", "as_of", "reason")
    applied = imports.filter(outcome=RegisterImport.Outcome.APPLIED).order_by("-finished_at", "-pk").first()
    refused = imports.filter(outcome=RegisterImport.Outcome.REFUSED)
    if applied:
        refused = refused.filter(finished_at__gt=applied.finished_at)
    last = refused.order_by("-finished_at", "-pk").first()
    # Of all roles that know who it was, only our own: names of people are not for the national one.
    nights = RegisterImport.objects.filter(actor_name=ACTOR).order_by("finished_at")
    begun = nights.values_list("finished_at", flat=True).first()
    since = max(begun, applied.finished_at) if begun and applied else begun
    return Freshness(
        as_of=applied.as_of if applied else None,
        refreshed_at=applied.finished_at if applied else None,
        since=since,
        overdue=bool(settings.REGISTER_SOURCE and since and now - since > WEEK),
        reason=last.reason if last else "",
    )


def warn_when_overdue(*, now: dt.datetime) -> int:
    """Write to everybody who sees national figures once in each week that the register is overdue; returns how many.

    Who has been written to for a week is written to no more in that week, however often this runs.
    """
    found = freshness(now=now)
    if not found.overdue or found.since is None:
        return 0
    weeks = (now - found.since) // WEEK
    people = User.objects.filter(national_role__isnull=False, is_active=True).order_by("pk")
    return sum(_warn(person, found, found.since, weeks) for person in people)


def _warn(person: User, found: Freshness, since: dt.datetime, weeks: int) -> bool:
    """Write to one person unless that was done for this week; the others are written to whatever happens here."""
    try:
        # The row is the claim: a second worker waits for it, and a mail that cannot be sent takes it back.
        with transaction.atomic():
            RegisterAlarm.objects.create(user=person, since=since, weeks=weeks)
            _mail(person, found, since).send()
    except IntegrityError:
        return False
    except OSError as error:
        # Mail servers' errors among them. The next night tries again.
        log.warning("register_alarm_not_sent", user_id=person.pk, error=type(error).__name__)
        return False
    return True


def _mail(person: User, found: Freshness, since: dt.datetime) -> EmailMessage:
    known = f"The schools in hubadmin are those of {day(found.as_of)}. {_MISSED}" if found.as_of else _NEVER
    reason = f"What stood in the way at the last try:\n{found.reason}" if found.reason else _NO_TRY
    return EmailMessage(
        subject=f"The school register has not been refreshed since {day(since)}",
        body=_WORDING.format(name=person.name, since=moment(since), known=known, reason=reason),
        to=[person.email],
    )

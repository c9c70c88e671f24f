"""Schools and the register's links between them, by number."""

from __future__ import annotations

import datetime as dt

from schools.models import RegisterLink, School
from tests.factories import make_school

CLOSED = School.Status.CLOSED


def link(urn: int, kind: str, other: int, day: str | None = "2014-09-01") -> None:
    """A row of the register's links."""
    RegisterLink.objects.create(
        urn=urn, other_urn=other, kind=kind, established_on=dt.date.fromisoformat(day) if day else None
    )


def school(urn: int, status: int = School.Status.OPEN, **fields: object) -> School:
    """A school known by its number, at a place of its own unless told otherwise."""
    return make_school(f"School {urn}", urn=urn, status=status, **{"postcode": f"NV{urn} 1AA"[:10], **fields})

"""What a file of the register would change: worked out by the database, between the file's rows and the schools.

The rows lie in the temporary table `register_rows`, and what differs is put down in another, `register_differences`:
one row a school, with a column for each kind of change.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from django.db import models
from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Composable, Identifier, Literal

from hubs.models import LocalAuthority
from hubs.spreadsheets import cell
from schools.models import School

ROWS = Identifier("register_rows")
DIFFERENCES = Identifier("register_differences")
SCHOOLS = Identifier(School._meta.db_table)
AUTHORITIES = Identifier(LocalAuthority._meta.db_table)
_OPEN = SQL("({})").format(SQL(", ").join([Literal(int(School.Status.OPEN)), Literal(int(School.Status.CLOSING))]))
_ADDRESS = ("street", "locality", "address3", "town", "postcode")
_HEAD = ("head_first_name", "head_last_name")
_TRUST = ("trust_code", "trust_name")


class Kind(models.TextChoices):
    """What may have become of a school. The order is the one in which people are told."""

    OPENED = "opened", "opened"
    PROPOSED = "proposed", "proposed to open"
    ADDED_CLOSED = "added_closed", "closed already, and new here"
    CLOSING = "closing", "proposed to close"
    CLOSED = "closed", "closed"
    REOPENED = "reopened", "reopened"
    RENAMED = "renamed", "renamed"
    MOVED = "moved", "moved"
    NEW_HEAD = "new_head", "with a new head"
    CHANGED_TRUST = "changed_trust", "with another trust"
    CHANGED_AUTHORITY = "changed_authority", "with another authority"
    OTHER = "other", "with other facts changed"


@dataclass(frozen=True)
class Counts:
    """Numbers of schools: new here, changed, and of each kind of change; of those open here, how many would go."""

    added: int
    changed: int
    kinds: dict[Kind, int]
    open_here: int
    would_close: int
    missing: int


@dataclass(frozen=True)
class Change:
    """One kind of change of one school, as a person reads it."""

    urn: int
    name: str
    kind: Kind
    before: str
    after: str


def compare(cursor: CursorWrapper, fields: Sequence[str]) -> Counts:
    """Fill `register_differences` for the fields that the file speaks of, the URN aside, and count."""
    kinds = SQL(", ").join(
        SQL("coalesce({}, false) AS {}").format(condition, Identifier(kind))
        for kind, condition in _conditions(fields).items()
    )
    cursor.execute(
        SQL(
            """
            CREATE TEMPORARY TABLE {differences} ON COMMIT DROP AS
            SELECT given.urn, known.urn IS NULL AS added, {kinds}
            FROM {rows} AS given LEFT JOIN {schools} AS known ON known.urn = given.urn
            WHERE known.urn IS NULL OR {differs}
            """
        ).format(differences=DIFFERENCES, rows=ROWS, schools=SCHOOLS, kinds=kinds, differs=_differs(fields))
    )
    totals = SQL(", ").join(SQL("count(*) FILTER (WHERE {})").format(Identifier(kind)) for kind in Kind)
    cursor.execute(
        SQL("SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added), {} FROM {}").format(
            totals, DIFFERENCES
        )
    )
    added, changed, *of_kinds = cursor.fetchone()
    return Counts(added, changed, dict(zip(Kind, of_kinds, strict=True)), *_open_schools(cursor))


def _open_schools(cursor: CursorWrapper) -> tuple[int, int, int]:
    """Of the register's schools that are open here: how many, how many the file closes, and how many it lacks."""
    cursor.execute(
        SQL(
            """
            SELECT count(*), count(*) FILTER (WHERE given.status = {closed}), count(*) FILTER (WHERE given.urn IS NULL)
            FROM {schools} AS known LEFT JOIN {rows} AS given ON given.urn = known.urn
            WHERE known.status IN {open} AND known.urn < {first_added}
            """
        ).format(
            schools=SCHOOLS,
            rows=ROWS,
            open=_OPEN,
            closed=Literal(int(School.Status.CLOSED)),
            first_added=Literal(School.FIRST_ADDED),
        )
    )
    here, would_close, missing = cursor.fetchone()
    return here, would_close, missing


def changes(cursor: CursorWrapper, fields: Sequence[str]) -> Iterator[Change]:
    """Every change, by URN; read as they are needed, before anything is applied."""
    kinds = SQL(", ").join(
        SQL("(differs.{}, {}, {}, {})").format(Identifier(kind), Literal(str(kind)), before, after)
        for kind, (before, after) in _words(fields).items()
    )
    statement = SQL(
        """
        COPY (
            SELECT given.urn, given.name, change.kind, change.before, change.after
            FROM {differences} AS differs
            JOIN {rows} AS given ON given.urn = differs.urn
            LEFT JOIN {schools} AS known ON known.urn = differs.urn
            LEFT JOIN {authorities} AS authority ON authority.code = known.authority_id
            CROSS JOIN LATERAL (VALUES {kinds}) AS change(applies, kind, before, after)
            WHERE change.applies ORDER BY given.urn
        ) TO STDOUT
        """
    ).format(differences=DIFFERENCES, rows=ROWS, schools=SCHOOLS, authorities=AUTHORITIES, kinds=kinds)
    with cursor.copy(statement) as copy:
        for urn, name, kind, before, after in copy.rows():
            yield Change(int(urn), name, Kind(kind), before or "", after or "")


def write(found: Iterator[Change], file: TextIO) -> None:
    """Changes as CSV, a row for each school and kind; no cell is taken for a formula."""
    writer = csv.writer(file)
    writer.writerow(["URN", "Name", "Change", "Before", "After"])
    for change in found:
        words = (change.name, change.kind.label, change.before, change.after)
        writer.writerow([change.urn, *map(cell, words)])


def _conditions(fields: Sequence[str]) -> dict[Kind, Composable]:
    """When a school has changed in which way; NULL where the question does not arise."""
    is_open = SQL("given.status IN {}").format(_OPEN)
    was = {status: SQL("known.status = {}").format(Literal(int(status))) for status in School.Status}
    is_ = {status: SQL("given.status = {}").format(Literal(int(status))) for status in School.Status}
    closed, closing, proposed = School.Status.CLOSED, School.Status.CLOSING, School.Status.PROPOSED
    told = {"name", "authority_id", "status", *_ADDRESS, *_HEAD, *_TRUST}
    others = [field for field in fields if field not in told]
    conditions: dict[Kind, Composable] = {
        Kind.OPENED: SQL("{} AND (known.urn IS NULL OR {})").format(is_open, was[proposed]),
        Kind.PROPOSED: SQL("{} AND (known.urn IS NULL OR NOT {})").format(is_[proposed], was[proposed]),
        Kind.ADDED_CLOSED: SQL("known.urn IS NULL AND {}").format(is_[closed]),
        Kind.CLOSING: SQL("{} AND {}").format(was[School.Status.OPEN], is_[closing]),
        Kind.CLOSED: SQL("NOT {} AND {}").format(was[closed], is_[closed]),
        Kind.REOPENED: SQL("{} AND {}").format(was[closed], is_open),
    }
    by_field = {
        Kind.RENAMED: ["name"],
        Kind.MOVED: _ADDRESS,
        Kind.NEW_HEAD: _HEAD,
        Kind.CHANGED_TRUST: _TRUST,
        Kind.CHANGED_AUTHORITY: ["authority_id"],
        Kind.OTHER: others,
    }
    for kind, of_kind in by_field.items():
        present = [field for field in of_kind if field in fields]
        conditions[kind] = SQL("known.urn IS NOT NULL AND {}").format(_differs(present)) if present else SQL("false")
    stays_open = SQL("{} AND {}").format(was[closing], is_[School.Status.OPEN])
    conditions[Kind.OTHER] = SQL("({} OR {})").format(conditions[Kind.OTHER], stays_open)
    return conditions


def _words(fields: Sequence[str]) -> dict[Kind, tuple[Composable, Composable]]:
    """What was and what would be, in words, for each kind of change."""
    status = _status_in_words("known"), _status_in_words("given")
    facts = [field for field in fields if field not in {"name", "authority_id", *_ADDRESS, *_HEAD, *_TRUST}]
    by_field = {
        Kind.MOVED: (_ADDRESS, ", "),
        Kind.NEW_HEAD: (_HEAD, " "),
        Kind.CHANGED_TRUST: (("trust_name", "trust_code"), " "),
    }
    words: dict[Kind, tuple[Composable, Composable]] = dict.fromkeys(Kind, status)
    words[Kind.RENAMED] = SQL("known.name"), SQL("given.name")
    words[Kind.CHANGED_AUTHORITY] = SQL("authority.name"), SQL("given.authority_name")
    words |= {
        kind: (_joined("known", of_kind, between), _joined("given", of_kind, between))
        for kind, (of_kind, between) in by_field.items()
    }
    words[Kind.OTHER] = _facts("known", facts), _facts("given", facts)
    return words


def _differs(fields: Sequence[str]) -> Composable:
    known = SQL(", ").join(Identifier("known", field) for field in fields)
    given = SQL(", ").join(Identifier("given", field) for field in fields)
    return SQL("ROW ({}) IS DISTINCT FROM ROW ({})").format(known, given)


def _status_in_words(table: str) -> Composable:
    cases = SQL(" ").join(
        SQL("WHEN {} THEN {}").format(Literal(int(status)), Literal(str(status.label))) for status in School.Status
    )
    return SQL("CASE {} {} ELSE '' END").format(Identifier(table, "status"), cases)


def _joined(table: str, fields: Sequence[str], between: str) -> Composable:
    parts = SQL(", ").join(SQL("nullif({}, '')").format(Identifier(table, field)) for field in fields)
    return SQL("concat_ws({}, {})").format(Literal(between), parts)


def _facts(table: str, fields: Sequence[str]) -> Composable:
    """Those facts that differ: "pupils: 211; telephone: none"."""
    names = {field.attname: str(field.verbose_name) for field in School._meta.concrete_fields}
    parts: list[Composable] = [
        SQL("CASE WHEN known.{field} IS DISTINCT FROM given.{field} THEN {name} || {value} END").format(
            field=Identifier(field),
            name=Literal(f"{names[field]}: "),
            value=SQL("coalesce(nullif({}::text, ''), 'none')").format(
                _status_in_words(table) if field == "status" else Identifier(table, field)
            ),
        )
        for field in fields
    ]
    return SQL("concat_ws('; ', {})").format(SQL(", ").join(parts)) if parts else SQL("''")


def listed(fields: Sequence[str], table: str | None = None) -> Composable:
    """Columns with commas between, of a table or of the only one there is."""
    return SQL(", ").join(Identifier(table, field) if table else Identifier(field) for field in fields)

"""Taking the national register's file into the table of schools.

One transaction: the file's rows are copied into a temporary table, and from there merged by one
statement. A failure leaves the register as it was; the same file twice changes nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from hubs.models import LocalAuthority
from schools.authorities import load_local_authorities
from schools.layout import READ, Column, Unreadable
from schools.models import School
from schools.register_file import RegisterUnreadable, open_register
from schools.search import learn_words

if TYPE_CHECKING:
    import _csv

# Two imports at a time would meet row by row, and might wait for each other for ever.
_LOCK = 7_401_205
_STATUSES = {str(status) for status in School.Status.values}
_BLANK = {column.field: column.parse("") for column in READ}
_ROWS = sql.Identifier("register_rows")
_SCHOOLS = sql.Identifier(School._meta.db_table)
_AUTHORITIES = sql.Identifier(LocalAuthority._meta.db_table)


@dataclass(frozen=True)
class BadRow:
    """A row that was left out: the line of the file on which it ends, and why."""

    line: int
    reason: str


@dataclass
class Outcome:
    """What an import did, in numbers of schools, and the rows it left out."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    bad_rows: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True)
class _Header:
    width: int
    columns: list[tuple[int, Column]]

    @property
    def fields(self) -> list[str]:
        """The fields of `School` that the file speaks of, the URN aside."""
        return [column.field for _, column in self.columns if column.of_school and column.field != "urn"]


def import_register(path: Path) -> Outcome:
    """Take in the register's CSV file, or the zip that holds it.

    Where the file lacks a column, schools keep what the register said before. Raises
    `RegisterUnreadable`, with a sentence for a person, when the file is not what it should be.
    """
    outcome = Outcome()
    with open_register(path) as lines, transaction.atomic(), connection.cursor() as cursor:
        reader = csv.reader(lines)
        header = _read_header(next(reader, []))
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        copied = _copy(cursor, _readable_rows(reader, header, outcome))
        if not copied:
            first = f" Line {outcome.bad_rows[0].line}: {outcome.bad_rows[0].reason}" if outcome.bad_rows else ""
            raise RegisterUnreadable(f"No row of the file tells of a school.{first}")
        load_local_authorities()
        _add_unknown_authorities(cursor)
        outcome.added, outcome.changed = _merge(cursor, header.fields)
        if outcome.added or outcome.changed:
            learn_words()
        outcome.unchanged = copied - outcome.added - outcome.changed
        cursor.execute(sql.SQL("DROP TABLE {}").format(_ROWS))
    return outcome


def _read_header(names: list[str]) -> _Header:
    names = [name.strip() for name in names]
    missing = [column.header for column in READ if column.required and column.header not in names]
    if missing and len(names) == 1 and names[0].count(";") + names[0].count("\t") >= len(missing):
        raise RegisterUnreadable(
            "The columns of this file are not separated by commas, as the register's own are. "
            "Take the file as it was downloaded, without saving it from a spreadsheet."
        )
    if missing:
        raise RegisterUnreadable(f"This is not the register's file: it lacks the columns {', '.join(missing)}.")
    return _Header(len(names), [(names.index(column.header), column) for column in READ if column.header in names])


def _readable_rows(reader: _csv.Reader, header: _Header, outcome: Outcome) -> Iterator[tuple[str | None, ...]]:
    """Rows fit for the temporary table; the others go to `outcome.bad_rows`. Raises when the file breaks off."""
    seen: set[str | None] = set()
    width = header.width
    try:
        for row in reader:
            if not row:
                continue
            width = len(row)
            try:
                school = _read_row(row, header)
                if school["urn"] in seen:
                    raise Unreadable(f"URN {school['urn']} stands in the file more than once.")
            except Unreadable as problem:
                outcome.bad_rows.append(BadRow(reader.line_num, str(problem)))
            else:
                seen.add(school["urn"])
                yield tuple(school.values())
    except csv.Error as error:
        raise RegisterUnreadable(f"Line {reader.line_num} cannot be read as CSV: {error}.") from error
    if width < header.width:
        raise RegisterUnreadable(
            f"The file breaks off in line {reader.line_num}. Download it again from the register's page."
        )


def _read_row(row: list[str], header: _Header) -> dict[str, str | None]:
    """The row's values by field; raises `Unreadable` with a sentence."""
    if len(row) != header.width:
        raise Unreadable(f"It has {len(row)} columns instead of {header.width}.")
    school = _BLANK.copy()
    for position, column in header.columns:
        try:
            value = column.parse(row[position])
        except Unreadable as problem:
            raise Unreadable(f"{column.header} {problem}.") from None
        if column.required and not value:
            raise Unreadable(f"{column.header} is missing.")
        if value and ("\ufffd" in value or "\x00" in value):
            raise Unreadable(f"{column.header} holds a character that cannot be read.")
        school[column.field] = value
    _check_whole(school)
    return school


def _check_whole(school: dict[str, str | None]) -> None:
    if int(school["urn"] or 0) == 0:
        raise Unreadable("URN is 0.")
    if school["status"] not in _STATUSES:
        raise Unreadable(f"EstablishmentStatus (code) {school['status']} is none of 1, 2, 3 and 4.")
    low, high = school["low_age"], school["high_age"]
    if low and high and int(low) > int(high):
        raise Unreadable(f"The lowest age, {low}, is above the highest, {high}.")
    # Some schools sit at (0, 0), off the coast of Cornwall: no place is better than a wrong one.
    if not (int(school["easting"] or 0) and int(school["northing"] or 0)):
        school["easting"] = school["northing"] = None


def _copy(cursor: CursorWrapper, rows: Iterator[tuple[str | None, ...]]) -> int:
    """Copy rows into a fresh temporary table with the types of the schools' own; return how many."""
    columns = [
        sql.Identifier(column.field)
        if column.of_school
        else sql.SQL("''::text AS {}").format(sql.Identifier(column.field))
        for column in READ
    ]
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} AS SELECT {} FROM {} WITH NO DATA").format(
            _ROWS, sql.SQL(", ").join(columns), _SCHOOLS
        )
    )
    copied = 0
    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(_ROWS)) as copy:
        for row in rows:
            copy.write_row(row)
            copied += 1
    return copied


def _add_unknown_authorities(cursor: CursorWrapper) -> None:
    cursor.execute(
        sql.SQL(
            """
            INSERT INTO {} (code, name, region)
            SELECT authority_id, min(authority_name), mode() WITHIN GROUP (ORDER BY region)
            FROM {} GROUP BY authority_id
            ON CONFLICT (code) DO NOTHING
            """
        ).format(_AUTHORITIES, _ROWS)
    )


def _merge(cursor: CursorWrapper, present: list[str]) -> tuple[int, int]:
    """Add new schools and change those that differ in a field present in the file; return how many of each.

    Not one INSERT ... ON CONFLICT: that computes the generated column of every row before it looks
    for the conflict, which for an unchanged register is most of the work.
    """
    cursor.execute(
        sql.SQL(
            """
            UPDATE {schools} AS known SET ({present}) = ROW ({new}) FROM {rows} AS given
            WHERE known.urn = given.urn AND ({old}) IS DISTINCT FROM ({new})
            """
        ).format(
            schools=_SCHOOLS,
            rows=_ROWS,
            present=_listed(present),
            new=_listed(present, "given"),
            old=_listed(present, "known"),
        )
    )
    changed = cursor.rowcount
    cursor.execute(
        sql.SQL(
            """
            INSERT INTO {schools} ({fields}) SELECT {fields} FROM {rows} AS given
            WHERE NOT EXISTS (SELECT FROM {schools} AS known WHERE known.urn = given.urn)
            """
        ).format(schools=_SCHOOLS, rows=_ROWS, fields=_listed([column.field for column in READ if column.of_school]))
    )
    return cursor.rowcount, changed


def _listed(fields: list[str], table: str | None = None) -> sql.Composed:
    names = [sql.Identifier(table, name) if table else sql.Identifier(name) for name in fields]
    return sql.SQL(", ").join(names)

"""The register's links file: which school is linked with which, mirrored row by row into `RegisterLink`."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Identifier

from schools.layout import READ_OF_LINKS
from schools.models import RegisterLink
from schools.register_file import CsvFile
from schools.rows import BadRow, NoRules, Rows

_GIVEN = Identifier("given_links")
_KNOWN = Identifier(RegisterLink._meta.db_table)
_FIELDS = SQL("urn, other_urn, kind, established_on")


@dataclass(frozen=True)
class LinkChanges:
    """What a links file would change, in numbers of links, and the rows left out, the first of them one by one.

    `here` is how many links there are.
    """

    added: int = 0
    removed: int = 0
    here: int = 0
    left_out: int = 0
    bad_rows: list[BadRow] = field(default_factory=list)


def compare(cursor: CursorWrapper, file: CsvFile) -> LinkChanges:
    """Copy a file's rows into a temporary table, and count what `apply` would change.

    A row that stands in the file twice counts once. Raises `RegisterUnreadable`.
    """
    rows = Rows(file, READ_OF_LINKS, NoRules(), what="the register's links file")
    cursor.execute(
        SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            _GIVEN, _FIELDS, _KNOWN
        )
    )
    rows.copy_into(cursor, _GIVEN)
    added, removed = _count(cursor, _GIVEN, _KNOWN), _count(cursor, _KNOWN, _GIVEN)
    return LinkChanges(added, removed, _total(cursor), rows.left_out, rows.bad)


def apply(cursor: CursorWrapper) -> None:
    """Make the links those of the file that `compare` has copied; what stays is not written."""
    cursor.execute(
        SQL(
            """
            DELETE FROM {known} AS known
            USING (SELECT {fields} FROM {known} EXCEPT SELECT {fields} FROM {given}) AS gone
            WHERE known.urn = gone.urn AND known.other_urn = gone.other_urn AND known.kind = gone.kind
                AND known.established_on IS NOT DISTINCT FROM gone.established_on
            """
        ).format(known=_KNOWN, given=_GIVEN, fields=_FIELDS)
    )
    cursor.execute(
        SQL("INSERT INTO {known} ({fields}) (SELECT {fields} FROM {given} EXCEPT SELECT {fields} FROM {known})").format(
            known=_KNOWN, given=_GIVEN, fields=_FIELDS
        )
    )


def forget(cursor: CursorWrapper) -> None:
    """Drop the temporary table."""
    cursor.execute(SQL("DROP TABLE IF EXISTS {}").format(_GIVEN))


def _count(cursor: CursorWrapper, here: Identifier, not_there: Identifier) -> int:
    cursor.execute(
        SQL("SELECT count(*) FROM (SELECT {} FROM {} EXCEPT SELECT {} FROM {}) AS link").format(
            _FIELDS, here, _FIELDS, not_there
        )
    )
    (count,) = cursor.fetchone()
    return int(count)


def _total(cursor: CursorWrapper) -> int:
    cursor.execute(SQL("SELECT count(*) FROM {}").format(_KNOWN))
    (count,) = cursor.fetchone()
    return int(count)

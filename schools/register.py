"""Taking the national register's files into the tables of schools and of links.

One transaction: the files' rows are copied into temporary tables, compared there with what is known, and, when that is
agreed to, merged by a few statements. A failure leaves the register as it was; the same file twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from schools import ancestry, differences, following, links_file, refusals
from schools.authorities import load_local_authorities
from schools.differences import AUTHORITIES, DIFFERENCES, ROWS, SCHOOLS, Change, Counts, listed
from schools.layout import READ, Unreadable
from schools.links_file import LinkChanges
from schools.models import RegisterImport
from schools.register_file import (
    RegisterRefused,
    day_in,
    digest_of,
    holds_links,
    open_links,
    open_register,
)
from schools.rows import BadRow, Rows
from schools.search import refresh as refresh_search
from schools.succession import FamilyTooLarge

# Two imports at a time would meet row by row, and might wait for each other for ever.
_LOCK = 7_401_205
_SETTINGS = (
    ("work_mem", "64MB"),
    ("enable_mergejoin", "off"),
    ("enable_nestloop", "off"),
    ("jit", "off"),
    ("synchronous_commit", "off"),
    # An import that is stopped leaves its statement at work, and with it the lock, until the server looks.
    ("client_connection_check_interval", "10s"),
)
# Room for the temporary tables, which would else go through files (measured: a tenth of an import, more over a full
# register). Only a session that has not used any yet may be given it; another one keeps what it has.
_ROOM_FOR_TEMPORARY_TABLES = """
    DO $$ BEGIN SET LOCAL temp_buffers = '64MB'; EXCEPTION WHEN invalid_parameter_value THEN NULL; END $$
"""
_STATUSES = {"1", "2", "3", "4"}
_OF_SCHOOL = [column for column in READ if column.of_school]


@dataclass
class Plan:
    """What a file of the register would change, while the transaction that worked it out is open.

    `refusals` are the reasons, each a sentence, why it is not applied unless it is forced.
    """

    file_name: str
    as_of: dt.date | None
    links_file_name: str
    fields: list[str]
    rows: int
    counts: Counts
    left_out: int
    bad_rows: list[BadRow]
    links: LinkChanges
    refusals: list[str] = field(default_factory=list)
    applied: bool = False

    @property
    def added(self) -> int:
        """How many schools are new here."""
        return self.counts.added

    @property
    def changed(self) -> int:
        """How many schools that are known differ."""
        return self.counts.changed

    @property
    def unchanged(self) -> int:
        """How many schools are as they were."""
        return self.rows - self.added - self.changed

    @property
    def changes_nothing(self) -> bool:
        """Whether schools and links stay as they are."""
        return not (self.added or self.changed or self.links.added or self.links.removed)

    def changes(self) -> Iterator[Change]:
        """Every change by itself; to be asked before `apply`."""
        with connection.cursor() as cursor:
            yield from differences.changes(cursor, self.fields)

    def refuse(self) -> None:
        """Raise `RegisterRefused` where the plan must be forced."""
        if self.refusals:
            raise RegisterRefused(" ".join(self.refusals))

    def apply(self) -> None:
        """Make schools and links those of the files, with all that is derived from them.

        Raises `RegisterRefused` for links that nothing can be derived from.
        """
        self.write()
        if not self.changes_nothing:
            try:
                ancestry.rebuild()
            except FamilyTooLarge as error:
                raise RegisterRefused(str(error)) from error
            refresh_search()
        self.applied = True

    def write(self) -> None:
        """Make schools and links those of the files, and leave alone what is derived from them."""
        with connection.cursor() as cursor:
            load_local_authorities()
            if self.added or self.changed:
                _add_unknown_authorities(cursor)
                _merge(cursor, self.fields)
            if self.links.added or self.links.removed:
                links_file.apply(cursor)

    @property
    def numbers(self) -> dict[str, int]:
        """Of schools by kind of change, of links, and of rows left out."""
        return {
            **{str(kind): number for kind, number in self.counts.kinds.items() if number},
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "bad_rows": self.left_out,
            "links_added": self.links.added,
            "links_removed": self.links.removed,
            "links_bad_rows": self.links.left_out,
        }


def import_register(
    path: Path,
    *,
    actor_name: str,
    now: dt.datetime,
    links: Path | None = None,
    force: bool = False,
    tell: Callable[[Plan], object] = lambda plan: None,
    agree: Callable[[Plan], bool] | None = None,
) -> Plan:
    """Take in the register's CSV file, or the zip that holds it; the links from their own file, or the same zip.

    `tell` is given the plan before anything is changed. Where there is an `agree`, it is then asked, and may say no;
    however long it takes, nobody waits for it, and what it agreed to is worked out again. Where the file lacks a
    column, schools keep what the register said before; without links those that are known stay. What is taken in is
    kept as a `RegisterImport`, and other rooms follow. Raises `RegisterRefused` with a sentence for a person, and keeps
    that too, when a file is not what it should be or when what it would do must be forced.
    """
    began = time.monotonic()

    def keep(outcome: RegisterImport.Outcome, **what: Any) -> None:
        RegisterImport.objects.create(
            outcome=outcome,
            file_name=path.name[:200],
            digest=digest_of(path),
            actor_name=actor_name[:120],
            started_at=now,
            finished_at=now + dt.timedelta(seconds=time.monotonic() - began),
            **what,
        )

    try:
        agreed = _trial(path, links, now=now, force=force, tell=tell) if agree else None
        if agree and agreed and not (agreed.changes_nothing or agree(agreed)):
            return agreed
        with reading(path, links=links, now=now) as plan:
            if agreed is None:
                tell(plan)
            elif plan.numbers != agreed.numbers:
                raise RegisterRefused("The register here has changed since it was asked about. Try again.")
            if not force:
                plan.refuse()
            plan.apply()
            keep(
                RegisterImport.Outcome.APPLIED,
                as_of=refusals.day_then(plan),
                links_file_name=plan.links_file_name[:200],
                forced=bool(plan.refusals),
                counts=plan.numbers,
            )
    except RegisterRefused as refusal:
        keep(
            RegisterImport.Outcome.REFUSED,
            as_of=day_in(path.name),
            links_file_name=links.name[:200] if links else "",
            forced=force,
            reason=str(refusal),
        )
        raise
    following.follow(now=now)
    return plan


def _trial(path: Path, links: Path | None, *, now: dt.datetime, force: bool, tell: Callable[[Plan], object]) -> Plan:
    """What the files would change, told, and nothing done about it. Raises `RegisterRefused`."""
    with reading(path, links=links, now=now) as plan:
        tell(plan)
        if not force:
            plan.refuse()
    return plan


@contextmanager
def reading(path: Path, *, now: dt.datetime, links: Path | None = None) -> Iterator[Plan]:
    """What the files would change, in a transaction that is rolled back unless the plan is applied in it.

    Another import waits until this one has ended. Raises `RegisterUnreadable`.
    """
    if links is None and holds_links(path):
        links = path
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _suit_large_tables(cursor)
        plan = _plan(cursor, path, links, now)
        yield plan
        cursor.execute(SQL("DROP TABLE {}, {}").format(ROWS, DIFFERENCES))
        links_file.forget(cursor)
        if not plan.applied:
            transaction.set_rollback(True)


def _suit_large_tables(cursor: CursorWrapper) -> None:
    """Have the planner join as large tables are joined, until the end of the transaction.

    What is hashed here does not fit into the memory that suits a web page; nobody has counted the temporary tables'
    rows, so it would rather sort them, or look up each row of one in the other; and to compile the statements takes
    longer than they do. Nor need the end wait for the disk: an import lost as a whole is taken in again.
    """
    for setting, value in _SETTINGS:
        cursor.execute("SELECT set_config(%s, %s, true)", [setting, value])
    cursor.execute(_ROOM_FOR_TEMPORARY_TABLES)


def _plan(cursor: CursorWrapper, path: Path, links: Path | None, now: dt.datetime) -> Plan:
    today = timezone.localdate(now)
    with open_register(path) as file:
        rows = Rows(file, READ, _SchoolRules(), what="the register's file")
        copied = _copy(cursor, rows)
        as_of = next((day for day in map(day_in, (file.name, path.name)) if day and day <= today), None)
        as_of = as_of or _last_change(cursor, today)
    link_changes, links_file_name = LinkChanges(), ""
    if links:
        with open_links(links) as links_csv:
            link_changes, links_file_name = links_file.compare(cursor, links_csv), links_csv.name
    of_school = {column.field for column in _OF_SCHOOL}
    fields = [name for name in rows.fields if name in of_school and name != "urn"]
    plan = Plan(
        file_name=path.name,
        as_of=as_of,
        links_file_name=links_file_name,
        fields=fields,
        rows=copied,
        counts=differences.compare(cursor, fields),
        left_out=rows.left_out,
        bad_rows=rows.bad,
        links=link_changes,
    )
    plan.refusals += refusals.of(plan)
    return plan


class _SchoolRules:
    """Each URN once, a known status, ages in order, both coordinates or none."""

    seen = ("urn", "low_age", "high_age", "easting", "northing")

    def __init__(self) -> None:
        self._urns: set[bytes] = set()
        self._ages: set[tuple[bytes, bytes]] = set()

    def passes(self, values: Sequence[bytes]) -> bool:
        """Whether a row of plain values holds to all of that."""
        urn, low, high, easting, northing = values
        if urn in self._urns or (not easting) is not (not northing):
            return False
        # Nearly all schools are of one of a few pairs of ages.
        if (low, high) not in self._ages:
            if low and high and int(low) > int(high):
                return False
            self._ages.add((low, high))
        self._urns.add(urn)
        return True

    def put_right(self, row: dict[str, str | None]) -> None:
        """Take away a place that is none; raises `Unreadable`."""
        urn, status, low, high = (row.get(name) or "" for name in ("urn", "status", "low_age", "high_age"))
        if urn == "0":
            raise Unreadable("URN is 0.")
        if status not in _STATUSES:
            raise Unreadable(f"EstablishmentStatus (code) {status} is none of 1, 2, 3 and 4.")
        if low and high and int(low) > int(high):
            raise Unreadable(f"The lowest age, {low}, is above the highest, {high}.")
        if urn.encode() in self._urns:
            raise Unreadable(f"URN {urn} stands in the file more than once.")
        self._urns.add(urn.encode())
        # Some schools sit at (0, 0), off the coast of Cornwall: no place is better than a wrong one.
        if not (int(row.get("easting") or 0) and int(row.get("northing") or 0)):
            row.update((name, None) for name in ("easting", "northing") if name in row)


def _copy(cursor: CursorWrapper, rows: Rows) -> int:
    """Copy a file's rows into a fresh temporary table with the types of the schools' own; return how many."""
    others = SQL("''::text AS authority_name, ''::text AS region, NULL::date AS last_changed_on")
    columns = SQL(", ").join([listed([column.field for column in _OF_SCHOOL]), others])
    cursor.execute(
        SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(ROWS, columns, SCHOOLS)
    )
    return rows.copy_into(cursor, ROWS)


def _last_change(cursor: CursorWrapper, today: dt.date) -> dt.date | None:
    """The newest day on which the register changed a school, by the file."""
    cursor.execute(SQL("SELECT max(last_changed_on) FROM {} WHERE last_changed_on <= %s").format(ROWS), [today])
    (day,) = cursor.fetchone()
    return day if isinstance(day, dt.date) else None


def _add_unknown_authorities(cursor: CursorWrapper) -> None:
    cursor.execute(
        SQL(
            """
            INSERT INTO {} (code, name, region)
            SELECT authority_id, min(authority_name), coalesce(mode() WITHIN GROUP (ORDER BY region), '')
            FROM {} AS given WHERE NOT EXISTS (SELECT FROM {} AS known WHERE known.code = given.authority_id)
            GROUP BY authority_id
            """
        ).format(AUTHORITIES, ROWS, AUTHORITIES)
    )


def _merge(cursor: CursorWrapper, fields: list[str]) -> None:
    """Add the schools that are new, and change those that differ in a field present in the file.

    Not one INSERT ... ON CONFLICT: that makes a row of every school before it looks for the conflict.
    """
    # Checked at once: at the end, each of the rows would be looked up again for it.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(
        SQL(
            """
            UPDATE {schools} AS known SET ({fields}) = ROW ({given})
            FROM {rows} AS given JOIN {differences} AS differs ON differs.urn = given.urn AND NOT differs.added
            WHERE known.urn = given.urn
            """
        ).format(
            schools=SCHOOLS, rows=ROWS, differences=DIFFERENCES, fields=listed(fields), given=listed(fields, "given")
        )
    )
    # A column that the file lacks is empty, and not unknown, where it is a text.
    absent = [column.field for column in _OF_SCHOOL if column.field not in {"urn", *fields} and column.parse("") == ""]
    cursor.execute(
        SQL(
            """
            INSERT INTO {schools} ({into}) SELECT {values}
            FROM {rows} AS given WHERE NOT EXISTS (SELECT FROM {schools} AS known WHERE known.urn = given.urn)
            """
        ).format(
            schools=SCHOOLS,
            rows=ROWS,
            into=SQL(", ").join([Identifier("urn"), *map(Identifier, fields), *map(Identifier, absent)]),
            values=SQL(", ").join([listed(["urn", *fields], "given"), *(SQL("''") for _ in absent)]),
        )
    )
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")

"""From the lines of a register's file to rows that PostgreSQL's COPY takes, and to those it shall not get.

A row whose values are all plain, which one regular expression tells, is passed on as it stands. The others are read
value by value, in Python, which is ten times as slow and knows what is wrong with them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from typing import Protocol

from django.db.backends.utils import CursorWrapper
from psycopg import sql

from schools.layout import Column, Unreadable
from schools.register_file import RegisterUnreadable

# Rows handed to the database at a time: enough for it not to wait, and no matter for memory.
_BLOCK = 100
_QUOTED = re.compile(r'(?<![^,])"([^"]*+)"(?![^,])')


@dataclass(frozen=True)
class BadRow:
    """A row that was left out: the line of the file on which it ends, and why."""

    line: int
    reason: str


class Rules(Protocol):
    """What must hold between the values of a row, and between rows."""

    @property
    def seen(self) -> Sequence[str]:
        """Fields whose values `passes` wants to see."""

    def passes(self, values: Sequence[str]) -> bool:
        """Whether a row of plain values, of which these are the `seen`, may be passed on; else `put_right` is asked."""

    def put_right(self, row: dict[str, str | None]) -> None:
        """Correct what can be corrected in a row; raises `Unreadable` with a sentence."""


class NoRules:
    """For files whose rows stand for themselves."""

    seen: Sequence[str] = ()

    def passes(self, values: Sequence[str]) -> bool:
        """Always."""
        return True

    def put_right(self, row: dict[str, str | None]) -> None:
        """Nothing to do."""


class Rows:
    """The rows of a CSV file whose first line names the columns; iterate once, then look at `bad`.

    Raises `RegisterUnreadable` when columns are missing or the file breaks off.
    """

    def __init__(self, lines: Iterator[str], columns: Sequence[Column], rules: Rules, *, what: str) -> None:
        self.bad: list[BadRow] = []
        self._lines = lines
        self._rules = rules
        self._line = 0
        names = [name.strip() for name in self._next_row()]
        _check_header(names, columns, what)
        self._width = len(names)
        self._columns = sorted((names.index(column.header), column) for column in columns if column.header in names)
        self._reads = [(position, column.field, column.parse.read, column) for position, column in self._columns]
        self._plain, groups = _pattern_of(names, dict(self._columns), rules.seen)
        self._seen = _getter(groups)

    @property
    def fields(self) -> list[str]:
        """The fields that the file speaks of, in the order in which rows give them."""
        return [column.field for _, column in self._columns]

    def copy_into(self, cursor: CursorWrapper, table: sql.Identifier) -> int:
        """Copy all rows that can be read into a table that has the fields; how many."""
        copied = 0
        texts = [column.field for _, column in self._columns if column.parse("") is not None]
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, FORCE_NOT_NULL ({}))").format(
            table, _listed(self.fields), _listed(texts)
        )
        # As plain days are written. Those written yyyy-mm-dd are understood all the same.
        cursor.execute("SET LOCAL DateStyle = 'ISO, DMY'")
        rows = iter(self)
        with cursor.copy(statement) as copy:
            while block := list(islice(rows, _BLOCK)):
                copy.write("\n".join(block) + "\n")
                copied += len(block)
        return copied

    def __iter__(self) -> Iterator[str]:
        """Rows as lines of CSV, without their ends."""
        # Fifty thousand times over, each call counts: hence the names, and no functions of our own.
        plain, seen, passes = self._plain.fullmatch, self._seen, self._rules.passes
        width = self._width
        for line in self._lines:
            self._line += 1
            text = line.rstrip("\r\n")
            quoted = '"' in text
            if quoted:
                text = _without_quotes(text)
            if not (quoted and '"' in text) and (match := plain(text)):
                values = match.groups()
                row = ",".join(values)
                # Accents, controls and spaces at the ends of values are to be looked at.
                clean = row.isascii() and row.isprintable() and ", " not in row and " ," not in row
                if clean and row == row.strip() and passes(seen(values)):
                    width = self._width
                    yield _with_quotes(row) if quoted else row
                    continue
            given = self._next_row(line)
            if not given:
                continue
            width = len(given)
            try:
                yield self._read(given)
            except Unreadable as problem:
                self.bad.append(BadRow(self._line, str(problem)))
        if width < self._width:
            raise RegisterUnreadable(
                f"The file breaks off in line {self._line}. Download it again from the register's page."
            )

    def _next_row(self, *begun: str) -> list[str]:
        """The row that begins in the line just read or in the next one, over as many lines as it has."""
        reader = csv.reader(chain(begun, self._lines))
        try:
            row = next(reader, [])
        except csv.Error as error:
            line = self._line + reader.line_num - len(begun)
            raise RegisterUnreadable(f"Line {line} cannot be read as CSV: {error}.") from error
        self._line += reader.line_num - len(begun)
        return row

    def _read(self, given: list[str]) -> str:
        """The row as a line of CSV; raises `Unreadable` with a sentence."""
        if len(given) != self._width:
            raise Unreadable(f"It has {len(given)} columns instead of {self._width}.")
        row: dict[str, str | None] = {}
        for position, field, read, column in self._reads:
            try:
                value = read(given[position])
            except Unreadable as problem:
                raise Unreadable(f"{column.header} {problem}.") from None
            if not value and column.required:
                raise Unreadable(f"{column.header} is missing.")
            if value and ("\ufffd" in value or "\x00" in value):
                raise Unreadable(f"{column.header} holds a character that cannot be read.")
            row[field] = value
        self._rules.put_right(row)
        return ",".join(map(_quoted, row.values()))


def _check_header(names: list[str], columns: Sequence[Column], what: str) -> None:
    missing = [column.header for column in columns if column.required and column.header not in names]
    if missing and len(names) == 1 and names[0].count(";") + names[0].count("\t") >= len(missing):
        raise RegisterUnreadable(
            "The columns of this file are not separated by commas, as the register's own are. "
            "Take the file as it was downloaded, without saving it from a spreadsheet."
        )
    if missing:
        raise RegisterUnreadable(f"This is not {what}: it lacks the columns {', '.join(missing)}.")


def _pattern_of(
    names: list[str], columns: dict[int, Column], seen: Sequence[str]
) -> tuple[re.Pattern[str], list[int | None]]:
    """A pattern of lines of plain values, and where among its groups the fields of `seen` are.

    A group is a column of `seen`, or as many others in a row as we read; what we do not read is stepped over.
    """
    pattern: list[str] = []
    groups: dict[str, int] = {}
    number = -1
    open_group = False
    for position in range(len(names)):
        column = columns.get(position)
        alone = column is not None and column.field in seen
        if open_group and (column is None or alone):
            pattern.append(")")
            open_group = False
        pattern.append("," if position else "")
        if column is None:
            pattern.append("[^,]*+")
            continue
        if not open_group:
            pattern.append("(")
            number += 1
        pattern.append(column.plain)
        open_group = not alone
        if alone:
            pattern.append(")")
            groups[column.field] = number
    pattern.append(")" if open_group else "")
    return re.compile("".join(pattern)), [groups.get(field) for field in seen]


def _without_quotes(line: str) -> str:
    """A line in which values in quotes stand without them, and a bar for each of their commas.

    Unless it has bars already, or quotes within values: then some quotes are left.
    """
    return line if "|" in line else _QUOTED.sub(lambda match: match[1].replace(",", "|"), line)


def _with_quotes(row: str) -> str:
    """A row of such a line with its commas again."""
    return ",".join(f'"{value.replace("|", ",")}"' if "|" in value else value for value in row.split(","))


def _getter(groups: list[int | None]) -> Callable[[Sequence[str]], Sequence[str]]:
    """What takes the values of these groups out of all; of a column that the file lacks, an empty one."""
    present = [group for group in groups if group is not None]
    if len(present) == len(groups) > 1:
        return itemgetter(*present)
    return lambda values: ["" if group is None else values[group] for group in groups]


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _listed(fields: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, fields))

"""From the lines of a register's file to rows that PostgreSQL's COPY takes, and to those it shall not get.

A row whose values are all plain, which one regular expression tells, is passed on as it stands, in bytes. The others
are read value by value, in Python, which is ten times as slow and knows what is wrong with them.
"""

from __future__ import annotations

import csv
import gc
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Protocol

from django.db.backends.utils import CursorWrapper
from psycopg import sql

from schools.layout import Column, Unreadable
from schools.register_file import AGAIN, LONGEST_LINE, CsvFile, RegisterUnreadable

# So many bad rows are told one by one, and of further ones only the number.
MOST_TOLD = 50
# The register grows by a few columns a year.
_MOST_COLUMNS = 1_000
# What a quote that nobody closed may swallow: no value of the register's has as many lines.
_MOST_LINES = 20
# Rows handed to the database at a time: enough for it not to wait, and no matter for memory.
_BLOCK = 100
# A value of a row, with bars in it.
_BARRED = re.compile(rb"(?<![^,])[^,|]*+\|[^,]*+")


@dataclass(frozen=True)
class BadRow:
    """A row that was left out: the line of the file on which it begins, and why."""

    line: int
    reason: str


class Rules(Protocol):
    """What must hold between the values of a row, and between rows."""

    @property
    def seen(self) -> Sequence[str]:
        """Fields whose values `passes` wants to see."""

    def passes(self, values: Sequence[bytes]) -> bool:
        """Whether a row of plain values, of which these are the `seen`, may be passed on; else `put_right` is asked."""

    def put_right(self, row: dict[str, str | None]) -> None:
        """Correct what can be corrected in a row; raises `Unreadable` with a sentence."""


class NoRules:
    """For files whose rows stand for themselves."""

    seen: Sequence[str] = ()

    def passes(self, values: Sequence[bytes]) -> bool:
        """Always."""
        return True

    def put_right(self, row: dict[str, str | None]) -> None:
        """Nothing to do."""


class Rows:
    """The rows of a CSV file whose first line names the columns; iterate once, then look at `bad` and `left_out`.

    `bad` are the first that were left out, and `left_out` is how many there were. Raises `RegisterUnreadable` when
    columns are missing or the file breaks off.
    """

    def __init__(self, file: CsvFile, columns: Sequence[Column], rules: Rules, *, what: str) -> None:
        self.bad: list[BadRow] = []
        self.left_out = 0
        self._lines = file.lines
        self._encoding = file.encoding
        self._rules = rules
        self._line = 0
        self._broken_line = 0
        names = self._header()
        _check_header(names, columns, what)
        self._width = len(names)
        self._columns = sorted((names.index(column.header), column) for column in columns if column.stands_in(names))
        self._reads = [(position, column.field, column.parse.read, column) for position, column in self._columns]
        self._plain, groups = _pattern_of(dict(self._columns), rules.seen, self._width)
        self._seen = _getter(groups)

    @property
    def fields(self) -> list[str]:
        """The fields that the file speaks of, in the order in which rows give them."""
        return [column.field for _, column in self._columns]

    def copy_into(self, cursor: CursorWrapper, table: sql.Identifier) -> int:
        """Copy all rows that can be read into a table that has the fields; how many.

        Raises `RegisterUnreadable` when that is less than half of them, or none.
        """
        copied = 0
        texts = [column.field for _, column in self._columns if column.parse("") is not None]
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, ENCODING 'UTF8', FORCE_NOT_NULL ({}))").format(
            table, _listed(self.fields), _listed(texts)
        )
        # As plain days are written. Those written yyyy-mm-dd are understood all the same.
        cursor.execute("SET LOCAL DateStyle = 'ISO, DMY'")
        rows = iter(self)
        with cursor.copy(statement) as copy, _nothing_collected():
            while block := list(islice(rows, _BLOCK)):
                copy.write(b"\n".join(block) + b"\n")
                copied += len(block)
        if not (copied or self.left_out):
            raise RegisterUnreadable(f"The file holds no row, only the names of its columns. {AGAIN}")
        if copied < self.left_out:
            first = self.bad[0]
            raise RegisterUnreadable(
                f"Of the file's {copied + self.left_out:,} rows only {copied:,} can be read."
                f" Line {first.line}: {first.reason}"
            )
        return copied

    def __iter__(self) -> Iterator[bytes]:
        """Rows as lines of CSV in UTF-8, without their ends."""
        # Fifty thousand times over, each call counts: hence the names, and no functions of our own.
        plain, seen, passes = self._plain.match, self._seen, self._rules.passes
        for line in self._lines:
            self._line += 1
            match, quoted = plain(line), False
            if match is None and b'"' in line:
                match, quoted = plain(_without_quotes(line.rstrip(b"\r\n"))), True
            if match is not None:
                values = match.groups()
                if passes(seen(values)):
                    row = b",".join(values)
                    yield _with_quotes(row) if quoted else row
                    continue
            yield from self._read_slowly(line)
        if self._line == self._broken_line:
            raise RegisterUnreadable(
                f"The file breaks off in line {self._line}. Download it again from the register's page."
            )

    def _header(self) -> list[str]:
        ahead = deque(islice(self._lines, 1))
        self._line = len(ahead)
        try:
            names = next(csv.reader(self._texts(ahead, [])), [])
        except csv.Error as error:
            raise RegisterUnreadable(f"Line 1 cannot be read as CSV: {error}.") from error
        if len(names) > _MOST_COLUMNS:
            raise RegisterUnreadable(f"The file has {len(names):,} columns, and the register only about 140.")
        return [name.strip() for name in names]

    def _read_slowly(self, line: bytes) -> Iterator[bytes]:
        """The row that begins in this line, and those in the next lines where they turn out not to belong to it."""
        ahead = deque([line])
        while ahead:
            number = self._line - len(ahead) + 1
            try:
                if given := self._next_row(ahead):
                    yield self._read(given)
                elif self._broken_line == number - 1:
                    self._broken_line = number
            except Unreadable as problem:
                self.left_out += 1
                if len(self.bad) < MOST_TOLD:
                    self.bad.append(BadRow(number, str(problem)))

    def _next_row(self, ahead: deque[bytes]) -> list[str]:
        """The row that begins in the first of the lines ahead, over as many as it has; none for an empty line.

        Raises `Unreadable` for that line alone: those after it are ahead again.
        """
        taken: list[bytes] = []
        try:
            row = next(csv.reader(self._texts(ahead, taken), strict=True), [])
            if len(row) in (0, self._width):
                return row
            problem, is_short = f"It has {len(row)} columns instead of {self._width}.", len(row) < self._width
        except csv.Error as error:
            problem, is_short = f"It cannot be read as CSV: {error}.", taken[0].count(b'"') % 2 == 1
        if len(taken) > 1:
            ahead.extendleft(reversed(taken[1:]))
            problem = "A quote in it is not closed."
        elif is_short:
            self._broken_line = self._line - len(ahead)
        raise Unreadable(problem)

    def _texts(self, ahead: deque[bytes], taken: list[bytes]) -> Iterator[str]:
        """The lines ahead, then further ones of the file, as a row needs them; put down in `taken`."""
        while len(taken) < _MOST_LINES:
            if not ahead:
                ahead.extend(islice(self._lines, 1))
                self._line += len(ahead)
            if not ahead:
                return
            taken.append(ahead.popleft())
            if len(taken[-1]) >= LONGEST_LINE:
                number = self._line - len(ahead)
                raise RegisterUnreadable(f"Line {number} is longer than any of the register's. {AGAIN}")
            yield taken[-1].decode(self._encoding, "replace")

    def _read(self, given: list[str]) -> bytes:
        """The row as a line of CSV; raises `Unreadable` with a sentence."""
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
        return ",".join(map(_quoted, row.values())).encode()


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """No search for cycles meanwhile: rows make none, and to look for them takes a seventh of the reading."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


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
    columns: dict[int, Column], seen: Sequence[str], width: int
) -> tuple[re.Pattern[bytes], list[int | None]]:
    """A pattern of lines of `width` values, none in quotes, that are plain in these columns; and where among its groups
    the fields of `seen` are.

    A group is a column of `seen`, or as many others in a row as we read; what we do not read is stepped over.
    """
    pattern: list[str] = []
    groups: dict[str, int] = {}
    number = -1
    open_group = False
    for position in range(width):
        column = columns.get(position)
        alone = column is not None and column.field in seen
        if open_group and (column is None or alone):
            pattern.append(")")
            open_group = False
        pattern.append("," if position else "")
        if column is None:
            pattern.append('[^,"]*+')
            continue
        if not open_group:
            pattern.append("(")
            number += 1
        pattern.append(column.plain)
        open_group = not alone
        if alone:
            pattern.append(")")
            groups[column.field] = number
    pattern.append((")" if open_group else "") + r"[\r\n]*+\Z")
    return re.compile("".join(pattern).encode()), [groups.get(field) for field in seen]


def _without_quotes(line: bytes) -> bytes:
    """A line in which values in quotes stand without them, and a bar for each of their commas.

    Unless it has bars already, or a quote stands anywhere but at the ends of a value: then it stays as it is.
    """
    parts = line.split(b'"')
    outside = parts[::2]
    outside[0], outside[-1] = b"," + outside[0], outside[-1] + b","
    if b"|" in line or len(parts) % 2 == 0 or any(part[:1] + part[-1:] != b",," for part in outside):
        return line
    parts[1::2] = [value.replace(b",", b"|") for value in parts[1::2]]
    return b"".join(parts)


def _with_quotes(row: bytes) -> bytes:
    """A row of such a line with its commas again."""
    return _BARRED.sub(_with_commas, row) if b"|" in row else row


def _with_commas(barred: re.Match[bytes]) -> bytes:
    return b'"%b"' % barred[0].replace(b"|", b",")


def _getter(groups: list[int | None]) -> Callable[[Sequence[bytes]], Sequence[bytes]]:
    """What takes the values of these groups out of all; of a column that the file lacks, an empty one."""
    present = [group for group in groups if group is not None]
    if len(present) == len(groups) > 1:
        return itemgetter(*present)
    return lambda values: [b"" if group is None else values[group] for group in groups]


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _listed(fields: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, fields))

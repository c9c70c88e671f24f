"""Opening the register's files, however they came: CSV or zip, cp1252 or UTF-8."""

from __future__ import annotations

import codecs
import datetime as dt
import hashlib
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import cast

_CHUNK = 1 << 16
# In bytes. The register's longest line has 3,000, and the whole file 20 million.
LONGEST_LINE = 100_000
LARGEST = 300_000_000
AGAIN = "Download it again from the register's page."
_REGISTER = "edubasealldata"
_LINKS = "links_edubasealldata"
# What the standard library raises for a zip that is none, or not one of those that it knows.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError)
_NOT_UNPACKED = (NotImplementedError, RuntimeError)
_DAY = re.compile(r"edubasealldata(\d{8})", re.IGNORECASE)


class RegisterRefused(Exception):
    """The register was not taken in; the message is a sentence or two for a person."""


class RegisterUnreadable(RegisterRefused):
    """A file that cannot be taken for the register or for its links."""


@dataclass(frozen=True)
class CsvFile:
    """A CSV file: its own name, which inside a zip is not the zip's, its encoding, and its lines as they are needed.

    A line of `LONGEST_LINE` bytes or more comes in pieces of that length.
    """

    name: str
    lines: Iterator[bytes]
    encoding: str


@contextmanager
def open_register(path: Path) -> Iterator[CsvFile]:
    """The register's CSV file, which may lie in a zip, also beside the links.

    The whole file has been read through once before the first line is given, so a damaged zip
    raises `RegisterUnreadable` here.
    """
    with _open(path, _REGISTER) as file:
        yield file


@contextmanager
def open_links(path: Path) -> Iterator[CsvFile]:
    """The links' CSV file, like `open_register`."""
    with _open(path, _LINKS) as file:
        yield file


def holds_links(path: Path) -> bool:
    """Whether a file is a zip that holds the register's links beside the register."""
    try:
        if not (path.is_file() and _starts_as_zip(path)):
            return False
        with zipfile.ZipFile(path) as archive:
            return len(_csv_names(archive)) > 1 and any(_is_called(name, _LINKS) for name in _csv_names(archive))
    except (OSError, *_DAMAGED, *_NOT_UNPACKED):
        return False


def digest_of(path: Path) -> str:
    """The first 16 digits of the file's SHA-256; none for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError:
        return ""


def day_in(name: str) -> dt.date | None:
    """The day that the register's site wrote into a file's name: edubasealldata20250524.csv."""
    match = _DAY.search(name)
    try:
        return dt.date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


@contextmanager
def _open(path: Path, called: str) -> Iterator[CsvFile]:
    with ExitStack() as stack:
        try:
            name, open_again = _opener(stack, path, called)
            with open_again() as file:
                encoding = _encoding(file)
            file = stack.enter_context(open_again())
            if encoding == "utf-8" and file.peek(3).startswith(codecs.BOM_UTF8):
                file.read(3)
        except OSError as error:
            raise RegisterUnreadable(f"{path} cannot be opened: {error.strerror or error}.") from error
        except _NOT_UNPACKED as error:
            raise RegisterUnreadable(f"{path.name} is a zip that cannot be unpacked here: {error}.") from error
        except _DAMAGED as error:
            raise RegisterUnreadable(f"{path.name} is damaged or incomplete. {AGAIN}") from error
        yield CsvFile(name, iter(partial(file.readline, LONGEST_LINE), b""), encoding)


def _opener(stack: ExitStack, path: Path, called: str) -> tuple[str, Callable[[], BufferedReader]]:
    if path.is_file() and _starts_as_zip(path):
        archive = stack.enter_context(zipfile.ZipFile(path))
        name = _one_in(archive, path, called)
        return Path(name).name, lambda: BufferedReader(cast(RawIOBase, archive.open(name)), _CHUNK)
    return path.name, lambda: path.open("rb")


def _starts_as_zip(path: Path) -> bool:
    # Not zipfile.is_zipfile: it looks at the end, which an interrupted download lacks.
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _csv_names(archive: zipfile.ZipFile) -> list[str]:
    return [name for name in archive.namelist() if name.lower().endswith(".csv")]


def _is_called(name: str, called: str) -> bool:
    return Path(name).name.lower().startswith(called)


def _one_in(archive: zipfile.ZipFile, path: Path, called: str) -> str:
    names = _csv_names(archive)
    if not names:
        raise RegisterUnreadable(f"{path.name} holds no CSV file.")
    if len(names) > 1:
        # The register's site packs its links into the same zip when asked for both.
        names = [name for name in names if _is_called(name, called)]
    if len(names) != 1:
        wanted = "the register" if called == _REGISTER else "the register's links"
        raise RegisterUnreadable(f"{path.name} holds several CSV files, and none is clearly {wanted}. Unpack it first.")
    return names[0]


def _encoding(file: BufferedReader) -> str:
    """UTF-8 if the whole file is that, else the register's own cp1252; raises for what is no CSV at all."""
    chunk = file.read(_CHUNK)
    start = chunk[:1024].removeprefix(codecs.BOM_UTF8).lstrip()
    if not start:
        raise RegisterUnreadable(f"The file is empty. {AGAIN}")
    if start.startswith(b"<"):
        raise RegisterUnreadable(f"This is a web page, not the register's CSV file. {AGAIN}")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise RegisterUnreadable(f"This file was saved as Unicode text (UTF-16), not as CSV. {AGAIN}")
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, size = True, 0
    # Read on to the end even when it is decided: only then has a zip's checksum been verified.
    while chunk:
        if is_utf8:
            is_utf8 = _decodes(decoder, chunk)
        size += len(chunk)
        if size > LARGEST:
            raise RegisterUnreadable(f"The file has more than {LARGEST:,} bytes, and the register about 20,000,000.")
        chunk = file.read(_CHUNK)
    return "utf-8" if is_utf8 else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True

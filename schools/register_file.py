"""Opening the register's file, however it came: CSV or zip, cp1252 or UTF-8."""

from __future__ import annotations

import codecs
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO

_CHUNK = 1 << 16
_AGAIN = "Download it again from the register's page."


class RegisterUnreadable(Exception):
    """A file that cannot be taken for the register; the message is a sentence or two for a person."""


@contextmanager
def open_register(path: Path) -> Iterator[Iterator[str]]:
    """The lines of the register's CSV file, which may lie in a zip; read as they are needed.

    The whole file has been read through once before the first line is given, so a damaged zip
    raises `RegisterUnreadable` here. A byte that means nothing in the file's encoding becomes U+FFFD.
    """
    with ExitStack() as stack:
        try:
            open_again = _opener(stack, path)
            with open_again() as file:
                encoding = _encoding(file)
            file = stack.enter_context(open_again())
        except OSError as error:
            raise RegisterUnreadable(f"{path} cannot be opened: {error.strerror or error}.") from error
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise RegisterUnreadable(f"{path.name} is damaged or incomplete. {_AGAIN}") from error
        # newline="" leaves line ends inside quotes to the CSV reader.
        yield stack.enter_context(TextIOWrapper(file, encoding=encoding, errors="replace", newline=""))


def _opener(stack: ExitStack, path: Path) -> Callable[[], IO[bytes]]:
    if path.is_file() and _starts_as_zip(path):
        archive = stack.enter_context(zipfile.ZipFile(path))
        name = _register_in(archive, path)
        return lambda: archive.open(name)
    return lambda: path.open("rb")


def _starts_as_zip(path: Path) -> bool:
    # Not zipfile.is_zipfile: it looks at the end, which an interrupted download lacks.
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _register_in(archive: zipfile.ZipFile, path: Path) -> str:
    names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
    if not names:
        raise RegisterUnreadable(f"{path.name} holds no CSV file.")
    if len(names) > 1:
        # The register's site packs its links into the same zip when asked for both.
        names = [name for name in names if Path(name).name.lower().startswith("edubasealldata")]
    if len(names) != 1:
        raise RegisterUnreadable(
            f"{path.name} holds several CSV files, and none is clearly the register. Unpack it first."
        )
    return names[0]


def _encoding(file: IO[bytes]) -> str:
    """UTF-8 if the whole file is that, else the register's own cp1252; raises for what is no CSV at all."""
    chunk = file.read(_CHUNK)
    start = chunk[:1024].removeprefix(codecs.BOM_UTF8).lstrip()
    if not start:
        raise RegisterUnreadable(f"The file is empty. {_AGAIN}")
    if start.startswith(b"<"):
        raise RegisterUnreadable(f"This is a web page, not the register's CSV file. {_AGAIN}")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise RegisterUnreadable(f"This file was saved as Unicode text (UTF-16), not as CSV. {_AGAIN}")
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    # Read on to the end even when it is decided: only then has a zip's checksum been verified.
    while chunk:
        if is_utf8:
            is_utf8 = _decodes(decoder, chunk)
        chunk = file.read(_CHUNK)
    return "utf-8-sig" if is_utf8 else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True

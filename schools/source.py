"""Where the register's files come from: a folder on the web, or one of this machine."""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

# Three times what the register weighs today. In bytes.
LARGEST = 200_000_000
# How long the other side may be silent, and how long all files of a night may take together. In seconds.
LONGEST_SILENCE = 60
LONGEST_DOWNLOAD = 900
_CHUNK = 1 << 16
_MEGABYTE = 1_000_000
_MOST_WORDS = 200
_NOT_THERE = (404, 410)


class SourceUnusable(Exception):
    """The files cannot be had; the message is a sentence or two for a person."""


class Source(Protocol):
    """A place that has the register's files by name; as a text, what people may read of where it is."""

    def fetch(self, name: str, into: Path) -> Path | None:
        """The file of this name, brought into the folder `into` where need be; None where it is not there.

        Raises `SourceUnusable`.
        """


def source_at(address: str) -> Source:
    """The source that the setting `REGISTER_SOURCE` names.

    Raises `SourceUnusable` for an address without https or with a name and password in it.
    """
    if "://" not in address:
        return Folder(Path(address))
    try:
        _require_https(address)
        signs_in = "@" in urlsplit(address).netloc
    except ValueError as error:
        raise SourceUnusable("REGISTER_SOURCE is no address that can be read. Open it in a browser first.") from error
    if signs_in:
        raise SourceUnusable(
            f"The address of {_shown(address)} has a name or a password in it, and hubadmin does not sign in there. "
            "Give it without them."
        )
    return Web(address)


@dataclass(frozen=True)
class Folder:
    """A folder of this machine, into which somebody puts the files."""

    path: Path

    def fetch(self, name: str, into: Path) -> Path | None:
        """The file where it lies."""
        try:
            if not self.path.is_dir():
                raise SourceUnusable(f"There is no folder {self.path}.")
            found = self.path / name
            return found if found.is_file() else None
        except OSError as error:
            raise SourceUnusable(f"The folder {self.path} cannot be read: {_words(error)}.") from error

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class Web:
    """An https address under which the files lie: their names come at the end of its path, before its query."""

    address: str
    # On the monotonic clock, in seconds: when the last of its downloads must be done.
    until: float = field(default_factory=lambda: time.monotonic() + LONGEST_DOWNLOAD, compare=False)

    def fetch(self, name: str, into: Path) -> Path | None:
        """The file, downloaded whole."""
        parts = urlsplit(self.address)
        address = parts._replace(path=f"{parts.path.rstrip('/')}/{name}", fragment="").geturl()
        shown = _shown(address)
        self._check_time(name)
        try:
            with _opener().open(address, timeout=LONGEST_SILENCE) as answer:
                return self._save(answer, into / name)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in _NOT_THERE:
                return None
            raise SourceUnusable(f"{shown} answers {_status(error.code)}.") from error
        except urllib.error.URLError as error:
            raise SourceUnusable(f"{shown} cannot be reached: {_words(error.reason)}.") from error
        except http.client.HTTPException as error:
            # Its words are those of the other side, whatever they are.
            raise SourceUnusable(f"The download of {shown} broke off: what came is no proper answer.") from error
        except OSError as error:
            raise SourceUnusable(f"The download of {shown} broke off: {_words(error)}.") from error
        except ValueError as error:
            raise SourceUnusable(f"{shown} leads to an address that is none.") from error

    def _save(self, answer: http.client.HTTPResponse, path: Path) -> Path:
        """Write an answer's body into a file. Raises `SourceUnusable` when it is too large, too slow or cut short."""
        promised = answer.length
        size = 0
        with path.open("wb") as file:
            # What has come by now, however little: to wait for a full chunk may take for ever.
            while chunk := answer.read1(_CHUNK):
                size += len(chunk)
                if size > LARGEST:
                    raise SourceUnusable(
                        f"{path.name} is larger than {LARGEST // _MEGABYTE} MB: it is not the register."
                    )
                self._check_time(path.name)
                file.write(chunk)
        if promised is not None and promised != size:
            raise SourceUnusable(f"The download of {path.name} broke off after {size:,} of {promised:,} bytes.")
        return path

    def _check_time(self, name: str) -> None:
        if time.monotonic() > self.until:
            most = LONGEST_DOWNLOAD // 60
            raise SourceUnusable(f"The download of {name} was given up: all files together may take {most} minutes.")

    def __str__(self) -> str:
        return _shown(self.address)


def _opener() -> urllib.request.OpenerDirector:
    """Opens https and nothing else: the standard one also knows http, ftp and files of this machine."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _HttpsRedirects(),
    ):
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", "hubadmin")]
    return opener


class _HttpsRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        _require_https(newurl)
        # The standard one reads the page that says "moved" to its end, of which there may be none.
        fp.close()
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_https(address: str) -> None:
    scheme = urlsplit(address).scheme
    if scheme != "https":
        raise SourceUnusable(
            f"The register is taken from https addresses only, and {_shown(address)} is {scheme or 'none'}. "
            "Anybody on the way could change the file."
        )


def _shown(address: str) -> str:
    """An address without what may be a secret of it: the name, the password and the query."""
    parts = urlsplit(address)
    return _plain(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl())


def _status(code: int) -> str:
    """A status with the standard's words for it, and not the other side's."""
    return f"{code} {HTTPStatus(code).phrase}" if code in {*HTTPStatus} else str(code)


def _words(error: object) -> str:
    """What went wrong, without the number that the operating system has for it."""
    return _plain(str(getattr(error, "strerror", None) or error or type(error).__name__))


def _plain(words: str) -> str:
    """Words that can be kept and mailed: on one line, without control characters, and not too many."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
    return line if len(line) <= _MOST_WORDS else f"{line[:_MOST_WORDS]}…"

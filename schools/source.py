"""Where the register's files come from: a folder on the web, or one of this machine."""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

# Ten times what the register weighs today. In bytes.
LARGEST = 600_000_000
# How long the other side may be silent, and how long one file may take. In seconds.
LONGEST_SILENCE = 60
LONGEST_DOWNLOAD = 900
_CHUNK = 1 << 16
_MEGABYTE = 1_000_000
_NOT_THERE = (404, 410)


class SourceUnusable(Exception):
    """The files cannot be had; the message is a sentence or two for a person."""


class Source(Protocol):
    """A place that has the register's files by name."""

    def fetch(self, name: str, into: Path) -> Path | None:
        """The file of this name, brought into the folder `into` where need be; None where it is not there.

        Raises `SourceUnusable`.
        """


def source_at(address: str) -> Source:
    """The source that the setting `REGISTER_SOURCE` names. Raises `SourceUnusable` for an address without https."""
    if "://" not in address:
        return Folder(Path(address))
    _require_https(address)
    return Web(address.rstrip("/"))


@dataclass(frozen=True)
class Folder:
    """A folder of this machine, into which somebody puts the files."""

    path: Path

    def fetch(self, name: str, into: Path) -> Path | None:
        """The file where it lies."""
        if not self.path.is_dir():
            raise SourceUnusable(f"There is no folder {self.path}.")
        found = self.path / name
        return found if found.is_file() else None


@dataclass(frozen=True)
class Web:
    """An https address under which the files lie."""

    address: str

    def fetch(self, name: str, into: Path) -> Path | None:
        """The file, downloaded whole."""
        address = f"{self.address}/{name}"
        try:
            with _opener().open(address, timeout=LONGEST_SILENCE) as answer:
                return _save(answer, into / name)
        except urllib.error.HTTPError as error:
            if error.code in _NOT_THERE:
                return None
            raise SourceUnusable(f"{address} answers {error.code} {error.reason}.") from error
        except urllib.error.URLError as error:
            raise SourceUnusable(f"{address} cannot be reached: {_words(error.reason)}.") from error
        except (OSError, http.client.HTTPException) as error:
            raise SourceUnusable(f"The download of {address} broke off: {_words(error)}.") from error


def _save(answer: Any, path: Path) -> Path:
    """Write an answer's body into a file. Raises `SourceUnusable` when it is too large, too slow or cut short."""
    until = time.monotonic() + LONGEST_DOWNLOAD
    size = 0
    with path.open("wb") as file:
        while chunk := answer.read(_CHUNK):
            size += len(chunk)
            if size > LARGEST:
                raise SourceUnusable(f"{path.name} is larger than {LARGEST // _MEGABYTE} MB: it is not the register.")
            if time.monotonic() > until:
                raise SourceUnusable(f"The download of {path.name} took longer than {LONGEST_DOWNLOAD // 60} minutes.")
            file.write(chunk)
    promised = answer.headers.get("Content-Length")
    if promised and promised.isdigit() and int(promised) != size:
        raise SourceUnusable(f"The download of {path.name} broke off after {size:,} of {int(promised):,} bytes.")
    return path


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
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_https(address: str) -> None:
    scheme = urlsplit(address).scheme
    if scheme != "https":
        raise SourceUnusable(
            f"The register is taken from https addresses only, and {address} is {scheme or 'none'}. "
            "Anybody on the way could change the file."
        )


def _words(error: object) -> str:
    """What went wrong, without the number that the operating system has for it."""
    return str(getattr(error, "strerror", None) or error or type(error).__name__)

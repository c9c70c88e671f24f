from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from schools import source, tasks
from schools.source import Folder, SourceUnusable, Web, source_at

NAME = "edubasealldata20261121.csv"


class Site(BaseHTTPRequestHandler):
    """A site that has one file, and pages that misbehave."""

    elsewhere = ""

    def do_GET(self) -> None:
        what = self.path.removeprefix("/downloads/")
        if what == NAME:
            self._answer(200, b"URN\r\n1\r\n")
        elif what == "moved.csv":
            self._answer(302, b"", Location=f"/downloads/{NAME}")
        elif what == "insecure.csv":
            self._answer(302, b"", Location=self.elsewhere)
        elif what == "secret.csv":
            self._answer(302, b"", Location="file:///etc/hostname")
        elif what in ("broken.csv", "broken.csv?key=secret"):
            self._answer(500, b"sorry")
        elif what == "short.csv":
            self._answer(200, b"URN\r\n", **{"Content-Length": "1000"})
        elif what == "large.csv":
            self._answer(200, b"x" * 2000)
        elif what == "nonsense.csv":
            self.wfile.write(b"nonsense with a \0 secret\r\n")
        elif what == f"{NAME}?key=secret":
            self._answer(200, b"signed")
        elif what == "odd.csv":
            self.wfile.write(b"HTTP/1.0 503 Sorry\0 secret\r\n\r\n")
        elif what == "length.csv":
            self._answer(200, b"URN\r\n", **{"Content-Length": "\xb2"})
        elif what == "chunks.csv":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nlots\r\nURN")
        elif what == "nowhere.csv":
            self._answer(302, b"", Location="https://[nowhere")
        elif what == "unnamed.csv":
            self._answer(302, b"", Location=f"https://{'x' * 70}.example/")
        elif what.startswith("round.csv"):
            self._answer(302, b"", Location="/downloads/round.csv?key=secret")
        elif what == "endless_move.csv":
            self._answer(302, b"moved " * 10, Location=f"/downloads/{NAME}", **{"Content-Length": "1000000"})
            self.rfile.read(1)
        elif what == "drip.csv":
            self._drip()
        else:
            self._answer(404, b"")

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        """A byte now and then: the other side is never silent, and never done."""
        self._answer(200, b"", **{"Content-Length": "1000"})
        with suppress(OSError):
            for _ in range(1000):
                self.wfile.write(b"x")
                time.sleep(0.02)

    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """An https site of this machine, with a certificate that is believed."""
    certificate = tmp_path / "site.pem"
    certificate.write_bytes(_certificate())
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        port = server.server_address[1]
        monkeypatch.setattr(Site, "elsewhere", f"http://127.0.0.1:{port}/downloads/{NAME}")
        yield Web(f"https://127.0.0.1:{port}/downloads")
        server.shutdown()
        thread.join()


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Site of a test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


# --- A folder ------------------------------------------------------------------------------------


def test_a_file_of_a_folder_is_taken_where_it_lies(tmp_path: Path, into: Path) -> None:
    (tmp_path / NAME).write_text("URN")

    assert source_at(str(tmp_path)) == Folder(tmp_path)
    assert Folder(tmp_path).fetch(NAME, into) == tmp_path / NAME
    assert Folder(tmp_path).fetch("edubasealldata20261120.csv", into) is None
    assert list(into.iterdir()) == []


def test_a_folder_that_cannot_be_read_is_said_to_be(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(SourceUnusable, match="cannot be read: Permission denied"):
        Folder(tmp_path).fetch(NAME, into)


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path: Path, into: Path) -> None:
    with pytest.raises(SourceUnusable, match="There is no folder"):
        Folder(tmp_path / "typo").fetch(NAME, into)


# --- The web -------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["http://site.example/downloads", "ftp://site.example", "file:///srv/register"])
def test_only_https_addresses_are_taken(address: str) -> None:
    with pytest.raises(SourceUnusable, match="https addresses only"):
        source_at(address)


def test_a_file_of_the_web_is_downloaded(web: Web, into: Path) -> None:
    assert source_at(f"{web.address}/").fetch(NAME, into) == into / NAME
    assert web.fetch(NAME, into) == into / NAME
    assert (into / NAME).read_bytes() == b"URN\r\n1\r\n"


def test_a_file_that_is_not_there_yet_is_no_error(web: Web, into: Path) -> None:
    assert web.fetch("edubasealldata20261122.csv", into) is None


def test_a_redirect_is_followed_to_https_only(web: Web, into: Path) -> None:
    moved = web.fetch("moved.csv", into)
    assert moved and moved.read_bytes() == b"URN\r\n1\r\n"
    with pytest.raises(SourceUnusable, match="https addresses only"):
        web.fetch("insecure.csv", into)
    with pytest.raises(SourceUnusable):
        web.fetch("secret.csv", into)


def test_a_download_that_goes_wrong_says_how(web: Web, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceUnusable, match=r"answers 500 Internal Server Error\.$"):
        web.fetch("broken.csv", into)
    with pytest.raises(SourceUnusable, match="broke off after 5 of 1,000 bytes"):
        web.fetch("short.csv", into)
    with pytest.raises(SourceUnusable, match="broke off"):
        web.fetch("nonsense.csv", into)
    monkeypatch.setattr(source, "LARGEST", 1999)
    with pytest.raises(SourceUnusable, match="it is not the register"):
        web.fetch("large.csv", into)


@pytest.mark.parametrize(
    "name",
    ["nonsense.csv", "odd.csv", "chunks.csv", "nowhere.csv", "unnamed.csv", "round.csv"],
)
def test_a_damaged_answer_is_told_in_words_of_ours(web: Web, into: Path, name: str) -> None:
    with pytest.raises(SourceUnusable, match=r"^[ -~…]+\.$") as refused:
        web.fetch(name, into)
    assert "secret" not in str(refused.value)


def test_a_length_that_is_no_number_is_not_believed(web: Web, into: Path) -> None:
    assert web.fetch("length.csv", into) == into / "length.csv"


def test_the_page_that_says_moved_is_not_read(web: Web, into: Path) -> None:
    moved = web.fetch("endless_move.csv", into)
    assert moved and moved.read_bytes() == b"URN\r\n1\r\n"


def test_a_site_that_drips_is_given_up_in_time(web: Web, into: Path) -> None:
    started = time.monotonic()
    with pytest.raises(SourceUnusable, match=r"drip\.csv was given up: all files together may take 15 minutes"):
        Web(web.address, until=started + 0.2).fetch("drip.csv", into)
    assert time.monotonic() - started < 5


def test_all_files_together_have_one_time(web: Web, into: Path) -> None:
    late = Web(web.address, until=time.monotonic() - 1)
    for name in (NAME, "edubasealldata20261122.csv"):
        with pytest.raises(SourceUnusable, match="given up"):
            late.fetch(name, into)


def test_a_download_and_what_follows_end_before_the_task_is_stopped(settings: Settings) -> None:
    assert tasks.refresh_register.soft_time_limit == tasks.LONGEST
    assert 2 * source.LONGEST_SILENCE + source.LONGEST_DOWNLOAD < tasks.LONGEST < settings.CELERY_TASK_TIME_LIMIT


# --- Secrets in the address ----------------------------------------------------------------------


def test_a_query_goes_along_and_is_not_shown(web: Web, into: Path) -> None:
    signed = Web(f"{web.address}/?key=secret")
    assert str(signed) == f"{web.address}/"
    found = signed.fetch(NAME, into)
    assert found and found.read_bytes() == b"signed"
    with pytest.raises(SourceUnusable, match=r"/downloads/broken\.csv answers 500") as refused:
        signed.fetch("broken.csv", into)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://user:secret@site.example/downloads",
        "https://secret@site.example/downloads",
        "https://user:secret@[nowhere/downloads",
        "http://user:secret@site.example/downloads?key=secret",
    ],
)
def test_a_name_and_a_password_are_refused_and_not_shown(address: str) -> None:
    with pytest.raises(SourceUnusable) as refused:
        source_at(address)
    assert "secret" not in str(refused.value)


def test_a_site_whose_certificate_is_not_believed_is_not_read(
    web: Web, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "")
    with pytest.raises(SourceUnusable, match="cannot be reached"):
        web.fetch(NAME, into)


def test_a_site_that_is_down_is_said_to_be_out_of_reach(into: Path) -> None:
    with pytest.raises(SourceUnusable, match="cannot be reached"):
        Web("https://127.0.0.1:1/downloads").fetch(NAME, into)

"""The command line of bin/demo and its refusals."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubadmin.local import locks, options, ports


@pytest.fixture(autouse=True)
def var_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def port() -> int:
    return ports.free_port()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "[::1]")]
)
def test_loopback_hosts_are_taken(host: str, address: str, port: int) -> None:
    assert options.read(["--host", host, "--port", str(port)]).address == f"http://{address}:{port}"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "hubs.example.org"])
def test_a_host_that_others_can_reach_is_refused(host: str, port: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options.read(["--host", host, "--port", str(port)])
    assert "stays on this machine" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http"])
def test_what_is_no_port_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options.read([f"--port={text}"])
    assert "is not a port" in capsys.readouterr().err


def test_a_taken_port_is_said_so_and_a_free_one_offered(taken_port: int) -> None:
    with pytest.raises(SystemExit, match=rf"port {taken_port} is taken.*bin/demo --port (\d+)"):
        options.read(["--port", str(taken_port)])


def test_a_second_demo_is_told_where_the_first_one_is(port: int) -> None:
    assert locks.try_lock(options.demo_lock()) is not None
    options.demo_record().write_text(json.dumps({"address": "http://127.0.0.1:8007"}))
    with pytest.raises(SystemExit, match=r"runs already, at http://127\.0\.0\.1:8007"):
        options.read(["--port", str(port)])


def test_a_record_left_by_a_killed_demo_does_not_count() -> None:
    options.demo_record().write_text(json.dumps({"address": "http://127.0.0.1:8007"}))
    assert options.running_address() is None

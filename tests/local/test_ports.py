"""Free ports on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from hubadmin.local import ports


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_somebody_listens_on_is_not_free(taken_port: int) -> None:
    assert not ports.is_free(taken_port)


def test_the_preferred_port_is_kept_when_it_is_free() -> None:
    port = ports.free_port()
    assert ports.free_port(port) == port


def test_another_port_is_picked_when_the_preferred_one_is_taken(taken_port: int) -> None:
    port = ports.free_port(taken_port)
    assert port != taken_port
    assert ports.is_free(port)


def test_the_port_offered_instead_is_above_and_free(taken_port: int) -> None:
    offered = ports.next_free(taken_port)
    assert offered > taken_port
    assert ports.is_free(offered)


def test_no_port_is_offered_above_the_highest() -> None:
    assert ports.next_free(65535) == 0

"""Embedded services run as long as somebody uses them, and no longer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from hubadmin.local import keeper
from hubadmin.local.embedded import ServiceError
from hubadmin.local.keeper import Use
from hubadmin.local.places import ROOT
from hubadmin.local.processes import command_of, wait_until

USER = """
import sys
from pathlib import Path
from hubadmin.local import keeper
print(keeper.use(sys.argv[1], Path(sys.argv[2])).url, flush=True)
sys.stdin.read()
"""


class Elsewhere:
    """Another process that uses the same service."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, kind, str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def stopped(use: Use) -> bool:
    return wait_until(lambda: not use.lives(), seconds=30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    # With a space, as in many a home folder.
    return tmp_path / "a service"


@pytest.fixture
def valkey(folder: Path) -> Iterator[Use]:
    use = keeper.use("valkey", folder)
    yield use
    use.release()


def test_a_service_stops_with_its_last_user(folder: Path) -> None:
    use = keeper.use("valkey", folder)
    pid = Redis.from_url(use.url).info("server")["process_id"]
    use.release()
    assert not use.lives()
    assert command_of(pid) == ""


def test_two_users_share_one_service_and_the_first_to_leave_does_not_stop_it(folder: Path) -> None:
    first, second = keeper.use("valkey", folder), keeper.use("valkey", folder)
    assert first.url == second.url
    first.release()
    assert Redis.from_url(second.url).ping()
    second.release()
    assert not second.lives()


def test_a_killed_user_does_not_stop_the_service_of_the_others(valkey: Use, folder: Path) -> None:
    elsewhere = Elsewhere("valkey", folder)
    assert elsewhere.url == valkey.url
    elsewhere.kill()
    assert Redis.from_url(valkey.url).ping()


def test_the_service_of_a_killed_user_stops(folder: Path) -> None:
    elsewhere = Elsewhere("valkey", folder)
    pid = Redis.from_url(elsewhere.url).info("server")["process_id"]
    elsewhere.kill()
    assert wait_until(lambda: command_of(pid) == "", seconds=30)


def test_what_was_stored_is_there_next_time_at_the_same_address(folder: Path) -> None:
    first = keeper.use("valkey", folder)
    Redis.from_url(first.url).set("greeting", "hello")
    first.release()
    second = keeper.use("valkey", folder)
    assert second.url == first.url
    assert Redis.from_url(second.url).get("greeting") == b"hello"
    second.release()


def test_a_service_that_dies_is_started_again_and_counted(valkey: Use) -> None:
    os.kill(Redis.from_url(valkey.url).info("server")["process_id"], signal.SIGKILL)
    assert wait_until(lambda: valkey.starts() == 2, seconds=30)
    assert Redis.from_url(valkey.url).ping()


def test_a_server_whose_keeper_was_killed_makes_way_for_the_next(folder: Path) -> None:
    first = keeper.use("valkey", folder)
    leftover = Redis.from_url(first.url).info("server")["process_id"]
    keepers = subprocess.check_output(["pgrep", "-f", f"keeper valkey {folder}"], text=True)
    os.kill(int(keepers), signal.SIGKILL)
    assert stopped(first)
    second = keeper.use("valkey", folder)
    assert Redis.from_url(second.url).info("server")["process_id"] != leftover
    assert str(folder) not in command_of(leftover)
    for use in (first, second):
        use.release()


def test_a_throw_away_service_takes_its_folder_with_it(folder: Path) -> None:
    use = keeper.use("valkey", folder, throwaway=True)
    assert folder.exists()
    use.release()
    assert wait_until(lambda: not folder.exists(), seconds=30)


def test_data_in_use_is_not_deleted(valkey: Use, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "REMOVE_SECONDS", 0.1)
    assert not keeper.remove("valkey", folder)
    assert Redis.from_url(valkey.url).ping()


def test_data_nobody_uses_is_deleted(folder: Path) -> None:
    first = keeper.use("valkey", folder)
    Redis.from_url(first.url).set("greeting", "hello")
    first.release()
    assert keeper.remove("valkey", folder)
    second = keeper.use("valkey", folder)
    assert Redis.from_url(second.url).get("greeting") is None
    second.release()


def test_passwords_are_readable_by_their_owner_alone(valkey: Use, folder: Path) -> None:
    assert valkey.url.startswith("redis://:")
    with_password = [path for path in folder.iterdir() if path.name in ("password", "state.json", "valkey.conf")]
    assert len(with_password) == 3
    assert {path.stat().st_mode & 0o077 for path in with_password} == {0}


def test_postgres_survives_a_crash_and_a_half_made_cluster(folder: Path) -> None:
    (folder / "data.new" / "base").mkdir(parents=True)
    use = keeper.use("postgres", folder)
    with psycopg.connect(use.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('hello')")
    postmaster = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    assert wait_until(lambda: use.starts() == 2, seconds=30)
    with psycopg.connect(use.url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("hello",)
    use.release()


def test_data_of_another_major_version_is_refused_with_what_to_do(folder: Path) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServiceError, match=r"written by PostgreSQL 9.*bin/demo --reset"):
        keeper.use("postgres", folder)

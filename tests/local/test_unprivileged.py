"""Starting PostgreSQL although we are root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hubadmin.local import unprivileged
from hubadmin.local.unprivileged import Runner

AS_NOBODY = Runner(owner=(65534, 65534))


@pytest.fixture
def open_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose parents, as far as the test can tell, everybody may pass."""
    monkeypatch.setattr(unprivileged, "_others_may_pass", lambda path: "closed" not in path.parts)
    return tmp_path


def test_an_ordinary_user_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unprivileged.runner() == Runner()


def test_root_takes_a_user_namespace_where_the_kernel_allows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(unprivileged, "may_unshare", lambda: True)
    runner = unprivileged.runner()
    assert runner.prefix[:2] == ("unshare", "--user")
    assert runner.owner is None


def test_root_becomes_nobody_where_namespaces_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(unprivileged, "may_unshare", lambda: False)
    runner = unprivileged.runner()
    assert runner.owner is not None
    assert runner.owner[0] == runner.popen["user"] != 0
    assert runner.popen["extra_groups"] == []


def test_data_stays_in_the_project_where_nobody_may_pass(open_folder: Path) -> None:
    assert unprivileged.reachable_folder(open_folder / "data", AS_NOBODY) == open_folder / "data"


def test_data_moves_out_of_a_closed_home_to_a_place_of_its_own(open_folder: Path) -> None:
    one = unprivileged.reachable_folder(open_folder / "closed" / "one", AS_NOBODY)
    two = unprivileged.reachable_folder(open_folder / "closed" / "two", AS_NOBODY)
    assert one != two
    assert one.parent == two.parent == Path("/var/lib")


def test_a_folder_closed_to_others_is_told_from_an_open_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    assert not unprivileged._others_may_pass(home / "data")
    assert unprivileged._others_may_pass(Path("/usr/bin/env"))


def test_programs_in_a_closed_home_are_copied_with_the_libraries_beside_them(open_folder: Path) -> None:
    packages = open_folder / "closed" / "site-packages"
    (packages / "postgres" / "bin").mkdir(parents=True)
    (packages / "postgres" / "bin" / "initdb").write_text("program")
    (packages / "postgres.libs").mkdir()
    (packages / "postgres.libs" / "libpq.so").write_text("library")
    copies = open_folder / "copies"
    copies.mkdir()
    programs = unprivileged.reachable_programs(packages / "postgres" / "bin", AS_NOBODY, copies)
    assert (programs / "initdb").read_text() == "program"
    assert (copies / "postgres.libs" / "libpq.so").read_text() == "library"

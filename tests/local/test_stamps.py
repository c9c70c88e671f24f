"""What has been done already."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubadmin.local import stamps


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sources = tmp_path / "sources"
    (sources / "deep").mkdir(parents=True)
    (sources / "a.scss").write_text("one")
    (sources / "deep" / "b.scss").write_text("two")
    return sources


def test_a_stamp_is_fresh_for_the_inputs_it_was_set_for(tmp_path: Path, folder: Path) -> None:
    stamp = tmp_path / "product" / ".stamp"
    stamps.set_stamp(stamp, stamps.digest(folder))
    assert stamps.is_fresh(stamp, stamps.digest(folder))


def test_a_missing_stamp_is_not_fresh(tmp_path: Path, folder: Path) -> None:
    assert not stamps.is_fresh(tmp_path / ".stamp", stamps.digest(folder))


def test_a_forgotten_stamp_is_not_fresh(tmp_path: Path, folder: Path) -> None:
    stamp = tmp_path / ".stamp"
    stamps.set_stamp(stamp, stamps.digest(folder))
    stamps.forget(stamp)
    assert not stamps.is_fresh(stamp, stamps.digest(folder))


def test_a_changed_file_changes_the_digest(folder: Path) -> None:
    before = stamps.digest(folder)
    (folder / "deep" / "b.scss").write_text("three")
    assert stamps.digest(folder) != before


def test_a_new_file_changes_the_digest(folder: Path) -> None:
    before = stamps.digest(folder)
    (folder / "c.scss").write_text("")
    assert stamps.digest(folder) != before


def test_a_renamed_file_changes_the_digest(folder: Path) -> None:
    before = stamps.digest(folder)
    (folder / "a.scss").rename(folder / "z.scss")
    assert stamps.digest(folder) != before


def test_caches_and_dot_files_do_not_change_the_digest(folder: Path) -> None:
    before = stamps.digest(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_text("x")
    (folder / ".stamp").write_text("x")
    assert stamps.digest(folder) == before


def test_a_file_in_a_checkout_below_a_dot_folder_counts(tmp_path: Path) -> None:
    sources = tmp_path / ".hidden" / "sources"
    sources.mkdir(parents=True)
    before = stamps.digest(sources)
    (sources / "a.scss").write_text("one")
    assert stamps.digest(sources) != before


def test_a_missing_path_counts_as_empty(tmp_path: Path) -> None:
    assert stamps.digest(tmp_path / "nowhere") == stamps.digest(tmp_path / "neither")

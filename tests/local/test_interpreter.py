"""Refusing a Python that is too old."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hubadmin.local import interpreter


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def make_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_an_old_python_is_refused_in_a_sentence(old: Path) -> None:
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer; this is Python 3\.9"):
        interpreter.ensure()


def test_a_version_managers_empty_shim_is_no_python(old: Path) -> None:
    make_program(old / "python3.12", "exit 127")
    with pytest.raises(SystemExit, match="no newer one is on the PATH"):
        interpreter.ensure()


def test_a_newer_python_on_the_path_takes_over(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_program(old / "python3.12", f'exec "{sys.executable}" "$@"')
    taken: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: taken.append(arguments))
    monkeypatch.setattr(sys, "argv", ["bin/demo", "--port", "8001"])
    with pytest.raises(SystemExit):
        interpreter.ensure()
    assert taken == [[str(old / "python3.12"), "bin/demo", "--port", "8001"]]


def test_this_python_is_new_enough() -> None:
    interpreter.ensure()

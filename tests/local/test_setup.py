"""The steps of bin/setup, in a project of the test's own with programs that only note their calls."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from hubadmin.local import debian, setup
from hubadmin.local.setup import StepError


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "a project"
    (root / "static" / "src").mkdir(parents=True)
    (root / "locks").mkdir()
    for name in ("package.json", "package-lock.json", "static/src/main.scss", "locks/run.txt", "locks/embedded.txt"):
        (root / name).write_text("one")
    (root / "locks" / "dev.txt").write_text("one")
    (root / "locks" / "node.txt").write_text("one")
    venv = root / ".venv"
    (venv / "bin").mkdir(parents=True)
    monkeypatch.setattr(setup, "ROOT", root)
    monkeypatch.setattr(setup, "VENV", venv)
    monkeypatch.setattr(setup, "VENV_PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(setup, "PIP_UNFINISHED", venv / ".hubadmin-unfinished")
    monkeypatch.setenv("VAR_DIR", str(root / "var"))
    monkeypatch.setenv("CALLS", str(root / "calls"))
    return root


def make_program(path: Path, script: str) -> None:
    """A program that notes its arguments in the file `calls` of the project and then does what the script says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "$(basename "$0") $*" >> "$CALLS"\n{script}\n')
    path.chmod(0o755)


def calls(project: Path) -> list[str]:
    file = project / "calls"
    return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def npm(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "programs"
    make_program(folder / "npm", "mkdir -p node_modules static/dist")
    make_program(folder / "node", "echo v20.1.0")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder / "npm"


def test_the_front_end_is_built_once_for_the_same_sources(project: Path, npm: Path) -> None:
    for _twice in range(2):
        setup.install_node_packages()
        setup.build_front_end()
    assert [call for call in calls(project) if call.startswith("npm")] == [
        "npm ci --no-audit --no-fund",
        "npm run build",
    ]


def test_a_changed_source_is_built_again_without_installing_again(project: Path, npm: Path) -> None:
    setup.install_node_packages()
    setup.build_front_end()
    (project / "static" / "src" / "main.scss").write_text("two")
    setup.install_node_packages()
    setup.build_front_end()
    assert [call for call in calls(project) if call.startswith("npm")][2:] == ["npm run build"]


def test_a_failing_step_says_which_why_and_what_to_do_and_is_tried_again(project: Path, npm: Path) -> None:
    make_program(npm, 'echo "ENOTFOUND registry"; exit 7')
    for _twice in range(2):
        with pytest.raises(
            StepError, match=r"installing npm packages failed \(exit status 7\)(.|\n)*ENOTFOUND(.|\n)*What to do: Check"
        ):
            setup.install_node_packages()
    make_program(npm, "mkdir -p node_modules")
    setup.install_node_packages()
    assert len([call for call in calls(project) if call.startswith("npm ci")]) == 3


def test_an_old_node_is_replaced_by_one_in_the_environment(project: Path, npm: Path) -> None:
    make_program(npm.parent / "node", "echo v16.20.0")
    make_program(project / ".venv" / "bin" / "python", "touch .venv/bin/node")
    make_program(project / ".venv" / "bin" / "npm", "mkdir -p node_modules")
    setup.install_node_packages()
    assert any("node.txt" in call and "--require-hashes" in call for call in calls(project))


def test_python_packages_are_installed_from_the_locks_with_hashes(project: Path) -> None:
    make_program(project / ".venv" / "bin" / "python", "true")
    for _twice in range(2):
        setup.install_python_packages(dev=False)
    (call,) = calls(project)
    assert "--require-hashes" in call
    assert "locks/run.txt" in call
    assert "locks/embedded.txt" in call


def test_the_packages_for_developing_contain_those_for_running(project: Path) -> None:
    make_program(project / ".venv" / "bin" / "python", "true")
    setup.install_python_packages(dev=True)
    setup.install_python_packages(dev=False)
    (call,) = calls(project)
    assert "locks/dev.txt" in call


def test_a_changed_lock_is_installed(project: Path) -> None:
    make_program(project / ".venv" / "bin" / "python", "true")
    setup.install_python_packages(dev=False)
    (project / "locks" / "run.txt").write_text("two")
    setup.install_python_packages(dev=False)
    assert len(calls(project)) == 2


def test_after_a_killed_pip_the_environment_is_made_anew(project: Path) -> None:
    setup.make_venv()
    (project / ".venv" / "leftover").touch()
    python = project / ".venv" / "bin" / "python"
    python.unlink()
    make_program(python, "kill -9 $$")
    with pytest.raises(StepError, match="was killed by signal 9"):
        setup.install_python_packages(dev=False)
    setup.make_venv()
    assert not (project / ".venv" / "leftover").exists()
    assert subprocess.call([python, "-c", "import pip"]) == 0


def test_a_pip_that_failed_by_itself_leaves_the_environment_in_peace(project: Path) -> None:
    make_program(project / ".venv" / "bin" / "python", "exit 1")
    with pytest.raises(StepError, match="installing Python packages failed"):
        setup.install_python_packages(dev=False)
    assert not setup.PIP_UNFINISHED.exists()


def test_a_sound_environment_is_kept_and_a_broken_one_made_anew(project: Path) -> None:
    setup.make_venv()
    (project / ".venv" / "mine").touch()
    setup.make_venv()
    assert (project / ".venv" / "mine").exists()
    python = project / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/gone/python")
    setup.make_venv()
    assert not (project / ".venv" / "mine").exists()


def test_a_python_without_venv_is_said_so_with_the_package_to_install(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_program(tmp_path / "python-without-ensurepip", "exit 1")
    monkeypatch.setattr(sys, "_base_executable", str(tmp_path / "python-without-ensurepip"), raising=False)
    monkeypatch.setattr(debian, "install", lambda packages, log: False)
    monkeypatch.chdir(project)
    with pytest.raises(StepError, match=r"has no ensurepip. Install it .*python3\.\d+-venv"):
        setup.make_venv()


def test_missing_pdf_libraries_are_named_in_one_line_and_do_not_stop(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tries: list[Sequence[str]] = []

    def fail(packages: Sequence[str], log: Path) -> bool:
        tries.append(packages)
        return False

    monkeypatch.setattr(setup, "PDF_LIBRARIES", {sys.platform: ("libnowhere.so.0",)})
    monkeypatch.setattr(debian, "may_install", lambda: True)
    monkeypatch.setattr(debian, "install", fail)
    setup.install_pdf_libraries()
    setup.install_pdf_libraries()
    assert len(tries) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("· No PDFs can be made until you install")

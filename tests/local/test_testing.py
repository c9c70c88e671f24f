"""What bin/test runs, and how it reports."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubadmin.local import debian, testing
from hubadmin.local.guard import Guard
from hubadmin.local.locks import wait_for_lock
from hubadmin.local.provision import Urls
from hubadmin.local.testing import Check


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard(grace=2) as guard:
        yield guard


VARIABLES = {"SECRET_KEY": "x", "DATABASE_URL": "postgresql://app@127.0.0.1/checked"}


def test_all_the_checks_are_there() -> None:
    commands = [" ".join(check.command) for check in testing.checks(VARIABLES)]
    for wanted in ("ruff check", "ruff format --check", "mypy", "lint_imports", "djlint", "makemigrations --check"):
        assert any(wanted in command for command in commands), wanted
    assert any("check --deploy" in command and "--fail-level WARNING" in command for command in commands)


def test_the_deployment_check_sees_a_production_environment() -> None:
    (deployment,) = (check for check in testing.checks(VARIABLES) if check.name == "deployment")
    assert deployment.variables["ENVIRONMENT"] == "production"
    assert deployment.variables["PUBLIC_URL"].startswith("https://")


def test_the_tests_copy_the_database_on_which_the_migrations_were_run() -> None:
    checks = testing.checks(VARIABLES)
    names = [check.name for check in checks]
    assert names.index("migrate") < names.index("pytest")
    assert [check.name for check in checks if check.variables.get("TEST_TEMPLATE") == "checked"] == ["pytest"]


def test_a_failing_check_does_not_stop_the_others_and_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def three(variables: object) -> list[Check]:
        scripts = {"first": "pass", "second": "raise SystemExit(3)", "third": "pass"}
        return [Check(name, [sys.executable, "-c", script], {}) for name, script in scripts.items()]

    monkeypatch.setattr(testing, "checks", three)
    monkeypatch.setattr(testing, "find_browser", lambda: None)
    monkeypatch.setattr(debian, "may_install", lambda: False)
    monkeypatch.delenv("CI", raising=False)
    assert testing.run_everything({}) == 1
    summary = capsys.readouterr().out.partition("Summary")[2]
    assert re.findall(r"^  (\w+) +[\d.]+ s  (.+)$", summary, re.MULTILINE) == [
        ("passed", "first"),
        ("FAILED", "second"),
        ("passed", "third"),
        ("skipped", "browser tests"),
    ]
    assert "1 failed: second" in summary


@pytest.mark.parametrize(("ci", "result"), [("", testing.SKIPPED), ("true", testing.FAILED)])
def test_without_a_browser_its_tests_are_skipped_except_in_ci(
    ci: str, result: str, guard: Guard, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(testing, "find_browser", lambda: None)
    monkeypatch.setattr(debian, "may_install", lambda: False)
    monkeypatch.setenv("CI", ci)
    assert testing._run_browser_tests(guard, {}).result == result
    assert "browser tests skipped" in capsys.readouterr().out


def test_the_browser_may_be_named_outright(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/opt/chromium/chrome")
    assert testing.find_browser() == "/opt/chromium/chrome"


def test_folders_of_killed_runs_are_cleared_and_those_of_running_ones_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    for name in ("killed", "running"):
        (tmp_path / "test" / name).mkdir(parents=True)
    assert wait_for_lock(tmp_path / "test" / "running" / "run.lock")
    folder, _lock = testing._run_folder()
    assert {path.name for path in (tmp_path / "test").iterdir() if path.is_dir()} == {"running", folder.name}


def test_passwords_of_the_run_never_reach_the_demos_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_DIR", "/the/demos/folder")
    urls = Urls(app="app", owner="owner", national="national")
    variables = testing._variables("admin", "broker", urls, tmp_path)
    assert variables["VAR_DIR"] == str(tmp_path / "var")
    assert (variables["ENVIRONMENT"], variables["DATABASE_URL"]) == ("test", "app")

"""The image, as far as it can be held without Docker."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from fnmatch import fnmatch

import pytest
from django.urls import resolve

from hubadmin import health
from hubadmin.local.setup import PDF_PACKAGES
from tests.deployment.sources import ROOT, Instruction, dockerfile

LAST = dockerfile()[-1].stage
COPIED = [line for line in dockerfile() if line.word == "COPY"]
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def is_sent(path: str) -> bool:
    """Whether the build is given this file: the last line of .dockerignore that fits it, or a folder above, decides."""
    parts = path.split("/")
    above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    sent = True
    for line in IGNORED:
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        plain = pattern.removeprefix("**/")
        candidates = parts if pattern.startswith("**/") else above
        # A pattern's star does not cross a slash.
        if any(candidate.count("/") == plain.count("/") and fnmatch(candidate, plain) for candidate in candidates):
            sent = line.startswith("!")
    return sent


def test_every_stage_is_named_and_starts_from_a_pinned_image() -> None:
    starts = [line for line in dockerfile() if line.word == "FROM"]
    assert [line.stage for line in starts] == ["frontend", "packages", "runtime"]
    for line in starts:
        tag = line.arguments.partition(" AS ")[0].rpartition(":")[2]
        assert "latest" not in tag and re.match(r"\d", tag)


@pytest.mark.parametrize("line", COPIED, ids=lambda line: line.arguments)
def test_everything_copied_exists_and_is_sent_to_the_build(line: Instruction) -> None:
    *sources, _target = line.arguments.split()
    if sources[0].startswith("--from="):
        assert sources[0].removeprefix("--from=") in {other.stage for other in dockerfile()}
        return
    for source in sources:
        assert (ROOT / source).exists()
        assert source == "." or is_sent(source)


def test_every_room_is_sent_to_the_build() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    rooms = project["tool"]["importlinter"]["root_packages"]
    wanted = [f"{room}/__init__.py" for room in rooms]
    assert all(is_sent(path) for path in [*wanted, "templates/layouts/base.html", "static/build.js", "manage.py"])


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        ".venv/bin/python",
        "deploy/secrets/secret_key",
        "hubs/__pycache__/models.pyc",
        "node_modules/sass/package.json",
        "static/dist/hubadmin.css",
        "tests/conftest.py",
        "var/secret-key",
    ],
)
def test_secrets_and_leftovers_are_not_sent_to_the_build(path: str) -> None:
    assert not is_sent(path)


def test_packages_are_installed_from_the_lock_with_their_hashes() -> None:
    (install,) = [line.arguments for line in dockerfile() if "pip install" in line.arguments]
    assert "--require-hashes" in install and "locks/run.txt" in install


def test_the_libraries_for_pdfs_are_installed() -> None:
    (install,) = [line.arguments for line in dockerfile() if "apt-get install" in line.arguments]
    assert set(PDF_PACKAGES) <= set(install.split())


def test_the_image_runs_as_somebody_who_is_not_root_and_owns_nothing() -> None:
    last = [line for line in dockerfile() if line.stage == LAST]
    users = [line.arguments for line in last if line.word == "USER"]
    assert len(users) == 1 and int(users[0]) > 0
    assert f"--uid {users[0]} " in " ".join(line.arguments for line in last)
    after = last[[line.word for line in last].index("USER") :]
    assert not {"RUN", "COPY", "ADD"} & {line.word for line in after}
    assert not [line for line in dockerfile() if "--chown" in line.arguments]


def test_the_image_asks_web_whether_it_is_alive() -> None:
    (check,) = [line.arguments for line in dockerfile() if line.word == "HEALTHCHECK"]
    command = json.loads(check[check.index("CMD ") + 4 :])
    assert command[:2] == ["python", "-c"]
    ast.parse(command[2])
    assert re.search(r"http://127\.0\.0\.1:8000(/\w+)'", command[2])
    assert resolve("/healthz").func is health.alive and "/healthz" in command[2]


def test_the_image_holds_no_secret_and_is_for_production() -> None:
    kept = " ".join(line.arguments for line in dockerfile() if line.word in ("ENV", "ARG"))
    assert "ENVIRONMENT=production" in kept
    assert not re.search("SECRET|PASSWORD|DATABASE", kept)

"""The files that deploy hubadmin, read for the tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]

# Says which variables the settings ask for; with both providers' ids given, they want the secrets as well.
_LISTEN = """
import json, environ
asked = set()
class Listening(environ.FileAwareEnv):
    def get_value(self, var, *args, **kwargs):
        asked.add(var)
        return super().get_value(var, *args, **kwargs)
environ.FileAwareEnv = Listening
import hubadmin.settings
print(json.dumps(sorted(asked)))
"""
_IN_PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "PUBLIC_URL": "https://hubs.example.org",
    "DATABASE_URL": "postgresql:///none",
    "DATABASE_NATIONAL_URL": "postgresql:///none",
    "GOOGLE_CLIENT_ID": "given",
    "GOOGLE_CLIENT_SECRET": "given",
    "MICROSOFT_CLIENT_ID": "given",
    "MICROSOFT_CLIENT_SECRET": "given",
}


@dataclass(frozen=True)
class Instruction:
    """A line of the Dockerfile, continuation lines included."""

    stage: str
    word: str
    arguments: str


@cache
def settings_variables() -> frozenset[str]:
    """Every variable that hubadmin/settings.py reads, asked of the settings themselves."""
    answer = subprocess.run(
        [sys.executable, "-c", _LISTEN],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **_IN_PRODUCTION},
        capture_output=True,
        text=True,
        check=True,
    )
    asked = set(json.loads(answer.stdout))
    # And what stands in the source, should a branch not have been taken.
    source = (ROOT / "hubadmin" / "settings.py").read_text(encoding="utf-8")
    return frozenset(asked | set(re.findall(r"""env\.\w+\(\s*["']([A-Z_]+)["']""", source)))


@cache
def compose() -> dict[str, Any]:
    """docker-compose.yml, anchors resolved."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return read


def services() -> dict[str, dict[str, Any]]:
    """The composition's services by name."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def ours() -> dict[str, dict[str, Any]]:
    """The services that run hubadmin's own image."""
    return {name: service for name, service in services().items() if "build" in service}


@cache
def dockerfile() -> tuple[Instruction, ...]:
    """The Dockerfile's instructions, each with the name of its stage (empty when it has none)."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    found, stage = [], ""
    for line in filter(None, map(str.strip, lines.splitlines())):
        word, _, arguments = line.partition(" ")
        if word == "FROM":
            stage = arguments.partition(" AS ")[2]
        found.append(Instruction(stage, word, " ".join(arguments.split())))
    return tuple(found)


def documents() -> list[Path]:
    """Every page of documentation."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

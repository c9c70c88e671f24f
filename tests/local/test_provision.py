"""Roles and databases, on a real server."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from hubadmin.local import provision as provisioning
from hubadmin.local.provision import ProvisionError, Urls, clone, drop, drop_contents, provision

ADMIN = os.environ["TEST_ADMIN_DATABASE_URL"]


@pytest.fixture
def database() -> Iterator[str]:
    name = f"provisioned_{secrets.token_hex(4)}"
    yield name
    drop(ADMIN, name)


@pytest.fixture
def urls(database: str) -> Urls:
    return provision(ADMIN, database=database)


def ask(url: str, question: str) -> tuple[object, ...] | None:
    with psycopg.connect(url) as connection:
        return connection.execute(question.encode()).fetchone()


def do(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", ["app", "owner", "national"])
def test_no_role_is_mighty(urls: Urls, role: str) -> None:
    question = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert ask(getattr(urls, role), question) == (False, False, False, False)


def test_the_owner_may_make_tables_and_the_others_may_not(urls: Urls) -> None:
    do(urls.owner, "CREATE TABLE things (word text)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(urls.app, "CREATE TABLE other_things (word text)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(urls.national, "BEGIN READ WRITE; CREATE TABLE other_things (word text)")


def test_the_owners_tables_can_be_shared_with_the_others(urls: Urls) -> None:
    do(urls.owner, "CREATE TABLE things (word text)")
    do(
        urls.owner,
        f"GRANT SELECT, INSERT ON things TO {urlsplit(urls.app).username}, {urlsplit(urls.national).username}",
    )
    do(urls.app, "INSERT INTO things VALUES ('hello')")
    assert ask(urls.national, "SELECT word FROM things") == ("hello",)


def test_the_national_role_reads_only_even_where_it_was_granted_more(urls: Urls) -> None:
    do(urls.owner, "CREATE TABLE things (word text)")
    do(urls.owner, f"GRANT INSERT ON things TO {urlsplit(urls.national).username}")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        do(urls.national, "INSERT INTO things VALUES ('hello')")


def test_the_app_role_may_use_temporary_tables_also_in_a_clone(urls: Urls, database: str) -> None:
    copy = f"{database}_copy"
    try:
        for url in (urls.app, clone(ADMIN, database, copy).app):
            do(url, "CREATE TEMPORARY TABLE things (word text)")
    finally:
        drop(ADMIN, copy)


def test_the_extensions_are_there(urls: Urls) -> None:
    assert ask(urls.app, "SELECT 'mathematics' % 'mathmatics', unaccent('Zoë'), 'A'::citext = 'a'") == (
        True,
        "Zoe",
        True,
    )


def test_the_database_is_closed_to_roles_of_other_databases(urls: Urls, database: str) -> None:
    other = f"{database}_two"
    stranger = provision(ADMIN, database=other)
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            ask(urlsplit(stranger.app)._replace(path=f"/{database}").geturl(), "SELECT 1")
    finally:
        drop(ADMIN, other)


def test_repeating_changes_nothing(urls: Urls, database: str) -> None:
    do(urls.owner, "CREATE TABLE things (word text)")
    assert provision(ADMIN, database=database) == urls
    assert ask(urls.owner, "SELECT count(*) FROM things") == (0,)


def test_a_database_that_is_there_already_gets_its_schema_handed_to_the_owner(database: str) -> None:
    with psycopg.connect(ADMIN, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    urls = provision(urlsplit(ADMIN)._replace(path=f"/{database}").geturl())
    assert urlsplit(urls.app).path == f"/{database}"
    do(urls.owner, "CREATE TABLE things (word text)")


def test_a_database_that_only_the_address_names_is_made(database: str) -> None:
    urls = provision(urlsplit(ADMIN)._replace(path=f"/{database}").geturl())
    assert ask(urls.app, "SELECT current_database()") == (database,)


def test_a_role_that_may_not_create_roles_is_refused_with_what_to_set(urls: Urls) -> None:
    with pytest.raises(ProvisionError, match="DATABASE_OWNER_URL"):
        provision(urls.app)


def test_an_existing_role_that_is_too_mighty_is_refused(urls: Urls, database: str) -> None:
    do(ADMIN, f"ALTER ROLE {database}_app BYPASSRLS")
    with pytest.raises(ProvisionError, match="bypasses row-level security"):
        provision(ADMIN, database=database)


def test_a_server_out_of_reach_is_said_so_without_its_password() -> None:
    with pytest.raises(ProvisionError, match=r"cannot connect to the database at 127\.0\.0\.1") as refusal:
        provision("postgresql://admin:open-sesame@127.0.0.1:1/postgres")
    assert "open-sesame" not in str(refusal.value)


def test_the_maintenance_database_stands_for_the_default_name() -> None:
    assert provisioning.urls_of(ADMIN, "hubadmin", "hubadmin").app.endswith("/hubadmin")
    assert provisioning.database_of("postgresql://admin@host/postgres") == "hubadmin"
    assert provisioning.database_of("postgresql://admin@host/") == "hubadmin"
    assert provisioning.database_of("postgresql://admin@host/maths") == "maths"


def test_passwords_follow_from_the_administrators() -> None:
    one, other = (provisioning.urls_of(f"postgresql://admin:{word}@host/x", "x", "x") for word in ("one", "other"))
    assert urlsplit(one.app).password != urlsplit(one.owner).password
    assert urlsplit(one.app).password != urlsplit(other.app).password


def test_a_clone_has_the_templates_tables_and_roles(urls: Urls, database: str) -> None:
    do(urls.owner, "CREATE TABLE things AS SELECT 'hello' AS word")
    do(urls.owner, f"GRANT SELECT ON things TO {urlsplit(urls.app).username}")
    copy = f"{database}_copy"
    try:
        copied = clone(ADMIN, database, copy)
        assert ask(copied.app, "SELECT word, current_database() FROM things") == ("hello", copy)
        do(copied.owner, "DROP TABLE things")
        assert ask(urls.app, "SELECT word FROM things") == ("hello",)
    finally:
        drop(ADMIN, copy)


def test_cloning_again_replaces_the_older_copy(urls: Urls, database: str) -> None:
    copy = f"{database}_copy"
    try:
        do(clone(ADMIN, database, copy).owner, "CREATE TABLE leftover (word text)")
        again = clone(ADMIN, database, copy)
        assert ask(again.owner, "SELECT to_regclass('leftover')") == (None,)
    finally:
        drop(ADMIN, copy)


def test_dropping_takes_the_roles_along_and_may_be_repeated(urls: Urls, database: str) -> None:
    for _twice in range(2):
        drop(ADMIN, database)
    assert ask(ADMIN, f"SELECT count(*) FROM pg_roles WHERE rolname LIKE '{database}%'") == (0,)
    assert ask(ADMIN, f"SELECT count(*) FROM pg_database WHERE datname = '{database}'") == (0,)


def test_dropping_a_template_leaves_the_roles_its_clone_needs(urls: Urls, database: str) -> None:
    copy = f"{database}_copy"
    copied = clone(ADMIN, database, copy)
    drop(ADMIN, database)
    assert ask(copied.app, "SELECT 1") == (1,)
    drop(ADMIN, copy)


def test_dropping_the_contents_leaves_an_empty_schema_with_its_extensions(urls: Urls) -> None:
    do(urls.owner, "CREATE TABLE things (word text)")
    do(urls.owner, "CREATE FUNCTION twice(n int, m int DEFAULT 2) RETURNS int LANGUAGE sql AS 'SELECT n * m'")
    drop_contents(urls.owner)
    assert ask(urls.owner, "SELECT to_regclass('things'), to_regproc('twice')") == (None, None)
    assert ask(urls.app, "SELECT unaccent('Zoë')") == ("Zoe",)

"""The roles and the database that hubadmin runs under, made where they are missing.

Three roles come with each database: `<database>_owner` owns the schema and migrates, `<database>_app` serves
people, `<database>_national` may only read. Their passwords follow from the administrator's, so that nothing
has to be remembered.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

EXTENSIONS = ("btree_gist", "citext", "pg_trgm", "unaccent")
DEFAULT_DATABASE = "hubadmin"
# There on every server, so that one can connect before the database is made.
MAINTENANCE_DATABASE = "postgres"
# Roles belong to the whole cluster: two provisionings at once would trip over each other's changes.
ADVISORY_LOCK = 7_416_000_001

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Urls:
    """The addresses of one database under its three roles."""

    app: str
    owner: str
    national: str


class ProvisionError(Exception):
    """The database cannot be made ready; the text says why and what to set."""


def provision(admin_url: str, *, database: str | None = None) -> Urls:
    """Make sure that database, roles and extensions exist, and return their addresses; harmless when repeated.

    Without a name it is the address's own database, or `hubadmin` where that is the server's maintenance database.
    Raises ProvisionError when the role in the address may not create roles, or a role that exists is too mighty.
    """
    name = database or database_of(admin_url)
    urls = urls_of(admin_url, name, name)
    with _connect(_with_database(admin_url, MAINTENANCE_DATABASE)) as connection, _alone(connection):
        if not _is_administrator(connection):
            raise ProvisionError(
                f"the role {_role_of(admin_url)!r} of DATABASE_URL may not create roles. "
                "Give an administrator's address, or set DATABASE_OWNER_URL to the role that owns the schema "
                "and DATABASE_URL to one that does not."
            )
        for role in _roles(name):
            _ensure_role(connection, role, _password(admin_url, role))
        _execute(connection, "ALTER ROLE {} SET default_transaction_read_only = on", _roles(name)[2])
        owner = _roles(name)[0]
        # To hand things over to a role one must be its member, unless one is a superuser.
        if connection.execute("SELECT pg_has_role(%s, 'MEMBER')", [owner]).fetchone() != (True,):
            _execute(connection, "GRANT {} TO CURRENT_USER", owner)
        if not _database_exists(connection, name):
            _execute(connection, "CREATE DATABASE {} OWNER {}", name, owner)
            _close_to_others(connection, name, name)
    with _connect(_with_database(admin_url, name)) as connection:
        _prepare_database(connection, name)
    return urls


def clone(admin_url: str, template: str, name: str) -> Urls:
    """Copy a provisioned database nobody is connected to, replacing an older copy; the roles are the template's."""
    with _connect(_with_database(admin_url, MAINTENANCE_DATABASE)) as connection:
        _execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        _execute(connection, "CREATE DATABASE {} TEMPLATE {} OWNER {}", name, template, _roles(template)[0])
        _close_to_others(connection, name, template)
    return urls_of(admin_url, name, template)


def drop(admin_url: str, database: str) -> None:
    """Drop the database, throwing out whoever is connected, and its roles unless another database needs them."""
    with _connect(_with_database(admin_url, MAINTENANCE_DATABASE)) as connection, _alone(connection):
        _execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
        for role in _roles(database):
            if not _is_needed(connection, role):
                _execute(connection, "DROP ROLE IF EXISTS {}", role)


def drop_contents(owner_url: str) -> None:
    """Delete all tables and routines of the public schema; what extensions brought along stays."""
    with _connect(owner_url) as connection, connection.transaction():
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            _execute(connection, "DROP TABLE IF EXISTS {} CASCADE", table)
        routines = connection.execute(
            "SELECT proname, pg_get_function_identity_arguments(oid) FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace"
            " AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
        ).fetchall()
        for name, arguments in routines:
            statement = sql.SQL("DROP ROUTINE IF EXISTS {}({}) CASCADE").format(
                sql.Identifier(name), sql.SQL(arguments)
            )
            connection.execute(statement)


# --- Steps -----------------------------------------------------------------------------------


def _ensure_role(connection: Connection, role: str, password: str) -> None:
    found = connection.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if found is None:
        _execute(connection, "CREATE ROLE {}", role)
    elif found[0]:
        raise ProvisionError(
            f"the role {role!r} is a superuser or bypasses row-level security: take that away or drop it."
        )
    statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
    connection.execute(statement)


def _prepare_database(connection: Connection, database: str) -> None:
    """The owner has the schema, the others may use it, the extensions that the server offers are there."""
    owner, app, national = _roles(database)
    _open_to_roles(connection, database, database)
    _execute(connection, "ALTER SCHEMA public OWNER TO {}", owner)
    _execute(connection, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    _execute(connection, "GRANT USAGE ON SCHEMA public TO {}, {}", app, national)
    missing = connection.execute(
        "SELECT name FROM pg_available_extensions WHERE installed_version IS NULL AND name = ANY(%s)",
        [list(EXTENSIONS)],
    ).fetchall()
    for (extension,) in missing:
        _execute(connection, "CREATE EXTENSION IF NOT EXISTS {} SCHEMA public", extension)


def _close_to_others(connection: Connection, database: str, roles_of: str) -> None:
    """Only the three roles may connect to a database that we made."""
    _execute(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
    _open_to_roles(connection, database, roles_of)


def _open_to_roles(connection: Connection, database: str, roles_of: str) -> None:
    owner, app, national = _roles(roles_of)
    _execute(connection, "GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {} TO {}", database, owner)
    # Imports copy a file into a temporary table before they compare it with what is there.
    _execute(connection, "GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}", database, app)
    _execute(connection, "GRANT CONNECT ON DATABASE {} TO {}", database, national)


def _is_administrator(connection: Connection) -> bool:
    answer = connection.execute(
        "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    return answer == (True,)


def _database_exists(connection: Connection, database: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is not None


def _is_needed(connection: Connection, role: str) -> bool:
    question = (
        "SELECT 1 FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid WHERE r.rolname = %s AND d.dbid <> 0 LIMIT 1"
    )
    owns = "SELECT 1 FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE r.rolname = %s LIMIT 1"
    return any(connection.execute(query, [role]).fetchone() for query in (question, owns))


# --- Names and addresses ---------------------------------------------------------------------


def _roles(database: str) -> tuple[str, str, str]:
    return f"{database}_owner", f"{database}_app", f"{database}_national"


def _password(admin_url: str, role: str) -> str:
    secret = unquote(urlsplit(admin_url).password or "local")
    return hmac.new(secret.encode(), role.encode(), hashlib.sha256).hexdigest()


def urls_of(admin_url: str, database: str, roles_of: str) -> Urls:
    """The addresses of a database under the three roles that belong to `roles_of`; asks no server."""
    owner, app, national = (_with_role(admin_url, database, role) for role in _roles(roles_of))
    return Urls(app=app, owner=owner, national=national)


def _with_role(admin_url: str, database: str, role: str) -> str:
    parts = urlsplit(admin_url)
    place = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(role, safe='')}:{_password(admin_url, role)}@{place}"
    return urlunsplit(("postgresql", netloc, f"/{quote(database, safe='')}", parts.query, ""))


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(database, safe='')}"))


def database_of(url: str) -> str:
    """The database that an address means: its own, or the default name in place of a maintenance database."""
    name = unquote(urlsplit(url).path.lstrip("/"))
    return DEFAULT_DATABASE if name in ("", MAINTENANCE_DATABASE) else name


def _role_of(url: str) -> str:
    return unquote(urlsplit(url).username or "")


# --- Talking to the server -------------------------------------------------------------------


@contextmanager
def _connect(url: str) -> Iterator[Connection]:
    """A connection in which each statement stands for itself. Raises ProvisionError when the server is out of reach."""
    parts = urlsplit(url)
    address = urlunsplit(parts._replace(scheme="postgresql"))
    try:
        connection = psycopg.connect(address, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise ProvisionError(
            f"cannot connect to the database at {parts.hostname or 'the local socket'}: {error}"
        ) from error
    with connection:
        connection.execute("SET client_min_messages = warning")
        yield connection


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    connection.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
    yield
    connection.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def _execute(connection: Connection, statement: LiteralString, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))

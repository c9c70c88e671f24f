"""The environment variables under which hubadmin runs on a developer's or visitor's machine."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubadmin.local import keeper
from hubadmin.local.embedded import ServiceError
from hubadmin.local.keeper import Use
from hubadmin.local.locks import holding
from hubadmin.local.places import VENV_PYTHON, private_dir, var_dir, write_private

CONFIGURED_BY = ("ENVIRONMENT", "SECRET_KEY", "SECRET_KEY_FILE")
DATABASE = "hubadmin"


@dataclass
class Local:
    """What to add to the environment, and the embedded services that it relies on."""

    variables: dict[str, str] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)


def prepare() -> None:
    """For `manage.py`: run in `.venv`, and complete an environment that nobody has configured."""
    if sys.prefix == sys.base_prefix and VENV_PYTHON.exists():
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])
    if any(name in os.environ for name in CONFIGURED_BY):
        return
    # Imported late: it needs the packages of the environment that has just been entered.
    from hubadmin.local.provision import ProvisionError

    try:
        os.environ.update(local_environment().variables)
    except (ServiceError, ProvisionError) as problem:
        sys.exit(f"manage.py: {problem}")


def local_environment() -> Local:
    """Variables for demo mode on this machine, with embedded services started where no address is given.

    Raises ServiceError and ProvisionError.
    """
    local = Local({"ENVIRONMENT": "demo", "SECRET_KEY_FILE": str(secret_key_file())})
    if given("REDIS_URL") is None:
        broker = keeper.use("valkey", service_folder("valkey"))
        local.uses.append(broker)
        local.variables["REDIS_URL"] = broker.url
    address = given("DATABASE_URL")
    if address is None:
        server = keeper.use("postgres", service_folder("postgres"))
        local.uses.append(server)
        local.variables |= database_variables(server.url, database=DATABASE)
    else:
        local.variables |= database_variables(address)
    return local


def database_variables(address: str, *, database: str | None = None) -> dict[str, str]:
    """The addresses of the three roles, made from an administrator's address unless the owner's is given.

    Raises ProvisionError.
    """
    from hubadmin.local.provision import provision

    owner = given("DATABASE_OWNER_URL")
    if owner and database is None:
        return {"DATABASE_URL": address, "DATABASE_OWNER_URL": owner}
    urls = provision(address, database=database)
    return {
        "DATABASE_URL": urls.app,
        "DATABASE_OWNER_URL": urls.owner,
        "DATABASE_NATIONAL_URL": urls.national,
    }


def given(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """A variable's value, or the content of the file that `<name>_FILE` names; None when neither is set."""
    if value := environment.get(name):
        return value
    if file := environment.get(f"{name}_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    return None


def service_folder(kind: str) -> Path:
    """Where the demo's embedded service lives."""
    return var_dir() / kind


def secret_key_file() -> Path:
    """The file with this checkout's own secret key, made up at its first use."""
    file = private_dir(var_dir()) / "secret-key"
    with holding(var_dir() / "secret-key.lock"):
        if not file.exists():
            write_private(file, secrets.token_urlsafe(64))
    return file

"""The environment of a test run; loaded as a pytest plugin before the settings are read.

`bin/test` gives TEST_ADMIN_DATABASE_URL (a role that may create roles and databases) and REDIS_URL.
Each run has a migrated template database of its own, or that which TEST_TEMPLATE names, and each xdist worker a
copy of it.
"""

from __future__ import annotations

import os
import secrets

import pytest

from hubadmin.local.provision import urls_of

if "TEST_ADMIN_DATABASE_URL" not in os.environ:
    raise pytest.UsageError("The tests need a database: run them with bin/test.")

ADMIN_URL = os.environ["TEST_ADMIN_DATABASE_URL"]
# Inherited by xdist's workers, so that one run shares one template.
RUN = os.environ.setdefault("TEST_RUN", secrets.token_hex(4))
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
# Migrated and dropped by whoever names it.
GIVEN_TEMPLATE = os.environ.get("TEST_TEMPLATE")
TEMPLATE = GIVEN_TEMPLATE or f"hubadmin_test_{RUN}"
DATABASE = f"{TEMPLATE}_{WORKER}"

_urls = urls_of(ADMIN_URL, DATABASE, roles_of=TEMPLATE)
os.environ.update(
    ENVIRONMENT="test",
    DATABASE_URL=_urls.app,
    DATABASE_OWNER_URL=_urls.owner,
    DATABASE_NATIONAL_URL=_urls.national,
    KEY_PREFIX=f"{TEMPLATE}:{WORKER}",
)
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
os.environ.setdefault("LOG_LEVEL", "ERROR")

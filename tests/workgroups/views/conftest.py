from __future__ import annotations

import pytest
from django.test import Client

from hubs.models import User
from tests.workgroups.views.pages import ClientOf


@pytest.fixture
def desk(administrator: User, client_of: ClientOf) -> Client:
    """The browser of who forms groups and decides on places."""
    return client_of(administrator)

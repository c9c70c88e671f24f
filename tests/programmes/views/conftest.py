from __future__ import annotations

import pytest
from django.test import Client

from hubs.models import Hub, User
from programmes.models import ExpressionOfInterest, RecruitmentWindow
from tests import factories
from tests.programmes.views.console import ClientOf
from tests.programmes.views.offers import an_offer


@pytest.fixture
def window(hub: Hub) -> RecruitmentWindow:
    """Open by the clock on the wall, which is the one that views read."""
    return factories.make_window(hub)


@pytest.fixture
def console(lead: User, client_of: ClientOf) -> Client:
    """The browser of somebody who may decide."""
    return client_of(lead)


@pytest.fixture
def offered(window: RecruitmentWindow) -> ExpressionOfInterest:
    """Asked to answer within a week."""
    return an_offer(window)

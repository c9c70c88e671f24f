from __future__ import annotations

import pytest

from hubs.models import Hub
from programmes.models import RecruitmentWindow
from tests import factories


@pytest.fixture
def window(hub: Hub) -> RecruitmentWindow:
    """Open by the clock on the wall, which is the one that views read."""
    return factories.make_window(hub)

from __future__ import annotations

import datetime as dt

import pytest

from hubs import tenancy
from hubs.models import Hub, Membership, User
from programmes.models import ExpressionOfInterest, RecruitmentWindow
from tests import factories


@pytest.fixture
def window(hub: Hub, now: dt.datetime) -> RecruitmentWindow:
    """Developing for primary schools, open for another thirty days."""
    return factories.make_window(hub, opens_at=now - dt.timedelta(days=10), closes_at=now + dt.timedelta(days=30))


@pytest.fixture
def draft(window: RecruitmentWindow) -> ExpressionOfInterest:
    """Every question answered, not sent yet."""
    return factories.make_draft(window)


@pytest.fixture
def sent(window: RecruitmentWindow) -> ExpressionOfInterest:
    """Waits for the hub's decision."""
    return factories.make_expression(window)


@pytest.fixture
def decider(lead: User, hub: Hub) -> Membership:
    """Leads the hub, and so may decide."""
    return factories.membership_of(lead, hub)


def reload(expression: ExpressionOfInterest) -> ExpressionOfInterest:
    """The expression as it is now, with what a page would load."""
    with tenancy.use(expression.hub_id):
        return ExpressionOfInterest.objects.with_stage().select_related("hub").get(pk=expression.pk)

from __future__ import annotations

import pytest

from hubs import tenancy
from hubs.models import Hub, Membership, User
from programmes.models import Participation
from tests import factories, work
from workgroups.models import Place, PlaceEvent, WorkGroup
from workgroups.steps import locked


@pytest.fixture
def group(hub: Hub) -> WorkGroup:
    """A group of this year's Developing, without schools."""
    return work.make_group(hub, "Ash Group", specialist=work.make_specialist(hub, "Mina Mastery"))


@pytest.fixture
def place(hub: Hub) -> Place:
    """A school that waits for a group of the same stage and year."""
    return work.make_place(hub, factories.make_school("Ash Lane Primary School"))


@pytest.fixture
def actor(lead: User, hub: Hub) -> Membership:
    """Leads the hub, and so decides on places."""
    return factories.membership_of(lead, hub)


def reload(place: Place) -> Place:
    """The place as it is now, with what a page would load."""
    with tenancy.use(place.hub_id):
        return locked(place)


def history(place: Place) -> list[PlaceEvent]:
    """Its steps, the oldest first."""
    with tenancy.use(place.hub_id):
        return list(place.events.select_related("group"))


def outcomes(place: Place) -> list[str]:
    """What every hub may read of the school's participation."""
    return list(Participation.objects.filter(school=place.school_id).values_list("outcome", flat=True))

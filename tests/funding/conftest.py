"""A school in a Work Group, with its Specialist: what the tests of money and release time begin with."""

from __future__ import annotations

import datetime as dt

import pytest

from funding.models import Grant
from hubs import tenancy
from hubs.models import Hub, Membership, User
from tests import factories, work
from workgroups import happenings
from workgroups.models import MasterySpecialist, Place, WorkGroup

YEAR = 2026


@pytest.fixture
def mina(hub: Hub, specialist: User) -> MasterySpecialist:
    """The Specialist who leads the group, as a person of the hub's."""
    return work.make_specialist(hub, user=specialist)


@pytest.fixture
def group(hub: Hub, mina: MasterySpecialist) -> WorkGroup:
    """Her Work Group of 2026/27."""
    return work.make_group(hub, "North group", specialist=mina, stage_year=work.stage_year_of(year=YEAR))


@pytest.fixture
def place(hub: Hub, group: WorkGroup, now: dt.datetime) -> Place:
    """A school's place in the group, since September."""
    school = factories.make_school("Ash Lane Primary School")
    return work.make_place(hub, school, group=group, accepted_at=now.replace(month=9, day=1))


@pytest.fixture
def ada(administrator: User, hub: Hub) -> Membership:
    """The administrator as the actor of a verb."""
    return factories.membership_of(administrator, hub)


@pytest.fixture
def leo(lead: User, hub: Hub) -> Membership:
    """The hub lead as the actor of a verb."""
    return factories.membership_of(lead, hub)


@pytest.fixture
def fola(finance: User, hub: Hub) -> Membership:
    """The finance officer as the actor of a verb."""
    return factories.membership_of(finance, hub)


@pytest.fixture
def as_mina(mina: MasterySpecialist, specialist: User, hub: Hub) -> Membership:
    """The Specialist as the actor of a verb."""
    return factories.membership_of(specialist, hub)


@pytest.fixture
def grant(place: Place, now: dt.datetime) -> Grant:
    """The grant of a thousand pounds that the school was awarded with its place."""
    with tenancy.use(place.hub_id):
        answer = place.expression.answers.get()
        happenings.place_made.tell(happenings.PlaceMade(place, answer, now - dt.timedelta(days=80)))
        return Grant.objects.with_place().get()

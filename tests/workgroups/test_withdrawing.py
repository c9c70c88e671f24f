from __future__ import annotations

import datetime as dt

from hubs import tenancy
from hubs.models import Hub
from schools import withdrawing
from schools.models import School
from tests import factories, work


def test_a_school_at_which_a_specialist_teaches_or_a_group_meets_is_not_withdrawn(hub: Hub, now: dt.datetime) -> None:
    school = factories.make_school("New School", urn=School.FIRST_ADDED + 1, added_by=hub, added_at=now)

    def why_not() -> str:
        with tenancy.use(hub):
            return withdrawing.why_not(school)

    group = work.make_group(hub)
    assert why_not() == ""
    meeting = work.make_meeting(group, host_school=school)
    assert "there is a meeting that it hosts." in why_not()
    work.make_specialist(hub, school=school)
    assert "there is a Mastery Specialist who teaches there and a meeting that it hosts." in why_not()
    with tenancy.use(hub):
        meeting.delete()
    assert "there is a Mastery Specialist who teaches there." in why_not()

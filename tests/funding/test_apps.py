"""The rooms below tell, this one listens: their own verbs end in grants and rows of the ledger."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from funding import ledger
from funding.models import Grant, GrantState, ReleaseEntry
from hubs import tenancy
from hubs.models import Hub, Membership
from programmes.accepting import accept_offer
from tests import factories, work
from tests.funding.conftest import YEAR
from tests.funding.test_ledger import rows
from tests.programmes.views.offers import an_offer, page_of, typed
from tests.workgroups.meetings import held, marks_of
from tests.workgroups.visits import a_log
from workgroups import completing, placing
from workgroups.holding import put_right_attendance
from workgroups.models import MasterySpecialist, Place, WorkGroup
from workgroups.visiting import log_visit, put_right_visit


def test_an_accepted_offer_ends_in_a_grant(hub: Hub, now: dt.datetime) -> None:
    offered = work.make_offered(hub, year=YEAR)

    with tenancy.use(hub):
        answer = accept_offer(expression=offered, name="Hana Head", role="Headteacher", now=now)
        grant = Grant.objects.select_related("place__expression").get()
        assert grant.place.expression == offered
        assert (grant.amount_pence, grant.condition) == (answer.grant_pence, answer.grant_condition)
        assert [event.actor_name for event in grant.events.all()] == ["Hana Head"]


# A school that has closed meanwhile costs what it is now, and whether it has a place under another of its URNs.
@pytest.mark.parametrize(("closed", "most"), [(False, 15), (True, 18)])
@pytest.mark.django_db(transaction=True)
def test_accepting_takes_at_most_fifteen_queries_with_place_and_grant_and_a_few_for_a_closed_school(
    client: Client, closed: bool, most: int
) -> None:
    hub = factories.make_hub("northvale")
    offered = an_offer(factories.make_window(hub))
    if closed:
        factories.go_on_as(offered.school, factories.make_school("Birch Academy"))
    filled = typed(client, page_of(offered, "offer_accept"))

    with CaptureQueriesContext(connection) as captured:
        client.post(page_of(offered, "offer_accept"), filled)

    with tenancy.use(hub):
        assert Grant.objects.get().place.expression == offered
    sql = [query["sql"] for query in captured.captured_queries]
    assert "COMMIT" in sql
    assert len(sql) <= most, "\n".join(sql)


def test_a_meeting_and_a_visit_end_in_the_ledger_and_so_does_what_is_put_right(
    place: Place, group: WorkGroup, mina: MasterySpecialist, as_mina: Membership, now: dt.datetime
) -> None:
    meeting = work.make_meeting(group, starts_at=now - dt.timedelta(days=3), half_days=2)
    with tenancy.use(place.hub_id):
        meeting = held(meeting, as_mina, now, p1="absent")
        put_right_attendance(
            meeting=meeting,
            marks=marks_of(meeting, p0="absent", p1="Sub Stitute"),
            reason="Mixed up.",
            actor=as_mina,
            now=now,
        )
        log = a_log(teachers_half_days=1, actions=())
        visit = log_visit(place=place, term=1, number=1, log=log, actor=as_mina, now=now)
        put_right_visit(
            visit=visit, log=replace(log, half_days=2, teachers_half_days=2), reason="All day.", actor=as_mina, now=now
        )

    assert rows(place) == [
        ("meeting", 2, ""),
        ("correction", -2, "Attendance put right: Mixed up."),
        ("meeting", 2, ""),
        ("visit", 1, ""),
        ("correction", 1, "Visit put right: All day."),
    ]
    assert rows(mina) == [("meeting", 2, ""), ("visit", 1, ""), ("correction", 1, "Visit put right: All day.")]
    with tenancy.use(place.hub_id):
        assert "Release time used: 2 days of the 10 days promised." in completing.evidence_of(place, now=now)


def test_a_school_that_leaves_keeps_its_grant_until_somebody_decides(
    place: Place, grant: Grant, leo: Membership, now: dt.datetime
) -> None:
    with tenancy.use(place.hub_id):
        placing.leave(place=place, on=now.date(), reason="Too much at once.", actor=leo, now=now)
        assert Grant.objects.get().state == GrantState.EXPECTED


def test_another_hub_sees_nothing_of_it(
    other_hub: Hub, place: Place, grant: Grant, leo: Membership, now: dt.datetime
) -> None:
    work.make_release(place)
    with tenancy.use(other_hub):
        assert not Grant.objects.exists() and not ReleaseEntry.objects.exists()
        assert ledger.used_by_places([place]) == {place.pk: 0}

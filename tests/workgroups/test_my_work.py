from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, Membership, User
from tests import factories, work
from tests.workgroups.visits import at, group_of, place_in
from workgroups.models import MasterySpecialist, MeetingState, Place, VisitState, WorkGroup
from workgroups.my_work import MyWork, my_work
from workgroups.visit_drafts import save_draft

# A Friday in the autumn term.
NOW = at("2026-11-27 12:00")


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    return group_of(hub, specialist)


@pytest.fixture
def actor(specialist: User, hub: Hub) -> Membership:
    return factories.membership_of(specialist, hub)


def work_of(member: Membership, now: dt.datetime = NOW) -> MyWork:
    with tenancy.use(member.hub):
        return my_work(member, today=timezone.localdate(now), now=now)


def draft(place: Place, actor: Membership, term: int = 1, number: int = 1) -> None:
    with tenancy.use(place.hub):
        save_draft(place=place, term=term, number=number, answers={"met": ["x"]}, actor=actor, now=NOW)


def notes(found: MyWork) -> list[tuple[str, bool]]:
    return [(note.title, note.is_begun) for note in found.notes]


def test_who_is_no_specialist_has_no_such_work(group: WorkGroup, lead: User, hub: Hub) -> None:
    work.make_visit(place_in(group))
    assert not work_of(factories.membership_of(lead, hub))


def test_the_next_meeting_is_the_first_that_is_not_over(group: WorkGroup, actor: Membership) -> None:
    assert work_of(actor).next_meeting is None
    meetings = [
        work.make_meeting(group, starts_at=NOW + delta)
        for delta in (dt.timedelta(days=9), dt.timedelta(hours=-2), dt.timedelta(hours=-30))
    ]
    work.make_meeting(
        group, starts_at=NOW + dt.timedelta(hours=1), state=MeetingState.CANCELLED, cancelled_reason="Snow"
    )
    assert work_of(actor).next_meeting == meetings[1]
    assert work_of(actor, NOW + dt.timedelta(hours=1)).next_meeting == meetings[0]


def test_the_visits_are_those_to_her_own_schools(hub: Hub, group: WorkGroup, actor: Membership) -> None:
    mine = place_in(group)
    place_in(group_of(hub))
    found = work_of(actor)
    assert [(row.place, row.slot.state) for row in found.visits] == [(mine, "to_arrange")]


def test_of_this_term_and_what_is_left_of_the_one_before(group: WorkGroup, actor: Membership) -> None:
    overdue, done = place_in(group), place_in(group)
    work.make_visit(done, state=VisitState.HELD, starts_at=NOW, held_recorded_at=NOW, met="Head", shared_note="Bars")
    found = work_of(actor, at("2027-02-01 12:00"))
    assert [(row.place, row.slot.term, row.slot.state) for row in found.visits] == [
        (overdue, 1, "overdue"),
        *((place, 2, "to_arrange") for place in (overdue, done)),
    ]
    assert [row.slot.state for row in work_of(actor).visits if row.place == done] == ["held"]


def test_what_is_arranged_for_a_later_term_stands_apart_in_the_order_of_time(
    group: WorkGroup, actor: Membership
) -> None:
    place, other = place_in(group), place_in(group)
    work.make_visit(place, starts_at=at("2027-05-11 09:30"), term=3)
    work.make_visit(other, starts_at=at("2027-02-02 09:30"), term=2)
    found = work_of(actor)
    assert [(row.place, row.slot.term, row.slot.state) for row in found.later_visits] == [
        (other, 2, "arranged"),
        (place, 3, "arranged"),
    ]
    assert {row.slot.term for row in found.visits} == {1}
    # Once that term runs it is one of them.
    in_spring = work_of(actor, at("2027-01-15 12:00"))
    assert [row.slot.term for row in in_spring.later_visits] == [3]
    assert (other, 2, "arranged") in [(row.place, row.slot.term, row.slot.state) for row in in_spring.visits]


def test_what_is_over_and_not_written_up_waits_the_longest_first(group: WorkGroup, actor: Membership) -> None:
    place = place_in(group, school=factories.make_school("Birch Road"))
    work.make_visit(place, starts_at=at("2026-11-10 09:30"))
    work.make_meeting(group, starts_at=at("2026-11-12 13:30"))
    done = {"state": MeetingState.HELD, "held_recorded_at": NOW}
    work.make_meeting(group, starts_at=at("2026-10-06 13:30"), **done)
    work.make_meeting(group, starts_at=at("2026-09-29 13:30"), discussion="Bars", **done)
    found = work_of(actor)
    assert notes(found) == [
        (f"TRG meeting of {group.name}", False),
        ("Autumn visit to Birch Road", False),
        (f"TRG meeting of {group.name}", False),
    ]
    assert [note.url.rstrip("/").rsplit("/", 1)[1] for note in found.notes] == ["record", "1", "hold"]


def test_a_begun_note_is_marked_and_found_wherever_it_is(group: WorkGroup, actor: Membership) -> None:
    names = ("Birch Road", "Elm Park", "Oak Hill")
    birch, elm, oak = (place_in(group, school=factories.make_school(name)) for name in names)
    work.make_visit(birch, starts_at=at("2026-11-10 09:30"))
    work.make_visit(elm, starts_at=at("2026-12-10 09:30"))
    draft(birch, actor)
    draft(elm, actor)
    # A visit that nobody has arranged, of a term that has not begun.
    draft(oak, actor, term=3)
    found = work_of(actor)
    assert notes(found) == [
        ("Autumn visit to Birch Road", True),
        ("Autumn visit to Elm Park", True),
        ("Summer visit to Oak Hill", True),
    ]
    assert found.notes[0].url == reverse("visit", args=[actor.hub.slug, birch.pk, 1, 1])


def test_nobody_elses_draft_and_none_of_a_school_that_has_gone(
    hub: Hub, group: WorkGroup, actor: Membership, lead: User
) -> None:
    place = place_in(group)
    draft(place, factories.membership_of(lead, hub))
    assert notes(work_of(actor)) == []
    draft(place, actor)
    other = group_of(hub)
    with tenancy.use(hub):
        Place.objects.filter(pk=place.pk).update(group=other, specialist_school=other.specialist_school_id)
    assert notes(work_of(actor)) == []


def test_the_hubs_people_find_their_own_drafts(hub: Hub, group: WorkGroup, lead: User) -> None:
    draft(place_in(group), factories.membership_of(lead, hub))
    assert [begun for _, begun in notes(work_of(factories.membership_of(lead, hub)))] == [True]


def test_as_many_queries_for_three_as_for_one(hub: Hub, group: WorkGroup, actor: Membership) -> None:
    counts = []
    for number in range(3):
        school = place_in(group)
        work.make_visit(school, starts_at=NOW)
        draft(school, actor, term=3)
        host = factories.make_school(f"Host {number}")
        factories.go_on_as(school.school, factories.make_school(f"Academy {number}"))
        factories.go_on_as(host, factories.make_school(f"New host {number}"))
        work.make_meeting(group, starts_at=NOW + dt.timedelta(days=number), host_school=host)
        with tenancy.use(hub), CaptureQueriesContext(connection) as captured:
            my_work(actor, today=NOW.date(), now=NOW)
        counts.append(len(captured))
    assert counts[0] == counts[2] <= 10


def shown(member: Membership, **context: Any) -> str:
    request: Any = RequestFactory().get("/")
    request.hub = member.hub
    with tenancy.use(member.hub):
        return render_to_string("workgroups/my_work.html", {"work": work_of(member), **context}, request)


def test_the_page_leads_to_each_thing(group: WorkGroup, actor: Membership, hub: Hub) -> None:
    empty = shown(actor)
    assert "None is planned." in empty and "once schools are in your Work Groups" in empty
    place = place_in(group, school=factories.make_school("Birch <Road>"))
    work.make_visit(place, starts_at=at("2026-11-10 09:30"))
    meeting = work.make_meeting(group, starts_at=NOW + dt.timedelta(days=3))
    page = shown(actor)
    assert reverse("meeting", args=[hub.slug, meeting.pk]) in page
    assert page.count(reverse("visit", args=[hub.slug, place.pk, 1, 1])) == 2
    assert "Birch &lt;Road&gt;" in page and "To log" in page


def test_by_her_address_until_her_account_is_connected(hub: Hub, group: WorkGroup, actor: Membership) -> None:
    place_in(group)
    with tenancy.use(hub):
        MasterySpecialist.objects.update(user=None)
    assert len(work_of(actor).visits) == 1

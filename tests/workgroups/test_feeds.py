from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from hubs import tenancy, timeline
from hubs.models import Hub, Membership, Role, User
from hubs.permissions import NotAllowed
from tests import factories, work
from tests.workgroups.meetings import make_group
from workgroups.feeds import end_feed, is_over, live_feed_of, open_feed, url_of
from workgroups.models import CalendarFeed, MasterySpecialist, WorkGroup

A_DAY = dt.timedelta(days=1)


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    return make_group(hub, led_by=specialist)


@pytest.fixture
def leader(specialist: User, hub: Hub) -> Membership:
    return factories.membership_of(specialist, hub)


def test_an_address_stays_the_same_until_it_is_ended(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    with tenancy.use(group.hub):
        feed = open_feed(of=group, actor=leader, now=now)
        again = open_feed(of=group, actor=leader, now=now + A_DAY)
        assert feed == again == live_feed_of(group)
        assert url_of(feed) == url_of(again)
        end_feed(feed=feed, actor=leader, now=now + A_DAY)
        end_feed(feed=feed, actor=leader, now=now + 2 * A_DAY)
        feed.refresh_from_db()
        assert (feed.ended_at, live_feed_of(group)) == (now + A_DAY, None)
        other = open_feed(of=group, actor=leader, now=now + 3 * A_DAY)
        assert other != feed
        assert url_of(other) != url_of(feed)
        assert [entry.text for entry in timeline.entries_of(group)] == [
            "Opened a private address of the calendar.",
            "Ended the private address of the calendar.",
            "Opened a private address of the calendar.",
        ]


def test_a_specialist_opens_her_own_and_a_lead_anybody_s(
    group: WorkGroup, leader: Membership, lead: User, hub: Hub, now: dt.datetime
) -> None:
    other = work.make_specialist(hub)
    with tenancy.use(hub):
        mine = open_feed(of=group.specialist, actor=leader, now=now)
        assert (mine.specialist, mine.group) == (group.specialist, None)
        theirs = open_feed(of=other, actor=factories.membership_of(lead, hub), now=now)
        assert theirs.specialist == other


def test_another_specialist_opens_and_ends_neither(
    group: WorkGroup, leader: Membership, hub: Hub, finance: User, now: dt.datetime
) -> None:
    olga = factories.make_member(hub, Role.MASTERY_SPECIALIST, "Olga Other")
    with tenancy.use(hub):
        feed = open_feed(of=group, actor=leader, now=now)
        for actor in (factories.membership_of(olga, hub), factories.membership_of(finance, hub)):
            for of in (group, group.specialist):
                with pytest.raises(NotAllowed):
                    open_feed(of=of, actor=actor, now=now)
            with pytest.raises(NotAllowed):
                end_feed(feed=feed, actor=actor, now=now)
        assert CalendarFeed.objects.get().ended_at is None


def test_it_is_over_when_somebody_ends_it_or_its_specialist_leaves_the_hub(
    group: WorkGroup, leader: Membership, now: dt.datetime
) -> None:
    today = now.date()
    with tenancy.use(group.hub):
        feed = open_feed(of=group.specialist, actor=leader, now=now)
        assert not is_over(feed, today=today)
        feed.specialist = MasterySpecialist(ends_on=today)
        assert is_over(feed, today=today)
        assert not is_over(feed, today=today - A_DAY)
        end_feed(feed=CalendarFeed.objects.get(), actor=leader, now=now)
        assert is_over(CalendarFeed.objects.select_related("specialist").get(), today=today)


@pytest.mark.parametrize("whose", [{}, {"both": True}])
def test_the_database_knows_whose_each_is(group: WorkGroup, leader: Membership, whose: dict[str, bool]) -> None:
    of = {"group": group, "specialist": group.specialist} if whose else {}
    with pytest.raises(IntegrityError, match="feed_of_specialist_or_group"), tenancy.use(group.hub):
        CalendarFeed.objects.create(hub=group.hub, made_at=group.made_at, made_by=leader.user, **of)


def test_the_database_keeps_one_live_address_each(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    with tenancy.use(group.hub):
        open_feed(of=group, actor=leader, now=now)
        open_feed(of=group.specialist, actor=leader, now=now)
        for of in ({"group": group}, {"specialist": group.specialist}):
            with pytest.raises(IntegrityError, match="one_live_feed_per_"), transaction.atomic():
                CalendarFeed.objects.create(hub=group.hub, made_at=now, made_by=leader.user, **of)

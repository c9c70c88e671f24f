from __future__ import annotations

import datetime as dt
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from hubs import tenancy
from hubs.models import Hub, Membership, Role, User
from hubs.permissions import NotAllowed
from tests import factories, work
from tests.locks import begin_meanwhile
from tests.workgroups.visits import a_log, at, entries_of, group_of, place_in
from workgroups import visiting
from workgroups.agreed_actions import mark_action_done, mark_action_open, open_actions
from workgroups.models import AgreedAction, Place


@pytest.fixture
def place(hub: Hub, specialist: User) -> Place:
    return place_in(group_of(hub, specialist))


@pytest.fixture
def actor(specialist: User, hub: Hub) -> Membership:
    return factories.membership_of(specialist, hub)


@pytest.fixture
def action(place: Place) -> AgreedAction:
    return work.make_action(work.make_visit(place, starts_at=at("2026-10-06 09:30")), "Draw bars")


def mark(action: AgreedAction, actor: Membership, now: dt.datetime, *, done: bool = True) -> dt.date | None:
    with tenancy.use(action.hub_id):
        (mark_action_done if done else mark_action_open)(action=action, actor=actor, now=now)
        action.refresh_from_db()
        return action.done_on


def test_what_is_done_is_done_today_for_good(
    place: Place, action: AgreedAction, actor: Membership, now: dt.datetime
) -> None:
    assert mark(action, actor, now) == dt.date(2026, 11, 21)
    assert mark(action, actor, now + dt.timedelta(days=3)) == dt.date(2026, 11, 21)
    assert entries_of(place) == ["Done: Draw bars"]


def test_the_day_is_londons(action: AgreedAction, actor: Membership) -> None:
    assert mark(action, actor, dt.datetime(2027, 6, 1, 23, 30, tzinfo=dt.UTC)) == dt.date(2027, 6, 2)


def test_it_can_be_taken_back(place: Place, action: AgreedAction, actor: Membership, now: dt.datetime) -> None:
    assert mark(action, actor, now, done=False) is None
    mark(action, actor, now)
    assert mark(action, actor, now, done=False) is None
    assert entries_of(place) == ["Done: Draw bars", "Not done after all: Draw bars"]


def test_the_longest_agreed_comes_first(place: Place, action: AgreedAction, now: dt.datetime) -> None:
    with tenancy.use(place.hub):
        work.make_action(action.visit, "Older", agreed_at=now - dt.timedelta(days=100))
        work.make_action(action.visit, "Done", done_on=now.date())
        work.make_action(work.make_visit(place, term=2), "Newer", agreed_at=now + dt.timedelta(days=400))
        found = [one.text for one in open_actions(place)]
    assert found == ["Older", "Draw bars", "Newer"]


def test_only_who_leads_the_group_or_sees_all_says_so(
    hub: Hub, action: AgreedAction, finance: User, lead: User, now: dt.datetime
) -> None:
    other = factories.make_member(hub, Role.MASTERY_SPECIALIST, "Olga Other")
    group_of(hub, other)
    for person in (other, finance):
        with pytest.raises(NotAllowed):
            mark(action, factories.membership_of(person, hub), now)
    assert mark(action, factories.membership_of(lead, hub), now) is not None


@pytest.mark.django_db(transaction=True)
def test_what_is_done_while_the_visits_log_is_put_right_stays_done(
    place: Place, actor: Membership, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenancy.use(place.hub):
        visit = visiting.log_visit(place=place, term=1, number=1, log=a_log(), actor=actor, now=now)
        action = AgreedAction.objects.get()
        log = replace(visiting.log_of(visit), shared_note="Corrected.")

    def meanwhile() -> None:
        with tenancy.use(place.hub_id):
            mark_action_done(action=action, actor=actor, now=now)

    threads: list[Thread] = []
    write = AgreedAction.save

    def save(self: AgreedAction, **options: Any) -> None:
        """Between reading what was agreed and writing it, somebody says that it is done."""
        if not threads:
            threads.append(begin_meanwhile(meanwhile))
        write(self, **options)

    monkeypatch.setattr(AgreedAction, "save", save)
    with tenancy.use(place.hub):
        visiting.put_right_visit(visit=visit, log=log, reason="A slip.", actor=actor, now=now)
    threads[0].join()
    with tenancy.use(place.hub):
        assert AgreedAction.objects.get().done_on == dt.date(2026, 11, 21)
    assert "Done: Draw bars in every lesson" in entries_of(place)

from __future__ import annotations

import datetime as dt

import pytest

from hubs import tenancy, timeline
from hubs.models import Hub, Membership, User
from hubs.permissions import NotAllowed
from programmes import recruiting
from programmes.models import RecruitmentWindow, StageYear
from tests import factories


def developing(year: int = 2027) -> StageYear:
    return StageYear.objects.select_related("stage").get(stage__slug="primary-developing", year=year)


def set_window(actor: Membership, now: dt.datetime, *, year: int = 2027, **days: int) -> RecruitmentWindow:
    """Dates as days from now."""
    late = days.get("late")
    with tenancy.use(actor.hub):
        return recruiting.set_window(
            stage_year=developing(year),
            opens_at=now + dt.timedelta(days=days["opens"]),
            closes_at=now + dt.timedelta(days=days["closes"]),
            late_until=now + dt.timedelta(days=late) if late else None,
            actor=actor,
            now=now,
        )


def said_of(window: RecruitmentWindow) -> list[str]:
    with tenancy.use(window.hub):
        return [entry.text for entry in timeline.entries_of(window)]


def test_setting_dates_opens_recruitment(decider: Membership, now: dt.datetime) -> None:
    window = set_window(decider, now, opens=-1, closes=10)

    assert window.takes_expressions_at(now)
    assert window.hub == decider.hub
    assert said_of(window) == ["Set the dates of recruitment for Developing (primary), 2027/28."]


def test_moving_the_dates_keeps_the_window_and_what_was_sent(decider: Membership, now: dt.datetime) -> None:
    first = set_window(decider, now, opens=-10, closes=-1)
    sent = factories.make_expression(first)

    moved = set_window(decider, now, opens=-10, closes=5, late=9)

    assert moved.pk == first.pk == sent.window_id
    assert moved.takes_expressions_at(now)
    assert said_of(moved)[0] == "Changed the dates of recruitment for Developing (primary), 2027/28."


def test_a_window_may_not_overlap_the_other_years(decider: Membership, now: dt.datetime) -> None:
    set_window(decider, now, year=2026, opens=-10, closes=5)

    with pytest.raises(recruiting.Overlaps):
        set_window(decider, now, year=2027, opens=4, closes=20)


def test_the_late_days_count_as_open(decider: Membership, now: dt.datetime) -> None:
    set_window(decider, now, year=2026, opens=-10, closes=5, late=8)

    with pytest.raises(recruiting.Overlaps):
        set_window(decider, now, year=2027, opens=7, closes=20)


def test_a_window_may_open_the_moment_the_other_one_closes(decider: Membership, now: dt.datetime) -> None:
    set_window(decider, now, year=2026, opens=-10, closes=5)

    assert set_window(decider, now, year=2027, opens=5, closes=20).pk


def test_after_a_refusal_nothing_has_changed(decider: Membership, now: dt.datetime) -> None:
    set_window(decider, now, year=2026, opens=-10, closes=5)
    window = set_window(decider, now, year=2027, opens=6, closes=20)

    with pytest.raises(recruiting.Overlaps):
        set_window(decider, now, year=2027, opens=1, closes=20)

    with tenancy.use(decider.hub):
        assert RecruitmentWindow.objects.get(pk=window.pk).opens_at == window.opens_at
    assert len(said_of(window)) == 1


def test_another_hub_has_dates_of_its_own(
    decider: Membership, stranger: User, other_hub: Hub, now: dt.datetime
) -> None:
    ours = set_window(decider, now, opens=-1, closes=10)
    theirs = set_window(factories.membership_of(stranger, other_hub), now, opens=-1, closes=10)

    assert ours.pk != theirs.pk


def test_a_mastery_specialist_may_not_set_dates(specialist: User, hub: Hub, now: dt.datetime) -> None:
    with pytest.raises(NotAllowed, match="cannot open and close recruitment"):
        set_window(factories.membership_of(specialist, hub), now, opens=-1, closes=10)

    with tenancy.use(hub):
        assert not RecruitmentWindow.objects.exists()

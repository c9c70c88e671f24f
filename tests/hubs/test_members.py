from __future__ import annotations

import datetime as dt

import pytest

from hubs import members, tenancy, timeline
from hubs.models import Hub, Membership, Role, User
from hubs.permissions import NotAllowed
from tests.factories import make_member, membership_of
from tests.locks import begin_meanwhile

TODAY = dt.date(2026, 11, 21)


def current(user: User, hub: Hub) -> Membership:
    return hub.memberships.active_on(TODAY).get(user=user)


def roles_of(user: User, hub: Hub) -> list[tuple[str, dt.date, dt.date | None]]:
    return list(hub.memberships.filter(user=user).order_by("pk").values_list("role", "starts_on", "ends_on"))


def entries(hub: Hub) -> list[str]:
    with tenancy.use(hub):
        return [entry.text for entry in timeline.entries_of(hub)]


def change(user: User, role: Role, by: User, hub: Hub, now: dt.datetime) -> Membership:
    with tenancy.use(hub):
        return members.change_role(membership=current(user, hub), role=role, actor=membership_of(by, hub), now=now)


def end(user: User, by: User, hub: Hub, now: dt.datetime) -> Membership:
    with tenancy.use(hub):
        return members.end_membership(membership=current(user, hub), actor=membership_of(by, hub), now=now)


def test_a_new_role_ends_the_old_membership_and_begins_another_the_same_day(
    hub: Hub, administrator: User, specialist: User, now: dt.datetime
) -> None:
    change(specialist, Role.HUB_LEAD, administrator, hub, now)
    assert roles_of(specialist, hub) == [
        ("mastery_specialist", dt.date(2020, 9, 1), TODAY),
        ("hub_lead", TODAY, None),
    ]
    assert entries(hub) == ["Changed the role of Mina Specialist from Mastery Specialist to Hub lead."]


def test_a_role_can_be_changed_twice_on_one_day(
    hub: Hub, administrator: User, specialist: User, now: dt.datetime
) -> None:
    change(specialist, Role.HUB_LEAD, administrator, hub, now)
    change(specialist, Role.ASSISTANT_LEAD, administrator, hub, now)
    assert current(specialist, hub).role == Role.ASSISTANT_LEAD
    assert len(roles_of(specialist, hub)) == 3


def test_the_same_role_again_changes_nothing(hub: Hub, administrator: User, specialist: User, now: dt.datetime) -> None:
    before = current(specialist, hub)
    assert change(specialist, Role.MASTERY_SPECIALIST, administrator, hub, now) == before
    assert entries(hub) == []


def test_a_day_is_a_day_in_london(hub: Hub, administrator: User, specialist: User) -> None:
    just_after_midnight_in_july = dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)
    with tenancy.use(hub):
        ended = members.end_membership(
            membership=membership_of(specialist, hub),
            actor=membership_of(administrator, hub),
            now=just_after_midnight_in_july,
        )
    assert ended.ends_on == dt.date(2026, 7, 1)


def test_an_ended_membership_no_longer_holds_from_that_very_day(
    hub: Hub, administrator: User, specialist: User, now: dt.datetime
) -> None:
    end(specialist, administrator, hub, now)
    assert not hub.memberships.active_on(TODAY).filter(user=specialist).exists()
    assert hub.memberships.active_on(TODAY - dt.timedelta(days=1)).filter(user=specialist).exists()
    assert entries(hub) == ["Ended the membership of Mina Specialist, Mastery Specialist."]


def test_ending_a_membership_twice_keeps_the_first_day(
    hub: Hub, administrator: User, specialist: User, now: dt.datetime
) -> None:
    ended = end(specialist, administrator, hub, now)
    with tenancy.use(hub):
        again = members.end_membership(
            membership=ended, actor=membership_of(administrator, hub), now=now + dt.timedelta(days=9)
        )
    assert again.ends_on == TODAY
    assert len(entries(hub)) == 1


def test_the_last_administrator_can_neither_leave_nor_be_demoted(
    hub: Hub, administrator: User, lead: User, now: dt.datetime
) -> None:
    with pytest.raises(members.LastAdministrator, match="nobody else is an administrator of Northvale Maths Hub"):
        end(administrator, administrator, hub, now)
    with pytest.raises(members.LastAdministrator, match="Make another member an administrator first"):
        change(administrator, Role.HUB_LEAD, administrator, hub, now)
    assert roles_of(administrator, hub) == [("administrator", dt.date(2020, 9, 1), None)]
    assert entries(hub) == []


def test_an_administrator_of_another_hub_does_not_count(
    hub: Hub, administrator: User, stranger: User, now: dt.datetime
) -> None:
    with pytest.raises(members.LastAdministrator):
        end(administrator, administrator, hub, now)


def test_an_administrator_may_leave_when_there_is_another_one(hub: Hub, administrator: User, now: dt.datetime) -> None:
    make_member(hub, Role.ADMINISTRATOR, "Bea Second")
    end(administrator, administrator, hub, now)
    assert not hub.memberships.active_on(TODAY).filter(user=administrator).exists()


@pytest.mark.parametrize("role", [Role.HUB_LEAD, Role.ASSISTANT_LEAD, Role.MASTERY_SPECIALIST])
def test_only_an_administrator_manages_members(
    hub: Hub, administrator: User, specialist: User, now: dt.datetime, role: Role
) -> None:
    other = make_member(hub, role, "Olga Other")
    with pytest.raises(NotAllowed, match="cannot manage the hub's members"):
        change(specialist, Role.ADMINISTRATOR, other, hub, now)
    with pytest.raises(NotAllowed):
        end(administrator, other, hub, now)
    assert entries(hub) == []


def test_a_membership_of_another_hub_is_out_of_reach(
    hub: Hub, other_hub: Hub, administrator: User, stranger: User, now: dt.datetime
) -> None:
    make_member(other_hub, Role.ADMINISTRATOR, "Second Stranger")
    with tenancy.use(hub), pytest.raises(Membership.DoesNotExist):
        members.end_membership(
            membership=membership_of(stranger, other_hub), actor=membership_of(administrator, hub), now=now
        )
    assert current(stranger, other_hub).ends_on is None


def test_who_has_lost_the_membership_meanwhile_changes_nothing(
    hub: Hub, administrator: User, specialist: User, now: dt.datetime
) -> None:
    second = make_member(hub, Role.ADMINISTRATOR, "Bea Second")
    stale = membership_of(second, hub)
    end(second, administrator, hub, now)
    with tenancy.use(hub), pytest.raises(NotAllowed, match="no longer a member of Northvale Maths Hub"):
        members.end_membership(membership=membership_of(specialist, hub), actor=stale, now=now)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_remove_each_other_at_the_same_moment_cannot_both_succeed(
    hub: Hub, administrator: User, now: dt.datetime
) -> None:
    second = make_member(hub, Role.ADMINISTRATOR, "Bea Second")
    first_membership, second_membership = membership_of(administrator, hub), membership_of(second, hub)
    refusals: list[Exception] = []

    def second_removes_first() -> None:
        try:
            with tenancy.use(hub):
                members.end_membership(membership=first_membership, actor=second_membership, now=now)
        except (NotAllowed, members.LastAdministrator) as refusal:
            refusals.append(refusal)

    with tenancy.use(hub):
        members.end_membership(membership=second_membership, actor=first_membership, now=now)
        other = begin_meanwhile(second_removes_first)
    other.join()
    assert len(refusals) == 1
    assert [one.user for one in hub.memberships.active_on(TODAY)] == [administrator]

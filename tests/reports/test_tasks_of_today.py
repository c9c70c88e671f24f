from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from hubs.models import Hub, Membership, Role
from reports.home import Counts, Overdue
from reports.tasks_of_today import tasks
from tests import factories

TODAY = dt.date(2026, 11, 27)
_NONE: dict[str, Any] = {
    name: None if name.endswith(("_since", "_on", "_by")) else 0 for name in Counts.__dataclass_fields__
}
NOTHING = Counts(**_NONE)
SINCE = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.fixture
def members(hub: Hub) -> dict[str, Membership]:
    return {
        role: factories.membership_of(factories.make_member(hub, role, f"Somebody {role.label}"), hub) for role in Role
    }


def listed(member: Membership, overdue: Overdue | None = None, **counted: Any) -> list[str]:
    found = tasks(member, replace(NOTHING, **counted), overdue=overdue, closing=[], today=TODAY)
    return [one.text for one in found]


def test_nothing_is_no_task(members: dict[str, Membership]) -> None:
    assert not any(listed(member, Overdue(0, 0)) for member in members.values())


@pytest.mark.parametrize(
    ("counted", "text", "who"),
    [
        ({"to_decide": 1, "to_decide_since": SINCE}, "1 expression of interest to decide", "administrator lead"),
        ({"unanswered": 2, "answer_by": TODAY}, "2 offers not answered yet", "administrator lead"),
        ({"without_group": 3}, "3 schools wait for a Work Group", "administrator lead"),
        ({"attendance_missing": 1, "attendance_since": SINCE}, "1 meeting without attendance", "administrator lead"),
        (
            {"host_gone": 1, "host_gone_meeting": 7},
            "1 meeting at a school that has left: choose another host",
            "administrator lead",
        ),
        ({"claims_due": 2, "claim_on": TODAY}, "2 grants to claim soon", "administrator lead"),
        ({"to_approve": 1, "to_approve_pence": 5}, "1 grant to approve", "administrator lead finance"),
        ({"to_pay": 2, "to_pay_pence": 5}, "2 approved grants to put on a payment list", "administrator finance"),
        ({"lists_to_pay": 1}, "1 payment list to pay", "administrator finance"),
        ({"troubled": 2, "troubled_since": SINCE}, "2 messages to look at", "administrator lead"),
        ({"to_confirm": 1}, "1 school change to confirm", "administrator lead"),
    ],
)
def test_a_task_is_told_to_those_who_may_do_it(
    members: dict[str, Membership], counted: dict[str, Any], text: str, who: str
) -> None:
    told = {role for role, member in members.items() if listed(member, **counted) == [text]}
    untold = {role for role, member in members.items() if not listed(member, **counted)}

    leads = {Role.HUB_LEAD, Role.ASSISTANT_LEAD}
    expected = {role for role in Role if role.value in who.split() or ("lead" in who.split() and role in leads)}
    assert (told, untold) == (expected, set(Role) - expected)


def test_overdue_visits_are_counted_with_their_schools(members: dict[str, Membership]) -> None:
    (task,) = tasks(members[Role.HUB_LEAD], NOTHING, overdue=Overdue(3, 2), closing=[], today=TODAY)

    assert (task.text, task.detail) == ("3 support visits are overdue", "To 2 schools. The term is nearly over.")


def test_dates_stand_with_the_distance_from_today(members: dict[str, Membership]) -> None:
    found = replace(NOTHING, to_decide=4, to_decide_since=SINCE, to_approve=2, to_approve_pence=200_050)
    decide, approve = tasks(members[Role.ADMINISTRATOR], found, overdue=None, closing=[], today=TODAY)

    assert decide.detail == "The oldest has waited since Friday 20 November 2026 (7 days ago)."
    assert decide.url.endswith("/expressions/?state=submitted&sort=received")
    assert approve.detail == "£2,000.50 together."

"""What needs a member today, as the home lists it: what waits, since when, and the page one click from doing it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

from hubs.models import Membership
from hubs.permissions import may
from hubs.wording import day, from_today, moment, pounds
from programmes.models import RecruitmentWindow
from reports.home import Counts, Overdue
from workgroups.group_forms import ALL_YEARS


@dataclass(frozen=True)
class Task:
    """Something to be done."""

    text: str
    url: str
    detail: str = ""


def tasks(
    membership: Membership,
    found: Counts,
    *,
    overdue: Overdue | None,
    closing: Sequence[RecruitmentWindow],
    today: dt.date,
) -> list[Task]:
    """What waits in the hub and the member may do something about, as it stands on the home from top to bottom."""
    listed: list[Task] = []
    if may(membership, "view_expressions"):
        listed += _of_expressions(membership, found, today)
    if may(membership, "view_groups"):
        listed += _of_groups(membership, found, overdue, today)
    if may(membership, "view_money"):
        listed += _of_money(membership, found, today)
    if may(membership, "view_messages") and found.troubled:
        it = "It" if found.troubled == 1 else "They"
        listed.append(
            Task(_of(found.troubled, "message to look at", "messages to look at"), _url(membership, "message_list"),
                 f"{it} may not have arrived.")
        )  # fmt: skip
    if may(membership, "maintain_schools") and found.to_confirm:
        detail = "The register leaves in doubt who went on as whom."
        if found.to_confirm_added:
            detail = f"The register may know {_of(found.to_confirm_added, 'school')} that you added."
        text = _of(found.to_confirm, "school change to confirm", "school changes to confirm")
        listed.append(Task(text, _url(membership, "school_changes"), detail))
    for window in closing:
        url = _url(membership, "recruitment_dates", window.stage_year_id)
        text = f"Recruitment for {window.stage_year} closes {from_today(window.closes_at, today)}"
        listed.append(Task(text, url, f"On {moment(window.closes_at)}."))
    return listed


def _of_expressions(membership: Membership, found: Counts, today: dt.date) -> Iterator[Task]:
    url = _url(membership, "expression_list")
    if found.to_decide:
        since = found.to_decide_since
        detail = f"The oldest has waited since {day(since)} ({from_today(since, today)})."
        text = _of(found.to_decide, "expression of interest to decide", "expressions of interest to decide")
        yield Task(text, f"{url}?state=submitted&sort=received", detail)
    if found.unanswered:
        first = found.answer_by
        detail = f"The first was asked to answer by {day(first)} ({from_today(first, today)})." if first else ""
        text = _of(found.unanswered, "offer not answered yet", "offers not answered yet")
        yield Task(text, f"{url}?state=offered&sort=received", detail)


def _of_groups(membership: Membership, found: Counts, overdue: Overdue | None, today: dt.date) -> Iterator[Task]:
    if found.without_group:
        text = _of(found.without_group, "school waits for a Work Group", "schools wait for a Work Group")
        # Of next year's, too.
        url = f"{_url(membership, 'group_list')}?year={ALL_YEARS}"
        yield Task(text, url, "Choose a group, then add the schools near its Specialist.")
    if overdue and overdue.count:
        text = _of(overdue.count, "support visit is overdue", "support visits are overdue")
        detail = f"To {_of(overdue.places, 'school')}. The term is nearly over."
        yield Task(text, f"{_url(membership, 'visit_list')}?state=overdue", detail)
    if found.host_gone:
        at = _of(found.host_gone, "meeting at a school that has left", "meetings at schools that have left")
        detail = "The lead teachers are still sent there."
        if found.host_gone > 1:
            detail = f"{detail} The next one comes first, then the others."
        url = _url(membership, "meeting_change", found.host_gone_meeting)
        yield Task(f"{at}: choose another host", url, detail)
    if found.attendance_missing:
        since = found.attendance_since
        text = _of(found.attendance_missing, "meeting without attendance", "meetings without attendance")
        detail = f"The first was on {day(since)} ({from_today(since, today)})."
        yield Task(text, f"{_url(membership, 'meeting_list')}?when=record", detail)


def _of_money(membership: Membership, found: Counts, today: dt.date) -> Iterator[Task]:
    url = _url(membership, "grant_list")
    if found.claims_due and may(membership, "change_money"):
        first = found.claim_on
        text = _of(found.claims_due, "grant to claim soon", "grants to claim soon")
        detail = f"The first is to be claimed by {day(first)} ({from_today(first, today)}). Say which are due."
        yield Task(text, f"{url}?state=expected&year=all", detail)
    if found.to_approve and may(membership, "approve_money"):
        text = _of(found.to_approve, "grant to approve", "grants to approve")
        yield Task(text, f"{url}?state=due&year=all", f"{pounds(found.to_approve_pence)} together.")
    if found.to_pay and may(membership, "pay_money"):
        text = _of(found.to_pay, "approved grant to put on a payment list", "approved grants to put on a payment list")
        yield Task(text, _url(membership, "payment_lists"), f"{pounds(found.to_pay_pence)} together.")
    if found.lists_to_pay and may(membership, "pay_money"):
        text = _of(found.lists_to_pay, "payment list to pay", "payment lists to pay")
        yield Task(text, _url(membership, "payment_lists"), "Mark it as paid when the finance office has paid.")


def _of(count: int, one: str, several: str = "") -> str:
    """A count with its noun: "1 school", "3 schools"."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"


def _url(membership: Membership, name: str, *arguments: object) -> str:
    return reverse(name, args=[membership.hub.slug, *arguments])

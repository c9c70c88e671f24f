from __future__ import annotations

import datetime as dt
import re
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from correspondence.reminders import Rule, Wanted
from funding import granting
from funding.models import Grant, GrantEvent, GrantState
from funding.reminders import CLAIM_DUE, CLAIM_TO_APPROVE
from hubs import tenancy
from hubs.models import Hub, Membership, Role, User
from tests import factories, work
from tests.work import LONDON
from tests.workgroups.views.pages import ClientOf
from workgroups.models import Place, PlaceState

NOW = dt.datetime(2027, 1, 4, 12, 0, tzinfo=LONDON)
# A Monday.
CLAIM_ON = dt.date(2027, 3, 1)
# A Friday.
DUE_SINCE = dt.datetime(2027, 3, 5, 15, 0, tzinfo=LONDON)


def at(month: int, day: int, hour: int = 7, minute: int = 30) -> dt.datetime:
    return dt.datetime(2027, month, day, hour, minute, tzinfo=LONDON)


def expected(hub: Hub, claim_on: dt.date = CLAIM_ON, amount_pence: int = 100_000) -> Grant:
    return work.make_grant(work.make_place(hub, year=2026), claim_on=claim_on, amount_pence=amount_pence)


def became_due(
    hub: Hub, since: dt.datetime = DUE_SINCE, *, set_by: User | None = None, marked_by: User | None = None
) -> Grant:
    grant = expected(hub)
    with tenancy.use(hub):
        Grant.objects.filter(pk=grant.pk).update(state=GrantState.DUE, amount_changed_by=set_by)
        event = {"hub": hub, "grant": grant, "amount_pence": 100_000, "happened_at": since}
        if set_by:
            GrantEvent.objects.create(
                **event, kind="amount_changed", amount_before_pence=90_000, reason="More.", actor=set_by,
                actor_name=set_by.name,
            )  # fmt: skip
        GrantEvent.objects.create(**event, kind="due", actor=marked_by, actor_name="Ada")
    return grant


def wishes(rule: Rule, hub: Hub, now: dt.datetime = NOW) -> list[Wanted]:
    """What a rule wants that is still of use."""
    with tenancy.use(hub):
        return [one for one in rule(now=now, until=now + dt.timedelta(days=400)) if one.useless_at > now]


# --- To claim ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim_on", "due"),
    [
        (CLAIM_ON, "Mon 15 Feb 07:30"),
        # Two weeks before is at a weekend.
        (dt.date(2027, 2, 28), "Fri 12 Feb 07:30"),
        # The clocks change in between, on 28 March.
        (dt.date(2027, 4, 1), "Thu 18 Mar 07:30"),
    ],
)
def test_claims_are_due_two_weeks_before_their_day(hub: Hub, lead: User, claim_on: dt.date, due: str) -> None:
    expected(hub, claim_on)

    assert [f"{one.due_at:%a %d %b %H:%M}" for one in wishes(CLAIM_DUE, hub)] == [due]


def test_those_who_change_money_get_one_mail_for_all_claims_of_a_day(
    hub: Hub, administrator: User, lead: User, finance: User, specialist: User
) -> None:
    expected(hub, amount_pence=100_000)
    expected(hub, amount_pence=50_050)
    alone = expected(hub, dt.date(2027, 3, 2))

    found = wishes(CLAIM_DUE, hub)

    assert [(one.slot, one.recipient) for one in found] == [
        (f"claim-due:2027-03-01:member-{administrator.pk}", administrator.email),
        (f"claim-due:2027-03-01:member-{lead.pk}", lead.email),
        (f"claim-due:grant-{alone.pk}:member-{administrator.pk}", administrator.email),
        (f"claim-due:grant-{alone.pk}:member-{lead.pk}", lead.email),
    ]
    assert found[0].subject == "2 grants are to be claimed by 1 March 2027"
    assert "£1,500.50 in all" in found[0].text
    assert "/console/northvale/money/?state=expected" in found[0].text
    assert found[0].about is None
    assert found[2].subject == "One grant is to be claimed by 2 March 2027"
    assert found[2].about == alone


@pytest.mark.parametrize("state", [GrantState.DUE, GrantState.WITHHELD])
def test_a_claim_goes_when_the_grant_is_due_or_withheld(hub: Hub, lead: User, state: GrantState) -> None:
    grant, other = expected(hub), expected(hub)
    assert wishes(CLAIM_DUE, hub)[0].subject.startswith("2 grants are")
    why = {"withheld_reason": "It left."} if state == GrantState.WITHHELD else {}
    with tenancy.use(hub):
        Grant.objects.filter(pk=grant.pk).update(state=state, **why)
    assert wishes(CLAIM_DUE, hub)[0].about == other

    with tenancy.use(hub):
        Grant.objects.filter(pk=other.pk).update(state=state, **why)
    assert wishes(CLAIM_DUE, hub) == []


def test_a_school_that_has_left_claims_nothing(hub: Hub, lead: User) -> None:
    left, other = expected(hub), expected(hub)
    with tenancy.use(hub):
        Place.objects.filter(pk=left.place_id).update(state=PlaceState.LEFT)

    assert [one.about for one in wishes(CLAIM_DUE, hub)] == [other]


def test_the_claim_of_one_grant_is_the_same_one_on_another_day(hub: Hub, lead: User) -> None:
    grant = expected(hub)
    (before,) = wishes(CLAIM_DUE, hub)
    with tenancy.use(hub):
        Grant.objects.filter(pk=grant.pk).update(claim_on=dt.date(2027, 3, 8))

    (after,) = wishes(CLAIM_DUE, hub)

    assert (after.slot, after.occurrence) == (before.slot, "2027-03-08")


def test_the_last_claim_of_a_day_is_not_asked_for_anew(hub: Hub, lead: User) -> None:
    grant = expected(hub)
    expected(hub)
    (both,) = wishes(CLAIM_DUE, hub)
    with tenancy.use(hub):
        Grant.objects.filter(pk=grant.pk).update(state=GrantState.DUE)

    (one,) = wishes(CLAIM_DUE, hub)

    assert one.key == both.key


@pytest.mark.parametrize(("now", "wanted"), [(at(3, 29, 7, 29), True), (at(3, 29, 7, 30), False)])
def test_a_claim_is_of_use_for_four_weeks_after_its_day(hub: Hub, lead: User, now: dt.datetime, wanted: bool) -> None:
    expected(hub)

    assert bool(wishes(CLAIM_DUE, hub, now)) == wanted


# --- To approve -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (DUE_SINCE, "Fri 12 Mar 07:30"),
        (DUE_SINCE + dt.timedelta(days=1), "Mon 15 Mar 07:30"),
        (at(3, 24), "Wed 31 Mar 07:30"),
        # Late in the evening it is another day in UTC in summer.
        (at(3, 31, 0, 30), "Wed 07 Apr 07:30"),
    ],
)
def test_what_is_not_approved_for_a_week_is_asked_for(hub: Hub, lead: User, since: dt.datetime, due: str) -> None:
    became_due(hub, since)

    assert [f"{one.due_at:%a %d %b %H:%M}" for one in wishes(CLAIM_TO_APPROVE, hub)] == [due]


def test_those_who_approve_are_asked_for_what_they_may_approve(
    hub: Hub, administrator: User, lead: User, finance: User, specialist: User
) -> None:
    became_due(hub, set_by=administrator)
    other = became_due(hub)

    found = {one.recipient: one for one in wishes(CLAIM_TO_APPROVE, hub)}

    assert set(found) == {administrator.email, lead.email, finance.email}
    assert found[administrator.email].subject == "One grant has waited to be approved since 5 March 2027"
    assert found[administrator.email].about == other
    assert found[finance.email].subject == "2 grants have waited to be approved since 5 March 2027"
    assert "£2,000 in all" in found[finance.email].text
    assert "/console/northvale/money/?state=due" in found[finance.email].text


def test_who_marked_a_grant_as_due_is_not_asked_to_approve_it(hub: Hub, administrator: User, lead: User) -> None:
    became_due(hub, marked_by=administrator)

    assert {one.recipient for one in wishes(CLAIM_TO_APPROVE, hub)} == {lead.email}


def test_who_has_left_is_not_asked(hub: Hub, lead: User) -> None:
    became_due(hub)
    expected(hub)
    Membership.objects.filter(user=lead).update(ends_on=NOW.date())

    assert wishes(CLAIM_TO_APPROVE, hub) == wishes(CLAIM_DUE, hub) == []


def test_the_day_on_which_it_last_became_due_counts_and_approving_ends_it(
    hub: Hub, lead: User, administrator: User
) -> None:
    grant = became_due(hub)
    with tenancy.use(hub):
        GrantEvent.objects.create(
            hub=hub, grant=grant, kind="due", amount_pence=100_000, happened_at=at(3, 10), actor_name="Ada"
        )
    assert wishes(CLAIM_TO_APPROVE, hub)[0].occurrence == "2027-03-10"

    with tenancy.use(hub):
        Grant.objects.filter(pk=grant.pk).update(
            state=GrantState.APPROVED, approved_by=administrator, approved_at=at(3, 11)
        )
    assert wishes(CLAIM_TO_APPROVE, hub) == []


def test_an_approval_that_a_changed_amount_takes_back_is_asked_for_again(
    hub: Hub, ada: Membership, leo: Membership, finance: User
) -> None:
    grant = became_due(hub)
    (before, *_) = wishes(CLAIM_TO_APPROVE, hub)
    with tenancy.use(hub):
        granting.approve(grant=grant, actor=leo, now=at(3, 8))
        granting.change_amount(grant=grant, amount_pence=90_000, reason="Less.", actor=ada, now=at(4, 8))

    found = wishes(CLAIM_TO_APPROVE, hub, at(4, 8))

    assert {one.recipient for one in found} == {leo.user.email, finance.email}
    assert found[0].subject == "One grant has waited to be approved since 8 April 2027"
    assert "to be approved since 8 April 2027" in found[0].text and "became due on Thu" not in found[0].text
    assert f"{found[0].due_at:%a %d %b %H:%M}" == "Thu 15 Apr 07:30"
    assert before.slot == f"claim-to-approve:grant-{grant.pk}:member-{ada.user_id}"
    assert {one.slot for one in found} == {
        f"claim-to-approve:grant-{grant.pk}:member-{pk}" for pk in (leo.user_id, finance.pk)
    }


def test_the_last_to_approve_of_a_day_is_not_asked_for_anew(hub: Hub, leo: Membership) -> None:
    grant = became_due(hub)
    became_due(hub)
    (both,) = wishes(CLAIM_TO_APPROVE, hub)
    with tenancy.use(hub):
        granting.approve(grant=grant, actor=leo, now=at(3, 8))

    (one,) = wishes(CLAIM_TO_APPROVE, hub)

    assert one.key == both.key


@pytest.mark.parametrize(("rule", "state"), [(CLAIM_DUE, GrantState.EXPECTED), (CLAIM_TO_APPROVE, GrantState.DUE)])
def test_the_link_leads_to_the_grants_whichever_year_they_are_of(
    hub: Hub, lead: User, client_of: ClientOf, rule: Rule, state: GrantState
) -> None:
    years, today = (work.this_year() - 1, work.this_year()), timezone.localdate()
    grants = [work.make_grant(work.make_place(hub, year=year), state=state, claim_on=today) for year in years]
    with tenancy.use(hub):
        for grant in grants:
            event = {"hub": hub, "grant": grant, "amount_pence": 100_000, "happened_at": timezone.now()}
            GrantEvent.objects.create(**event, kind="due", actor_name="Ada")

    (wish,) = wishes(rule, hub, timezone.now())

    (link,) = re.findall(r"/console/\S+", wish.text)
    assert set(client_of(lead).get(link).context["page"]) == set(grants)


@pytest.mark.parametrize("rule", [CLAIM_DUE, CLAIM_TO_APPROVE])
def test_as_many_queries_for_three_days_as_for_one(hub: Hub, lead: User, administrator: User, rule: Rule) -> None:
    numbers = count(1)

    def queries() -> int:
        number = next(numbers)
        expected(hub, CLAIM_ON + dt.timedelta(days=number))
        became_due(hub, DUE_SINCE + dt.timedelta(days=number), set_by=administrator)
        with tenancy.use(hub), CaptureQueriesContext(connection) as captured:
            found = list(rule(now=NOW, until=NOW + dt.timedelta(days=400)))
        assert len(found) >= number
        return len(captured)

    factories.make_member(hub, Role.HUB_LEAD, "Lena Lead")
    assert queries() == queries() == queries()

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from funding import granting
from funding.models import Grant, GrantState
from hubs import tenancy
from hubs.models import Hub, Membership, User
from tests import factories, work
from tests.funding.views.pages import approved_by, leave, make_grant, make_grant_without_group, page, state_of
from tests.workgroups.views.pages import ClientOf, day_boxes, queries_of, said, text_of

WHY = "Half a year only."
FORMS = ["grant_amount", "grant_claim_day", "grant_not_due", "grant_withhold", "grant_reinstate"]


@pytest.fixture
def leads(client_of: ClientOf, lead: User) -> Client:
    """The hub lead's browser."""
    return client_of(lead)


@pytest.fixture
def pays(client_of: ClientOf, finance: User) -> Client:
    """The finance officer's browser."""
    return client_of(finance)


# --- The list --------------------------------------------------------------------------------------


def test_the_list_shows_the_sums_by_state_and_each_grant(leads: Client, hub: Hub) -> None:
    make_grant(hub)
    make_grant(hub, "Birch Road", amount_pence=75_050, state=GrantState.DUE)
    make_grant(hub, "Cedar Hill", state=GrantState.DUE)

    response = leads.get(page("grant_list", hub))

    assert {figure.label: figure.value for figure in response.context["figures"]} == {
        "Expected: 1 grant": "£1,000",
        "Due: 2 grants": "£1,750.50",
        "Approved: 0 grants": "£0",
        "Paid: 0 grants": "£0",
        "Withheld: 0 grants": "£0",
    }
    assert "3 grants, £2,750.50" in text_of(response)
    assert [grant.name_now for grant in response.context["page"]] == [
        "Ash Lane Primary School",
        "Birch Road",
        "Cedar Hill",
    ]


def test_the_list_is_of_this_year_until_another_one_is_chosen(leads: Client, hub: Hub) -> None:
    now_grant = make_grant(hub)
    old_place = work.make_place(hub, factories.make_school("Old Mill"), year=work.this_year() - 1)
    old = work.make_grant(old_place)

    def shown(query: str) -> list[Grant]:
        return list(leads.get(page("grant_list", hub, query=query)).context["page"])

    assert shown("") == [now_grant]
    assert shown(f"year={work.this_year() - 1}") == [old]
    assert shown("year=all") == [now_grant, old]
    assert shown("year=1066") == shown("year=x&state=y&stage=z&sort=w&page=9&q=%00") == [now_grant]


def test_the_list_filters_and_says_when_nothing_matches(leads: Client, hub: Hub) -> None:
    make_grant(hub)
    make_grant(hub, "Birch Road", state=GrantState.DUE)

    response = leads.get(page("grant_list", hub, query="state=due&q=birch"))

    assert "1 grant, £1,000" in text_of(response)
    assert "Nothing matches" in text_of(leads.get(page("grant_list", hub, query="q=nowhere")))


def test_an_empty_list_says_how_grants_come_about(pays: Client, hub: Hub) -> None:
    assert "A grant is awarded by itself when a school accepts its place" in text_of(pays.get(page("grant_list", hub)))


def test_a_school_that_left_and_a_day_that_is_past_are_marked(leads: Client, hub: Hub) -> None:
    leave(make_grant(hub))
    make_grant(hub, "Birch Road", claim_on=timezone.localdate() - dt.timedelta(days=1))

    shown = text_of(leads.get(page("grant_list", hub)))
    assert ("School has left" in shown, "Late" in shown) == (True, True)
    assert "Not in a group" not in shown
    make_grant_without_group(hub, "Cedar Road")
    assert "Not in a group" in text_of(leads.get(page("grant_list", hub)))


def test_who_may_only_approve_ticks_to_approve(leads: Client, pays: Client, hub: Hub) -> None:
    make_grant(hub, state=GrantState.DUE)
    make_grant(hub, "Birch Road")

    to_lead, to_finance = (text_of(browser.get(page("grant_list", hub))) for browser in (leads, pays))

    for words in ("Approve ticked", "Approve the 1 that is due"):
        assert words in to_lead and words in to_finance
    for words in ("Mark ticked as due", "Mark the 1 that is expected as due", "Award a grant by hand"):
        assert words in to_lead and words not in to_finance


@pytest.mark.django_db(transaction=True)
def test_a_list_of_any_length_takes_the_same_few_queries(leads: Client, hub: Hub) -> None:
    make_grant(hub)
    one = queries_of(leads, page("grant_list", hub))
    for number in range(2):
        former = make_grant(hub, f"School {number}").place.school
        factories.go_on_as(former, factories.make_school(f"Academy {number}"))
    assert queries_of(leads, page("grant_list", hub)) == one <= 10


# --- One grant -------------------------------------------------------------------------------------


def test_a_grant_says_what_it_is_for_word_for_word_and_how_much_release_is_used(
    leads: Client, hub: Hub, lead: User
) -> None:
    group = work.make_group(hub, "North group")
    place = work.make_place(hub, factories.make_school("Ash Lane"), group=group)
    grant = work.make_grant(place, condition="Both teachers attend.\nThe school <reports>.")
    work.make_release(place, 3)

    response = leads.get(page("grant", hub, grant.pk))

    shown = text_of(response)
    assert "Both teachers attend. The school <reports>." in shown
    assert "1½ days of the 10 days promised" in shown
    assert page("place", hub, place.pk) in response.content.decode()
    assert page("release_of_place", hub, place.pk) in response.content.decode()


def test_a_finance_officer_reads_of_a_school_what_money_needs_and_is_led_to_no_page_that_is_closed_to_her(
    pays: Client, hub: Hub
) -> None:
    place = work.make_place(hub, factories.make_school("Ash Lane"), group=work.make_group(hub, "North group"))
    grant = work.make_grant(place)

    response = pays.get(page("grant", hub, grant.pk))

    assert "Ash Lane" in text_of(response)
    shown = response.content.decode()
    for closed in ("place", "release_of_place"):
        assert page(closed, hub, place.pk) not in shown
    for name in FORMS:
        assert page(name, hub, grant.pk) not in shown


@pytest.mark.parametrize(
    ("state", "leads_to", "not_to"),
    [
        ("expected", ["grants_due", "grant_amount", "grant_claim_day", "grant_withhold"], ["grants_approve"]),
        ("due", ["grants_approve", "grant_not_due", "grant_amount", "grant_withhold"], ["grant_reinstate"]),
        ("approved", ["grant_amount", "grant_withhold"], ["grants_approve", "grants_due"]),
        ("withheld", ["grant_reinstate"], ["grant_amount", "grant_withhold", "grants_due"]),
        ("paid", [], ["grant_amount", "grant_withhold", "grants_due", "grants_approve", "grant_reinstate"]),
    ],
)
def test_a_grant_offers_what_can_be_done_now(
    leads: Client, hub: Hub, administrator: User, state: str, leads_to: list[str], not_to: list[str]
) -> None:
    fields: dict[str, Any] = approved_by(administrator) if state in ("approved", "paid") else {}
    reason = WHY if state == "withheld" else ""
    grant = make_grant(hub, **{**fields, "state": state, "withheld_reason": reason})

    shown = leads.get(page("grant", hub, grant.pk)).content.decode()

    def address(name: str) -> str:
        return page(name, hub) if name.startswith("grants_") else page(name, hub, grant.pk)

    assert [name for name in leads_to if address(name) not in shown] == []
    assert [name for name in not_to if address(name) in shown] == []


def test_who_set_the_amount_is_told_who_can_approve_it(
    leads: Client, hub: Hub, leo: Membership, administrator: User, finance: User
) -> None:
    grant = make_grant(hub, state=GrantState.DUE)
    with tenancy.use(hub):
        granting.change_amount(grant=grant, amount_pence=1, reason=WHY, actor=leo, now=timezone.now())

    shown = text_of(leads.get(page("grant", hub, grant.pk)))

    assert "so somebody else has to approve it. One of these can: Ada Administrator, Fola Finance." in shown
    assert "Approve £0.01" not in shown


def test_who_marked_it_as_due_is_told_who_can_approve_it(
    leads: Client, hub: Hub, leo: Membership, administrator: User
) -> None:
    grant = make_grant(hub)
    with tenancy.use(hub):
        granting.mark_due(grant=grant, actor=leo, now=timezone.now())

    shown = text_of(leads.get(page("grant", hub, grant.pk)))
    assert "You marked it as due on" in shown
    assert "so somebody else has to approve it. This person can: Ada Administrator." in shown
    assert "Approve £1,000" not in shown


def test_where_nobody_else_may_approve_the_page_says_who_can_be_given_the_role(
    leads: Client, hub: Hub, leo: Membership
) -> None:
    grant = make_grant(hub)
    with tenancy.use(hub):
        granting.mark_due(grant=grant, actor=leo, now=timezone.now())

    assert (
        "Nobody else in the hub can at present. A hub administrator can give somebody one of these roles: "
        "Hub administrator, Hub lead, Assistant hub lead, Finance officer."
    ) in text_of(leads.get(page("grant", hub, grant.pk)))


def test_a_grant_of_a_school_that_left_asks_for_a_decision(leads: Client, hub: Hub) -> None:
    grant = leave(make_grant(hub))

    shown = text_of(leads.get(page("grant", hub, grant.pk)))
    assert "The school has left. Decide what becomes of its grant" in shown
    assert state_of(grant) == GrantState.EXPECTED


def test_a_grant_of_a_school_without_a_group_is_marked_as_such(leads: Client, hub: Hub) -> None:
    grant = make_grant_without_group(hub, "Cedar Road")
    assert "The school is not in a group yet, so nothing has been done for this grant." in text_of(
        leads.get(page("grant", hub, grant.pk))
    )


@pytest.mark.django_db(transaction=True)
def test_a_grant_takes_as_many_queries_whatever_its_history(leads: Client, hub: Hub, leo: Membership) -> None:
    grant = make_grant(hub, state=GrantState.DUE)
    before = queries_of(leads, page("grant", hub, grant.pk))
    with tenancy.use(hub):
        for pence in (1, 2, 3):
            granting.change_amount(grant=grant, amount_pence=pence, reason=WHY, actor=leo, now=timezone.now())
    assert queries_of(leads, page("grant", hub, grant.pk)) == before <= 15


# --- Deciding --------------------------------------------------------------------------------------


def test_an_amount_is_changed_with_a_reason_and_it_is_said_what_comes_next(leads: Client, hub: Hub) -> None:
    grant = make_grant(hub)
    address = page("grant_amount", hub, grant.pk)
    assert 'value="1,000"' in leads.get(address).content.decode()

    wrong = leads.post(address, {"amount": "1,00", "reason": ""})
    assert wrong.context["form"].errors == {
        "amount": ["Enter the amount in pounds, like 1,000 or 750.50"],
        "reason": ["Say why the amount is another one"],
    }
    right = leads.post(address, {"amount": "£750.50", "reason": WHY})

    assert said(right) == ["The amount is £750.50 now. Somebody else has to approve it."]
    assert right["Location"] == page("grant", hub, grant.pk)
    assert f"Amount changed from £1,000 to £750.50: {WHY}" in text_of(leads.get(right["Location"]))


def test_a_claim_day_is_moved_within_reason(leads: Client, hub: Hub) -> None:
    grant, year = make_grant(hub), work.this_year()
    address = page("grant_claim_day", hub, grant.pk)

    early = leads.post(address, day_boxes("claim_on", dt.date(year, 8, 31)))
    assert early.context["form"].errors["claim_on"] == [
        f"Enter a day between 1 September {year} and 31 August {year + 2}"
    ]
    assert said(leads.post(address, day_boxes("claim_on", dt.date(year + 1, 4, 30)))) == [
        "The date is saved. Reminders follow it."
    ]
    with tenancy.use(hub):
        assert Grant.objects.get().claim_on == dt.date(year + 1, 4, 30)


@pytest.mark.parametrize(
    ("name", "state", "after"),
    [
        ("grant_not_due", "due", "expected"),
        ("grant_withhold", "expected", "withheld"),
        ("grant_withhold", "due", "withheld"),
        ("grant_reinstate", "withheld", "expected"),
    ],
)
def test_a_decision_is_made_with_its_reason(leads: Client, hub: Hub, name: str, state: str, after: str) -> None:
    grant = make_grant(hub, state=state, withheld_reason=WHY if state == "withheld" else "")
    address = page(name, hub, grant.pk)

    assert leads.post(address, {"reason": " \u200b "}).context["form"].errors == {"reason": ["Say why"]}
    assert state_of(grant) == state
    assert leads.post(address, {"reason": WHY})["Location"] == page("grant", hub, grant.pk)
    assert state_of(grant) == after


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", FORMS)
def test_what_a_paid_grant_no_longer_allows_is_said_on_its_page(
    leads: Client, hub: Hub, administrator: User, name: str, method: str
) -> None:
    grant = make_grant(hub, **{**approved_by(administrator), "state": GrantState.PAID})

    response = getattr(leads, method)(page(name, hub, grant.pk), {"reason": WHY, "amount": "5"})

    assert response["Location"] == page("grant", hub, grant.pk)
    assert len(said(response)) == 1
    assert state_of(grant) == "paid"


def test_the_list_that_led_to_a_grant_is_found_again(leads: Client, hub: Hub) -> None:
    make_grant(hub)
    listed = leads.get(page("grant_list", hub, query="q=ash&state=expected"))
    carried = listed.context["carried"]
    grant = listed.context["page"][0]

    record = leads.get(page("grant", hub, grant.pk) + carried)
    assert record.context["back_url"] == page("grant_list", hub, query="q=ash&state=expected")
    form = leads.get(page("grant_withhold", hub, grant.pk) + carried)
    assert form.context["back_url"] == page("grant", hub, grant.pk) + carried


# --- By hand ---------------------------------------------------------------------------------------


def test_a_grant_is_awarded_by_hand_to_a_place_without_one(leads: Client, hub: Hub) -> None:
    place = work.make_place(hub, factories.make_school("Bare School"))
    address = page("grant_award", hub, query=f"place={place.pk}")
    assert f'<option value="{place.pk}" selected>' in leads.get(address).content.decode()

    done = leads.post(address, {"place": place.pk, "amount": "500", "condition": "Report.", "reason": WHY})

    with tenancy.use(hub):
        grant = Grant.objects.get()
    assert done["Location"] == page("grant", hub, grant.pk)
    assert said(done) == ["Bare School is awarded £500. Somebody else has to approve it."]
    assert "As the hub has written it, word for word: Report." in text_of(leads.get(done["Location"]))
    assert "Every place has its grant" in text_of(leads.get(page("grant_award", hub)))


def test_awarding_says_what_is_missing(leads: Client, hub: Hub) -> None:
    work.make_place(hub)
    response = leads.post(page("grant_award", hub), {"place": "0"})
    assert response.context["form"].errors == {
        "place": ["Choose a school from the list"],
        "amount": ["Enter the amount in pounds, like 1,000"],
        "reason": ["Say why it is awarded by hand"],
    }


def test_a_place_leads_to_its_grant_or_to_awarding_one(leads: Client, pays: Client, hub: Hub) -> None:
    grant = make_grant(hub)
    bare = work.make_place(hub, factories.make_school("Bare School"))

    assert leads.get(page("grant_of_place", hub, grant.place_id))["Location"] == page("grant", hub, grant.pk)
    to_award = page("grant_award", hub, query=f"place={bare.pk}")
    assert leads.get(page("grant_of_place", hub, bare.pk))["Location"] == to_award
    assert pays.get(page("grant_of_place", hub, bare.pk))["Location"] == page("grant_list", hub)

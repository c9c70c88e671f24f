from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from funding import granting
from funding.models import GrantState
from hubs import tenancy
from hubs.models import Hub, Membership, User
from tests.funding.views.pages import leave, make_grant, make_grant_without_group, page, state_of
from tests.workgroups.views.pages import ClientOf, queries_of, said, text_of


@pytest.fixture
def leads(client_of: ClientOf, lead: User) -> Client:
    """The hub lead's browser."""
    return client_of(lead)


@pytest.fixture
def pays(client_of: ClientOf, finance: User) -> Client:
    """The finance officer's browser."""
    return client_of(finance)


def set_amount(grant: object, actor: Membership) -> None:
    """Have somebody change a grant's amount to £500."""
    with tenancy.use(actor.hub):
        granting.change_amount(grant=grant, amount_pence=50_000, reason="Half.", actor=actor, now=timezone.now())  # type: ignore[arg-type]


def test_ticked_grants_are_shown_again_and_approved_together(leads: Client, hub: Hub) -> None:
    grants = [make_grant(hub, name, state=GrantState.DUE) for name in ("Ash", "Birch", "Cedar")]
    ticked = "&".join(f"grant={grant.pk}" for grant in grants[:2])
    address = page("grants_approve", hub, query=f"{ticked}&from=state%3Ddue")

    shown = text_of(leads.get(address))
    assert "Approve: 2 grants, £2,000" in shown
    assert "Cedar" not in shown
    assert [state_of(grant) for grant in grants] == ["due"] * 3

    done = leads.post(address, {"grant": [f"{grant.pk}-100000" for grant in grants[:2]]})
    assert done["Location"] == page("grant_list", hub, query="state=due")
    assert said(done) == ["2 grants, £2,000, are approved. The finance office can put them on a payment list."]
    assert [state_of(grant) for grant in grants] == ["approved", "approved", "due"]


def test_each_that_cannot_be_approved_is_named_with_its_reason(leads: Client, hub: Hub, leo: Membership) -> None:
    fine, mine = (make_grant(hub, name, state=GrantState.DUE) for name in ("Ash", "Birch"))
    early = make_grant(hub, "Cedar")
    set_amount(mine, leo)
    query = "&".join(f"grant={grant.pk}" for grant in (fine, mine, early))

    shown = text_of(leads.get(page("grants_approve", hub, query=query)))
    before, after = shown.split("Not among them")
    assert "Ash" in before and "Approve: 1 grant, £1,000" in before
    assert "Birch , £500 Due You set its amount" in after
    assert "Cedar , £1,000 Expected The grant is not due yet. Mark it as due first." in after

    sent = {"grant": [f"{fine.pk}-100000", f"{mine.pk}-50000", f"{early.pk}-100000"]}
    done = leads.post(page("grants_approve", hub), sent)
    messages = said(done)
    assert messages[0].startswith("1 grant, £1,000, is approved.")
    assert messages[1].startswith("Not approved: Birch. You set its amount on")
    assert messages[2] == "Not approved: Cedar. The grant is not due yet. Mark it as due first."
    assert [state_of(grant) for grant in (fine, mine, early)] == ["approved", "due", "expected"]


def test_what_this_person_marked_as_due_is_left_out_with_number_and_reason(
    leads: Client, hub: Hub, leo: Membership
) -> None:
    fine = make_grant(hub, "Ash", state=GrantState.DUE)
    for name in ("Birch", "Cedar"):
        grant = make_grant(hub, name)
        with tenancy.use(hub):
            granting.mark_due(grant=grant, actor=leo, now=timezone.now())

    response = leads.get(page("grants_approve", hub, query="all=1"))

    assert response.context["grants"] == [fine]
    _, after = text_of(response).split("Not among them: 2 grants")
    assert after.count("You marked it as due on") == 2


def test_the_list_offers_to_approve_as_many_as_this_person_may(
    leads: Client, pays: Client, hub: Hub, leo: Membership
) -> None:
    def offered(browser: Client) -> tuple[str, int]:
        shown = text_of(browser.get(page("grant_list", hub)))
        words = shown.partition("Approve ticked")[2].partition("Grants, one a row")[0]
        return words, browser.get(page("grants_approve", hub, query="all=1")).context["sum"].grants

    for name in ("Ash", "Birch"):
        set_amount(make_grant(hub, name, state=GrantState.DUE), leo)
    refused = "you set their amounts or marked them as due"
    assert offered(leads) == (
        f" Mark ticked as due 2 grants are due, and {refused}: somebody else has to approve them. ",
        0,
    )
    assert offered(pays) == (" Approve all 2 that are due ", 2)

    make_grant(hub, "Cedar", state=GrantState.DUE)
    leave(make_grant(hub, "Elm", state=GrantState.DUE))
    assert offered(leads) == (" Mark ticked as due Approve 1 of the 3 that are due ", 1)
    assert offered(pays) == (" Approve all 3 that are due ", 3)


def test_grants_that_are_decided_on_by_themselves_are_no_reason_for_a_button(leads: Client, hub: Hub) -> None:
    leave(make_grant(hub, state=GrantState.DUE))

    shown = text_of(leads.get(page("grant_list", hub)))

    assert "Approve all" not in shown
    assert "1 grant is due, and its school has left or is not in a group yet: tick it to approve it." in shown


def test_an_amount_that_was_changed_after_it_was_seen_is_not_approved(leads: Client, hub: Hub, ada: Membership) -> None:
    grant = make_grant(hub, state=GrantState.DUE)
    set_amount(grant, ada)

    done = leads.post(page("grants_approve", hub), {"grant": [f"{grant.pk}-100000"]})

    assert said(done) == [
        "Not approved: Ash Lane Primary School. Its amount has just been changed to £500. Look at it again."
    ]
    assert state_of(grant) == "due"


def test_all_that_match_are_chosen_beyond_the_page(leads: Client, hub: Hub) -> None:
    for number in range(52):
        make_grant(hub, f"School {number:02}", state=GrantState.DUE)
    make_grant(hub, "Elsewhere", state=GrantState.DUE)
    make_grant(hub, "School that is expected")

    response = leads.get(page("grants_approve", hub, query="all=1&q=school"))

    assert response.context["sum"].grants == 52
    assert {grant.state for grant in response.context["grants"]} == {"due"}


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("grants_approve", GrantState.DUE, "Approve the 1 that is due"),
        ("grants_due", GrantState.EXPECTED, "Mark the 1 that is expected as due"),
    ],
)
def test_all_leaves_out_schools_that_have_left_or_have_no_group(
    leads: Client, hub: Hub, name: str, state: GrantState, words: str
) -> None:
    fine = make_grant(hub, "Ash", state=state)
    left = leave(make_grant(hub, "Birch", state=state))
    waiting = make_grant_without_group(hub, "Cedar", state=state)

    assert words in text_of(leads.get(page("grant_list", hub)))
    response = leads.get(page(name, hub, query="all=1"))
    assert response.context["grants"] == [fine]
    among, _, after = text_of(response).partition("Not among them: 2 grants")
    assert "Birch" not in among and "Cedar" not in among
    assert "Birch , £1,000" in after and "The school has left. Decide on its grant by itself." in after
    assert "Cedar , £1,000" in after and "The school is not in a group yet. Decide on its grant by itself." in after

    # Whoever ticks them, or comes from their own page, is told and may.
    ticked = leads.get(page(name, hub, query=f"grant={left.pk}&grant={waiting.pk}"))
    assert set(ticked.context["grants"]) == {left, waiting}
    assert "School has left" in text_of(ticked) and "Not in a group" in text_of(ticked)


def test_one_grant_leads_back_to_its_own_page(leads: Client, hub: Hub) -> None:
    grant = make_grant(hub)
    address = page("grants_due", hub, query=f"grant={grant.pk}")
    assert leads.get(address).context["back_url"] == page("grant", hub, grant.pk)

    done = leads.post(address, {"grant": [f"{grant.pk}-100000"]})
    assert done["Location"] == page("grant", hub, grant.pk)
    assert said(done) == ["1 grant, £1,000, is marked as due. They wait for approval now."]
    assert state_of(grant) == "due"


@pytest.mark.parametrize("name", ["grants_approve", "grants_due"])
@pytest.mark.parametrize("sent", ["", "grant=x", "grant=1-", "grant=99999999999999", "grant=-1", "grant=²"])
def test_nothing_ticked_and_nonsense_do_nothing_and_say_so(leads: Client, hub: Hub, name: str, sent: str) -> None:
    assert "Nothing is ticked" in text_of(leads.get(page(name, hub, query=sent)))
    value = sent.partition("=")[2]
    done = leads.post(page(name, hub), {"grant": [value]} if value else {})
    assert done["Location"] == page("grant_list", hub)
    assert said(done) == ["Nothing was done: tick at least one grant first."]


def test_another_hubs_grant_is_not_chosen(leads: Client, hub: Hub, other_hub: Hub) -> None:
    theirs = make_grant(other_hub, state=GrantState.DUE)

    assert "Nothing is ticked" in text_of(leads.get(page("grants_approve", hub, query=f"grant={theirs.pk}")))
    leads.post(page("grants_approve", hub), {"grant": [f"{theirs.pk}-100000"]})
    assert state_of(theirs) == "due"


@pytest.mark.django_db(transaction=True)
def test_what_is_shown_takes_the_same_few_queries(leads: Client, hub: Hub) -> None:
    make_grant(hub, state=GrantState.DUE)
    address = page("grants_approve", hub, query="all=1")
    one = queries_of(leads, address)
    for number in range(2):
        make_grant(hub, f"School {number}", state=GrantState.DUE)
    assert queries_of(leads, address) == one <= 10

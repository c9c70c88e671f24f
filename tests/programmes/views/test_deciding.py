from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, Role, User
from hubs.wording import day, moment
from programmes.models import Decision, RecruitmentWindow, State
from tests import factories
from tests.programmes.conftest import reload
from tests.programmes.views.console import REASON, ClientOf, an_offer, list_url, queries_of, said, url, written
from tests.programmes.views.journey import follow, text_of

PAGES = ["expression", "expression_offer", "expression_decline"]


# --- The list --------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do_first(console: Client, hub: Hub) -> None:
    page = console.get(list_url(hub)).content.decode()

    assert "Set up recruitment" in page


def test_a_list_with_open_recruitment_but_nothing_sent_shows_the_public_page(
    console: Client, window: RecruitmentWindow
) -> None:
    factories.make_draft(window)

    page = console.get(list_url(window.hub)).content.decode()

    assert "Open your public page" in page
    assert reverse("hub_public", args=[window.hub.slug]) in page


def test_the_list_shows_what_was_sent_newest_first_with_counts(console: Client, window: RecruitmentWindow) -> None:
    old = factories.make_expression(window, submitted_at=timezone.now() - dt.timedelta(days=2))
    new = factories.make_expression(window, state=State.OFFERED, is_late=True)
    factories.make_draft(window, contact_name="Draft Writer")

    response = console.get(list_url(window.hub))

    assert list(response.context["page"]) == [new, old]
    assert {figure.label: figure.value for figure in response.context["figures"]} == {
        "Received": 2,
        "To decide": 1,
        "Unanswered offers": 1,
        "Accepted": 0,
        "Turned down by the school": 0,
        "Declined by the hub": 0,
    }
    page = response.content.decode()
    assert url("expression", old) in page
    assert "Late" in page
    assert "2 expressions of interest" in page


def test_the_list_can_be_filtered_and_a_filter_taken_away(console: Client, window: RecruitmentWindow) -> None:
    ash = factories.make_expression(window, factories.make_school("Ash Lane"))
    factories.make_expression(window, factories.make_school("Mill Road"))

    response = console.get(list_url(window.hub, "q=lane&state=submitted"))

    assert list(response.context["page"]) == [ash]
    chosen = {one.label: one.remove_url for one in response.context["chosen"]}
    assert chosen == {
        "“lane”": list_url(window.hub, "state=submitted"),
        "To decide": list_url(window.hub, "q=lane"),
    }


def test_a_school_that_has_changed_is_listed_under_todays_name_with_the_former(
    console: Client, window: RecruitmentWindow
) -> None:
    ash = factories.make_school("Ash Lane Primary School", urn=100_001)
    factories.make_expression(window, ash)
    factories.go_on_as(ash, factories.make_school("Birch Academy", urn=100_002, town="Birchford"))

    page = text_of(console.get(list_url(window.hub)))

    assert "<strong>Birch Academy</strong>" in page
    assert "Birchford · URN 100002, formerly Ash Lane Primary School, URN 100001" in page


def test_when_nothing_matches_the_filters_can_be_cleared(console: Client, window: RecruitmentWindow) -> None:
    factories.make_expression(window)

    page = console.get(list_url(window.hub, "q=nowhere")).content.decode()

    assert "Nothing matches" in page
    assert f'href="{list_url(window.hub)}"' in page


@pytest.mark.parametrize("query", ["state=draft", "year=x", "sort=nonsense", "stage=x", "page=99", "page=x", "q=%00"])
def test_nonsense_in_the_address_is_ignored(console: Client, window: RecruitmentWindow, query: str) -> None:
    sent = factories.make_expression(window)
    factories.make_draft(window)

    assert list(console.get(list_url(window.hub, query)).context["page"]) == [sent]


def test_the_list_has_pages_of_fifty_and_the_filters_go_along(console: Client, window: RecruitmentWindow) -> None:
    for _ in range(51):
        factories.make_expression(window)

    first = console.get(list_url(window.hub, "state=submitted"))
    second = console.get(list_url(window.hub, "state=submitted&page=2"))

    assert len(first.context["page"]) == 50
    assert len(second.context["page"]) == 1
    assert "1 to 50 of 51 expressions" in first.content.decode()
    assert re.search(r'href="\?[^"]*state=submitted[^"]*page=2|href="\?[^"]*page=2[^"]*state=submitted', text_of(first))


def test_a_column_sorts_both_ways_and_says_so(console: Client, window: RecruitmentWindow) -> None:
    factories.make_expression(window)

    columns = {column.label: column for column in console.get(list_url(window.hub)).context["columns"]}
    assert columns["Received"].direction == "descending"
    assert columns["School"].direction == "none"
    columns = {column.label: column for column in console.get(columns["School"].url).context["columns"]}
    assert columns["School"].direction == "ascending"
    assert columns["School"].url.endswith("?sort=-school")


# --- Who may see it --------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_hubs_reference_is_not_there(
    client_of: ClientOf, stranger: User, other_hub: Hub, window: RecruitmentWindow, name: str, method: str
) -> None:
    sent = factories.make_expression(window)
    browser = client_of(stranger)

    in_their_console = reverse(name, args=[other_hub.slug, sent.reference])
    in_ours = url(name, sent)
    statuses = [
        getattr(browser, method)(address, {"reason": REASON}).status_code for address in (in_their_console, in_ours)
    ]

    # A record is only read: in one's own hub that is said before it is looked for.
    assert statuses == [405 if (name, method) == ("expression", "post") else 404, 404]
    assert reload(sent).state == State.SUBMITTED


@pytest.mark.parametrize("reference", ["EOI-XXXXX", "none", "None", "draft"])
def test_an_unknown_reference_is_not_there(console: Client, window: RecruitmentWindow, reference: str) -> None:
    factories.make_draft(window)

    for name in PAGES:
        assert console.get(reverse(name, args=[window.hub.slug, reference])).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_mastery_specialist_is_told_why_not(
    client_of: ClientOf, specialist: User, window: RecruitmentWindow, method: str
) -> None:
    sent = factories.make_expression(window)
    browser = client_of(specialist)
    reasons = {
        list_url(window.hub): "cannot see expressions of interest",
        url("expression", sent): "cannot see expressions of interest",
        url("expression_offer", sent): "cannot decide expressions of interest",
        url("expression_decline", sent): "cannot decide expressions of interest",
    }

    for address, reason in reasons.items():
        response = getattr(browser, method)(address, {"reason": REASON})
        assert response.status_code == 403
        assert reason in text_of(response)
        assert "Cleo Contact" not in text_of(response)
    assert written(sent) == (0, 0)


# --- Deciding --------------------------------------------------------------------------------


def test_the_letter_is_shown_before_the_place_is_offered(console: Client, window: RecruitmentWindow) -> None:
    sent = factories.make_expression(window)

    page = text_of(console.get(url("expression_offer", sent)))

    assert "We are pleased to offer Ash Lane Primary School a place" in page
    assert "Hana Head, headteacher, at head@school.example, and to Cleo Contact at cleo@school.example" in page
    assert reload(sent).state == State.SUBMITTED


def test_offering_sends_the_letter_and_says_so(console: Client, window: RecruitmentWindow, lead: User) -> None:
    sent = factories.make_expression(window)

    response = console.post(url("expression_offer", sent), an_offer("Welcome!"))

    assert response.headers["Location"] == url("expression", sent)
    assert said(response) == [
        (
            "Ash Lane Primary School has been offered a place. A letter to Hana Head and Cleo Contact is on its way. "
            f"We ask for an answer by {day(timezone.localdate() + dt.timedelta(days=14))}."
        )
    ]
    assert reload(sent).state == State.OFFERED
    with tenancy.use(sent.hub):
        decision = Decision.objects.get(expression=sent)
    assert (decision.decided_by, decision.words) == (lead, "Welcome!")


def test_a_place_can_be_offered_without_a_word(console: Client, window: RecruitmentWindow) -> None:
    sent = factories.make_expression(window)

    assert console.post(url("expression_offer", sent), an_offer()).status_code == 302
    assert reload(sent).state == State.OFFERED


def test_declining_without_a_reason_keeps_the_page_and_sends_nothing(
    console: Client, window: RecruitmentWindow
) -> None:
    sent = factories.make_expression(window)

    response = console.post(url("expression_decline", sent), {"reason": "   "})

    assert response.status_code == 200
    assert "Enter the reason: the headteacher will read it" in text_of(response)
    assert reload(sent).state == State.SUBMITTED
    assert written(sent) == (0, 0)


def test_a_reason_that_is_too_long_is_shown_again_whole(console: Client, window: RecruitmentWindow) -> None:
    sent = factories.make_expression(window)
    reason = "Because. " * 300

    page = text_of(console.post(url("expression_decline", sent), {"reason": reason}))

    assert reason.strip() in page
    assert "Write 2,000 characters or fewer" in page


@pytest.mark.parametrize(
    ("page", "answers", "state", "message"),
    [
        ("expression_offer", an_offer(), State.OFFERED, "You offered Ash Lane Primary School a place on"),
        ("expression_decline", {"reason": REASON}, State.DECLINED, "You declined Ash Lane Primary School on"),
    ],
)
def test_a_second_tab_is_told_that_it_is_decided_already(
    console: Client, window: RecruitmentWindow, page: str, answers: dict[str, str], state: State, message: str
) -> None:
    sent = factories.make_expression(window)
    console.get(url(page, sent))
    console.post(url(page, sent), answers)
    before = written(sent)

    response = console.post(url(page, sent), answers)

    assert response.headers["Location"] == url("expression", sent)
    assert said(response)[-1].startswith(message)
    assert said(response)[-1].endswith("Nothing more was saved and no other letter was sent.")
    assert reload(sent).state == state
    assert written(sent) == before == (1, 2)


def test_a_colleague_who_was_quicker_is_named(
    console: Client, client_of: ClientOf, administrator: User, window: RecruitmentWindow
) -> None:
    sent = factories.make_expression(window)
    client_of(administrator).post(url("expression_offer", sent), an_offer())
    with tenancy.use(sent.hub):
        when = moment(Decision.objects.get().decided_at)

    response = console.post(url("expression_decline", sent), {"reason": REASON})

    (message,) = said(response)
    assert message == (
        f"Ada Administrator offered Ash Lane Primary School a place on {when}. "
        "Nothing of yours was saved and no letter was sent."
    )
    assert reload(sent).state == State.OFFERED


@pytest.mark.parametrize("page", PAGES[1:])
def test_an_address_that_contact_and_head_share_gets_one_message(
    console: Client, window: RecruitmentWindow, page: str
) -> None:
    sent = factories.make_expression(window, contact_email="Office@school.example", head_email="office@school.example")

    words = " ".join(text_of(console.get(url(page, sent))).split())

    assert "to Hana Head, headteacher, and Cleo Contact at Office@school.example (one message for both)." in words


# --- Nothing typed is lost -------------------------------------------------------------------


@pytest.mark.parametrize(("page", "field"), [("expression_decline", "reason"), ("expression_offer", "words")])
def test_what_was_typed_is_there_again_after_the_session_has_ended(
    console: Client, window: RecruitmentWindow, lead: User, page: str, field: str
) -> None:
    sent = factories.make_expression(window)
    console.get(url(page, sent))
    Session.objects.all().delete()

    typed = {**an_offer(days=30), field: REASON}
    refused = console.post(url(page, sent), typed)
    assert refused.headers["Location"] == f"{reverse('account_login')}?next={url(page, sent)}"
    assert reload(sent).state == State.SUBMITTED
    console.force_login(lead, backend="allauth.account.auth_backends.AuthenticationBackend")
    again = console.get(url(page, sent))

    shown = re.search(r"<textarea[^>]*>(.*?)</textarea>", again.content.decode(), re.DOTALL)
    assert shown
    assert html.unescape(shown[1]).replace("\r\n", "\n").strip() == REASON.replace("\r\n", "\n")
    assert "We kept what you typed" in text_of(again)
    if page == "expression_offer":
        for part in ("day", "month", "year"):
            assert f'value="{typed[f"answer_by_{part}"]}"' in again.content.decode()
    follow(console, console.post(url(page, sent), typed))
    assert reload(sent).state != State.SUBMITTED


# --- How many queries ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_list_takes_at_most_ten_queries_however_many_rows(client_of: ClientOf) -> None:
    hub = factories.make_hub("northvale")
    browser = client_of(factories.make_member(hub, Role.HUB_LEAD, "Leo Lead"))
    factories.make_expression(factories.make_window(hub))
    with_one = queries_of(browser, list_url(hub))
    for stage in ("primary-readiness", "secondary-developing"):
        sent = factories.make_expression(factories.make_window(hub, stage=stage))
        # What a closed school is now comes with the same queries.
        factories.go_on_as(sent.school, factories.make_school("Birch Academy"))

    assert queries_of(browser, list_url(hub)) == with_one <= 10

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs.links import make_token
from hubs.models import Hub, User
from hubs.wording import day
from programmes.models import ExpressionOfInterest, RecruitmentWindow, State
from tests import factories, work
from tests.programmes.conftest import reload
from tests.programmes.views.console import answer
from tests.programmes.views.journey import (
    ANSWERS,
    STEPS,
    begin_url,
    everything,
    follow,
    move,
    page_of,
    school_url,
    text_of,
)

# Of the transaction and of what a search in it may take; they read no table.
FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SELECT set_config('statement_timeout'", "SET LOCAL")

# --- Sending ---------------------------------------------------------------------------------


def test_a_double_click_on_send_makes_one(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)

    ends = [unquote(follow(client, client.post(page_of(draft, "check")))) for _ in range(2)]

    assert all(end.startswith("/expression-sent/") for end in ends)
    expressions, messages = everything(window.hub)
    assert len(expressions) == 1
    assert len(messages) == 2


def test_the_second_one_of_a_school_is_told_without_showing_the_first(
    client: Client, window: RecruitmentWindow
) -> None:
    school = factories.make_school()
    first = factories.make_expression(window, school, contact_name="Secret Sender", contact_email="secret@x.example")
    draft = factories.make_draft(window, school)

    response = client.post(page_of(draft, "check"))

    assert response.status_code == 409
    page = response.content.decode()
    assert "Your school has expressed its interest already" in page
    for secret in ("Secret Sender", "secret@x.example", str(first.reference)):
        assert secret not in page
    assert window.hub.contact_email in page
    assert f'href="{reverse("hub_public", args=[window.hub.slug])}">See what else' in page
    assert "Not sent:" not in page
    assert "Change<" not in page
    assert reload(draft).state == State.DRAFT


def test_when_the_window_has_closed_meanwhile_the_answers_are_kept(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)
    move(window, closes_at=-0.01)

    for response in (client.get(page_of(draft, "check")), client.post(page_of(draft, "check"))):
        page = response.content.decode()
        assert response.status_code == 200
        assert "Your answers are kept" in page
        assert "Theo" not in page
        assert "Cleo Contact" in page
    assert reload(draft).state == State.DRAFT

    move(window, closes_at=7)
    follow(client, client.post(page_of(draft, "check")))
    assert reload(draft).state == State.SUBMITTED


def test_answers_can_still_be_given_after_the_window_has_closed(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)
    move(window, closes_at=-0.01)

    client.post(page_of(draft, "contact"), ANSWERS["contact"])

    assert reload(draft).contact_name == "Cora Contact"


def test_a_late_one_says_that_it_is_late(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)
    move(window, closes_at=-1, late_until=1)

    page = client.get(follow(client, client.post(page_of(draft, "check")))).content.decode()

    assert "after the deadline" in page
    assert reload(draft).is_late


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"opens_at": 2, "closes_at": 9}, "You can start on"),
        ({"opens_at": -9, "closes_at": -2}, "not accepted any more"),
        ({"opens_at": -9, "closes_at": -2}, "Developing (primary) is closed</h1>"),
    ],
)
def test_a_stage_that_is_not_open_says_so_and_cannot_be_started(
    client: Client, window: RecruitmentWindow, days: dict[str, float], said: str
) -> None:
    move(window, **days)

    page = client.get(begin_url(window.hub)).content.decode()
    assert said in page
    assert school_url(window.hub) not in page
    response = client.post(school_url(window.hub), {"urn": factories.make_school().urn})
    assert response.headers["Location"] == begin_url(window.hub)
    assert everything(window.hub)[0] == []


@pytest.mark.parametrize("slug", ["primary-readiness", "nonsense"])
def test_a_stage_that_the_hub_does_not_recruit_for_is_not_there(
    client: Client, window: RecruitmentWindow, slug: str
) -> None:
    assert client.get(begin_url(window.hub, slug)).status_code == 404
    assert client.get(school_url(window.hub, slug)).status_code == 404


@pytest.mark.parametrize("state", [State.SUBMITTED, State.OFFERED, State.DECLINED])
def test_the_confirmation_says_where_it_stands(client: Client, window: RecruitmentWindow, state: State) -> None:
    sent = factories.make_expression(window, state=state)
    link = make_token("expression-confirmation", hub_id=sent.hub_id, subject_id=sent.pk)

    page = client.get(reverse("expression_sent", args=[link])).content.decode()

    said = {
        State.SUBMITTED: "will read it and write to you",
        State.OFFERED: "has offered your school a place",
        State.DECLINED: "could not offer your school a place",
    }
    assert [words in page for words in said.values()] == [one == state for one in said]


def test_an_address_that_contact_and_head_share_gets_one_message(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window, contact_email="Office@school.example", head_email="office@school.example")

    page = client.get(follow(client, client.post(page_of(draft, "check")))).content.decode()

    assert "to Office@school.example (one message for both)." in page
    assert len(everything(window.hub)[1]) == 1


def test_a_hub_without_recruitment_says_so(client: Client, hub: Hub) -> None:
    assert "No stage is open at the moment" in client.get(reverse("hub_public", args=[hub.slug])).content.decode()


# --- A school that has another URN by now ----------------------------------------------------


def test_a_draft_shows_what_its_school_is_called_now(client: Client, window: RecruitmentWindow) -> None:
    ash = factories.make_school("Ash Lane Primary School", urn=100_001)
    draft = factories.make_draft(window, ash)
    factories.go_on_as(ash, factories.make_school("Birch Academy", urn=100_002, town="Birchford"))

    page = text_of(client.get(page_of(draft, "check")))
    assert "Birch Academy, Birchford" in page
    assert "Formerly Ash Lane Primary School, URN 100001" in page

    # It is sent under the URN of the day, and from then on has no other.
    sent = text_of(client.get(follow(client, client.post(page_of(draft, "check")))))
    assert "Birch Academy, Birchford" in sent
    assert "100002" in sent
    assert all("School: Birch Academy\n" in letter.text for letter in everything(window.hub)[1])


def test_the_confirmation_says_after_the_day_that_the_place_is_still_kept(
    client: Client, window: RecruitmentWindow
) -> None:
    passed = timezone.localdate() - dt.timedelta(days=1)
    offered = work.make_offered(window.hub, year=window.stage_year.year, answer_by=passed)

    page = confirmation_of(client, offered)

    assert f"who was asked to answer by {day(passed)}. The place is still kept for your school" in page
    assert "is asked to answer" not in page


@pytest.mark.parametrize("days", [7, None])
def test_the_confirmation_says_by_when_the_head_is_asked_to_answer_and_has_no_link_for_that(
    client: Client, window: RecruitmentWindow, days: int | None
) -> None:
    answer_by = timezone.localdate() + dt.timedelta(days=days) if days else None
    offered = work.make_offered(window.hub, year=window.stage_year.year, answer_by=answer_by)

    page = confirmation_of(client, offered)

    assert (f"who is asked to answer by {day(answer_by)}" in page) == (answer_by is not None)
    assert "The link to answer with is in that message." in page
    assert "/offer/" not in page


@pytest.mark.parametrize("accepts", [True, False])
def test_the_confirmation_says_who_answered_the_offer(client: Client, window: RecruitmentWindow, accepts: bool) -> None:
    offered = work.make_offered(window.hub, year=window.stage_year.year)
    answer(offered, accepts=accepts)

    page = confirmation_of(client, offered)

    done = "accepted the place" if accepts else "turned the place down"
    assert f"Dee <Deputy>, Deputy, {done} for your school on" in page
    assert ("will write to you with the dates" in page) == accepts
    # The reason was given to the hub.
    assert "No <time>." not in page


def confirmation_of(client: Client, sent: ExpressionOfInterest) -> str:
    link = make_token("expression-confirmation", hub_id=sent.hub_id, subject_id=sent.pk)
    return text_of(client.get(reverse("expression_sent", args=[link])))


def test_a_school_that_has_sent_one_under_its_former_urn_is_told_under_which_name(
    client: Client, window: RecruitmentWindow
) -> None:
    ash, birch = factories.make_school("Ash Lane Primary School"), factories.make_school("Birch Academy")
    existing = factories.make_expression(window, ash)
    factories.go_on_as(ash, birch)
    draft = factories.make_draft(window, birch)

    response = client.post(page_of(draft, "check"))

    page = text_of(response)
    assert response.status_code == 409
    assert "One was sent for Birch Academy under the name Ash Lane Primary School, so this one was not." in page
    assert str(existing.reference) not in page


# --- How many queries ------------------------------------------------------------------------


def with_real_transactions() -> tuple[Hub, ExpressionOfInterest]:
    hub = factories.make_hub("northvale")
    return hub, factories.make_draft(factories.make_window(hub))


def queries_of(work: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        work()
    return [query["sql"] for query in captured.captured_queries]


# A school that has closed meanwhile costs a lock, what it is now, and a notice where that is not clear.
@pytest.mark.parametrize(("successors", "most"), [(None, 15), (0, 17), (1, 17), (2, 19)])
@pytest.mark.django_db(transaction=True)
def test_sending_takes_at_most_fifteen_queries_savepoints_and_all_and_a_few_for_a_closed_school(
    client: Client, successors: int | None, most: int
) -> None:
    _, draft = with_real_transactions()
    if successors is not None:
        factories.go_on_as(draft.school, *(factories.make_school(f"Part {number}") for number in range(successors)))

    sql = queries_of(lambda: client.post(page_of(draft, "check")))

    assert reload(draft).state == State.SUBMITTED
    assert "COMMIT" in sql
    assert len(sql) <= most, "\n".join(sql)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.django_db(transaction=True)
def test_a_form_page_takes_at_most_five_queries(client: Client, step: str) -> None:
    _, draft = with_real_transactions()

    sql = queries_of(lambda: client.get(page_of(draft, step)))

    assert len([one for one in sql if one not in ("BEGIN", "COMMIT")]) <= 5, "\n".join(sql)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.django_db(transaction=True)
def test_a_form_page_of_a_school_that_has_closed_takes_one_query_more(client: Client, step: str) -> None:
    _, draft = with_real_transactions()
    factories.go_on_as(draft.school, factories.make_school("Birch Academy"))

    sql = queries_of(lambda: client.get(page_of(draft, step)))

    # What the school is called now.
    assert len([one for one in sql if one not in ("BEGIN", "COMMIT")]) <= 6, "\n".join(sql)


@pytest.mark.django_db(transaction=True)
def test_the_pages_before_the_draft_take_at_most_five_queries(client: Client) -> None:
    hub, _ = with_real_transactions()

    urls = (reverse("hub_public", args=[hub.slug]), begin_url(hub), school_url(hub), f"{school_url(hub)}?q=ash+lane")
    for url in urls:
        sql = queries_of(partial(client.get, url))
        assert len([one for one in sql if not one.startswith(FRAME)]) <= 5, "\n".join([url, *sql])


def test_signed_in_people_may_apply_as_well(client_of: Callable[[User], Client], window: RecruitmentWindow,
                                            administrator: User) -> None:  # fmt: skip
    draft = factories.make_draft(window)

    assert client_of(administrator).get(page_of(draft, "check")).status_code == 200

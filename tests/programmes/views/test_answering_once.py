from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs.links import make_token
from hubs.models import Hub
from programmes.happenings import offer_accepted
from programmes.models import ExpressionOfInterest, RecruitmentWindow, State
from programmes.views.answering import ANSWERS_PER_HOUR
from tests import factories
from tests.programmes.conftest import reload
from tests.programmes.views.journey import text_of
from tests.programmes.views.offers import (
    ANSWERED_BY,
    FORMS,
    PAGES,
    REASON,
    an_offer,
    answers_to,
    letters_about,
    page_of,
    send,
    typed,
)

# --- One answer --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", FORMS)
def test_a_double_click_answers_once_and_leads_to_the_same_page(
    client: Client, offered: ExpressionOfInterest, page: str
) -> None:
    filled = typed(client, page_of(offered, page))

    ends = [client.post(page_of(offered, page), filled) for _ in range(2)]

    assert [end.status_code for end in ends] == [302, 302]
    assert {client.get(end.headers["Location"]).status_code for end in ends} == {200}
    (answer,) = answers_to(offered)
    assert answer.answer == ANSWERED_BY[page]
    # The offer's two and two copies of the answer.
    assert letters_about(offered) == 4


@pytest.mark.parametrize("first", FORMS)
@pytest.mark.parametrize("second", FORMS)
def test_somebody_else_is_told_who_answered_and_overwrites_nothing(
    client: Client, offered: ExpressionOfInterest, first: str, second: str
) -> None:
    filled = typed(client, page_of(offered, second), name="Dee Deputy", role="Deputy headteacher")
    send(client, offered, first)
    (before,) = answers_to(offered)

    response = client.post(page_of(offered, second), filled)

    page = text_of(response)
    assert response.status_code == 409
    assert "your answer was not saved and nothing has changed" in page
    assert "Hana Head, Headteacher," in page
    assert "Dee Deputy" not in page
    assert answers_to(offered) == [before]
    assert letters_about(offered) == 4


@pytest.mark.parametrize("answered", FORMS)
@pytest.mark.parametrize("name", PAGES)
def test_whoever_opens_the_link_after_the_answer_sees_the_answer(
    client: Client, offered: ExpressionOfInterest, answered: str, name: str
) -> None:
    send(client, offered, answered)

    response = client.get(page_of(offered, name), follow=True)

    page = text_of(response)
    word = "accepted" if answered == "offer_accept" else "turned down"
    assert f"The place is {word}" in page
    assert f"Hana Head, Headteacher, {word} the place" in page
    assert "was not saved" not in page
    assert "We have sent a copy" in page or word == "turned down"


def test_before_the_answer_there_is_none_to_see(client: Client, offered: ExpressionOfInterest) -> None:
    response = client.get(page_of(offered, "offer_answered"), follow=True)

    assert "A place for Ash Lane Primary School" in text_of(response)


def test_a_school_that_has_accepted_under_another_urn_is_told_so(client: Client, window: RecruitmentWindow) -> None:
    ash, birch = factories.make_school("Ash Lane Primary School"), factories.make_school("Birch Academy")
    first, second = (an_offer(window, school) for school in (ash, birch))
    factories.go_on_as(ash, birch)
    send(client, first, "offer_accept")

    response = send(client, second, "offer_accept")

    assert response.status_code == 409
    assert "Your school has a place already" in text_of(response)
    assert "under the name Ash Lane Primary School" in text_of(response)
    assert (reload(second).state, answers_to(second)) == (State.OFFERED, [])


# --- Who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.SUBMITTED, State.DECLINED])
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_an_offer_there_is_no_page(
    client: Client, window: RecruitmentWindow, state: State, name: str, method: str
) -> None:
    sent = factories.make_expression(window, state=state)
    filled = {"name": "Hana", "role": "Head", "agreed": "on", "reason": REASON}

    answer = getattr(client, method)(page_of(sent, name), filled)

    assert answer.status_code == (405 if method == "post" and name not in FORMS else 404)
    assert reload(sent).state == state


@pytest.mark.parametrize("name", FORMS)
def test_the_link_of_another_hub_or_of_nothing_answers_nothing(
    client: Client, offered: ExpressionOfInterest, other_hub: Hub, name: str
) -> None:
    filled = typed(client, page_of(offered, name))

    for hub, subject in ((other_hub, offered.pk), (offered.hub, offered.pk + 999)):
        token = make_token("offer-answer", hub_id=hub.pk, subject_id=subject)
        assert client.post(reverse(name, args=[token]), filled).status_code == 404
    assert reload(offered).state == State.OFFERED


@pytest.mark.parametrize("name", FORMS)
def test_whoever_sends_too_much_is_told_to_wait(
    client: Client, offered: ExpressionOfInterest, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = typed(client, page_of(offered, name))
    monkeypatch.setattr("programmes.views.answering.ANSWERS_PER_HOUR", 0)
    assert ANSWERS_PER_HOUR > 0

    response = client.post(page_of(offered, name), filled)

    assert response.status_code == 429
    assert reload(offered).state == State.OFFERED


def test_a_form_needs_its_token(offered: ExpressionOfInterest) -> None:
    careful = Client(enforce_csrf_checks=True)

    response = careful.post(page_of(offered, "offer_accept"), typed(careful, page_of(offered, "offer_accept")))

    assert response.status_code == 403
    assert reload(offered).state == State.OFFERED


NASTY = ['O\'Brien-"Smith" & Sons', "עברית العربية", "🧮👩🏽‍🏫", "{name} %s <b>", "N" * 120]


@pytest.mark.parametrize("name", NASTY)
def test_a_strange_name_is_only_a_name(client: Client, offered: ExpressionOfInterest, name: str) -> None:
    send(client, offered, "offer_accept", name=name, role=name)

    (answer,) = answers_to(offered)
    assert (answer.name, answer.role) == (name, name)
    response = client.get(page_of(offered, "offer_answered"))
    assert name in text_of(response)
    assert "<b>" not in response.content.decode()


# --- How many queries ----------------------------------------------------------------------------


def with_real_transactions(*, closed: bool) -> ExpressionOfInterest:
    window = factories.make_window(factories.make_hub("northvale"))
    offered = an_offer(window)
    if closed:
        factories.go_on_as(offered.school, factories.make_school("Birch Academy"))
    return offered


def queries_of(work: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        work()
    return [query["sql"] for query in captured.captured_queries if query["sql"] not in ("BEGIN", "COMMIT")]


# What a school that has closed is called now is one query more.
@pytest.mark.parametrize(("closed", "most"), [(False, 5), (True, 6)])
@pytest.mark.django_db(transaction=True)
def test_a_page_takes_at_most_five_queries(client: Client, closed: bool, most: int) -> None:
    offered = with_real_transactions(closed=closed)

    for name in PAGES[:3]:
        sql = queries_of(partial(client.get, page_of(offered, name)))
        assert len(sql) <= most, "\n".join([name, *sql])
    send(client, offered, "offer_accept")
    sql = queries_of(partial(client.get, page_of(offered, "offer_answered")))
    assert len(sql) <= most, "\n".join(sql)


@pytest.mark.parametrize("page", FORMS)
@pytest.mark.parametrize(("closed", "most"), [(False, 15), (True, 18)])
@pytest.mark.django_db(transaction=True)
def test_an_answer_takes_at_most_fifteen_queries_and_a_few_for_a_closed_school(
    client: Client, monkeypatch: pytest.MonkeyPatch, page: str, closed: bool, most: int
) -> None:
    # What the rooms above make of it is theirs to count.
    monkeypatch.setattr(offer_accepted, "_listeners", [])
    offered = with_real_transactions(closed=closed)
    filled = typed(client, page_of(offered, page))

    sql = queries_of(partial(client.post, page_of(offered, page), filled))

    assert reload(offered).state == ANSWERED_BY[page]
    assert len(sql) <= most, "\n".join(sql)

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from correspondence.models import Message
from hubs import tenancy
from hubs.links import make_token, read_token
from hubs.models import Hub, Role
from hubs.wording import day, moment
from programmes import deciding
from programmes.happenings import offer_accepted
from programmes.models import ExpressionOfInterest, OfferAnswer, RecruitmentWindow, StageYear, State
from programmes.views.answering import ANSWERS_PER_HOUR
from schools.models import School
from tests import factories, work
from tests.programmes.conftest import reload
from tests.programmes.views.journey import text_of

REASON = "Our maths lead leaves at Easter.\r\n\r\n“Next year” <perhaps>."
PAGES = ["offer", "offer_accept", "offer_decline", "offer_answered"]
FORMS = ["offer_accept", "offer_decline"]
ANSWERED_BY = {"offer_accept": State.ACCEPTED, "offer_decline": State.TURNED_DOWN}


@pytest.fixture
def offered(window: RecruitmentWindow) -> ExpressionOfInterest:
    """Asked to answer within a week."""
    return an_offer(window)


def an_offer(
    window: RecruitmentWindow, school: School | None = None, *, words: str = "", **fields: Any
) -> ExpressionOfInterest:
    """An expression whose school was offered a place and asked to answer within a week."""
    expression = factories.make_expression(window, school, **fields)
    offer_again(expression, words)
    return expression


def offer_again(expression: ExpressionOfInterest, words: str = "") -> None:
    now = timezone.now()
    lead = factories.make_member(expression.hub, Role.HUB_LEAD, "Olu Offerer")
    with tenancy.use(expression.hub):
        deciding.offer(
            expression=expression,
            actor=factories.membership_of(lead, expression.hub),
            now=now,
            words=words,
            answer_by=timezone.localdate(now) + dt.timedelta(days=7),
        )


def page_of(expression: ExpressionOfInterest, name: str = "offer") -> str:
    """The address of one of the pages, with a link as the letter has it."""
    return reverse(name, args=[make_token("offer-answer", hub_id=expression.hub_id, subject_id=expression.pk)])


def typed(client: Client, address: str, **answers: str) -> dict[str, str]:
    """What a form has in it when it is opened, and good answers to the rest."""
    form = client.get(address).context["form"]
    filled = {field.html_name: str(field.value() or "") for field in form}
    return {**filled, ("agreed" if "agreed" in filled else "reason"): "on" if "agreed" in filled else REASON, **answers}


def send(client: Client, expression: ExpressionOfInterest, page: str, **answers: str) -> Any:
    """Open a form and send it."""
    return client.post(page_of(expression, page), typed(client, page_of(expression, page), **answers))


def answers_to(expression: ExpressionOfInterest) -> list[OfferAnswer]:
    with tenancy.use(expression.hub_id):
        return list(expression.answers.order_by("pk"))


def letters_about(expression: ExpressionOfInterest) -> int:
    with tenancy.use(expression.hub_id):
        return Message.objects.about(expression).count()


# --- The offer ---------------------------------------------------------------------------------


def test_the_offer_says_what_by_when_and_what_the_school_would_agree_to(
    client: Client, window: RecruitmentWindow
) -> None:
    offered = an_offer(window, words="Welcome!\n<b>Mo</b> would lead your group.")

    response = client.get(page_of(offered))

    page = text_of(response)
    for shown in (
        "A place for Ash Lane Primary School",
        f"{window.hub.name} offers your school a place in Developing (primary), 2027/28",
        f"Please answer by <strong>{day(timezone.localdate() + dt.timedelta(days=7))}</strong> (in 7 days)",
        "£1,000 towards release",
        window.stage_year.grant_condition,
        *(promise.wording for promise in window.stage_year.promises.all()),
    ):
        assert shown in page
    assert "<b>" not in response.content.decode()
    for name in FORMS:
        assert re.search(rf'href="/offer/[^"]+/{name.removeprefix("offer_")}/"', page)


def test_the_link_in_the_heads_letter_leads_to_the_offer(client: Client, offered: ExpressionOfInterest) -> None:
    with tenancy.use(offered.hub):
        letters = {message.recipients[0]: message.text for message in Message.objects.about(offered)}
    (path,) = re.findall(r"/offer/\S+/", letters["head@school.example"])
    link = read_token("offer-answer", path.split("/")[2])

    assert (link.hub_id, link.subject_id) == (offered.hub_id, offered.pk)
    assert "A place for Ash Lane Primary School" in text_of(client.get(path))
    assert "/offer/" not in letters["cleo@school.example"]


@pytest.mark.parametrize("name", PAGES)
def test_to_look_changes_nothing(client: Client, offered: ExpressionOfInterest, name: str) -> None:
    before = letters_about(offered)

    client.get(page_of(offered, name))
    client.head(page_of(offered, name))

    assert (reload(offered).state, answers_to(offered)) == (State.OFFERED, [])
    assert letters_about(offered) == before


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-3, "The place is still kept for your school, and you can still answer"),
        (0, "Please answer by <strong>"),
        (1, "(tomorrow)"),
        (None, "Please answer as soon as you can."),
    ],
)
def test_after_the_day_it_is_kindly_said_that_an_answer_still_counts(
    client: Client, window: RecruitmentWindow, days: int | None, said: str
) -> None:
    # Its row, made when that day was still to come.
    answer_by = None if days is None else timezone.localdate() + dt.timedelta(days=days)
    offered = work.make_offered(window.hub, year=window.stage_year.year, answer_by=answer_by)

    assert said in text_of(client.get(page_of(offered)))
    send(client, offered, "offer_accept")
    assert reload(offered).state == State.ACCEPTED


def test_a_school_that_became_an_academy_meanwhile_is_offered_its_place_under_its_new_name(
    client: Client, window: RecruitmentWindow
) -> None:
    ash = factories.make_school("Ash Lane Primary School")
    offered = an_offer(window, ash)
    factories.go_on_as(ash, factories.make_school("Birch Academy"))

    for name in PAGES[:3]:
        page = text_of(client.get(page_of(offered, name)))
        assert "Birch Academy" in page
        assert "Ash Lane" not in page
    send(client, offered, "offer_accept")

    assert "for Birch Academy on" in text_of(client.get(page_of(offered, "offer_answered")))
    assert answers_to(offered)[0].agreement.startswith("Birch Academy takes part")


def test_a_school_that_becomes_an_academy_while_the_page_is_open_is_shown_its_new_name_before_it_agrees(
    client: Client, window: RecruitmentWindow
) -> None:
    ash = factories.make_school("Ash Lane Primary School")
    offered = an_offer(window, ash)
    filled = typed(client, page_of(offered, "offer_accept"))
    factories.go_on_as(ash, factories.make_school("Birch Academy"))

    page = text_of(client.post(page_of(offered, "offer_accept"), filled))

    assert "Read the offer again: it has changed since you opened this page" in page
    assert "Birch Academy takes part in" in page
    assert answers_to(offered) == []


# --- Accepting ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "name", "role"),
    [
        ({}, "Hana Head", "Headteacher"),
        (
            {"contact_is_head": True, "head_name": "", "head_email": "", "contact_role": "Executive head"},
            "Cleo Contact",
            "Executive head",
        ),
        (
            {"contact_is_head": True, "head_name": "", "head_email": "", "contact_role": ""},
            "Cleo Contact",
            "Headteacher",
        ),
    ],
)
@pytest.mark.parametrize("page", FORMS)
def test_the_head_finds_her_name_and_role_filled_in(
    client: Client, window: RecruitmentWindow, page: str, fields: dict[str, Any], name: str, role: str
) -> None:
    offered = an_offer(window, **fields)

    filled = typed(client, page_of(offered, page))

    assert (filled["name"], filled["role"]) == (name, role)


def test_accepting_says_what_happens_next(client: Client, offered: ExpressionOfInterest) -> None:
    response = send(client, offered, "offer_accept", name="Dee Deputy", role="Deputy headteacher")

    assert response.status_code == 302
    page = text_of(client.get(response.headers["Location"]))
    (answer,) = answers_to(offered)
    assert (answer.name, answer.role) == ("Dee Deputy", "Deputy headteacher")
    for shown in (
        "Place accepted",
        offered.reference,
        "Dee Deputy, Deputy headteacher, accepted the place in Developing (primary), 2027/28",
        "We are sending a copy of what was agreed to head@school.example and cleo@school.example",
        "Teacher 1 and Teacher 2",
        moment(answer.answered_at),
        answer.grant_condition,
    ):
        assert str(shown) in page
    assert reload(offered).state == State.ACCEPTED


def test_the_school_is_not_said_to_agree_without_a_tick(client: Client, offered: ExpressionOfInterest) -> None:
    address = page_of(offered, "offer_accept")
    filled = typed(client, address, name="Dee Deputy")
    del filled["agreed"]

    response = client.post(address, filled)

    page = text_of(response)
    assert response.status_code == 200
    assert "Tick the box if the school agrees" in page
    assert 'value="Dee Deputy"' in page
    assert "£1,000 towards release" in page
    assert reload(offered).state == State.OFFERED


def test_what_is_agreed_to_is_what_the_page_had_shown(client: Client, offered: ExpressionOfInterest) -> None:
    address = page_of(offered, "offer_accept")
    filled = typed(client, address, name="Dee Deputy")
    StageYear.objects.filter(pk=offered.window.stage_year_id).update(grant_condition="Something else.")

    response = client.post(address, filled)

    page = text_of(response)
    assert "Read the offer again: it has changed since you opened this page" in page
    assert "Something else." in page
    form = response.context["form"]
    assert (form["name"].value(), form["agreed"].value()) == ("Dee Deputy", False)
    assert answers_to(offered) == []
    again = {**filled, "seen": str(form["seen"].value())}
    assert client.post(address, again).status_code == 302
    assert "Something else." in answers_to(offered)[0].agreement


def test_a_form_without_what_it_had_shown_is_shown_again(client: Client, offered: ExpressionOfInterest) -> None:
    address = page_of(offered, "offer_accept")

    response = client.post(address, typed(client, address, seen=""))

    assert "Read the offer again" in text_of(response)
    assert answers_to(offered) == []


# --- Turning down ------------------------------------------------------------------------------


def test_turning_down_says_what_was_said_and_how_to_change_ones_mind(
    client: Client, offered: ExpressionOfInterest
) -> None:
    response = send(client, offered, "offer_decline")

    page = text_of(client.get(response.headers["Location"]))
    for shown in ("The place is turned down", "“Next year” <perhaps>.", "Has your school changed its mind?"):
        assert shown in page
    assert "<perhaps>" not in client.get(page_of(offered, "offer_answered")).content.decode()
    assert reload(offered).state == State.TURNED_DOWN


@pytest.mark.parametrize("reason", ["", "   ", "\u200b"])
def test_turning_down_needs_a_reason(client: Client, offered: ExpressionOfInterest, reason: str) -> None:
    response = send(client, offered, "offer_decline", reason=reason)

    assert response.status_code == 200
    assert "Enter the reason, so that the hub knows what would fit your school" in text_of(response)
    assert reload(offered).state == State.OFFERED


def test_the_old_link_leads_to_the_new_offer(client: Client, offered: ExpressionOfInterest) -> None:
    link = page_of(offered)
    send(client, offered, "offer_decline")
    offer_again(offered, "A place nearer to you has become free.")

    assert "A place nearer to you has become free." in text_of(client.get(link))
    send(client, offered, "offer_accept")
    assert [answer.answer for answer in answers_to(offered)] == ["turned_down", "accepted"]


@pytest.mark.parametrize("page", FORMS)
def test_a_page_left_open_at_the_first_offer_does_not_answer_the_second(
    client: Client, offered: ExpressionOfInterest, page: str
) -> None:
    filled = typed(client, page_of(offered, page))
    send(client, offered, "offer_decline")
    offer_again(offered)

    response = client.post(page_of(offered, page), filled)

    assert response.status_code == 200
    assert "Read the offer again: it has changed since you opened this page" in text_of(response)
    assert (len(answers_to(offered)), reload(offered).state) == (1, State.OFFERED)


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

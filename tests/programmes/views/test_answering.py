from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from correspondence.models import Message
from hubs import tenancy
from hubs.links import read_token
from hubs.models import Hub
from hubs.wording import day, moment
from programmes.models import ExpressionOfInterest, RecruitmentWindow, StageYear, State
from tests import factories, work
from tests.programmes.conftest import reload
from tests.programmes.views.journey import text_of
from tests.programmes.views.offers import (
    FORMS,
    PAGES,
    an_offer,
    answers_to,
    letters_about,
    offer_again,
    page_of,
    send,
    typed,
)

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


def test_the_sentence_that_says_whom_to_ask_ends_right_after_the_telephone(
    client: Client, offered: ExpressionOfInterest
) -> None:
    Hub.objects.filter(pk=offered.hub_id).update(contact_phone="0113 496 0100")

    assert "or call 0113 496 0100." in re.sub(r"<[^>]*>", "", client.get(page_of(offered)).content.decode())

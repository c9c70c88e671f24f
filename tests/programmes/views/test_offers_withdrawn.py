from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from correspondence.models import Message
from hubs import tenancy
from hubs.links import Purpose, make_token
from hubs.models import User
from hubs.wording import day, moment
from programmes.models import ExpressionOfInterest, RecruitmentWindow, State
from tests import factories, work
from tests.programmes.conftest import reload
from tests.programmes.views.console import ClientOf, list_url, said, url
from tests.programmes.views.journey import text_of
from tests.programmes.views.offers import FORMS, answers_to, letters_about, offer_again, page_of, send, typed

REASON = "The funding has ended.\n\n“Next year” <perhaps>."
PAGES = ["expression_withdraw", "expression_offer_again"]


def opened(console: Client, expression: ExpressionOfInterest, name: str) -> dict[str, str]:
    """What stands in one of the forms when it is opened."""
    form = console.get(url(name, expression)).context["form"]
    return {field.html_name: str(field.value() or "") for field in form}


def withdraw(console: Client, expression: ExpressionOfInterest) -> None:
    filled = {**opened(console, expression, "expression_withdraw"), "reason": REASON}
    console.post(url("expression_withdraw", expression), filled)
    assert reload(expression).state == State.WITHDRAWN


def old_page_of(expression: ExpressionOfInterest, name: str) -> str:
    """The address of a page with a link of an hour ago."""
    made_at = timezone.now() - dt.timedelta(hours=1)
    purposes: dict[str, Purpose] = {
        "expression_sent": "expression-confirmation",
        "expression_continue": "expression-draft",
    }
    purpose = purposes.get(name, "offer-answer")
    return reverse(
        name, args=[make_token(purpose, hub_id=expression.hub_id, subject_id=expression.pk, made_at=made_at)]
    )


# --- Withdrawn ----------------------------------------------------------------------------------


def test_the_record_leads_to_both_while_an_offer_waits(console: Client, offered: ExpressionOfInterest) -> None:
    record = console.get(url("expression", offered)).content.decode()
    assert [url(name, offered) in record for name in PAGES] == [True, True]

    withdraw(console, offered)

    record = text_of(console.get(url("expression", offered)))
    assert [url(name, offered) in record for name in PAGES] == [False, False]
    assert "Withdrawn by the hub" in record
    assert "Offer the place again" in record
    assert "Overdue" not in record
    assert REASON.splitlines()[-1] in record


def test_an_offer_is_withdrawn_with_a_reason_having_read_the_letter(
    console: Client, offered: ExpressionOfInterest
) -> None:
    address = url("expression_withdraw", offered)
    page = text_of(console.get(address))
    assert "We are sorry that we have to withdraw this offer" in page
    filled = {**opened(console, offered, "expression_withdraw"), "reason": REASON}
    assert "Enter the reason" in text_of(console.post(address, {**filled, "reason": " "}))
    assert reload(offered).state == State.OFFERED

    response = console.post(address, filled)
    (told,) = said(response)
    assert told.startswith(f"The offer to {offered.school.name} is withdrawn. A letter to ")
    assert letters_about(offered) == 4

    # A double click.
    again = console.post(address, {**filled, "reason": "Another reason."})
    assert "You withdrew the offer to " in said(again)[-1]
    assert said(again)[-1].endswith("Nothing more was saved and no other letter was sent.")
    assert letters_about(offered) == 4

    # Back, and opened once more.
    (looked,) = set(said(console.get(address))) - {told, said(again)[-1]}
    assert looked.startswith("You withdrew the offer to ")
    assert "saved" not in looked
    assert "letter" not in looked


def test_who_withdraws_after_a_colleague_is_told_so(
    console: Client,
    client_of: ClientOf,
    administrator: User,
    offered: ExpressionOfInterest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled = {**opened(console, offered, "expression_withdraw"), "reason": "Another reason."}
    before = reload(offered)
    withdraw(client_of(administrator), offered)
    # In the moment between looking and locking.
    monkeypatch.setattr("programmes.views.deciding._get", lambda reference: before)

    (told,) = said(console.post(url("expression_withdraw", offered), filled))

    assert told.startswith("Ada Administrator withdrew the offer to ")
    assert told.endswith("Nothing of yours was saved and no letter was sent.")
    assert letters_about(offered) == 4


def test_a_page_left_open_does_not_withdraw_a_newer_offer(
    console: Client, client_of: ClientOf, administrator: User, offered: ExpressionOfInterest
) -> None:
    filled = {**opened(console, offered, "expression_withdraw"), "reason": REASON}
    letter = opened(console, offered, "expression_offer_again")
    withdraw(client_of(administrator), offered)
    offer_again(offered)

    (refused,) = said(console.post(url("expression_withdraw", offered), filled))
    also_refused = said(console.post(url("expression_offer_again", offered), letter))[-1]

    assert "has been offered a place again since you opened this page. Nothing was withdrawn" in refused
    assert also_refused == (
        "The letter with the offer has gone out since you opened this page, so it was not sent once more: "
        "see the letters below."
    )
    assert reload(offered).state == State.OFFERED
    assert letters_about(offered) == 6


def test_only_the_offer_that_waits_is_overdue(console: Client, window: RecruitmentWindow) -> None:
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    offered = work.make_offered(window.hub, year=window.stage_year.year, answer_by=yesterday)
    assert text_of(console.get(url("expression", offered))).count("Overdue") == 1

    withdraw(console, offered)
    offer_again(offered)

    assert "Overdue" not in text_of(console.get(url("expression", offered)))


def test_the_list_counts_those_that_are_withdrawn(console: Client, offered: ExpressionOfInterest) -> None:
    withdraw(console, offered)

    figures = console.get(list_url(offered.hub)).context["figures"]

    assert (figures[-1].label, figures[-1].value) == ("Withdrawn by the hub", 1)
    assert list(console.get(figures[-1].url).context["page"]) == [offered]


@pytest.mark.parametrize("name", PAGES)
def test_without_an_offer_there_is_nothing_to_withdraw_or_send_again(
    console: Client, window: RecruitmentWindow, name: str
) -> None:
    expression = factories.make_expression(window)

    response = console.post(url(name, expression), {"reason": REASON, "address": "a@school.example"})

    assert said(response) == [f"{expression.school.name} has not been offered a place."]
    assert letters_about(expression) == 0


@pytest.mark.parametrize("name", PAGES)
def test_what_is_answered_is_neither_withdrawn_nor_sent_again(
    console: Client, client: Client, offered: ExpressionOfInterest, name: str
) -> None:
    send(client, offered, "offer_accept")

    response = console.post(url(name, offered), {"reason": REASON, "address": "a@school.example"})

    assert "accepted it on" in said(response)[-1]
    assert reload(offered).state == State.ACCEPTED


@pytest.mark.parametrize("name", PAGES)
def test_a_mastery_specialist_may_do_neither(
    specialist: User, client_of: ClientOf, offered: ExpressionOfInterest, name: str
) -> None:
    assert client_of(specialist).post(url(name, offered), {"reason": REASON}).status_code == 403
    assert reload(offered).state == State.OFFERED


def test_the_link_says_kindly_that_it_is_withdrawn_why_and_whom_to_ask(
    console: Client, client: Client, offered: ExpressionOfInterest
) -> None:
    withdraw(console, offered)

    for name in ("offer", *FORMS):
        response = client.get(page_of(offered, name))
        page = text_of(response)
        assert response.status_code == 200
        assert "The offer was withdrawn" in page
        day_of_it = day(timezone.localdate())
        assert f"We are sorry: on {day_of_it} {offered.hub.name} withdrew its offer to Ash Lane" in page
        assert " of a place in " in page
        assert "“Next year”" in page
        assert offered.hub.contact_email in page
    assert client.get(page_of(offered, "offer_answered")).status_code == 302
    sent = reverse("expression_sent", args=[make_token(
        "expression-confirmation", hub_id=offered.hub_id, subject_id=offered.pk)])  # fmt: skip
    assert "has withdrawn the offer" in text_of(client.get(sent))


@pytest.mark.parametrize("page", FORMS)
def test_an_answer_that_comes_after_it_is_told_so_and_not_saved(
    console: Client, client: Client, offered: ExpressionOfInterest, page: str
) -> None:
    filled = typed(client, page_of(offered, page))
    withdraw(console, offered)

    response = client.post(page_of(offered, page), filled)

    assert response.status_code == 409
    assert "withdrawn before you answered" in text_of(response)
    assert answers_to(offered) == []
    assert reload(offered).state == State.WITHDRAWN


# --- Sent again ---------------------------------------------------------------------------------


def test_the_letter_is_sent_again_and_the_old_link_stays_good(
    console: Client, client: Client, offered: ExpressionOfInterest
) -> None:
    address = url("expression_offer_again", offered)
    form = console.get(address).context["form"]
    typed_in = {name: str(form[name].value()) for name in ("address", "letter")}
    assert typed_in["address"] == offered.headteacher_email

    first, second = (console.post(address, typed_in) for _ in range(2))

    assert said(first) == [f"The letter is on its way to {offered.headteacher_email} again, with a new link."]
    assert said(second)[-1].startswith("The letter with the offer has gone out since you opened this page")
    assert letters_about(offered) == 3
    assert client.get(old_page_of(offered, "offer")).status_code == 200


def test_the_page_says_when_and_to_whom_the_letter_last_went(console: Client, offered: ExpressionOfInterest) -> None:
    address, to = url("expression_offer_again", offered), offered.headteacher_email
    page = " ".join(text_of(console.get(address)).split())
    assert f"Last written to {to} on " in page
    assert ": waiting to be sent." in page

    with tenancy.use(offered.hub_id):
        at = timezone.now()
        Message.objects.about(offered).update(state="sent", sent_at=at, claimed_at=at, attempts=1)

    assert f"Last sent to {to} on {moment(at)}." in " ".join(text_of(console.get(address)).split())


def test_to_another_address_it_is_not_said_to_go_again(console: Client, offered: ExpressionOfInterest) -> None:
    filled = {**opened(console, offered, "expression_offer_again"), "address": "hana@right.example"}

    assert said(console.post(url("expression_offer_again", offered), filled)) == [
        "The letter is on its way to hana@right.example, with a new link. Cleo Contact gets it as well."
    ]


@pytest.mark.parametrize("page", ["expression_sent", "expression_continue"])
def test_another_address_ends_the_links_to_what_the_school_sent(
    console: Client, client: Client, offered: ExpressionOfInterest, page: str
) -> None:
    filled = {**opened(console, offered, "expression_offer_again"), "address": "hana@right.example"}
    assert client.get(old_page_of(offered, page), follow=True).status_code == 200
    console.post(url("expression_offer_again", offered), filled)

    response = client.get(old_page_of(offered, page), follow=True)

    assert response.status_code == 410
    assert offered.hub.contact_email in text_of(response)
    assert "the link in the newest message works" in text_of(response)
    assert "hana@right.example" not in text_of(response)
    with tenancy.use(offered.hub_id):
        texts = [one.text for one in Message.objects.about(offered).filter(kind="offer-again")]
    links = [re.findall(r"\S+/expression-sent/\S+", text) for text in texts]
    assert [client.get(urlsplit(link).path).status_code for (link,) in links] == [200, 200]


@pytest.mark.parametrize("page", ["offer", *FORMS, "offer_answered"])
def test_another_address_ends_the_old_links(
    console: Client, client: Client, offered: ExpressionOfInterest, page: str
) -> None:
    filled = typed(client, page_of(offered, "offer_accept"))
    address = url("expression_offer_again", offered)
    shown = opened(console, offered, "expression_offer_again")
    refused = console.post(address, {**shown, "address": "no address"})
    assert "Enter the headteacher's e-mail address, like" in text_of(refused)
    console.post(address, {**shown, "address": "hana@right.example"})

    response = client.get(old_page_of(offered, page))
    assert response.status_code == 410
    assert "the link in the newest message works" in text_of(response)
    if page in FORMS:
        assert client.post(old_page_of(offered, page), {**filled, "reason": "No."}).status_code == 410
    assert answers_to(offered) == []
    with tenancy.use(offered.hub_id):
        assert ExpressionOfInterest.objects.get(pk=offered.pk).headteacher_email == "hana@right.example"

    send(client, offered, "offer_accept")
    assert reload(offered).state == State.ACCEPTED

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from correspondence import sending
from correspondence.models import Message, State
from correspondence.views import several
from hubs import tenancy
from hubs.models import Hub, User
from hubs.permissions import NotAllowed
from tests.correspondence.conftest import Queue, in_state, reload
from tests.correspondence.views.test_upcoming import at

ClientOf = Callable[[User], Client]


@pytest.fixture
def ada(administrator: User, client_of: ClientOf) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


@pytest.fixture
def three(hub: Hub, queue: Queue) -> list[Message]:
    """Two offers and a receipt, which will go out in the next days."""
    return [
        queue(hub, subject=f"{what}", not_before=at(day)) for day, what in enumerate(["Offer", "Offer", "Receipt"], 1)
    ]


def url(name: str, hub: Hub, **query: object) -> str:
    return f"{reverse(name, args=[hub.slug])}?{urlencode(query, doseq=True)}"


def keys(messages: list[Message]) -> list[int]:
    return [one.pk for one in messages]


def states(messages: list[Message]) -> list[str]:
    return [reload(one).state for one in messages]


def said(response: Any) -> list[str]:
    return [str(one) for one in get_messages(response.wsgi_request)]


def test_each_message_can_be_ticked_and_all_are_one_link(ada: Client, hub: Hub, three: list[Message]) -> None:
    in_state(three[0], State.HELD)

    page = unescape(ada.get(url("upcoming", hub, q="offer", ahead=14)).content.decode())

    assert [f'value="{one.pk}"' in page for one in three] == [True, True, False]
    assert f"{reverse('upcoming_hold', args=[hub.slug])}?all=1&q=offer&ahead=14&from=q%3Doffer%26ahead%3D14" in page
    assert "Hold the 1 that will go out" in page
    assert "Cancel all 2" in page


def test_who_may_not_act_ticks_nothing(
    hub: Hub, three: list[Message], ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("correspondence.views.upcoming.may", lambda membership, capability: False)

    page = ada.get(url("upcoming", hub)).content.decode()

    assert 'type="checkbox"' not in page
    assert reverse("upcoming_cancel", args=[hub.slug]) not in page


@pytest.mark.parametrize(
    ("name", "asked", "button", "state", "told"),
    [
        ("upcoming_hold", "Hold messages back", "Hold 2 messages back", State.HELD,
         "2 messages are held back. They are not sent until somebody lets them go."),
        ("upcoming_cancel", "Cancel messages", "Cancel 2 messages", State.CANCELLED,
         "2 messages are cancelled. They will not be sent."),
    ],
)  # fmt: skip
def test_what_is_ticked_is_listed_and_done_once(
    ada: Client, hub: Hub, three: list[Message], name: str, asked: str, button: str, state: State, told: str
) -> None:
    address = url(name, hub, message=keys(three[:2]), **{"from": "ahead=14"})

    page = ada.get(address).content.decode()
    assert asked in page
    assert button in page
    assert page.count("head@ashlane.example") == 2
    assert states(three) == [State.QUEUED] * 3

    # And a double click.
    for _ in range(2):
        response = ada.post(address, {"message": keys(three[:2])})
        assert response["Location"] == f"{reverse('upcoming', args=[hub.slug])}?ahead=14"
        assert said(response)[-1] == told
    assert states(three) == [state, state, State.QUEUED]
    with tenancy.use(hub):
        assert reload(three[0]).cancelled_by is None or state == State.CANCELLED


def test_all_that_match_are_those_of_the_filters(ada: Client, hub: Hub, three: list[Message]) -> None:
    in_state(three[0], State.HELD)

    def listed(name: str, **query: str) -> list[int]:
        return [line.message.pk for line in ada.get(url(name, hub, all=1, **query)).context["lines"]]

    assert listed("upcoming_hold", q="offer") == [three[1].pk]
    assert listed("upcoming_cancel", q="offer") == keys(three[:2])
    assert listed("upcoming_cancel", state="queued") == keys(three[1:])


def test_only_so_many_at_once(ada: Client, hub: Hub, three: list[Message], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "MOST_AT_ONCE", 2)

    response = ada.get(url("upcoming_cancel", hub, all=1))

    assert [line.message.pk for line in response.context["lines"]] == keys(three[:2])
    assert "the first 2 of 3" in response.content.decode()


def test_what_cannot_be_done_is_left_out_and_said(ada: Client, hub: Hub, three: list[Message]) -> None:
    in_state(three[0], State.SENT)
    in_state(three[1], State.HELD)
    address = url("upcoming_hold", hub, message=keys(three))

    page = ada.get(address)
    assert [line.message.pk for line in page.context["lines"]] == [three[2].pk]
    assert "Not among them: 2 messages" in page.content.decode()
    assert "This message cannot be held back: it is sent." in page.content.decode()
    assert "It is held back already." in page.content.decode()

    # One of them is sent meanwhile.
    in_state(three[2], State.SENDING)
    cannot = "This message cannot be held back: it is being sent at this moment."
    response = ada.post(address, {"message": keys(three[1:])})
    assert said(response) == [
        "1 message is held back. It is not sent until somebody lets it go.",
        f"Not held back: 1 message, to head@ashlane.example. {cannot}",
    ]


def test_nothing_ticked_is_said(ada: Client, hub: Hub, three: list[Message]) -> None:
    address = url("upcoming_cancel", hub, message=["x", "99999999999999999999"])

    assert "Nothing is ticked" in ada.get(address).content.decode()
    assert said(ada.post(address)) == ["Nothing was done: tick at least one message first."]


def test_messages_of_another_hub_are_left_alone(ada: Client, hub: Hub, other_hub: Hub, queue: Queue) -> None:
    theirs = queue(other_hub, not_before=at(1))
    address = url("upcoming_cancel", hub, message=[theirs.pk])

    assert "Nothing is ticked" in ada.get(address).content.decode()
    ada.post(address, {"message": [theirs.pk]})
    assert reload(theirs).state == State.QUEUED


def test_permission_is_asked_for_each(
    ada: Client, hub: Hub, three: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel = sending.cancel

    def only_receipts(*, message: Message, **rest: object) -> Message:
        if message.subject != "Receipt":
            raise NotAllowed("You may not.")
        return cancel(message=message, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "cancel", only_receipts)

    response = ada.post(url("upcoming_cancel", hub), {"message": keys(three)})

    assert said(response) == [
        "1 message is cancelled. It will not be sent.",
        "Not cancelled: 2 messages, to head@ashlane.example, head@ashlane.example. You may not.",
    ]


@pytest.mark.parametrize("name", ["upcoming_hold", "upcoming_cancel"])
def test_a_mastery_specialist_may_not(
    specialist: User, client_of: ClientOf, hub: Hub, three: list[Message], name: str
) -> None:
    assert client_of(specialist).post(url(name, hub), {"message": keys(three)}).status_code == 403
    assert states(three) == [State.QUEUED] * 3


def test_it_takes_as_many_queries_for_three_messages_as_for_one(ada: Client, hub: Hub, three: list[Message]) -> None:
    def queries(messages: list[Message]) -> int:
        with CaptureQueriesContext(connection) as captured:
            ada.get(url("upcoming_cancel", hub, message=keys(messages)))
        return len([query for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    assert queries(three) == queries(three[:1]) <= 10

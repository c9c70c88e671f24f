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
from django.utils import timezone

from correspondence import deriving
from correspondence.models import Message, State
from correspondence.views import several
from hubs import tenancy
from hubs.models import Hub, User
from tests.correspondence.conftest import Queue, in_state, reload
from tests.correspondence.rules import FakeRule
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
    page = unescape(ada.get(url("upcoming", hub, q="offer", ahead=14)).content.decode())

    assert [f'value="{one.pk}"' in page for one in three] == [True, True, False]
    assert f"{reverse('upcoming_hold', args=[hub.slug])}?all=1&q=offer&ahead=14&from=q%3Doffer%26ahead%3D14" in page
    assert "Hold all 2<" in page
    assert "Cancel all 2<" in page


@pytest.mark.parametrize(
    ("state", "offered", "not_offered"),
    [
        ("", ["Hold ticked", "Let ticked go", "Cancel ticked", "Hold all 2 that will go out", "Let all 2 held back go",
              "Cancel all 4"], []),
        ("held_back", ["Let ticked go", "Cancel ticked", "Let all 2 go", "Cancel all 2"], ["Hold "]),
        ("queued", ["Hold ticked", "Cancel ticked", "Hold all 2<", "Cancel all 2"], ["Let "]),
    ],
)  # fmt: skip
def test_what_can_be_done_with_several_is_offered(
    ada: Client, hub: Hub, queue: Queue, three: list[Message], state: str, offered: list[str], not_offered: list[str]
) -> None:
    for message in [three[0], queue(hub, not_before=at(1))]:
        in_state(message, State.HELD)

    page = ada.get(url("upcoming", hub, state=state)).content.decode()
    above = page[page.index('id="several"') : page.index("<table")]

    assert [text for text in offered if text not in above] == []
    assert [text for text in not_offered if text in above] == []


def test_all_is_not_offered_of_one(ada: Client, hub: Hub, queue: Queue) -> None:
    queue(hub, not_before=at(1))

    page = ada.get(url("upcoming", hub)).content.decode()

    assert "Hold ticked" in page
    assert "Let ticked go" not in page
    assert "all 1" not in page


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
         "2 messages held back."),
        ("upcoming_cancel", "Cancel messages", "Cancel 2 messages", State.CANCELLED, "2 messages cancelled."),
    ],
)  # fmt: skip
def test_what_is_ticked_is_listed_and_done_once(
    ada: Client, hub: Hub, three: list[Message], name: str, asked: str, button: str, state: State, told: str
) -> None:
    address = url(name, hub, message=keys(three[:2]), **{"from": "ahead=14"})

    page = ada.get(address).content.decode()
    assert asked in page
    assert button in page
    assert page.count("head<wbr>@ashlane.example") == 2
    assert states(three) == [State.QUEUED] * 3

    # And a double click.
    for _ in range(2):
        response = ada.post(address, {"message": keys(three[:2])})
        assert response["Location"] == f"{reverse('upcoming', args=[hub.slug])}?ahead=14"
        assert said(response)[-1] == told
    assert states(three) == [state, state, State.QUEUED]
    with tenancy.use(hub):
        assert reload(three[0]).cancelled_by is None or state == State.CANCELLED


def test_several_that_are_held_back_are_let_go(ada: Client, hub: Hub, three: list[Message]) -> None:
    for message in three[:2]:
        in_state(message, State.HELD)
    address = url("upcoming_release", hub, message=keys(three))

    page = ada.get(address).content.decode()
    assert "Let 2 messages go" in page
    assert "It is waiting to be sent already." in page

    # And a double click.
    for _ in range(2):
        assert said(ada.post(address, {"message": keys(three[:2])}))[-1] == "2 messages let go."
    assert states(three) == [State.QUEUED] * 3


def test_what_is_of_no_use_any_more_is_not_let_go(ada: Client, hub: Hub, three: list[Message]) -> None:
    for message in three:
        in_state(message, State.HELD)
    with tenancy.use(hub):
        Message.objects.filter(pk=three[0].pk).update(useless_at=at(-1))
    address = url("upcoming_release", hub, all=1)

    assert "It is of no use any more." in ada.get(address).content.decode()
    assert said(ada.post(address, {"message": keys(three)})) == [
        "2 messages let go.",
        "1 message not let go, as it is of no use any more: to head@ashlane.example.",
    ]


def test_all_that_match_are_those_of_the_filters(ada: Client, hub: Hub, three: list[Message]) -> None:
    in_state(three[0], State.HELD)

    def listed(name: str, **query: str) -> list[int]:
        return [line.message.pk for line in ada.get(url(name, hub, all=1, **query)).context["lines"]]

    assert listed("upcoming_hold", q="offer") == [three[1].pk]
    assert listed("upcoming_release", q="offer") == [three[0].pk]
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
    assert "It is sent." in page.content.decode()
    assert "It is held back already." in page.content.decode()

    # One of them is sent meanwhile.
    in_state(three[2], State.SENDING)
    response = ada.post(address, {"message": keys(three[1:])})
    assert said(response) == [
        "1 message held back.",
        "1 message not held back, as it is being sent at this moment: to head@ashlane.example.",
    ]


def test_what_can_be_done_to_none_of_them_is_said(ada: Client, hub: Hub, three: list[Message]) -> None:
    for message in three[:2]:
        in_state(message, State.SENT)
    address = url("upcoming_cancel", hub, message=keys(three[:2]))

    assert "None of these can be cancelled: 2 messages" in ada.get(address).content.decode()
    assert said(ada.post(address, {"message": keys(three[:2])})) == [
        "2 messages not cancelled, as they are sent: to head@ashlane.example, head@ashlane.example."
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


@pytest.mark.parametrize("name", ["upcoming_hold", "upcoming_release", "upcoming_cancel"])
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


@pytest.mark.parametrize("state", [State.HELD, State.CANCELLED, State.QUEUED])
def test_eleven_messages_are_done_in_as_many_queries_as_one(
    ada: Client, hub: Hub, queue: Queue, rule: FakeRule, state: State
) -> None:
    for number in range(12):
        rule.want(f"fake:{number}", "soon", at(2))
    with tenancy.use(hub):
        deriving.bring_up_to_date(now=timezone.now())
        reminders = list(Message.objects.order_by("pk"))
    name = {State.HELD: "upcoming_hold", State.CANCELLED: "upcoming_cancel", State.QUEUED: "upcoming_release"}[state]
    if state == State.QUEUED:
        for message in reminders:
            in_state(message, State.HELD)

    def queries(messages: list[Message]) -> int:
        with CaptureQueriesContext(connection) as captured:
            ada.post(url(name, hub), {"message": keys(messages)})
        assert states(messages) == [state] * len(messages)
        return len([query for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    assert queries(reminders[:1]) == queries(reminders[1:]) <= 12

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from correspondence import delivery
from correspondence.models import Message, State
from correspondence.outbox import queue_message
from hubs import tenancy, timeline
from hubs.links import make_token
from hubs.models import Hub, User
from tests.correspondence.conftest import Queue, in_state, reload

ClientOf = Callable[[User], Client]


def url(name: str, hub: Hub, *rest: object) -> str:
    return reverse(name, args=[hub.slug, *rest])


@pytest.fixture
def ada(administrator: User, client_of: ClientOf) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


# --- The list --------------------------------------------------------------------------------


def test_an_empty_list_says_what_will_be_there(ada: Client, hub: Hub) -> None:
    page = ada.get(url("message_list", hub)).content.decode()

    assert "No messages yet" in page


def test_the_list_shows_the_newest_message_first_and_counts_the_states(
    ada: Client, hub: Hub, queue: Queue, now: dt.datetime
) -> None:
    old = queue(hub, subject="The older one")
    new = in_state(queue(hub, subject="The newer one", now=now + dt.timedelta(hours=1)), State.FAILED)

    response = ada.get(url("message_list", hub))

    assert list(response.context["page"]) == [new, old]
    figures = {figure.label: figure.value for figure in response.context["figures"]}
    assert figures == {"Waiting to be sent": 1, "Sent": 0, "Not sent": 1}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("state=failed", ["Offer"]),
        ("state=sent", []),
        ("q=ASHLANE", ["Receipt", "Offer"]),
        ("q=mill", ["Reminder"]),
        ("q=offer+ashlane", ["Offer"]),
        ("q=offer+mill", []),
        ("q=%25", []),
        ("q=offer&state=queued", []),
        ("state=nonsense", ["Reminder", "Receipt", "Offer"]),
    ],
)
def test_the_list_can_be_filtered_and_searched(
    ada: Client, hub: Hub, queue: Queue, asked: str, found: list[str]
) -> None:
    in_state(queue(hub, subject="Offer"), State.FAILED)
    queue(hub, subject="Receipt")
    queue(hub, subject="Reminder", recipients=["office@mill.example"])

    response = ada.get(f"{url('message_list', hub)}?{asked}")

    assert [message.subject for message in response.context["page"]] == found


def test_a_filter_in_force_can_be_taken_away(ada: Client, hub: Hub, queue: Queue) -> None:
    queue(hub)

    response = ada.get(f"{url('message_list', hub)}?q=ashlane&state=queued&page=1")

    chosen = {filter_.label: filter_.remove_url for filter_ in response.context["chosen"]}
    here = url("message_list", hub)
    assert chosen == {"“ashlane”": f"{here}?state=queued", "Waiting to be sent": f"{here}?q=ashlane"}


def test_the_figures_count_within_the_words_and_lead_to_what_they_count(ada: Client, hub: Hub, queue: Queue) -> None:
    in_state(queue(hub, subject="Offer"), State.FAILED)
    queue(hub, subject="Offer")
    queue(hub, subject="Receipt")

    response = ada.get(f"{url('message_list', hub)}?q=offer&state=queued&page=1")

    figures = {figure.label: figure for figure in response.context["figures"]}
    assert (figures["Waiting to be sent"].value, figures["Not sent"].value, figures["Sent"].value) == (1, 1, 0)
    assert figures["Not sent"].url == f"{url('message_list', hub)}?q=offer&state=failed"
    assert len(ada.get(figures["Not sent"].url).context["page"]) == 1


def test_nothing_found_offers_the_way_back(ada: Client, hub: Hub, queue: Queue) -> None:
    queue(hub)

    page = ada.get(f"{url('message_list', hub)}?q=nowhere").content.decode()

    assert "No message matches these filters" in page
    assert "Show all messages" in page


def test_the_list_comes_in_pages_of_fifty(ada: Client, hub: Hub, queue: Queue) -> None:
    for _ in range(51):
        queue(hub)

    assert len(ada.get(url("message_list", hub)).context["page"]) == 50
    assert len(ada.get(f"{url('message_list', hub)}?page=2").context["page"]) == 1


def test_the_list_takes_as_many_queries_for_three_messages_as_for_one(ada: Client, hub: Hub, queue: Queue) -> None:
    queue(hub)
    for_one = queries_of(ada, url("message_list", hub))
    queue(hub)
    queue(hub)
    for_three = queries_of(ada, url("message_list", hub))

    assert len(for_three) == len(for_one) <= 10


def queries_of(client: Client, address: str) -> list[str]:
    """The queries of a page; beginning and ending a transaction is none."""
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def test_the_list_shows_nothing_of_another_hub(ada: Client, hub: Hub, other_hub: Hub, queue: Queue) -> None:
    queue(other_hub, subject="Their secret")
    own = queue(hub)

    assert list(ada.get(url("message_list", hub)).context["page"]) == [own]


# --- One message -----------------------------------------------------------------------------


def test_a_message_shows_text_recipient_attempts_and_timeline(
    ada: Client, hub: Hub, queue: Queue, now: dt.datetime
) -> None:
    message = queue(hub, text="Dear <b>Hana</b>,\nthank you.")
    delivery.deliver(hub_id=hub.pk, message_id=message.pk, now=now)
    with tenancy.use(hub):
        timeline.record(subject=message, actor="The office", now=now, text="Rang the school.")

    page = ada.get(url("message", hub, message.pk)).content.decode()

    assert "Dear &lt;b&gt;Hana&lt;/b&gt;,<br>thank you." in page
    assert "head@ashlane.example" in page
    assert "The mail server has taken it." in page
    assert "Saturday 21 November 2026, 10am" in page
    assert "Rang the school." in page


def test_a_message_to_which_nothing_happened_has_no_timeline(ada: Client, hub: Hub, queue: Queue) -> None:
    assert "Timeline" not in ada.get(url("message", hub, queue(hub).pk)).content.decode()


ACTS = {"message_cancel", "message_hold", "message_release", "message_retry", "message_send_now"}


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (State.QUEUED, {"message_hold", "message_send_now", "message_cancel"}),
        (State.HELD, {"message_release", "message_send_now", "message_cancel"}),
        (State.FAILED, {"message_retry"}),
        (State.UNCERTAIN, {"message_retry"}),
        (State.SENDING, set()),
        (State.SENT, set()),
        (State.CANCELLED, set()),
    ],
)
def test_a_message_offers_what_can_be_done_now(
    ada: Client, hub: Hub, queue: Queue, state: State, offered: set[str]
) -> None:
    message = in_state(queue(hub), state)

    page = ada.get(url("message", hub, message.pk)).content.decode()

    assert {name for name in ACTS if f'href="{url(name, hub, message.pk)}"' in page} == offered


def test_a_reminder_says_why_it_is_sent_and_until_when_it_is_of_use(
    ada: Client, hub: Hub, queue: Queue, now: dt.datetime
) -> None:
    message = queue(hub)
    with tenancy.use(hub):
        Message.objects.filter(pk=message.pk).update(
            slot="fake:1", because="The meeting is soon.", useless_at=dt.datetime(2026, 12, 1, 13, 30, tzinfo=dt.UTC)
        )

    page = ada.get(url("message", hub, message.pk)).content.decode()

    assert "The meeting is soon." in page
    assert "Tuesday 1 December 2026, 1:30pm" in page


def test_a_reminder_that_nobody_wants_any_more_says_so(ada: Client, hub: Hub, queue: Queue) -> None:
    message = in_state(queue(hub), State.CANCELLED)
    page = url("message", hub, message.pk)
    assert "there is no reason for it any more" not in ada.get(page).content.decode()

    with tenancy.use(hub):
        Message.objects.filter(pk=message.pk).update(slot="fake:1")

    assert "there is no reason for it any more" in ada.get(page).content.decode()


def test_the_way_to_a_messages_record(ada: Client, hub: Hub, queue: Queue) -> None:
    about_none, about_hub = queue(hub), queue(hub, subject_of=hub)
    about_message = queue(hub, subject_of=about_none)

    def led_to(message: Message) -> str:
        return ada.get(url("message_record", hub, message.pk))["Location"]

    assert led_to(about_none) == url("message", hub, about_none.pk)
    assert led_to(about_hub) == hub.get_absolute_url()
    # A record without a page of its own.
    assert led_to(about_message) == url("message", hub, about_message.pk)


def test_a_message_names_the_record_that_it_is_about(ada: Client, hub: Hub, queue: Queue) -> None:
    first = queue(hub, subject="The first message")
    message = queue(hub, subject_of=first)

    assert ada.get(url("message", hub, message.pk)).context["record"] == first


@pytest.mark.parametrize("name", ["message", "message_record", "message_retry", "message_cancel", "message_hold"])
def test_another_hubs_message_does_not_exist(ada: Client, hub: Hub, other_hub: Hub, queue: Queue, name: str) -> None:
    theirs = in_state(queue(other_hub), State.FAILED)

    assert ada.get(url(name, hub, theirs.pk)).status_code == 404
    assert ada.post(url(name, hub, theirs.pk)).status_code in (404, 405)
    assert reload(theirs).state == State.FAILED


def test_a_mastery_specialist_sees_no_messages(specialist: User, client_of: ClientOf, hub: Hub, queue: Queue) -> None:
    message = in_state(queue(hub), State.FAILED)
    mina = client_of(specialist)

    assert mina.get(url("message_list", hub)).status_code == 403
    assert mina.get(url("message", hub, message.pk)).status_code == 403
    assert mina.post(url("message_retry", hub, message.pk)).status_code == 403
    assert reload(message).state == State.FAILED


def test_links_that_open_something_for_their_recipient_are_not_shown(
    hub: Hub, lead: User, client_of: Callable[[User], Client], now: dt.datetime
) -> None:
    token = make_token("invitation", hub_id=hub.pk, subject_id=7)
    with tenancy.use(hub):
        message = queue_message(
            kind="invitation",
            key="invitation:7",
            recipients=["new@people.example"],
            subject="Join us",
            text=f"Open https://hubs.example/invitation/{token}/ to join.",
            now=now,
        )
        assert token in Message.objects.get(pk=message.pk).text
    content = client_of(lead).get(reverse("message", args=[hub.slug, message.pk])).content.decode()
    assert token not in content
    assert "the link is in the message only" in content

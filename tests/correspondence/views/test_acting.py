from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from correspondence import deriving
from correspondence.models import Message, State
from hubs import tenancy
from hubs.models import Hub, User
from tests.correspondence.conftest import Queue, in_state, reload
from tests.correspondence.rules import FakeRule


def url(name: str, hub: Hub, *rest: object) -> str:
    return reverse(name, args=[hub.slug, *rest])


@pytest.fixture
def ada(administrator: User, client_of: Callable[[User], Client]) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


def test_a_failed_message_is_sent_again_by_a_button_on_a_page_of_its_own(ada: Client, hub: Hub, queue: Queue) -> None:
    message = in_state(queue(hub), State.FAILED)
    address = url("message_retry", hub, message.pk)

    assert "Send this message again?" in ada.get(address).content.decode()
    assert reload(message).state == State.FAILED

    response = ada.post(address, follow=True)
    assert "The message is on its way again." in response.content.decode()
    assert reload(message).state == State.QUEUED


def test_an_uncertain_message_asks_to_be_sure(ada: Client, hub: Hub, queue: Queue) -> None:
    message = in_state(queue(hub), State.UNCERTAIN)
    address = url("message_retry", hub, message.pk)

    assert "may have arrived already" in ada.get(address).content.decode()
    refused = ada.post(address)
    assert "Tick the box" in refused.content.decode()
    assert reload(message).state == State.UNCERTAIN

    ada.post(address, {"sure": "on"})
    assert reload(message).state == State.QUEUED


def test_a_waiting_message_is_cancelled_after_a_question(ada: Client, hub: Hub, queue: Queue) -> None:
    message = queue(hub)
    address = url("message_cancel", hub, message.pk)

    assert "Cancel this message?" in ada.get(address).content.decode()
    assert reload(message).state == State.QUEUED

    response = ada.post(address, follow=True)
    assert "It will not be sent." in response.content.decode()
    assert reload(message).state == State.CANCELLED


@pytest.mark.parametrize(
    "name", ["message_retry", "message_cancel", "message_hold", "message_release", "message_send_now"]
)
def test_what_is_too_late_is_said_and_changes_nothing(ada: Client, hub: Hub, queue: Queue, name: str) -> None:
    message = in_state(queue(hub), State.SENT)
    address = url(name, hub, message.pk)

    assert ada.get(address).status_code == 302
    assert "it is sent." in ada.post(address, follow=True).content.decode()
    assert reload(message).state == State.SENT


@pytest.mark.parametrize(
    ("name", "before", "asked", "said", "after"),
    [
        ("message_hold", State.QUEUED, "Hold this message back?", "The message is held back.", State.HELD),
        ("message_release", State.HELD, "Let this message go?", "The message is let go. It is sent on ", State.QUEUED),
        ("message_send_now", State.QUEUED, "instead of on ", "The message is on its way.", State.QUEUED),
        ("message_send_now", State.HELD, "Send this message now?", "The message is on its way.", State.QUEUED),
        ("message_cancel", State.HELD, "Cancel this message?", "It will not be sent.", State.CANCELLED),
    ],
)
def test_what_is_done_about_a_waiting_message_is_asked_first_and_said_afterwards(
    ada: Client, hub: Hub, queue: Queue, name: str, before: State, asked: str, said: str, after: State
) -> None:
    message = in_state(queue(hub, not_before=timezone.now() + dt.timedelta(days=3)), before)
    address = url(name, hub, message.pk)

    assert asked in ada.get(address).content.decode()
    assert reload(message).state == before

    response = ada.post(address, follow=True)
    assert said in response.content.decode()
    assert response.redirect_chain == [(url("message", hub, message.pk), 302)]
    assert reload(message).state == after
    assert (reload(message).not_before <= timezone.now()) == (name == "message_send_now")


def test_who_comes_from_what_will_go_out_is_led_back_to_it(ada: Client, hub: Hub, queue: Queue) -> None:
    message = queue(hub, not_before=timezone.now() + dt.timedelta(days=3))
    address = f"{url('message_hold', hub, message.pk)}?via=upcoming&from={quote('q=ash&ahead=14')}"
    back = f"{url('upcoming', hub)}?q=ash&ahead=14"

    assert f'href="{back.replace("&", "&amp;")}"' in ada.get(address).content.decode()
    assert ada.post(address)["Location"] == back


def test_a_reminder_is_told_of_its_dates(ada: Client, hub: Hub, queue: Queue) -> None:
    message = queue(hub, not_before=timezone.now() + dt.timedelta(days=3))
    with tenancy.use(hub):
        Message.objects.filter(pk=message.pk).update(
            slot="fake:1", because="The meeting is soon.", useless_at=timezone.now() + dt.timedelta(days=4)
        )

    hold = ada.get(url("message_hold", hub, message.pk)).content.decode()
    cancel = ada.get(url("message_cancel", hub, message.pk)).content.decode()

    assert "The meeting is soon." in hold
    assert "If the date that it reminds of moves, it moves with it and stays held back." in hold
    assert "it is of no use any more, and is not sent at all" in hold
    assert "a new message is written for the new date" in cancel


def test_what_is_of_no_use_any_more_is_not_sent(ada: Client, hub: Hub, queue: Queue) -> None:
    message = in_state(queue(hub), State.HELD)
    with tenancy.use(hub):
        Message.objects.filter(pk=message.pk).update(slot="fake:1", useless_at=timezone.now())

    for name in ("message_release", "message_send_now"):
        assert "of no use any more" in ada.post(url(name, hub, message.pk), follow=True).content.decode()
    assert reload(message).state == State.HELD


@pytest.mark.parametrize("state", [State.FAILED, State.UNCERTAIN])
def test_what_is_not_wanted_any_more_is_not_offered_to_be_sent_again(
    ada: Client, hub: Hub, rule: FakeRule, state: State
) -> None:
    now = timezone.now()
    rule.want("fake:1", "soon", now)
    with tenancy.use(hub):
        deriving.bring_up_to_date(now=now)
        message = in_state(Message.objects.get(), state)
    address, retry = url("message", hub, message.pk), url("message_retry", hub, message.pk)
    assert retry in ada.get(address).content.decode()

    # Its meeting is cancelled.
    rule.wishes.clear()

    why = "This message is not sent any more: what it reminds of has changed."
    page = ada.get(address).content.decode()
    assert retry not in page
    assert why in page
    assert "send it again" not in page
    response = ada.get(retry, follow=True)
    assert (response.redirect_chain, why in response.content.decode()) == ([(address, 302)], True)


@pytest.mark.parametrize(
    ("slot", "why"), [("fake:1", "what it reminds of has passed."), ("", "what it says has changed.")]
)
def test_what_is_of_no_use_any_more_is_not_offered_to_be_sent_again(
    ada: Client, hub: Hub, queue: Queue, slot: str, why: str
) -> None:
    message = in_state(queue(hub), State.FAILED)
    with tenancy.use(hub):
        Message.objects.filter(pk=message.pk).update(slot=slot, useless_at=timezone.now())

    page = ada.get(url("message", hub, message.pk)).content.decode()

    assert url("message_retry", hub, message.pk) not in page
    assert f"This message is of no use any more: {why}" in page

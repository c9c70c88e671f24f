from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from correspondence import deriving
from correspondence.models import Message, State
from hubs import tenancy
from hubs.links import make_token
from hubs.models import Hub, User
from tests.correspondence.conftest import Queue, in_state
from tests.correspondence.rules import FakeRule

ClientOf = Callable[[User], Client]


@pytest.fixture
def ada(administrator: User, client_of: ClientOf) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


@pytest.fixture
def address(hub: Hub) -> str:
    return reverse("upcoming", args=[hub.slug])


def at(days: int, hour: int = 12) -> dt.datetime:
    """A moment so many days from today."""
    return timezone.make_aware(dt.datetime.combine(timezone.localdate() + dt.timedelta(days=days), dt.time(hour)))


def shown(client: Client, address: str) -> dict[str, list[str]]:
    """The subjects by day."""
    days = client.get(address).context["days"]
    return {day.label.split(",")[0]: [line.message.subject for line in day.lines] for day in days}


def test_an_empty_page_says_what_will_be_there(ada: Client, address: str) -> None:
    page = ada.get(address).content.decode()

    assert "Nothing will go out in the next 7 days" in page
    assert "Look 14 days ahead" in page


def test_what_waits_stands_under_its_day_in_order(
    ada: Client, hub: Hub, queue: Queue, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Late in the evening nothing more goes out today.
    noon = at(0)
    monkeypatch.setattr(timezone, "now", lambda: noon)
    queue(hub, subject="Late today", not_before=at(0, 23))
    queue(hub, subject="Early tomorrow", not_before=at(1, 7))
    queue(hub, subject="Late tomorrow", not_before=at(1, 8))
    queue(hub, subject="Last", not_before=at(7, 23))
    queue(hub, subject="Beyond", not_before=at(8, 0))
    in_state(queue(hub, subject="Sent"), State.SENT)
    in_state(queue(hub, subject="Held", not_before=at(-2)), State.HELD)
    queue(hub, subject="Due", not_before=timezone.now())

    found = shown(ada, address)

    last = timezone.localdate() + dt.timedelta(days=7)
    assert found == {
        "Due now": ["Held", "Due"],
        "Today": ["Late today"],
        "Tomorrow": ["Early tomorrow", "Late tomorrow"],
        f"{last:%A} {last.day} {last:%B %Y}": ["Last"],
    }
    assert list(shown(ada, f"{address}?ahead=14").values())[-1] == ["Beyond"]


def test_a_reminder_says_what_it_is_to_whom_and_why_and_leads_to_its_record(
    ada: Client, hub: Hub, rule: FakeRule, address: str
) -> None:
    rule.want("fake:1", "soon", at(2), subject="See you soon", about=hub, because="The meeting is soon.")
    with tenancy.use(hub):
        deriving.bring_up_to_date(now=timezone.now())
        message = Message.objects.get()

    page = ada.get(address).content.decode()

    for said in ("Something to do", "mina@people.example", "The meeting is soon.", "midday"):
        assert said in page
    for name in ("message", "message_record", "message_hold", "message_send_now", "message_cancel"):
        assert reverse(name, args=[hub.slug, message.pk]) in page
    assert reverse("message_release", args=[hub.slug, message.pk]) not in page


def test_a_letter_says_its_subject_and_what_is_due_goes_at_once(
    ada: Client, hub: Hub, queue: Queue, address: str
) -> None:
    queue(hub, subject="A place for your school", not_before=timezone.now())
    in_state(queue(hub, not_before=at(-2)), State.HELD)

    held, letter = ada.get(address).context["days"][0].lines

    assert (letter.label, letter.why, letter.when, letter.record_url) == (
        "Letter",
        "A place for your school",
        "At once",
        "",
    )
    assert held.when.startswith("Since ")


def test_what_is_held_back_stands_out_and_is_let_go_in_one_step(
    ada: Client, hub: Hub, queue: Queue, address: str
) -> None:
    message = in_state(queue(hub, not_before=at(1)), State.HELD)

    page = ada.get(address).content.decode()

    assert 'class="app-upcoming__held"' in page
    assert "Held back</strong>" in page
    assert f'action="{reverse("message_release", args=[hub.slug, message.pk])}?via=upcoming"' in page


def test_whoever_acts_is_led_back_to_the_same_list(ada: Client, hub: Hub, queue: Queue, address: str) -> None:
    queue(hub, subject="Offer", not_before=at(1))

    page = ada.get(f"{address}?q=offer&ahead=14").content.decode()

    assert "/hold/?via=upcoming&amp;from=q%3Doffer%26ahead%3D14" in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("kind=fake", ["Reminder"]),
        ("kind=letters", ["Offer", "Receipt"]),
        ("state=held_back", ["Receipt"]),
        ("state=queued", ["Reminder", "Offer"]),
        ("q=offer", ["Offer"]),
        ("q=mina", ["Reminder"]),
        ("state=nonsense&kind=none&ahead=9", ["Reminder", "Offer", "Receipt"]),
    ],
)
def test_the_list_can_be_filtered(
    ada: Client, hub: Hub, queue: Queue, rule: FakeRule, address: str, asked: str, found: list[str]
) -> None:
    rule.want("fake:1", "soon", at(1), subject="Reminder")
    with tenancy.use(hub):
        deriving.bring_up_to_date(now=timezone.now())
    queue(hub, subject="Offer", not_before=at(2))
    in_state(queue(hub, subject="Receipt", not_before=at(3)), State.HELD)

    assert [one for day in shown(ada, f"{address}?{asked}").values() for one in day] == found


def test_the_figures_count_what_matches_and_lead_to_it(ada: Client, hub: Hub, queue: Queue, address: str) -> None:
    queue(hub, subject="Offer", not_before=at(1))
    in_state(queue(hub, subject="Offer", not_before=at(2)), State.HELD)
    in_state(queue(hub, subject="Receipt", not_before=at(2)), State.HELD)

    figures = ada.get(f"{address}?q=offer").context["figures"]

    assert [(figure.label, figure.value) for figure in figures] == [("Will go out", 1), ("Held back", 1)]
    assert list(shown(ada, figures[1].url).values()) == [["Offer"]]


def test_nothing_found_offers_the_way_back(ada: Client, hub: Hub, queue: Queue, address: str) -> None:
    queue(hub, not_before=at(1))

    assert "No waiting message matches these filters" in ada.get(f"{address}?q=nowhere").content.decode()


def test_the_messages_lead_here_and_this_leads_back(ada: Client, hub: Hub, address: str) -> None:
    messages = reverse("message_list", args=[hub.slug])

    assert f'href="{address}"' in ada.get(messages).content.decode()
    assert f'href="{messages}"' in ada.get(address).content.decode()


def test_it_takes_as_many_queries_for_three_messages_as_for_one(
    ada: Client, hub: Hub, queue: Queue, rule: FakeRule, address: str
) -> None:
    def queries() -> int:
        with tenancy.use(hub):
            deriving.bring_up_to_date(now=timezone.now())
        with CaptureQueriesContext(connection) as captured:
            ada.get(address)
        return len([query for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    rule.want("fake:1", "soon", at(1), about=hub)
    for_one = queries()
    rule.want("fake:2", "soon", at(2), about=hub)
    in_state(queue(hub, not_before=at(3)), State.HELD)

    assert queries() == for_one <= 10


def test_neither_links_nor_texts_are_shown(ada: Client, hub: Hub, queue: Queue, address: str) -> None:
    token = make_token("school-page", hub_id=hub.pk, subject_id=7)
    queue(hub, text=f"Open https://hubs.example/school/{token}/", not_before=at(1))

    assert token not in ada.get(address).content.decode()


def test_it_shows_nothing_of_another_hub(ada: Client, other_hub: Hub, queue: Queue, address: str) -> None:
    queue(other_hub, subject="Their secret", not_before=at(1))

    assert shown(ada, address) == {}


def test_a_mastery_specialist_does_not_see_it(specialist: User, client_of: ClientOf, address: str) -> None:
    assert client_of(specialist).get(address).status_code == 403


@pytest.mark.parametrize("name", ["upcoming", "message_list"])
@pytest.mark.parametrize("field", ["state", "kind", "ahead"])
def test_a_choice_that_is_not_offered_is_ignored(ada: Client, hub: Hub, queue: Queue, name: str, field: str) -> None:
    queue(hub, subject="Still listed", not_before=at(1))

    page = ada.get(reverse(name, args=[hub.slug]), {field: "held"}).content.decode()

    assert "Select a valid choice" not in page
    assert "Still listed" in page

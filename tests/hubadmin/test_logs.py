"""What reaches standard output, in the form that production writes it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from celery import shared_task
from django.test import Client
from django.urls import reverse

from hubadmin.logs import configure_logs
from hubs.models import Hub, User
from tests import factories
from tests.programmes.views.journey import ANSWERS, page_of, token_of

ClientOf = Callable[[User], Client]
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What is logged, as production writes it."""
    configure_logs(level="INFO", as_json=True)
    (output,) = [handler for handler in logging.getLogger().handlers if handler.name == "output"]
    stream = StringIO()
    output.setStream(stream)  # type: ignore[attr-defined]
    yield stream
    configure_logs(level="ERROR", as_json=False)


@pytest.fixture
def lines(written: StringIO) -> Lines:
    """Reads the lines of the log."""
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def request_line(found: list[dict[str, Any]]) -> dict[str, Any]:
    (line,) = [line for line in found if line["event"] == "request"]
    return line


def test_a_request_leaves_its_route_status_and_hub(client: Client, hub: Hub, lines: Lines) -> None:
    client.get(reverse("hub_public", args=[hub.slug]))

    line = request_line(lines())
    assert (line["method"], line["route"], line["status"], line["hub_id"]) == (
        "GET",
        "hub/<slug:hub_slug>/",
        200,
        hub.pk,
    )
    assert line["level"] == "info"
    assert line["request_id"]


def test_neither_a_links_token_nor_what_was_typed_is_logged(client: Client, hub: Hub, lines: Lines) -> None:
    draft = factories.make_draft(factories.make_window(hub))
    token = token_of(draft)

    for step in ("contact", "headteacher", "check", "payment"):
        client.get(page_of(draft, step))
        client.post(page_of(draft, step), ANSWERS["contact"])
    client.get(page_of(draft, "contact").replace(token, f"{token}x"))
    client.get(f"/nowhere/{token}/?email=cora@school.example")
    client.get(reverse("school_search"), {"q": "Secret Lane"})

    found = json.dumps(lines())
    assert found.count('"event": "request"') == 11
    for secret in (token, token[:20], "cora", "Cora", "hana", "school.example", "Secret", "01632"):
        assert secret not in found


def test_what_was_sent_is_in_the_letters_and_not_in_the_log(client: Client, hub: Hub, lines: Lines) -> None:
    draft = factories.make_draft(factories.make_window(hub))

    client.post(page_of(draft, "check"))

    found = json.dumps(lines())
    assert "cleo" not in found.lower()
    assert "head@school.example" not in found


def test_who_is_signed_in_is_not_logged(hub: Hub, lead: User, client_of: ClientOf, lines: Lines) -> None:
    sent = factories.make_expression(factories.make_window(hub))

    client_of(lead).get(reverse("expression", args=[hub.slug, sent.reference]))

    found = lines()
    assert request_line(found)["route"] == "console/<slug:hub_slug>/expressions/<slug:reference>/"
    assert lead.email not in json.dumps(found)
    assert str(sent.reference) not in json.dumps(found)


WORDS = "duplicate key: (email)=(ann@school.example) already exists"


@pytest.fixture
def _broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that fails with an error which names a person."""

    def fail(now: object) -> None:
        raise RuntimeError(WORDS)

    monkeypatch.setattr("programmes.views.applying.queries.windows_to_show", fail)


@pytest.mark.usefixtures("_broken")
def test_a_failure_says_where_and_of_what_kind_but_not_about_whom(hub: Hub, lines: Lines) -> None:
    client = Client(raise_request_exception=False)

    response = client.get(reverse("hub_public", args=[hub.slug]))

    found = lines()
    assert response.status_code == 500
    (failure,) = [line for line in found if line["event"] == "exception"]
    assert (failure["kind"], failure["level"]) == ("RuntimeError", "error")
    assert any(frame.endswith(" hub_public") for frame in failure["frames"])
    assert failure["request_id"] == request_line(found)["request_id"] == response.headers["X-Request-ID"]
    assert "ann@" not in json.dumps(found)
    assert "ann@" not in response.content.decode()


@shared_task
def failing_task() -> None:
    """Fails with an error that names a person."""
    raise RuntimeError(WORDS)


def test_a_task_that_fails_says_where_but_not_about_whom(lines: Lines) -> None:
    failing_task.apply()

    found = lines()
    (failure,) = [line for line in found if line["event"] == "task_failed"]
    assert failure["task"] == "tests.hubadmin.test_logs.failing_task"
    assert failure["kind"] == "RuntimeError"
    assert any(frame.endswith(" failing_task") for frame in failure["frames"])
    assert "ann@" not in json.dumps(found)


@pytest.mark.parametrize("sent", ["0123456789abcdef", "a-b-c-d-e-f-0-1"])
def test_a_sane_request_id_of_the_proxy_is_taken_over(client: Client, db: None, sent: str) -> None:
    response = client.get(reverse("alive"), headers={"X-Request-ID": sent})

    assert response.headers["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", "short", "x" * 65, 'ann"@school.example', "with space in it", "new\nline-in-it"])
def test_any_other_request_id_is_replaced(client: Client, db: None, sent: str) -> None:
    made = client.get(reverse("alive"), headers={"X-Request-ID": sent}).headers["X-Request-ID"]

    assert made != sent
    assert len(made) == 32


def test_one_requests_id_does_not_stay_for_the_next(client: Client, db: None, lines: Lines) -> None:
    for _ in range(2):
        client.get(reverse("alive"))

    assert len({line["request_id"] for line in lines()}) == 2


def test_the_lines_of_libraries_look_like_ours(lines: Lines) -> None:
    logging.getLogger("some.library").warning("careful with %s", "that")

    (line,) = lines()
    assert (line["event"], line["level"], line["logger"]) == ("careful with that", "warning", "some.library")


def test_people_read_lines_without_json(written: StringIO) -> None:
    configure_logs(level="INFO", as_json=False)
    (output,) = [handler for handler in logging.getLogger().handlers if handler.name == "output"]
    output.setStream(written)  # type: ignore[attr-defined]

    structlog.get_logger("a").info("something_happened", hub="northvale")

    assert "something_happened" in written.getvalue()
    assert "hub=northvale" in written.getvalue()

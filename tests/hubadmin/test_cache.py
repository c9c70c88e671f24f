from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from correspondence.models import Message
from hubadmin.cache import ForgivingRedisCache
from hubadmin.celery import app
from hubs import tenancy
from hubs.models import Hub, User
from hubs.ratelimit import allow
from programmes.models import State
from tests import factories
from tests.programmes.conftest import reload
from tests.programmes.views.journey import page_of

NOWHERE = "redis://127.0.0.1:1/0"
TIMES_OUT = {"socket_connect_timeout": 0.1, "socket_timeout": 0.1}


@pytest.fixture
def silent() -> Iterator[str]:
    """A Redis that takes a connection and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"


@pytest.fixture(params=["refuses", "never answers"])
def down(request: pytest.FixtureRequest, silent: str) -> BaseCache:
    """A cache whose Redis is down in one way or the other."""
    url = NOWHERE if request.param == "refuses" else silent
    return ForgivingRedisCache(url, {"OPTIONS": TIMES_OUT})


QUESTIONS: dict[str, tuple[Callable[[BaseCache], Any], Any]] = {
    "get": (lambda cache: cache.get("a"), None),
    "get with a default": (lambda cache: cache.get("a", 7), 7),
    "get many": (lambda cache: cache.get_many(["a", "b"]), {}),
    "set": (lambda cache: cache.set("a", 1, timeout=5), None),
    "set many": (lambda cache: cache.set_many({"a": 1}), []),
    "add": (lambda cache: cache.add("a", 1), True),
    "increase": (lambda cache: cache.incr("a"), 1),
    "touch": (lambda cache: cache.touch("a"), False),
    "has": (lambda cache: "a" in cache, False),
    "delete": (lambda cache: cache.delete("a"), False),
    "delete many": (lambda cache: cache.delete_many(["a"]), None),
    "get or set": (lambda cache: cache.get_or_set("a", 3), 3),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_cache_that_is_down_answers_as_an_empty_one_and_soon(down: BaseCache, question: str) -> None:
    ask, answer = QUESTIONS[question]
    started = time.monotonic()

    assert ask(down) == answer

    assert time.monotonic() - started < 2


# An empty cache that is up has nothing to increase and raises ValueError.
@pytest.mark.parametrize("question", [name for name in QUESTIONS if name != "increase"])
def test_an_empty_cache_that_is_up_answers_the_same(question: str) -> None:
    ask, answer = QUESTIONS[question]

    assert ask(cache) == answer


def test_a_mistake_of_ours_is_not_forgiven() -> None:
    cache.set("words", "many")

    with pytest.raises(Exception, match="not an integer"):
        cache.incr("words")


# --- Pages while Redis is down ---------------------------------------------------------------


@pytest.fixture
def _redis_down(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the cache nor the broker can be reached."""
    settings.REDIS_URL = NOWHERE
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": NOWHERE}}
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", NOWHERE)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)


@pytest.mark.usefixtures("_redis_down")
@pytest.mark.django_db(transaction=True)
def test_while_redis_is_down_a_school_applies_all_the_same(client: Client) -> None:
    draft = factories.make_draft(factories.make_window(factories.make_hub("northvale")))
    started = time.monotonic()

    assert client.get(reverse("home")).status_code == 200
    assert client.get(page_of(draft, "check")).status_code == 200
    assert client.post(page_of(draft, "check")).headers["Location"].startswith("/expression-sent/")

    assert time.monotonic() - started < 5
    assert reload(draft).state == State.SUBMITTED
    with tenancy.use(draft.hub_id):
        assert set(Message.objects.values_list("state", flat=True)) == {"queued"}


@pytest.mark.usefixtures("_redis_down")
def test_while_redis_is_down_a_school_can_begin(client: Client, hub: Hub) -> None:
    factories.make_window(hub)
    url = reverse("expression_school", args=[hub.slug, "primary-developing"])

    assert client.post(url, {"urn": factories.make_school().urn}).status_code == 302


@pytest.mark.usefixtures("_redis_down")
def test_while_redis_is_down_nobody_is_over_a_limit() -> None:
    assert all(allow("test", client="192.0.2.1", limit=1, per_seconds=60) for _ in range(3))


@pytest.mark.usefixtures("_redis_down")
def test_while_redis_is_down_people_can_sign_in(client: Client, lead: User) -> None:
    lead.set_password("three odd words")
    lead.save()

    response = client.post(reverse("account_login"), {"login": lead.email, "password": "three odd words"})

    assert response.status_code == 302

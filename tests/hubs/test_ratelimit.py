from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from pytest_django import Settings

from hubs.ratelimit import allow, client_of


def test_a_client_may_do_something_so_often_and_no_more() -> None:
    assert [allow("search", client="192.0.2.1", limit=2, per_seconds=60) for _ in range(4)] == [
        True,
        True,
        False,
        False,
    ]


def test_clients_and_things_are_counted_apart() -> None:
    assert allow("search", client="192.0.2.1", limit=1, per_seconds=60)
    assert allow("search", client="192.0.2.2", limit=1, per_seconds=60)
    assert allow("submit", client="192.0.2.1", limit=1, per_seconds=60)


def test_a_new_time_begins_when_the_count_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    allow("search", client="192.0.2.1", limit=1, per_seconds=60)
    assert not allow("search", client="192.0.2.1", limit=1, per_seconds=60)
    # Expired between the two calls to the cache.
    monkeypatch.setattr(cache, "add", lambda *args, **options: cache.clear())
    assert allow("search", client="192.0.2.1", limit=1, per_seconds=60)


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "client"),
    [
        (0, "192.0.2.1", "", "192.0.2.1"),
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "10.0.0.1", "203.0.113.9", "10.0.0.1"),
        (1, "10.0.0.1", "", "10.0.0.1"),
        (1, "10.0.0.1", "unknown", "10.0.0.1"),
        (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        (0, "::ffff:192.0.2.1", "", "192.0.2.1"),
        (0, "", "", ""),
    ],
)
def test_the_client_is_named_by_our_own_proxies_alone(
    settings: Settings, proxies: int, remote: str, forwarded: str, client: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client_of(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)) == client

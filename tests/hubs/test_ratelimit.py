from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from hubs.ratelimit import allow, client_of, too_many


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


@pytest.mark.parametrize(("seconds", "words"), [(60, "a minute"), (300, "5 minutes"), (3600, "an hour")])
def test_the_page_says_how_long_to_wait(rf: RequestFactory, seconds: int, words: str) -> None:
    response = too_many(rf.get("/"), per_seconds=seconds)

    assert response.status_code == 429
    assert response["Retry-After"] == str(seconds)
    assert f"You can try again in {words} at the latest." in response.content.decode()


@pytest.mark.parametrize(
    ("came_from", "leads_back"),
    [
        ("http://testserver/one/?q=ash", True),
        ("https://elsewhere.example/one/", False),
        ("http://testserver@elsewhere.example/", False),
        ("javascript:alert(1)", False),
        ("//elsewhere.example/", False),
        ("", False),
    ],
)
def test_the_page_leads_back_to_a_page_of_ours_and_nowhere_else(
    rf: RequestFactory, came_from: str, leads_back: bool
) -> None:
    page = too_many(rf.get("/", headers={"referer": came_from}), per_seconds=60).content.decode()

    assert (f'href="{came_from}"' in page) is leads_back
    assert ("Go to the first page" in page) is not leads_back


@pytest.mark.django_db
def test_the_pages_of_accounts_that_send_mail_name_their_own_limit(client: Client) -> None:
    url = reverse("account_reset_password")
    pages = [client.post(url, {"email": "ann@example.org"}) for _ in range(4)]

    assert [page.status_code for page in pages] == [302, 302, 302, 429]
    assert "You can try again in an hour at the latest." in pages[-1].content.decode()

"""What pages send along, with the settings of production."""

from __future__ import annotations

import os
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

import hubadmin.settings
from hubs.models import Hub, User
from tests import factories
from tests.programmes.views.journey import page_of

ClientOf = Callable[[User], Client]
OF_PRODUCTION = re.compile(r"SECURE_|SESSION_COOKIE_|CSRF_COOKIE_|CONTENT_SECURITY_POLICY|PERMISSIONS_POLICY|X_FRAME_")


@pytest.fixture
def in_production(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The security settings that production has."""
    monkeypatch.setattr("hubadmin.logs.configure_logs", lambda **options: None)
    with monkeypatch.context() as patched:
        for name in set(os.environ) & {"DEBUG", "BEHIND_PROXY", "SECURE_SSL_REDIRECT"}:
            patched.delenv(name)
        patched.setenv("ENVIRONMENT", "production")
        patched.setenv("SECRET_KEY", "3xkQ9v-Lr7TzB2mWn8pYc4HdJs6GfKaE5uRtVwXyZ0qNbMhPiOlUgS1DjC")
        patched.setenv("PUBLIC_URL", "https://testserver")
        read: dict[str, Any] = runpy.run_path(str(Path(hubadmin.settings.__file__)))
    for name, value in read.items():
        if OF_PRODUCTION.match(name):
            setattr(settings, name, value)


@pytest.fixture
def pages(hub: Hub, lead: User, client_of: ClientOf, in_production: None) -> dict[str, Any]:
    """One page of each kind, over HTTPS."""
    draft = factories.make_draft(factories.make_window(hub))
    browser = Client()
    signed_in = client_of(lead)
    urls = {
        "start": (browser, reverse("home")),
        "form": (browser, page_of(draft, "contact")),
        "sign in": (browser, reverse("account_login")),
        "not there": (browser, "/nowhere/"),
        "health": (browser, reverse("alive")),
        "style": (browser, reverse("hub_stylesheet", args=[hub.slug])),
        "console": (signed_in, reverse("console_home", args=[hub.slug])),
    }
    return {name: client.get(url, secure=True) for name, (client, url) in urls.items()}


def test_every_page_forbids_what_no_page_of_ours_needs(pages: dict[str, Any]) -> None:
    for name, response in pages.items():
        policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'", name
        assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'", name
        assert policy["form-action"] == "'self'", name
        assert "unsafe" not in response.headers["Content-Security-Policy"], name


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Strict-Transport-Security", "max-age=31536000"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("X-Frame-Options", "DENY"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
    ],
)
def test_every_page_carries_the_header(pages: dict[str, Any], header: str, value: str) -> None:
    assert {name: response.headers.get(header) for name, response in pages.items()} == dict.fromkeys(pages, value)


def test_no_page_has_inline_script_or_style(pages: dict[str, Any]) -> None:
    for name, response in pages.items():
        page = response.content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", page), name
        assert not re.search(r"<style|\sstyle=|\son\w+=\"|javascript:", page), name


@pytest.mark.usefixtures("in_production")
def test_every_cookie_is_kept_from_scripts_other_sites_and_plain_http(hub: Hub, lead: User) -> None:
    lead.set_password("three odd words")
    lead.save()
    factories.make_window(hub)
    browser = Client()

    browser.get(reverse("account_login"), secure=True)
    browser.post(
        reverse("account_login"),
        {"login": lead.email, "password": "three odd words"},
        secure=True,
        headers={"Referer": "https://testserver/"},
    )
    url = reverse("expression_school", args=[hub.slug, "primary-developing"])
    browser.post(url, {"urn": factories.make_school().urn}, secure=True)

    assert {"__Host-session", "__Host-csrf", "expression-draft"} <= set(browser.cookies)
    for name in ("__Host-session", "__Host-csrf", "expression-draft"):
        cookie = browser.cookies[name]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax"), name
        assert (cookie["path"], cookie["domain"]) == ("/", ""), name


@pytest.mark.usefixtures("in_production", "db")
def test_plain_http_is_sent_to_https_but_for_health_checks() -> None:
    browser = Client()

    assert browser.get(reverse("home")).headers["Location"] == "https://testserver/"
    assert browser.get(reverse("alive")).status_code == 200
    assert browser.get(reverse("home"), headers={"X-Forwarded-Proto": "https"}).status_code == 200


@pytest.mark.parametrize("charset", ["ISO-8859-1", "utf-16", "zlib", "hex", "nope"])
@pytest.mark.parametrize("address", ["/accounts/login/", "/nosuch/"])
def test_a_form_that_names_another_encoding_is_a_page_and_not_a_failure(db: None, address: str, charset: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")
    sent = f"application/x-www-form-urlencoded; charset={charset}"

    assert client.generic("POST", address, b"a=b", content_type=sent).status_code in (403, 404)

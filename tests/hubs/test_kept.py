from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from hubs.kept import kept_fields
from hubs.models import Hub, LocalAuthority, Role, User
from tests import factories

ClientOf = Callable[[User], Client]
TYPED = {"name": "Nia New", "email": "nia@school.example", "role": "hub_lead"}


def sign_in_again(browser: Client, user: User) -> None:
    """As signing in does it: the session of the anonymous visitor goes on."""
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")


def lose_session(browser: Client, hub: Hub) -> None:
    """The session ends while a page of the hub stands open."""
    browser.get(reverse("console_home", args=[hub.slug]))
    Session.objects.all().delete()


def test_what_one_person_typed_is_not_shown_to_the_next_at_the_same_computer(
    hub: Hub, administrator: User, client_of: ClientOf
) -> None:
    url = reverse("member_invite", args=[hub.slug])
    colleague = factories.make_member(hub, Role.ADMINISTRATOR, "Colin Colleague")
    client_of(colleague)
    browser = client_of(administrator)
    lose_session(browser, hub)
    browser.post(url, TYPED)
    sign_in_again(browser, colleague)
    assert "Nia New" not in browser.get(url).content.decode()
    sign_in_again(browser, administrator)
    assert "Nia New" not in browser.get(url).content.decode()


def test_nothing_is_kept_for_somebody_who_has_never_signed_in_here(hub: Hub) -> None:
    Client().post(reverse("member_invite", args=[hub.slug]), TYPED)
    assert not Session.objects.exists()


def test_a_form_sent_after_the_session_ended_is_filled_in_again_after_signing_in(
    hub: Hub, administrator: User, client_of: ClientOf
) -> None:
    browser = client_of(administrator)
    url = reverse("member_invite", args=[hub.slug])
    lose_session(browser, hub)
    response = browser.post(url, TYPED)
    assert response.headers["Location"] == f"{reverse('account_login')}?next={url}"
    sign_in_again(browser, administrator)
    content = browser.get(url).content.decode()
    assert "We kept what you typed: check it and send it again." in content
    assert 'value="Nia New"' in content
    assert re.search(r'value="hub_lead"\s+checked', content)
    assert "We kept what you typed" not in browser.get(url).content.decode()


def test_several_answers_and_dates_are_kept_as_well(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    for code in ("901", "902", "903"):
        LocalAuthority.objects.create(code=code, name=f"Place {code}", region="North")
    browser = client_of(administrator)
    for url_name, typed in (
        ("hub_areas", {"codes": ["901", "903"]}),
        (
            "hub_lead_school",
            {"name": "Birch", "starts_on_day": "31", "starts_on_month": "Feb", "starts_on_year": "2026"},
        ),
    ):
        url = reverse(url_name, args=[hub.slug])
        lose_session(browser, hub)
        browser.post(url, typed)
        sign_in_again(browser, administrator)
        content = browser.get(url).content.decode()
        for value in ("901", "903") if "codes" in typed else ("Birch", "31", "Feb", "2026"):
            assert f'value="{value}"' in content
        assert len(re.findall(r'type="checkbox"[^>]*\schecked', content)) == len(typed.get("codes", []))


def test_what_was_kept_for_one_page_is_not_shown_on_another(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    browser = client_of(administrator)
    lose_session(browser, hub)
    browser.post(reverse("member_invite", args=[hub.slug]), TYPED)
    sign_in_again(browser, administrator)
    assert "Nia New" not in browser.get(reverse("hub_profile", args=[hub.slug])).content.decode()


def test_without_anything_kept_a_form_begins_as_it_is(rf: Any) -> None:
    assert kept_fields(rf.get("/")) == {}


def stale(browser: Client, url: str, typed: dict[str, str], **headers: str) -> Any:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    return strict.post(url, {**typed, "csrfmiddlewaretoken": "a" * 64}, headers=headers)


def test_a_form_with_a_stale_token_is_shown_again_to_be_sent_with_one_click(
    hub: Hub, administrator: User, client_of: ClientOf
) -> None:
    browser = client_of(administrator)
    url = reverse("member_invite", args=[hub.slug])
    typed = {**TYPED, "name": 'Nia "Nia" <New>'}
    response = stale(browser, url, typed, Origin="http://testserver")
    content = response.content.decode()
    assert response.status_code == 403
    assert "Nothing has been sent yet, and nothing you typed is lost." in content
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', content))
    token = hidden.pop("csrfmiddlewaretoken")
    assert {name: html.unescape(value) for name, value in hidden.items()} == typed
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    strict.cookies.update(response.cookies)
    sent = strict.post(url, {**TYPED, "csrfmiddlewaretoken": token}, headers={"Origin": "http://testserver"})
    assert sent.status_code == 302


def test_secrets_are_not_put_into_the_page(db: None) -> None:
    typed = {"login": "a@b.example", **dict.fromkeys(("password", "oldpassword", "code"), "top secret")}
    response = stale(Client(), reverse("account_login"), typed, Origin="http://testserver")
    content = response.content.decode()
    assert "a@b.example" in content
    assert "top secret" not in content


def test_a_form_from_another_site_is_refused_and_not_repeated(
    hub: Hub, administrator: User, client_of: ClientOf
) -> None:
    url = reverse("member_invite", args=[hub.slug])
    for headers in ({"Origin": "https://evil.example"}, {}):
        response = stale(client_of(administrator), url, TYPED, **headers)
        content = response.content.decode()
        assert response.status_code == 403
        assert "We did not accept this form" in content
        assert "nia@school.example" not in content

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.account import app_settings as account_settings
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from hubs.models import Hub, Role, User
from tests.factories import make_member

EMAIL = "Enter your e-mail address, like name@school.sch.uk"
BARE = "This field is required."
PASSWORD = "three odd words"


@pytest.fixture
def person(hub: Hub) -> User:
    return make_member(hub, Role.HUB_LEAD, "Pia Person", email="pia@people.example", password=PASSWORD)


@pytest.fixture
def browser(client: Client, person: User) -> Client:
    """In which the person has just signed in."""
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    return client


def complaints(response: Any) -> str:
    content: str = response.content.decode()
    assert "Error: " in content
    assert BARE not in content
    return content


@pytest.mark.parametrize("typed", ["", "pia", "pia@people"])
@pytest.mark.parametrize(
    ("url_name", "field"),
    [("account_login", "login"), ("account_request_login_code", "email"), ("account_reset_password", "email")],
)
def test_on_the_way_in_an_address_that_is_none_is_asked_for(
    client: Client, db: None, url_name: str, field: str, typed: str
) -> None:
    assert EMAIL in complaints(client.post(reverse(url_name), {field: typed, "password": "x"}))


def test_signing_in_without_a_password_asks_for_it(client: Client, db: None) -> None:
    assert "Enter your password" in complaints(client.post(reverse("account_login"), {"login": "pia@people.example"}))


def test_no_code_from_the_mail_asks_for_it(client: Client, person: User) -> None:
    client.post(reverse("account_request_login_code"), {"email": person.email})
    assert "Enter the code" in complaints(client.post(reverse("account_confirm_login_code"), {"code": ""}))


def test_no_code_at_the_second_step_asks_for_it(client: Client, person: User) -> None:
    TOTP.activate(person, generate_totp_secret())
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert "Enter the code" in complaints(client.post(reverse("mfa_authenticate"), {"code": ""}))


def test_one_setting_up_the_app_is_asked_for_its_code(browser: Client) -> None:
    assert "Enter the code" in complaints(browser.post(reverse("mfa_activate_totp"), {"code": ""}))


def test_changing_the_password_asks_for_each_of_the_three(browser: Client) -> None:
    content = complaints(browser.post(reverse("account_change_password"), {}))
    for sentence in ("Enter the password you have now", "Enter a new password", "Enter the new password again"):
        assert sentence in content


def test_a_first_password_is_asked_for_twice(browser: Client, person: User) -> None:
    person.set_unusable_password()
    person.save()
    browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    content = complaints(browser.post(reverse("account_set_password"), {}))
    assert "Enter a new password" in content
    assert "Enter the new password again" in content


def test_the_password_once_more_is_asked_for(browser: Client) -> None:
    assert "Enter your password" in complaints(browser.post(reverse("account_reauthenticate"), {}))


def test_the_code_once_more_is_asked_for(browser: Client, person: User) -> None:
    TOTP.activate(person, generate_totp_secret())
    assert "Enter the code" in complaints(browser.post(reverse("mfa_reauthenticate"), {}))


def test_a_new_address_is_asked_for(browser: Client) -> None:
    assert EMAIL in complaints(browser.post(reverse("account_email"), {"action_add": "", "email": ""}))


def test_a_new_passkey_without_its_credential_says_what_to_do(browser: Client) -> None:
    content = complaints(browser.post(reverse("mfa_add_webauthn"), {"name": "Office"}))
    assert "Press the button again and follow what your browser asks" in content


def test_a_passkey_needs_a_name(browser: Client, person: User) -> None:
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session.save()
    passkey = Authenticator.objects.create(
        user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Office", "credential": {}}
    )
    response = browser.post(reverse("mfa_edit_webauthn", args=[passkey.pk]), {"name": ""})
    assert "Enter a name for the passkey" in complaints(response)


def test_every_form_named_in_the_settings_is_there() -> None:
    for path in [*account_settings.FORMS.values(), *mfa_settings.FORMS.values()]:
        assert import_string(path)

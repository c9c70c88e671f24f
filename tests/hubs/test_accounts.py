"""The rules of signing in, as allauth keeps them with our settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from allauth.socialaccount.internal.flows.login import complete_login
from allauth.socialaccount.models import SocialAccount, SocialLogin
from cryptography.fernet import InvalidToken
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from hubs.accounts import SecondFactorAdapter
from hubs.models import Hub, User
from tests.factories import make_member, make_user

PASSWORD = "three odd words"


@pytest.fixture(autouse=True)
def _mail_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def person(hub: Hub) -> User:
    return make_member(hub, "administrator", "Pia Person", email="pia@people.example", password=PASSWORD)  # type: ignore[arg-type]


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password, **more})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def give_totp(user: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return str(secret)


def code_of(secret: str) -> str:
    return f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06}"


def text(response: Any) -> str:
    """A page without what differs from one request to the next."""
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    return re.sub(r"(pia|nobody)@people\.example", "ADDRESS", body)


def test_a_password_opens_the_account(client: Client, person: User) -> None:
    response = sign_in(client, "Pia@People.example")
    assert response.status_code == 302
    assert response.headers["Location"] == reverse("my_hubs")
    assert is_signed_in(client)


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: Client, person: User) -> None:
    known = sign_in(client, "pia@people.example", "not the password")
    unknown = sign_in(client, "nobody@people.example", "not the password")
    assert known.status_code == unknown.status_code == 200
    assert text(known) == text(unknown)
    assert "together they do not fit an account" in known.content.decode()
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "url_name", ["account_request_login_code", "account_reset_password"], ids=["one-time code", "forgotten password"]
)
def test_asking_for_a_mail_does_not_tell_whether_there_is_an_account(person: User, url_name: str) -> None:
    answers = []
    for address in ("pia@people.example", "nobody@people.example"):
        browser = Client()
        first = browser.post(reverse(url_name), {"email": address})
        second = browser.get(first.headers["Location"])
        answers.append((first.status_code, first.headers["Location"], second.status_code, text(second)))
    assert answers[0] == answers[1]
    assert [message.to for message in mail.outbox] == [["pia@people.example"], ["nobody@people.example"]]


def test_the_mail_to_an_unknown_address_says_what_to_do(client: Client, db: None) -> None:
    client.post(reverse("account_reset_password"), {"email": "nobody@people.example"})
    [message] = mail.outbox
    assert message.subject == "There is no account for nobody@people.example"
    assert "ask the hub's administrator to invite this one" in message.body
    assert "signup" not in message.body


def test_a_code_from_the_mail_opens_the_account(client: Client, person: User) -> None:
    client.post(reverse("account_request_login_code"), {"email": "pia@people.example"})
    [message] = mail.outbox
    assert message.subject == "Your code for signing in"
    found = re.search(r"^([A-Z0-9]+-?[A-Z0-9]+)$", str(message.body), re.MULTILINE)
    assert found
    client.post(reverse("account_confirm_login_code"), {"code": found[1]})
    assert is_signed_in(client)


def test_a_wrong_code_from_the_mail_opens_nothing(client: Client, person: User) -> None:
    client.post(reverse("account_request_login_code"), {"email": "pia@people.example"})
    response = client.post(reverse("account_confirm_login_code"), {"code": "WRONG-CODE"})
    assert response.status_code == 200
    assert not is_signed_in(client)


def test_a_new_password_is_chosen_with_the_link_from_the_mail(client: Client, person: User) -> None:
    client.post(reverse("account_reset_password"), {"email": "pia@people.example"})
    found = re.search(r"http://\S+", str(mail.outbox[0].body))
    assert found
    page = client.get(found[0], follow=True)
    action = page.redirect_chain[-1][0]
    client.post(action, {"password1": "four other odd words", "password2": "four other odd words"})
    assert not is_signed_in(client)
    person.refresh_from_db()
    assert person.check_password("four other odd words")


def test_with_a_second_step_the_password_alone_opens_nothing(client: Client, person: User) -> None:
    give_totp(person)
    response = sign_in(client, person.email)
    assert response.headers["Location"] == reverse("mfa_authenticate")
    assert not is_signed_in(client)


def test_the_code_of_the_app_completes_signing_in_and_leads_where_one_wanted_to_go(
    client: Client, hub: Hub, person: User
) -> None:
    secret = give_totp(person)
    wanted = reverse("member_list", args=[hub.slug])
    sign_in(client, person.email, next=wanted)
    response = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert response.headers["Location"] == wanted
    assert is_signed_in(client)


def test_a_wrong_code_of_the_app_opens_nothing(client: Client, person: User) -> None:
    secret = give_totp(person)
    sign_in(client, person.email)
    wrong = f"{(int(code_of(secret)) + 1) % 1_000_000:06}"
    response = client.post(reverse("mfa_authenticate"), {"code": wrong})
    assert response.status_code == 200
    assert not is_signed_in(client)


def test_the_code_from_a_mail_does_not_take_the_place_of_the_second_step(client: Client, person: User) -> None:
    give_totp(person)
    client.post(reverse("account_request_login_code"), {"email": person.email})
    found = re.search(r"^([A-Z0-9]+-?[A-Z0-9]+)$", str(mail.outbox[0].body), re.MULTILINE)
    assert found
    response = client.post(reverse("account_confirm_login_code"), {"code": found[1]})
    assert response.headers["Location"].startswith(reverse("mfa_authenticate"))
    assert not is_signed_in(client)


def test_a_recovery_code_completes_signing_in_once(client: Client, person: User) -> None:
    give_totp(person)
    code = RecoveryCodes.activate(person).get_unused_codes()[0]
    for expected in (True, False):
        browser = Client()
        sign_in(browser, person.email)
        browser.post(reverse("mfa_authenticate"), {"code": code})
        assert is_signed_in(browser) is expected


@pytest.mark.django_db(transaction=True)
def test_who_has_just_signed_in_sets_up_the_app_without_the_password_again(client: Client, person: User) -> None:
    sign_in(client, person.email)
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    secret = page.context["form"].secret
    response = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert response.headers["Location"] == reverse("mfa_view_recovery_codes")
    assert client.get(response.headers["Location"]).status_code == 200
    assert Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists()
    assert mail.outbox[-1].subject == "Your authenticator app is set up"


def test_after_a_quarter_of_an_hour_the_password_is_asked_for_again(client: Client, person: User) -> None:
    sign_in(client, person.email)
    session = client.session
    session["signed_in_at"] -= 15 * 60 + 1
    session.save()
    response = client.get(reverse("mfa_activate_totp"))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_reauthenticate"))


@pytest.mark.parametrize("url_name", ["mfa_add_webauthn", "mfa_list_webauthn", "mfa_index", "mfa_activate_totp"])
def test_the_pages_for_the_second_step_open(client: Client, person: User, url_name: str) -> None:
    sign_in(client, person.email)
    assert client.get(reverse(url_name)).status_code == 200


def test_signing_in_with_a_passkey_is_offered(client: Client, db: None) -> None:
    assert reverse("mfa_login_webauthn") in client.get(reverse("account_login")).content.decode()
    challenge = client.get(reverse("mfa_login_webauthn"), headers={"X-Requested-With": "XMLHttpRequest"})
    assert "challenge" in str(challenge.json())


def test_guessing_a_password_is_stopped_after_five_tries(client: Client, person: User) -> None:
    for _ in range(5):
        sign_in(client, person.email, "a guess")
    response = sign_in(client, person.email)
    assert "there were too many tries" in response.content.decode()
    assert not is_signed_in(client)


def test_guessing_the_second_step_is_stopped(client: Client, person: User) -> None:
    secret = give_totp(person)
    sign_in(client, person.email)
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    response = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert "there were too many tries" in response.content.decode()
    assert not is_signed_in(client)


def test_one_address_does_not_get_codes_without_end(client: Client, person: User) -> None:
    answers = [
        Client().post(reverse("account_request_login_code"), {"email": person.email}).status_code for _ in range(7)
    ]
    assert answers[:5] == [302] * 5
    assert len(mail.outbox) == 5


def test_nobody_signs_up(client: Client, db: None) -> None:
    page = client.get(reverse("account_signup"))
    assert "Accounts are by invitation" in page.content.decode()
    client.post(reverse("account_signup"), {"email": "me@people.example", "password1": PASSWORD})
    assert not User.objects.exists()


def test_a_closed_account_opens_nothing(client: Client, person: User) -> None:
    person.is_active = False
    person.save()
    sign_in(client, person.email)
    assert not is_signed_in(client)


def with_keys(settings: Any, *providers: str) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {
        name: {
            **settings.SOCIALACCOUNT_PROVIDERS[name],
            **({"APPS": [{"client_id": "id", "secret": "secret", "key": ""}]} if name in providers else {}),
        }
        for name in ("google", "microsoft")
    }


@pytest.mark.parametrize("keys", [(), ("google",), ("microsoft",), ("google", "microsoft")])
def test_google_and_microsoft_are_offered_only_when_there_are_keys(
    client: Client, db: None, settings: Any, keys: tuple[str, ...]
) -> None:
    with_keys(settings, *keys)
    page = client.get(reverse("account_login")).content.decode()
    offered = tuple(name for name in ("google", "microsoft") if reverse(f"{name}_login") in page)
    assert offered == keys


@pytest.fixture
def come_from(person: User, settings: Any) -> Callable[..., Any]:
    """The moment when a provider sends a person back to us, with the address it gives for them."""
    with_keys(settings, "google", "microsoft")

    def come(provider: str, *, verified: bool) -> Any:
        from allauth.core import context
        from allauth.socialaccount.adapter import get_adapter

        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        request.session = SessionStore()
        request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
        with context.request_context(request):
            login = SocialLogin(
                user=User(email=person.email, name="Somebody"),
                account=SocialAccount(provider=provider, uid="12345"),
                email_addresses=[EmailAddress(email=person.email, verified=verified, primary=True)],
                provider=get_adapter().get_provider(request, provider),
            )
            login.state = {"process": "login"}
            complete_login(request, login)
        return request

    return come


def test_an_address_that_microsoft_claims_never_opens_an_account(come_from: Callable[..., Any]) -> None:
    for verified in (False, True):
        request = come_from("microsoft", verified=verified)
        assert request.user.is_anonymous
        assert "_auth_user_id" not in request.session
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


def test_an_address_that_google_has_verified_opens_the_account(come_from: Callable[..., Any], person: User) -> None:
    assert come_from("google", verified=True).user == person


def test_an_address_that_google_has_not_verified_opens_nothing(come_from: Callable[..., Any]) -> None:
    assert come_from("google", verified=False).user.is_anonymous


def test_a_person_is_called_by_the_name_they_gave(db: None) -> None:
    from allauth.account.utils import user_display

    assert user_display(make_user("Pia Person")) == "Pia Person"


@pytest.mark.django_db
def test_secrets_of_authenticator_apps_lie_encrypted_and_open_with_an_older_key(settings: Settings) -> None:
    lying = SecondFactorAdapter().encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in lying
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    assert SecondFactorAdapter().decrypt(lying) == "JBSWY3DPEHPK3PXP"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        SecondFactorAdapter().decrypt(lying)


def test_links_in_account_mails_lead_to_the_public_address(client: Client, person: User, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://hubs.example.org"
    Client().post(reverse("account_reset_password"), {"email": person.email}, headers={"host": "localhost:6666"})
    assert "https://hubs.example.org/accounts/password/reset/key/" in str(mail.outbox[-1].body)
    assert "6666" not in str(mail.outbox[-1].body)

"""How allauth behaves here: accounts come by invitation only, and its refusals say what to do."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any, ClassVar
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest

from hubs.links import public_url

_SIGNED_IN_AT = "signed_in_at"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People with an account were invited by a hub: nobody signs up by themselves."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account is closed. Ask the administrator of your Maths Hub.",
        "duplicate_email": "This is your address already. Enter another one",
        "email_password_mismatch": "Check the e-mail address and the password: together they do not fit an account",
        "email_taken": "Enter another e-mail address: this one belongs to another account",
        "enter_current_password": "Enter the password you have now",
        "incorrect_code": "Check the code: this one does not fit, or is too old",
        "incorrect_password": "Check the password: it is not the one of your account",
        "invalid_or_expired_key": "This link has been used or has expired. Ask for a new one",
        "invalid_password_reset": "This link has been used or has expired. Ask for a new one",
        "rate_limited": "Wait a minute, then try again: there were too many tries",
        "same_as_current": "Enter another one: this is what you have now",
        "too_many_login_attempts": "Wait five minutes, then try again: there were too many tries",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: see hubs/inviting.py."""
        return False

    def get_user_display(self, user: Any) -> str:
        """The name as the person gave it."""
        return str(user.name)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign a person in, and note when."""
        super().login(request, user)
        request.session[_SIGNED_IN_AT] = time.time()

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not just after signing in: a new member would have to prove the same thing twice in a minute."""
        signed_in_at = self.request.session.get(_SIGNED_IN_AT, 0)
        just_signed_in = time.time() - signed_in_at < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        return not just_signed_in and bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """On the public address: the request's own Host header is the asker's to choose."""
        return public_url(urlsplit(super().get_reset_password_from_key_url(key)).path)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """On the public address, likewise."""
        return public_url(urlsplit(super().get_email_confirmation_url(request, emailconfirmation)).path)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of authenticator apps lie encrypted in the database: a backup alone opens no account."""

    def encrypt(self, text: str) -> str:
        """Encrypt under a key that follows from SECRET_KEY."""
        return _ciphers().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt, also what was encrypted under one of SECRET_KEY_FALLBACKS."""
        return _ciphers().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002  (allauth's name for it)
        """What a new passkey is called until its owner finds a better name."""
        return "Passkey"


def _ciphers() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"hubs.accounts.second-factor:" + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Microsoft and Google open an account that exists; they make none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never: see hubs/inviting.py."""
        return False

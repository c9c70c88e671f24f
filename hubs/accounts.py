"""How allauth behaves here: accounts come by invitation only, and its refusals say what to do."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest

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


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Microsoft and Google open an account that exists; they make none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never: see hubs/inviting.py."""
        return False

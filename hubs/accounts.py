"""How allauth behaves here: accounts come by invitation only."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """People with an account were invited by a hub: nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: see hubs/inviting.py."""
        return False

    def get_user_display(self, user: Any) -> str:
        """The name as the person gave it."""
        return str(user.name)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Microsoft and Google open an account that exists; they make none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never: see hubs/inviting.py."""
        return False

"""People who see national figures: appointed by whoever runs hubadmin, not by a hub."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from hubs.models import NationalRole, User


@transaction.atomic
def appoint_viewer(*, email: str, name: str) -> NationalRole:
    """Let a person see national figures; makes the account where there is none. Twice is once.

    A new account has no password: its owner signs in with a code sent to the address, which proves it.
    """
    address = email.strip().lower()
    user = User.objects.filter(email=address).first()
    if user is None:
        user = User.objects.create_user(address, name=name)
        EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    role, _ = NationalRole.objects.get_or_create(user=user, defaults={"kind": NationalRole.Kind.VIEWER})
    return role

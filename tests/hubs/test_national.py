from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command

from hubs.models import NationalRole, User
from hubs.national import appoint_viewer


@pytest.mark.django_db
def test_a_new_viewer_gets_an_account_without_a_password() -> None:
    role = appoint_viewer(email=" Sol@NCETM.example ", name="Sol Example")
    assert (role.user.email, role.user.name) == ("sol@ncetm.example", "Sol Example")
    assert not role.user.has_usable_password()
    assert EmailAddress.objects.get(user=role.user).verified


@pytest.mark.django_db
def test_somebody_with_an_account_keeps_it_and_twice_is_once(administrator: User) -> None:
    appoint_viewer(email=administrator.email, name="Another Name")
    call_command("add_national_viewer", email=administrator.email, name="Another Name", verbosity=0)
    assert NationalRole.objects.get().user == administrator
    administrator.refresh_from_db()
    assert administrator.name == "Ada Administrator"


@pytest.mark.django_db
def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(CommandError, match="is not an e-mail address"):
        call_command("add_national_viewer", email="sol", name="Sol")
    assert not User.objects.exists()

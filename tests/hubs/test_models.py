from __future__ import annotations

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError

from hubs import tenancy
from hubs.models import Hub, Invitation, Role, User
from tests.factories import make_user


def test_an_account_is_found_whatever_capitals_are_typed(db: None) -> None:
    person = make_user("Ada Ash", email="Ada@People.example")
    assert person.email == "ada@people.example"
    assert User.objects.get_by_natural_key("ADA@people.example") == person


def test_an_address_is_kept_in_lower_case_only(db: None) -> None:
    person = make_user("Ada Ash")
    with pytest.raises(IntegrityError, match="user_email_in_lower_case"):
        User.objects.filter(pk=person.pk).update(email="Ada@people.example")


def test_an_address_has_one_account(db: None) -> None:
    make_user("Ada Ash", email="ada@people.example")
    with pytest.raises(IntegrityError, match="hubs_user_email_key"):
        User.objects.create_user("ADA@people.example", name="Ada Other")


def test_an_invited_address_is_kept_in_lower_case_only(hub: Hub, now: dt.datetime) -> None:
    with pytest.raises(IntegrityError, match="invitation_email_in_lower_case"), tenancy.use(hub):
        Invitation.objects.create(
            hub=hub, email="Nia@school.example", name="Nia New", role=Role.HUB_LEAD, invited_at=now
        )


def test_an_address_that_its_person_changes_is_kept_in_lower_case(db: None) -> None:
    person = make_user("Ada Ash")
    EmailAddress.objects.create(user=person, email="Ada.Ash@People.example", verified=True).set_as_primary()
    person.refresh_from_db()
    assert person.email == "ada.ash@people.example"

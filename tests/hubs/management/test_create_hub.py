from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from correspondence.models import Message
from hubs import tenancy
from hubs.models import Hub

OPTIONS = {
    "slug": "wealdshore",
    "name": "Wealdshore Maths Hub",
    "contact_email": "hello@wealdshore.example",
    "administrator": "fay@wealdshore.example",
    "administrator_name": "Fay First",
}


def test_the_command_makes_the_hub_invites_its_administrator_and_says_what_comes_next(db: None) -> None:
    said = StringIO()
    call_command("create_hub", **OPTIONS, stdout=said)
    hub = Hub.objects.get(slug="wealdshore")
    assert (hub.reply_to, hub.privacy_contact_email) == ("hello@wealdshore.example", "hello@wealdshore.example")
    with tenancy.use(hub):
        assert Message.objects.get().recipients == ["fay@wealdshore.example"]
    assert "An invitation is on its way to fay@wealdshore.example: its link works for 14 days." in said.getvalue()


@pytest.mark.parametrize("wrong", [{"slug": "Weald Shore"}, {"administrator": "fay"}, {"contact_email": ""}])
def test_a_mistake_is_told_and_makes_nothing(db: None, wrong: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("create_hub", **{**OPTIONS, **wrong})
    assert not Hub.objects.exists()


def test_a_name_that_is_taken_is_told_whatever_its_capitals(db: None) -> None:
    call_command("create_hub", **OPTIONS, stdout=StringIO())
    with pytest.raises(CommandError, match="A hub with this name already exists"):
        call_command("create_hub", **{**OPTIONS, "slug": "another", "name": "WEALDSHORE Maths Hub"})
    assert Hub.objects.count() == 1


def test_a_slug_that_is_taken_is_told(db: None) -> None:
    call_command("create_hub", **OPTIONS, stdout=StringIO())
    with pytest.raises(CommandError, match="already exists"):
        call_command("create_hub", **{**OPTIONS, "name": "Another"})
    assert Hub.objects.count() == 1

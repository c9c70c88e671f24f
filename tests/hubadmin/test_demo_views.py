from __future__ import annotations

import html

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django import Settings

from correspondence import mailbox
from hubadmin.demo.people import PERSONAS
from hubs.models import Hub, Role, User
from tests import factories

pytestmark = pytest.mark.urls("tests.hubadmin.demo_urls")


@pytest.fixture
def ines(hub: Hub) -> User:
    """The first of the demo's people."""
    return factories.make_member(hub, Role.ADMINISTRATOR, "Ines Okafor", email="ines.okafor@people.example")


@pytest.fixture
def _demo(settings: Settings) -> None:
    """The demo, which says so on every page."""
    settings.DEMO = True


def become(client: Client, key: str = "ines.okafor", method: str = "post") -> int:
    return int(getattr(client, method)(reverse("demo_become", args=[key])).status_code)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.urls("hubadmin.urls")
def test_outside_the_demo_its_addresses_do_not_exist(client: Client, db: None) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("demo_people")
    assert client.get("/demo/").status_code == 404
    assert client.post("/demo/be/ines.okafor/").status_code == 404


@pytest.mark.usefixtures("ines")
def test_even_with_its_addresses_nobody_signs_in_outside_the_demo(client: Client) -> None:
    assert become(client) == 404
    assert not is_signed_in(client)


@pytest.mark.usefixtures("_demo")
def test_one_click_signs_in(client: Client, ines: User, hub: Hub) -> None:
    assert become(client) == 302
    assert client.session["_auth_user_id"] == str(ines.pk)


@pytest.mark.usefixtures("_demo", "ines")
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_link_alone_signs_nobody_in(client: Client, method: str) -> None:
    assert become(client, method=method) == 405
    assert not is_signed_in(client)


@pytest.mark.usefixtures("_demo", "ines")
def test_another_site_signs_nobody_in() -> None:
    browser = Client(enforce_csrf_checks=True)

    assert become(browser) == 403
    assert not is_signed_in(browser)


@pytest.mark.usefixtures("_demo")
@pytest.mark.parametrize("key", ["somebody.else", "ines.okafor@people.example", "INES.OKAFOR", "%"])
def test_only_the_demos_people_can_be_chosen(client: Client, db: None, key: str) -> None:
    factories.make_user("Somebody Else", email="somebody.else@people.example")

    assert become(client, key) == 404
    assert not is_signed_in(client)


@pytest.mark.usefixtures("_demo")
def test_becoming_somebody_else_leaves_nothing_of_the_first(client: Client, ines: User, hub: Hub) -> None:
    other = factories.make_member(hub, Role.HUB_LEAD, "Tomasz Lindqvist", email="tomasz.lindqvist@people.example")
    become(client)
    first = client.session.session_key

    become(client, "tomasz.lindqvist")

    assert client.session["_auth_user_id"] == str(other.pk)
    assert client.session.session_key != first


@pytest.mark.usefixtures("_demo")
def test_the_page_offers_everybody_by_role(client: Client, hub: Hub) -> None:
    factories.make_hub("severnmoor")
    factories.make_hub("wealdshore")

    page = html.unescape(client.get(reverse("demo_people")).content.decode())

    for persona in PERSONAS:
        assert persona.name in page
        assert f'action="{reverse("demo_become", args=[persona.key])}"' in page
    assert page.count("Hub administrator") >= 3
    assert reverse("hub_public", args=[hub.slug]) in page
    assert reverse("demo_mailbox") in page


# --- The mailbox -----------------------------------------------------------------------------


@pytest.fixture
def letter(settings: Settings) -> str:
    """A mail in the mailbox; the name of its file."""
    EmailMessage(
        subject="A <b>letter</b>",
        body="Read http://127.0.0.1:8000/expression-sent/1.2~x~y/ <script>alert(1)</script>",
        from_email="Northvale <no-reply@hubadmin.invalid>",
        to=["head@school.example"],
        reply_to=["hello@northvale.example"],
        connection=mailbox.MailboxBackend(),
    ).send()
    return mailbox.mails()[0].name


def test_an_empty_mailbox_says_so(client: Client, db: None) -> None:
    assert "No mail yet" in client.get(reverse("demo_mailbox")).content.decode()


def test_the_mailbox_lists_every_mail(client: Client, db: None, letter: str) -> None:
    page = client.get(reverse("demo_mailbox")).content.decode()

    assert reverse("demo_mail", args=[letter]) in page
    assert "head@school.example" in page
    assert "A &lt;b&gt;letter&lt;/b&gt;" in page


def test_a_mail_is_shown_with_working_links_and_harmless_text(client: Client, db: None, letter: str) -> None:
    page = client.get(reverse("demo_mail", args=[letter])).content.decode()

    assert '<a href="http://127.0.0.1:8000/expression-sent/1.2~x~y/"' in page
    assert "hello@northvale.example" in page
    assert "<script>alert" not in page
    assert "<b>letter" not in page


@pytest.mark.parametrize(
    "name",
    [
        "nothing.eml",
        "20261122T100000000000Z-0123456789ab.eml",
        "..%2F..%2Fmanage.py",
        "..%2Fsecret.eml",
        "%2Fetc%2Fpasswd",
        "..",
        "%00",
        "..%5C..%5Csecret",
    ],
)
def test_no_other_file_can_be_read(client: Client, db: None, letter: str, settings: Settings, name: str) -> None:
    (settings.MAILBOX_DIR.parent / "secret.eml").write_text("Subject: secret\n\nsecret\n")

    response = client.get(f"/demo/mailbox/{name}/")

    assert response.status_code == 404
    assert "secret" not in response.content.decode()

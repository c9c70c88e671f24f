from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs import inviting, tenancy
from hubs.links import make_token
from hubs.models import Hub, Invitation, Role, User
from tests.factories import make_user, membership_of

ClientOf = Callable[[User], Client]
ANSWERS = {"name": "Nia New", "password": "three odd words"}


@pytest.fixture
def invitation(hub: Hub, administrator: User) -> Invitation:
    with tenancy.use(hub):
        return inviting.invite(
            email="nia@school.example",
            name="Nia New",
            role=Role.HUB_LEAD,
            actor=membership_of(administrator, hub),
            now=timezone.now(),
        )


def link_to(invitation: Invitation) -> str:
    token = make_token("invitation", hub_id=invitation.hub_id, subject_id=invitation.pk)
    return reverse("invitation", args=[token])


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_opening_the_link_shows_what_it_is_for_and_does_nothing(client: Client, invitation: Invitation) -> None:
    page = client.get(link_to(invitation)).content.decode()
    for fact in ("Northvale Maths Hub", "Hub lead", "nia@school.example"):
        assert fact in page
    assert not User.objects.filter(email="nia@school.example").exists()


def test_a_new_person_joins_is_signed_in_and_goes_on_to_the_second_step(
    client: Client, hub: Hub, invitation: Invitation
) -> None:
    response = client.post(link_to(invitation), ANSWERS)
    assert response.headers["Location"] == reverse("second_step")
    assert is_signed_in(client)
    user = User.objects.get(email="nia@school.example")
    assert membership_of(user, hub).role == Role.HUB_LEAD
    assert EmailAddress.objects.filter(user=user, verified=True).exists()
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    assert client.get(reverse("console_home", args=[hub.slug])).headers["Location"] == reverse("second_step")


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("", "Choose a password"),
        ("short", "10 characters"),
        ("nia@school.example", "too similar"),
        ("password123", "too common"),
    ],
)
def test_a_weak_password_is_refused_and_the_name_kept(
    client: Client, invitation: Invitation, password: str, message: str
) -> None:
    page = client.post(link_to(invitation), {"name": "Nia Newly-Wed", "password": password})
    assert page.status_code == 200
    assert message in page.context["form"].errors["password"][0]
    assert 'value="Nia Newly-Wed"' in page.content.decode()
    assert not User.objects.filter(email="nia@school.example").exists()


def test_a_second_click_signs_the_same_person_in_and_makes_no_second_membership(
    hub: Hub, invitation: Invitation
) -> None:
    url = link_to(invitation)
    Client().post(url, ANSWERS)
    second = Client()
    assert second.post(url, ANSWERS).headers["Location"] == reverse("second_step")
    assert is_signed_in(second)
    assert hub.memberships.filter(user__email="nia@school.example").count() == 1


def test_a_used_link_with_another_password_opens_nothing(client: Client, invitation: Invitation) -> None:
    url = link_to(invitation)
    Client().post(url, ANSWERS)
    response = client.post(url, {**ANSWERS, "password": "a guess or two"})
    assert response.status_code == 410
    assert "This invitation has been used" in response.content.decode()
    assert not is_signed_in(client)


def test_guessing_at_a_used_link_is_told_to_wait(client: Client, invitation: Invitation) -> None:
    url = link_to(invitation)
    Client().post(url, ANSWERS)
    for _ in range(5):
        client.post(url, {**ANSWERS, "password": "a guess or two"})
    response = client.post(url, ANSWERS)
    assert response.status_code == 429
    assert "Wait five minutes" in response.content.decode()
    assert not is_signed_in(client)


def test_a_used_link_says_so_and_leads_its_own_person_on(invitation: Invitation) -> None:
    url = link_to(invitation)
    joined = Client()
    joined.post(url, ANSWERS)
    assert joined.get(url).headers["Location"] == reverse("my_hubs")
    page = Client().get(url)
    assert page.status_code == 410
    assert "This invitation has been used" in page.content.decode()


def test_a_withdrawn_invitation_says_so(client: Client, hub: Hub, administrator: User, invitation: Invitation) -> None:
    with tenancy.use(hub):
        inviting.withdraw_invitation(invitation=invitation, actor=membership_of(administrator, hub), now=timezone.now())
    for response in (client.get(link_to(invitation)), client.post(link_to(invitation), ANSWERS)):
        assert response.status_code == 410
        assert "This invitation has been withdrawn" in response.content.decode()
    assert not User.objects.filter(email="nia@school.example").exists()


def test_sending_again_makes_older_links_say_that_there_is_a_newer_one(
    client: Client, hub: Hub, administrator: User, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day_ago = (timezone.now() - dt.timedelta(days=1)).timestamp()
    with monkeypatch.context() as patched:
        patched.setattr("django.core.signing.time.time", lambda: a_day_ago)
        older = link_to(invitation)
    with tenancy.use(hub):
        inviting.resend(invitation=invitation, actor=membership_of(administrator, hub), now=timezone.now())
    for response in (client.get(older), client.post(older, ANSWERS)):
        assert response.status_code == 410
        assert "There is a newer invitation" in response.content.decode()
    assert not User.objects.filter(email="nia@school.example").exists()
    assert client.get(link_to(invitation)).status_code == 200


def test_the_link_in_the_mail_is_made_in_the_second_of_the_invitation_and_opens_it(
    client: Client, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited_at = invitation.invited_at.replace(microsecond=999_999)
    with tenancy.use(invitation.hub):
        Invitation.objects.update(invited_at=invited_at)
    monkeypatch.setattr("django.core.signing.time.time", invited_at.timestamp)
    assert client.get(link_to(invitation)).status_code == 200


def test_an_expired_link_says_whom_to_ask(
    client: Client, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = (timezone.now() - dt.timedelta(days=15)).timestamp()
    with monkeypatch.context() as patched:
        patched.setattr("django.core.signing.time.time", lambda: long_ago)
        url = link_to(invitation)
    for response in (client.get(url), client.post(url, ANSWERS)):
        assert response.status_code == 410
        assert "This link has expired" in response.content.decode()
        assert "hello@northvale.example" in response.content.decode()
    assert not User.objects.filter(email="nia@school.example").exists()


def test_a_forged_link_is_not_found(client: Client, invitation: Invitation) -> None:
    url = link_to(invitation)
    assert client.get(url[:-2] + "/").status_code == 404
    other_purpose = make_token("expression-draft", hub_id=invitation.hub_id, subject_id=invitation.pk)
    assert client.get(reverse("invitation", args=[other_purpose])).status_code == 404


def test_the_link_of_an_invitation_does_not_open_one_of_another_hub(
    client: Client, other_hub: Hub, invitation: Invitation
) -> None:
    crossed = make_token("invitation", hub_id=other_hub.pk, subject_id=invitation.pk)
    assert client.get(reverse("invitation", args=[crossed])).status_code == 404


def test_who_has_an_account_signs_in_first_and_comes_back(client: Client, invitation: Invitation) -> None:
    person = make_user("Nia New", email="nia@school.example", password="three odd words")
    url = link_to(invitation)
    page = client.get(url).content.decode()
    assert f"{reverse('account_login')}?next={url}" in page
    assert 'name="password"' not in page
    response = client.post(
        reverse("account_login"), {"login": person.email, "password": "three odd words", "next": url}
    )
    assert response.headers["Location"] == url


def test_who_has_an_account_cannot_be_taken_over_by_the_link(client: Client, invitation: Invitation) -> None:
    person = make_user("Nia New", email="nia@school.example", password="three odd words")
    client.post(link_to(invitation), {"name": "Eve", "password": "another password"})
    person.refresh_from_db()
    assert person.check_password("three odd words")
    assert not is_signed_in(client)
    assert not person.memberships.exists()


def test_who_is_signed_in_joins_with_one_button(hub: Hub, invitation: Invitation, client_of: ClientOf) -> None:
    person = make_user("Nia New", email="nia@school.example")
    browser = client_of(person)
    assert not person.memberships.exists()
    assert "You are signed in as Nia New." in browser.get(link_to(invitation)).content.decode()
    assert not person.memberships.exists()
    for _ in range(2):
        response = browser.post(link_to(invitation))
    assert response.headers["Location"] == reverse("my_hubs")
    assert hub.memberships.filter(user=person).count() == 1
    assert browser.get(reverse("console_home", args=[hub.slug])).status_code == 200


def test_somebody_else_is_told_and_can_sign_out(
    hub: Hub, invitation: Invitation, stranger: User, client_of: ClientOf
) -> None:
    person = make_user("Nia New", email="nia@school.example")
    browser = client_of(stranger)
    url = link_to(invitation)
    for response in (browser.get(url), browser.post(url)):
        content = response.content.decode()
        assert "This invitation is for another account" in content
        assert f'name="next" value="{url}"' in content
    assert not hub.memberships.filter(user__in=[person, stranger]).exists()
    assert browser.post(reverse("account_logout"), {"next": url}).headers["Location"] == url

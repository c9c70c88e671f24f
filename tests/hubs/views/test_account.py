from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from hubs.models import Hub, Membership, NationalRole, Role, User
from tests.factories import make_expression, make_user, make_window

ClientOf = Callable[[User], Client]


def test_nobody_is_asked_to_sign_in(client: Client, db: None) -> None:
    for name in ("my_hubs", "second_step"):
        url = reverse(name)
        assert client.get(url).headers["Location"] == f"{reverse('account_login')}?next={url}"


def test_a_person_of_one_hub_goes_straight_into_it(hub: Hub, specialist: User, client_of: ClientOf) -> None:
    response = client_of(specialist).get(reverse("my_hubs"))
    assert response.headers["Location"] == reverse("console_home", args=[hub.slug])


def test_a_person_of_two_hubs_chooses(hub: Hub, other_hub: Hub, specialist: User, client_of: ClientOf) -> None:
    Membership.objects.create(hub=other_hub, user=specialist, role=Role.HUB_LEAD, starts_on=dt.date(2021, 9, 1))
    content = client_of(specialist).get(reverse("my_hubs")).content.decode()
    assert reverse("console_home", args=[hub.slug]) in content
    assert reverse("console_home", args=[other_hub.slug]) in content
    assert reverse("national_home") not in content


def test_a_former_member_of_a_hub_does_not_find_it(hub: Hub, specialist: User, client_of: ClientOf) -> None:
    Membership.objects.update(ends_on=dt.date(2024, 7, 31))
    content = client_of(specialist).get(reverse("my_hubs")).content.decode()
    assert hub.name not in content
    assert "is not a member of a hub at present" in content


def test_a_person_of_no_hub_is_told_what_to_do(db: None, client_of: ClientOf) -> None:
    person = make_user("Nia New")
    content = client_of(person).get(reverse("my_hubs")).content.decode()
    assert f"ask the hub&#x27;s administrator to invite {person.email}" in content.replace("hub's", "hub&#x27;s")


def test_a_national_role_adds_the_national_figures(hub: Hub, specialist: User, client_of: ClientOf) -> None:
    NationalRole.objects.create(user=specialist)
    content = client_of(specialist).get(reverse("my_hubs")).content.decode()
    assert reverse("national_home") in content
    assert reverse("console_home", args=[hub.slug]) in content


def test_a_national_viewer_without_a_hub_goes_straight_to_the_figures(db: None, client_of: ClientOf) -> None:
    viewer = make_user("Nat National")
    NationalRole.objects.create(user=viewer)
    assert client_of(viewer).get(reverse("my_hubs")).headers["Location"] == reverse("national_home")


def test_each_of_ones_hubs_says_what_waits_there_as_far_as_the_role_sees_it(
    hub: Hub, other_hub: Hub, specialist: User, client: Client, client_of: ClientOf
) -> None:
    Membership.objects.create(hub=other_hub, user=specialist, role=Role.HUB_LEAD, starts_on=dt.date(2021, 9, 1))
    for of, number in ((hub, 1), (other_hub, 2)):
        window = make_window(of)
        for _ in range(number):
            make_expression(window)
    client.force_login(specialist, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "to decide" not in client.get(reverse("my_hubs")).content.decode()
    content = client_of(specialist).get(reverse("my_hubs")).content.decode()
    assert "2 to decide" in content
    assert "1 to decide" not in content
    assert "Mastery Specialist</p>" in content


def test_the_second_step_is_offered_in_two_ways(hub: Hub, specialist: User, client: Client) -> None:
    client.force_login(specialist, backend="allauth.account.auth_backends.AuthenticationBackend")
    content = client.get(reverse("second_step")).content.decode()
    assert reverse("mfa_activate_totp") in content
    assert reverse("mfa_add_webauthn") in content


def test_who_has_a_second_step_is_sent_on(hub: Hub, specialist: User, client_of: ClientOf) -> None:
    content = client_of(specialist).get(reverse("second_step")).content.decode()
    assert "Your second step is set up" in content
    assert reverse("my_hubs") in content

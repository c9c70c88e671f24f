from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs import inviting, tenancy
from hubs.models import Hub, Invitation, Membership, Role, User
from tests.factories import make_member, membership_of

ClientOf = Callable[[User], Client]
# A valid address of 313 characters, where a mail's recipient may have 254.
TOO_LONG = f"{'n' * 60}@{'school.' * 35}example"


def invited(hub: Hub, by: User, email: str = "nia@school.example", name: str = "Nia New") -> Invitation:
    with tenancy.use(hub):
        return inviting.invite(
            email=email, name=name, role=Role.HUB_LEAD, actor=membership_of(by, hub), now=timezone.now()
        )


def addresses(hub: Hub, membership: Membership, invitation: Invitation) -> list[str]:
    return [
        reverse("member_list", args=[hub.slug]),
        reverse("member_invite", args=[hub.slug]),
        reverse("member_role", args=[hub.slug, membership.pk]),
        reverse("member_end", args=[hub.slug, membership.pk]),
        reverse("invitation_resend", args=[hub.slug, invitation.pk]),
        reverse("invitation_withdraw", args=[hub.slug, invitation.pk]),
    ]


def test_the_owner_opens_every_page_a_lead_is_refused_and_a_stranger_finds_nothing(
    hub: Hub, administrator: User, lead: User, stranger: User, client_of: ClientOf
) -> None:
    urls = addresses(hub, membership_of(lead, hub), invited(hub, administrator))
    for person, status in ((administrator, 200), (lead, 403), (stranger, 404)):
        browser = client_of(person)
        assert [browser.get(url).status_code for url in urls] == [status] * len(urls)


def test_what_belongs_to_another_hub_is_not_found_under_ones_own_address(
    hub: Hub, other_hub: Hub, administrator: User, stranger: User, client_of: ClientOf
) -> None:
    elsewhere = addresses(hub, membership_of(stranger, other_hub), invited(other_hub, stranger))[2:]
    browser = client_of(administrator)
    for url in elsewhere:
        assert browser.get(url).status_code == 404
        assert browser.post(url, {"role": "hub_lead"}).status_code == 404
    assert membership_of(stranger, other_hub).ends_on is None


def test_the_list_shows_members_invitations_and_who_has_left(
    hub: Hub, administrator: User, specialist: User, client_of: ClientOf
) -> None:
    former = make_member(hub, Role.HUB_LEAD, "Fred Former")
    hub.memberships.filter(user=former).update(ends_on=dt.date(2024, 7, 31))
    invited(hub, administrator)
    page = client_of(administrator).get(reverse("member_list", args=[hub.slug]))
    assert [one.user.name for one in page.context["members"]] == ["Ada Administrator", "Mina Specialist"]
    assert [invitation.name for invitation, _ in page.context["invitations"]] == ["Nia New"]
    assert [one.user.name for one in page.context["former_members"]] == ["Fred Former"]
    assert "31 Jul 2024" in page.content.decode()


def test_who_only_changed_role_is_no_former_member(
    hub: Hub, administrator: User, specialist: User, client_of: ClientOf
) -> None:
    browser = client_of(administrator)
    browser.post(reverse("member_role", args=[hub.slug, membership_of(specialist, hub).pk]), {"role": "hub_lead"})
    page = browser.get(reverse("member_list", args=[hub.slug]))
    assert page.context["former_members"] == []
    assert "Mina Specialist is now a Hub lead." in page.content.decode()


def test_an_expired_invitation_is_marked(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    invitation = invited(hub, administrator)
    url = reverse("member_list", args=[hub.slug])
    browser = client_of(administrator)
    assert "Expired" not in browser.get(url).content.decode()
    with tenancy.use(hub):
        Invitation.objects.filter(pk=invitation.pk).update(invited_at=timezone.now() - dt.timedelta(days=15))
    assert "Expired" in browser.get(url).content.decode()


def test_the_list_takes_as_many_queries_for_three_as_for_one(
    hub: Hub, administrator: User, client_of: ClientOf, django_assert_max_num_queries: Callable[..., object]
) -> None:
    browser = client_of(administrator)
    url = reverse("member_list", args=[hub.slug])
    browser.get(url)
    counts = []
    for number in range(3):
        invited(hub, administrator, f"nia{number}@school.example")
        make_member(hub, Role.HUB_LEAD, f"Lead {number}")
        former = make_member(hub, Role.HUB_LEAD, f"Former {number}")
        hub.memberships.filter(user=former).update(ends_on=dt.date(2024, 7, 31))
        with django_assert_max_num_queries(12) as captured:  # type: ignore[attr-defined]
            browser.get(url)
        counts.append(len(captured))
    assert counts[0] == counts[2]


def test_inviting_from_the_page_sends_the_invitation(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    typed = {"name": "Nia New", "email": "Nia@School.example", "role": "hub_lead"}
    response = client_of(administrator).post(reverse("member_invite", args=[hub.slug]), typed, follow=True)
    assert "The invitation to nia@school.example is on its way." in response.content.decode()
    with tenancy.use(hub):
        assert Invitation.objects.get().email == "nia@school.example"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": ""}, "Enter the person&#x27;s name"),
        ({"email": "nia"}, "Enter the person&#x27;s e-mail address, like name@school.sch.uk"),
        ({"email": TOO_LONG}, "Enter the person&#x27;s e-mail address in 254 characters or fewer"),
        ({"role": "king"}, "king"),
        ({"role": ""}, "Choose a role"),
    ],
)
def test_a_mistake_is_said_beside_the_field_and_nothing_typed_is_lost(
    hub: Hub, administrator: User, client_of: ClientOf, wrong: dict[str, str], message: str
) -> None:
    typed = {"name": "Nia New", "email": "nia@school.example", "role": "hub_lead", **wrong}
    page = client_of(administrator).post(reverse("member_invite", args=[hub.slug]), typed)
    assert page.status_code == 200
    content = page.content.decode()
    assert message in content
    assert all(f'value="{value}"' in content for value in typed.values() if value and value != "king")


def test_inviting_a_member_is_refused_beside_the_address(
    hub: Hub, administrator: User, lead: User, client_of: ClientOf
) -> None:
    typed = {"name": "Leo", "email": lead.email, "role": "hub_lead"}
    page = client_of(administrator).post(reverse("member_invite", args=[hub.slug]), typed)
    assert "is a member of Northvale Maths Hub already" in page.context["form"].errors["email"][0]


def test_looking_at_the_page_ends_nothing_only_the_button_does(
    hub: Hub, administrator: User, specialist: User, client_of: ClientOf
) -> None:
    membership = membership_of(specialist, hub)
    url = reverse("member_end", args=[hub.slug, membership.pk])
    browser = client_of(administrator)
    assert "cannot open the pages of Northvale Maths Hub any more" in browser.get(url).content.decode()
    membership.refresh_from_db()
    assert membership.ends_on is None
    page = browser.post(url, follow=True)
    assert "Mina Specialist is no longer a member of Northvale Maths Hub." in page.content.decode()
    membership.refresh_from_db()
    assert membership.ends_on == timezone.localdate()


def test_the_pages_of_a_membership_that_has_ended_lead_to_the_list_and_say_why(
    hub: Hub, administrator: User, specialist: User, client_of: ClientOf
) -> None:
    pk = membership_of(specialist, hub).pk
    browser = client_of(administrator)
    role_url, end_url = (reverse(name, args=[hub.slug, pk]) for name in ("member_role", "member_end"))
    browser.post(role_url, {"role": "hub_lead"})
    for page in (browser.get(role_url, follow=True), browser.post(end_url, follow=True)):
        assert page.redirect_chain == [(reverse("member_list", args=[hub.slug]), 302)]
        assert "Mina Specialist&#x27;s role has changed since." in page.content.decode()
    now_held = hub.memberships.get(user=specialist, ends_on=None)
    browser.post(reverse("member_end", args=[hub.slug, now_held.pk]))
    assert "Mina Specialist&#x27;s membership has ended since." in browser.get(role_url, follow=True).content.decode()


def test_the_same_role_again_changes_nothing_and_says_so(
    hub: Hub, administrator: User, specialist: User, client_of: ClientOf
) -> None:
    url = reverse("member_role", args=[hub.slug, membership_of(specialist, hub).pk])
    browser = client_of(administrator)
    assert "has been a Mastery Specialist since" in browser.get(url).content.decode()
    page = browser.post(url, {"role": "mastery_specialist"}, follow=True)
    assert "Nothing changed: Mina Specialist is a Mastery Specialist already." in page.content.decode()


def test_changing_ones_own_role_comes_with_a_warning(
    hub: Hub, administrator: User, specialist: User, client_of: ClientOf
) -> None:
    browser = client_of(administrator)
    for person, is_warned in ((administrator, True), (specialist, False)):
        page = browser.get(reverse("member_role", args=[hub.slug, membership_of(person, hub).pk]))
        assert ("This is your own role." in page.content.decode()) is is_warned


def test_the_last_administrator_is_told_why_and_gets_no_button(
    hub: Hub, administrator: User, client_of: ClientOf
) -> None:
    url = reverse("member_end", args=[hub.slug, membership_of(administrator, hub).pk])
    browser = client_of(administrator)
    for page in (browser.get(url), browser.post(url)):
        assert "Make another member an administrator first." in page.content.decode()
        assert "End the membership</button>" not in page.content.decode()
    assert membership_of(administrator, hub).ends_on is None


def test_the_last_administrator_cannot_take_another_role(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    url = reverse("member_role", args=[hub.slug, membership_of(administrator, hub).pk])
    page = client_of(administrator).post(url, {"role": "hub_lead"})
    assert "nobody else is an administrator" in page.context["form"].errors["role"][0]


def test_who_gives_up_the_own_membership_lands_among_ones_hubs(
    hub: Hub, administrator: User, client_of: ClientOf
) -> None:
    make_member(hub, Role.ADMINISTRATOR, "Bea Second")
    browser = client_of(administrator)
    response = browser.post(reverse("member_end", args=[hub.slug, membership_of(administrator, hub).pk]))
    assert response.headers["Location"] == reverse("my_hubs")
    assert browser.get(reverse("member_list", args=[hub.slug])).status_code == 404


def test_sending_again_and_withdrawing_ask_first(hub: Hub, administrator: User, client_of: ClientOf) -> None:
    invitation = invited(hub, administrator)
    browser = client_of(administrator)
    for url_name, said in (
        ("invitation_resend", "is on its way again"),
        ("invitation_withdraw", "is withdrawn"),
        ("invitation_resend", "has been withdrawn"),
    ):
        url = reverse(url_name, args=[hub.slug, invitation.pk])
        assert browser.get(url).status_code == 200
        assert said in browser.post(url, follow=True).content.decode()


def test_a_member_without_a_second_step_is_sent_to_set_it_up_from_every_page(
    hub: Hub, administrator: User, lead: User, client: Client
) -> None:
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    urls = addresses(hub, membership_of(lead, hub), invited(hub, administrator))
    urls += [reverse(name, args=[hub.slug]) for name in ("hub_settings", "hub_profile", "console_home")]
    for url in urls:
        assert client.get(url).headers["Location"] == reverse("second_step")
        assert client.post(url).headers["Location"] == reverse("second_step")

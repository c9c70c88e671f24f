from __future__ import annotations

import datetime as dt
import re

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError

from correspondence.models import Message
from hubs import inviting, tenancy, timeline
from hubs.links import read_token
from hubs.members import end_membership
from hubs.models import Hub, Invitation, Membership, Role, User
from hubs.permissions import NotAllowed
from tests.factories import make_user, membership_of
from tests.locks import begin_meanwhile

TODAY = dt.date(2026, 11, 21)


@pytest.fixture
def actor(hub: Hub, administrator: User) -> Membership:
    return membership_of(administrator, hub)


def invite(actor: Membership, now: dt.datetime, email: str = "nia@school.example", name: str = "Nia New") -> Invitation:
    with tenancy.use(actor.hub):
        return inviting.invite(email=email, name=name, role=Role.HUB_LEAD, actor=actor, now=now)


def fresh(invitation: Invitation) -> Invitation:
    with tenancy.use(invitation.hub):
        return Invitation.objects.get(pk=invitation.pk)


def messages(hub: Hub) -> list[Message]:
    with tenancy.use(hub):
        return list(Message.objects.order_by("pk"))


def entries(hub: Hub) -> list[str]:
    with tenancy.use(hub):
        return [entry.text for entry in timeline.entries_of(hub)]


def token_in(message: Message) -> str:
    found = re.search(r"/invitation/([^/\s]+)/", message.text)
    assert found
    return found[1]


def test_an_invitation_sends_one_mail_with_a_link_that_opens_it(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    invitation = invite(actor, now, email="Nia@School.example")
    [message] = messages(hub)
    assert message.recipients == ["nia@school.example"]
    assert message.subject == "Join Northvale Maths Hub as Hub lead"
    assert "Ada Administrator invites you to join Northvale Maths Hub as Hub lead." in message.text
    assert "until 5 December 2026" in message.text
    link = read_token("invitation", token_in(message))
    assert (link.hub_id, link.subject_id) == (hub.pk, invitation.pk)
    assert entries(hub) == ["Invited Nia New (nia@school.example) as Hub lead."]


def test_a_member_is_not_invited_again(hub: Hub, actor: Membership, lead: User, now: dt.datetime) -> None:
    with pytest.raises(inviting.CannotInvite, match="is a member of Northvale Maths Hub already, as Hub lead"):
        invite(actor, now, email=lead.email.upper())
    assert messages(hub) == []


def test_a_former_member_can_be_invited(hub: Hub, actor: Membership, lead: User, now: dt.datetime) -> None:
    with tenancy.use(hub):
        end_membership(membership=membership_of(lead, hub), actor=actor, now=now)
    assert invite(actor, now, email=lead.email).is_open


def test_nobody_is_invited_twice_at_a_time(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    invite(actor, now)
    with pytest.raises(inviting.CannotInvite, match="has been invited already"):
        invite(actor, now, email="NIA@school.example")
    assert len(messages(hub)) == 1


def test_two_hubs_may_invite_the_same_person(
    hub: Hub, other_hub: Hub, actor: Membership, stranger: User, now: dt.datetime
) -> None:
    assert invite(actor, now).hub == hub
    assert invite(membership_of(stranger, other_hub), now).hub == other_hub


def test_only_an_administrator_invites(hub: Hub, lead: User, now: dt.datetime) -> None:
    with pytest.raises(NotAllowed):
        invite(membership_of(lead, hub), now)
    assert messages(hub) == []


def test_sending_it_again_makes_a_second_mail_and_moves_the_last_day(
    hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    invitation = invite(actor, now)
    later = now + dt.timedelta(days=20)
    with tenancy.use(hub):
        inviting.resend(invitation=invitation, actor=actor, now=later)
    first, second = messages(hub)
    assert first.key != second.key
    assert inviting.expires_at(fresh(invitation)) == later + dt.timedelta(days=14)
    assert entries(hub)[0] == "Sent the invitation to Nia New (nia@school.example) again."


def test_a_double_click_on_sending_again_sends_one_mail(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    invitation = invite(actor, now)
    with tenancy.use(hub):
        for _ in range(2):
            inviting.resend(invitation=invitation, actor=actor, now=now + dt.timedelta(hours=1))
    assert len(messages(hub)) == 2


def test_a_withdrawn_invitation_cannot_be_accepted_or_sent_again(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    invitation = invite(actor, now)
    person = make_user("Nia New", email="nia@school.example")
    with tenancy.use(hub):
        inviting.withdraw_invitation(invitation=invitation, actor=actor, now=now)
        inviting.withdraw_invitation(invitation=invitation, actor=actor, now=now)
        with pytest.raises(inviting.InvitationClosed, match="has been withdrawn"):
            inviting.accept(invitation=invitation, user=person, now=now)
        with pytest.raises(inviting.InvitationClosed):
            inviting.resend(invitation=invitation, actor=actor, now=now)
    assert not hub.memberships.filter(user=person).exists()
    assert entries(hub).count("Withdrew the invitation to Nia New (nia@school.example).") == 1
    assert invite(actor, now).pk != invitation.pk


def test_accepting_makes_a_member_from_today(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    invitation = invite(actor, now)
    person = make_user("Nia New", email="nia@school.example")
    with tenancy.use(hub):
        membership = inviting.accept(invitation=invitation, user=person, now=now)
    assert (membership.role, membership.starts_on, membership.ends_on) == ("hub_lead", TODAY, None)
    assert fresh(invitation).accepted_at == now
    assert entries(hub)[0] == "Accepted the invitation and joined as Hub lead."


def test_an_accepted_invitation_can_neither_be_accepted_again_nor_withdrawn(
    hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    invitation = invite(actor, now)
    person = make_user("Nia New", email="nia@school.example")
    with tenancy.use(hub):
        inviting.accept(invitation=invitation, user=person, now=now)
        with pytest.raises(inviting.InvitationClosed, match="has accepted the invitation already"):
            inviting.accept(invitation=invitation, user=person, now=now)
        with pytest.raises(inviting.InvitationClosed):
            inviting.withdraw_invitation(invitation=invitation, actor=actor, now=now)
    assert hub.memberships.filter(user=person).count() == 1


def test_another_account_cannot_accept(hub: Hub, actor: Membership, stranger: User, now: dt.datetime) -> None:
    invitation = invite(actor, now)
    with tenancy.use(hub), pytest.raises(inviting.AnotherPerson):
        inviting.accept(invitation=invitation, user=stranger, now=now)
    assert not hub.memberships.filter(user=stranger).exists()


def test_opening_an_account_proves_the_address(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    invitation = invite(actor, now)
    with tenancy.use(hub):
        user = inviting.open_account_and_accept(
            invitation=invitation, name="Nia Newly-Wed", password="three odd words", now=now
        )
    assert (user.email, user.name, user.check_password("three odd words")) == (
        "nia@school.example",
        "Nia Newly-Wed",
        True,
    )
    assert EmailAddress.objects.filter(user=user, email=user.email, verified=True, primary=True).exists()
    assert membership_of(user, hub).role == Role.HUB_LEAD


def test_no_second_account_is_opened_for_an_address(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    invitation = invite(actor, now)
    make_user("Nia New", email="nia@school.example")
    with tenancy.use(hub), pytest.raises(inviting.AccountExists):
        inviting.open_account_and_accept(invitation=invitation, name="Nia", password="three odd words", now=now)
    assert fresh(invitation).is_open


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_join_at_the_same_moment_make_one_membership(
    hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    invitation = invite(actor, now)
    refusals: list[Exception] = []

    def second_tab() -> None:
        try:
            with tenancy.use(hub):
                inviting.open_account_and_accept(invitation=invitation, name="Nia", password="b", now=now)
        except (inviting.InvitationClosed, inviting.AccountExists) as refusal:
            refusals.append(refusal)

    with tenancy.use(hub):
        inviting.open_account_and_accept(invitation=invitation, name="Nia", password="a", now=now)
        other = begin_meanwhile(second_tab)
    other.join()
    assert [type(refusal) for refusal in refusals] == [inviting.InvitationClosed]
    assert hub.memberships.filter(user__email="nia@school.example").count() == 1


def test_a_new_hub_begins_with_an_invited_administrator(db: None, now: dt.datetime) -> None:
    hub = Hub(
        slug="wealdshore",
        name="Wealdshore Maths Hub",
        contact_email="hello@wealdshore.example",
        reply_to="hello@wealdshore.example",
        privacy_contact_email="hello@wealdshore.example",
    )
    invitation = inviting.found_hub(hub=hub, email="Fay@wealdshore.example", name="Fay First", now=now)
    assert (invitation.email, invitation.role, invitation.invited_by) == (
        "fay@wealdshore.example",
        Role.ADMINISTRATOR,
        None,
    )
    [message] = messages(hub)
    assert "You are invited to join Wealdshore Maths Hub as Hub administrator." in message.text


@pytest.mark.parametrize("wrong", [{"slug": "North Vale"}, {"contact_email": "nowhere"}, {"name": ""}])
def test_a_hub_with_impossible_details_is_not_founded(db: None, now: dt.datetime, wrong: dict[str, str]) -> None:
    details = {
        "slug": "wealdshore",
        "name": "Wealdshore Maths Hub",
        "contact_email": "hello@wealdshore.example",
        "reply_to": "hello@wealdshore.example",
        "privacy_contact_email": "hello@wealdshore.example",
    }
    with pytest.raises(ValidationError):
        inviting.found_hub(hub=Hub(**{**details, **wrong}), email="fay@wealdshore.example", name="Fay", now=now)
    assert not Hub.objects.exists()

"""Inviting a person into a hub by e-mail, and the person's joining.

The link in the mail proves the address: whoever follows it may open an account for that address or,
signed in as that address, join with the account there is.
"""

from __future__ import annotations

import datetime as dt

from allauth.account.models import EmailAddress
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from hubs import tenancy, timeline
from hubs.constraints import broken_constraint
from hubs.letterbox import queue_message
from hubs.links import LIFETIMES, Link, make_token, public_url
from hubs.members import locked
from hubs.models import Hub, Invitation, Membership, Role, User
from hubs.permissions import require
from hubs.wording import plain_day

LIFETIME = LIFETIMES["invitation"]


class CannotInvite(Exception):
    """The person is a member or invited already; the message is a sentence to show."""


class InvitationClosed(Exception):
    """The invitation was accepted or withdrawn meanwhile; the message is a sentence to show."""


class AccountExists(Exception):
    """There is an account for the invited address already: its person must sign in first."""


class AnotherPerson(Exception):
    """The signed-in person's address is not the one that was invited."""


@transaction.atomic
def invite(*, email: str, name: str, role: Role, actor: Membership, now: dt.datetime) -> Invitation:
    """Invite a person into the actor's hub and queue the mail with the link.

    Raises `NotAllowed`, and `CannotInvite` for a member and for somebody with an open invitation.
    """
    require(actor, "manage_members")
    hub = locked(actor.hub)
    email = email.lower()
    present = hub.memberships.active_on(timezone.localdate(now)).filter(user__email=email).first()
    if present:
        raise CannotInvite(f"{email} is a member of {hub.name} already, as {present.get_role_display()}.")
    if Invitation.objects.filter(email=email, accepted_at=None, withdrawn_at=None).exists():
        raise CannotInvite(f"{email} has been invited already. Send that invitation again, or withdraw it first.")
    return _invite(hub, email, name, role, actor, now)


@transaction.atomic
def found_hub(*, hub: Hub, email: str, name: str, now: dt.datetime) -> Invitation:
    """Save a new hub and invite its first administrator. Raises `ValidationError` for what cannot be."""
    hub.full_clean()
    validate_email(email)
    hub.save()
    with tenancy.use(hub):
        return _invite(hub, email.lower(), name, Role.ADMINISTRATOR, "Whoever set the hub up", now)


@transaction.atomic
def resend(*, invitation: Invitation, actor: Membership, now: dt.datetime) -> None:
    """Send the invitation again with a fresh link, which holds for the full time; older links open it no more.

    Raises `NotAllowed` and `InvitationClosed`.
    """
    require(actor, "manage_members")
    invitation = _locked_and_open(invitation)
    invitation.invited_at = now
    invitation.save(update_fields=["invited_at"])
    _queue_mail(invitation, actor, now)
    timeline.record(
        subject=invitation.hub,
        actor=actor,
        now=now,
        text=f"Sent the invitation to {invitation.name} ({invitation.email}) again.",
    )


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, actor: Membership, now: dt.datetime) -> None:
    """Take an invitation back: its links open nothing any more. A withdrawn one stays as it is.

    Raises `NotAllowed`, and `InvitationClosed` when it was accepted.
    """
    require(actor, "manage_members")
    invitation = _locked(invitation)
    if invitation.withdrawn_at is not None:
        return
    _check_open(invitation)
    invitation.withdrawn_at = now
    invitation.save(update_fields=["withdrawn_at"])
    timeline.record(
        subject=invitation.hub,
        actor=actor,
        now=now,
        text=f"Withdrew the invitation to {invitation.name} ({invitation.email}).",
    )


@transaction.atomic
def accept(*, invitation: Invitation, user: User, now: dt.datetime) -> Membership:
    """Make the invited person a member from today on.

    Raises `InvitationClosed`, and `AnotherPerson` for an account with another address.
    """
    if user.email != invitation.email:
        raise AnotherPerson
    invitation = _locked_and_open(invitation)
    hub = locked(invitation.hub)
    today = timezone.localdate(now)
    membership = hub.memberships.active_on(today).filter(user=user).first() or Membership.objects.create(
        hub=hub, user=user, role=invitation.role, starts_on=today
    )
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    timeline.record(
        subject=hub,
        actor=membership,
        now=now,
        text=f"Accepted the invitation and joined as {membership.get_role_display()}.",
    )
    return membership


@transaction.atomic
def open_account_and_accept(*, invitation: Invitation, name: str, password: str, now: dt.datetime) -> User:
    """Open an account for the invited address, which the link has proved, and make its person a member.

    Raises `InvitationClosed` and `AccountExists`.
    """
    invitation = _locked_and_open(invitation)
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.email, password, name=name)
    except IntegrityError as error:
        if broken_constraint(error) != "hubs_user_email_key":
            raise
        raise AccountExists from None
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    accept(invitation=invitation, user=user, now=now)
    return user


def account_for(invitation: Invitation) -> User | None:
    """The account that has the invited address, if there is one."""
    return User.objects.filter(email=invitation.email).first()


def is_superseded(invitation: Invitation, link: Link) -> bool:
    """Whether the invitation was sent again after this link of it was made: only the newest one opens it."""
    return link.made_at < invitation.invited_at.replace(microsecond=0)


def expires_at(invitation: Invitation) -> dt.datetime:
    """When the newest link of an invitation stops working."""
    return invitation.invited_at + LIFETIME


def _invite(hub: Hub, email: str, name: str, role: Role, actor: Membership | str, now: dt.datetime) -> Invitation:
    invitation = Invitation.objects.create(
        hub=hub,
        email=email,
        name=name,
        role=role,
        invited_by=actor.user if isinstance(actor, Membership) else None,
        invited_at=now,
    )
    _queue_mail(invitation, actor, now)
    timeline.record(
        subject=hub, actor=actor, now=now, text=f"Invited {name} ({email}) as {invitation.get_role_display()}."
    )
    return invitation


def _locked(invitation: Invitation) -> Invitation:
    return Invitation.objects.select_for_update(of=("self",)).select_related("hub").get(pk=invitation.pk)


def _locked_and_open(invitation: Invitation) -> Invitation:
    invitation = _locked(invitation)
    _check_open(invitation)
    return invitation


def _check_open(invitation: Invitation) -> None:
    if invitation.accepted_at:
        raise InvitationClosed(f"{invitation.name} has accepted the invitation already.")
    if invitation.withdrawn_at:
        raise InvitationClosed(f"The invitation to {invitation.name} has been withdrawn.")


def _queue_mail(invitation: Invitation, actor: Membership | str, now: dt.datetime) -> None:
    hub = invitation.hub
    inviter = f"{actor.user.name} invites you" if isinstance(actor, Membership) else "You are invited"
    token = make_token("invitation", hub_id=hub.pk, subject_id=invitation.pk)
    link = public_url(reverse("invitation", args=[token]))
    queue_message(
        kind="invitation",
        # The moment makes sending it again another message, and a double click one.
        key=f"invitation:{invitation.pk}:{now.isoformat(timespec='seconds')}",
        recipients=[invitation.email],
        subject=f"Join {hub.name} as {invitation.get_role_display()}",
        text=(
            f"Dear {invitation.name},\n\n"
            f"{inviter} to join {hub.name} as {invitation.get_role_display()}.\n\n"
            f"To join, open this page and follow its steps:\n{link}\n\n"
            f"The link works until {plain_day(now + LIFETIME)} and is for you alone: please do not pass it on. "
            "You will choose a password and set up a second step for signing in, "
            "for which an authenticator app on your phone is enough.\n\n"
            f"If you did not expect this invitation, you need do nothing. Questions: {hub.contact_email}\n\n"
            f"{hub.name}\n"
        ),
        subject_of=invitation,
        now=now,
    )

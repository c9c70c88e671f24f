"""The members of a hub: who they are, inviting, another role, the end of a membership."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs import inviting, members
from hubs.access import MemberRequest, member
from hubs.forms import InviteForm, RoleForm
from hubs.kept import kept_fields
from hubs.methods import form_page
from hubs.models import Invitation, Membership, Role
from hubs.queries import former_members_of, members_of, open_invitations


@member("manage_members")
@require_safe
def member_list(request: MemberRequest) -> HttpResponse:
    """Members, open invitations and former members."""
    now = timezone.now()
    today = timezone.localdate(now)
    return render(
        request,
        "hubs/member_list.html",
        {
            "members": members_of(request.hub, today=today),
            "invitations": [(invited, inviting.expires_at(invited)) for invited in open_invitations()],
            "former_members": former_members_of(request.hub, today=today),
            "now": now,
        },
    )


@member("manage_members")
@form_page
def member_invite(request: MemberRequest) -> HttpResponse:
    """Invite a person."""
    form = InviteForm(request.POST or None, initial=kept_fields(request))
    if request.method == "POST" and form.is_valid():
        try:
            invited = inviting.invite(**form.cleaned_data, actor=request.membership, now=timezone.now())
        except inviting.CannotInvite as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, f"The invitation to {invited.email} is on its way. Its link works for 14 days.")
            return _to_members(request)
    return render(request, "hubs/member_invite.html", {"form": form, "back_url": _members_url(request)})


@member("manage_members")
@form_page
def member_role(request: MemberRequest, *, pk: int) -> HttpResponse:
    """Give a member another role."""
    membership = _membership(request, pk)
    if _has_ended(membership):
        return _changed_since(request, membership)
    form = RoleForm(request.POST or None, initial={"role": membership.role, **kept_fields(request)})
    if request.method == "POST" and form.is_valid():
        try:
            changed = members.change_role(
                membership=membership,
                role=Role(form.cleaned_data["role"]),
                actor=request.membership,
                now=timezone.now(),
            )
        except members.LastAdministrator as refusal:
            form.add_error("role", str(refusal))
        else:
            role = Role(changed.role).with_article
            if changed == membership:
                messages.info(request, f"Nothing changed: {changed.user.name} is {role} already.")
            else:
                messages.success(request, f"{changed.user.name} is now {role}.")
            return _to_members(request)
    context = {
        "form": form,
        "membership": membership,
        "role": Role(membership.role).with_article,
        "back_url": _members_url(request),
    }
    return render(request, "hubs/member_role.html", context)


@member("manage_members")
@form_page
def member_end(request: MemberRequest, *, pk: int) -> HttpResponse:
    """End a membership, after a page that says what that means."""
    membership = _membership(request, pk)
    if _has_ended(membership):
        return _changed_since(request, membership)
    refused = ""
    if request.method == "POST":
        try:
            members.end_membership(membership=membership, actor=request.membership, now=timezone.now())
        except members.LastAdministrator as refusal:
            refused = str(refusal)
        else:
            messages.success(request, f"{membership.user.name} is no longer a member of {request.hub.name}.")
            return _to_members(request)
    elif members.is_last_administrator(membership, today=timezone.localdate()):
        refused = (
            f"{membership.user.name} is the only administrator of {request.hub.name}. "
            "Make another member an administrator first."
        )
    context = {
        "membership": membership,
        "role": Role(membership.role).with_article,
        "refused": refused,
        "back_url": _members_url(request),
    }
    return render(request, "hubs/member_end.html", context)


@member("manage_members")
@form_page
def invitation_resend(request: MemberRequest, *, pk: int) -> HttpResponse:
    """Send an invitation again, with a fresh link."""
    invited = get_object_or_404(Invitation, pk=pk)
    if request.method != "POST":
        context = {"invitation": invited, "back_url": _members_url(request)}
        return render(request, "hubs/invitation_resend.html", context)
    try:
        inviting.resend(invitation=invited, actor=request.membership, now=timezone.now())
    except inviting.InvitationClosed as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, f"The invitation to {invited.email} is on its way again. Its link works for 14 days.")
    return _to_members(request)


@member("manage_members")
@form_page
def invitation_withdraw(request: MemberRequest, *, pk: int) -> HttpResponse:
    """Take an invitation back."""
    invited = get_object_or_404(Invitation, pk=pk)
    if request.method != "POST":
        context = {"invitation": invited, "back_url": _members_url(request)}
        return render(request, "hubs/invitation_withdraw.html", context)
    try:
        inviting.withdraw_invitation(invitation=invited, actor=request.membership, now=timezone.now())
    except inviting.InvitationClosed as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, f"The invitation to {invited.email} is withdrawn. Its link opens nothing any more.")
    return _to_members(request)


def _membership(request: MemberRequest, pk: int) -> Membership:
    """A membership of this hub, also one that has ended: the browser's Back leads to its pages."""
    return get_object_or_404(request.hub.memberships.select_related("user", "hub"), pk=pk)


def _has_ended(membership: Membership) -> bool:
    return membership.ends_on is not None and membership.ends_on <= timezone.localdate()


def _changed_since(request: MemberRequest, membership: Membership) -> HttpResponse:
    today = timezone.localdate()
    is_member = request.hub.memberships.active_on(today).filter(user=membership.user).exists()
    what = "role has changed since" if is_member else "membership has ended since"
    messages.info(request, f"{membership.user.name}'s {what}.")
    return redirect(_members_url(request))


def _members_url(request: MemberRequest) -> str:
    return reverse("member_list", args=[request.hub.slug])


def _to_members(request: MemberRequest) -> HttpResponse:
    """Back to the list; who has just given up the right to see it goes to the hubs that are left."""
    today = timezone.localdate()
    administers = request.user.memberships.active_on(today).filter(hub=request.hub, role=Role.ADMINISTRATOR)
    return redirect(_members_url(request) if administers.exists() else "my_hubs")

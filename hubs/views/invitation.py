"""Following the link of an invitation. Only the button acts: mail scanners open links as well."""

from __future__ import annotations

from allauth.account.forms import LoginForm
from allauth.account.utils import perform_login
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from hubs import inviting
from hubs.access import TokenRequest, token
from hubs.forms import JoinForm
from hubs.methods import form_page
from hubs.models import Invitation


@token("invitation")
@form_page
def invitation(request: TokenRequest) -> HttpResponse:
    """What the invitation is for and, by who follows the link, the way to join."""
    invited = get_object_or_404(Invitation.objects.select_related("hub"), pk=request.link.subject_id)
    account = inviting.account_for(invited)
    if not invited.is_open:
        return _closed(request, invited)
    if inviting.is_superseded(invited, request.link):
        return render(request, "hubs/invitation_newer.html", {"invitation": invited}, status=410)
    if account is None:
        return _join_with_new_account(request, invited)
    if not request.user.is_authenticated:
        return render(request, "hubs/invitation_sign_in.html", {"invitation": invited})
    if request.user != account:
        return render(request, "hubs/invitation_other_person.html", {"invitation": invited})
    if request.method != "POST":
        return render(request, "hubs/invitation_join.html", {"invitation": invited})
    try:
        inviting.accept(invitation=invited, user=account, now=timezone.now())
    except inviting.InvitationClosed:
        return redirect(request.path)
    return redirect("console_home", invited.hub.slug)


def _join_with_new_account(request: TokenRequest, invited: Invitation) -> HttpResponse:
    form = JoinForm(request.POST or None, email=invited.email, initial={"name": invited.name})
    if request.method != "POST" or not form.is_valid():
        return render(request, "hubs/invitation_new.html", {"invitation": invited, "form": form})
    try:
        user = inviting.open_account_and_accept(invitation=invited, now=timezone.now(), **form.cleaned_data)
    except inviting.InvitationClosed:
        # The second click of a double click waited for the first one, and finds its work done.
        invited.refresh_from_db()
        return _sign_in_again(request, invited)
    except inviting.AccountExists:
        return redirect(request.path)
    response: HttpResponse = perform_login(request, user, redirect_url=reverse("second_step"))
    return response


def _closed(request: TokenRequest, invited: Invitation) -> HttpResponse:
    if request.method == "POST" and "password" in request.POST:
        return _sign_in_again(request, invited)
    if request.user == inviting.account_for(invited) and invited.accepted_at:
        return redirect("my_hubs")
    return render(request, "hubs/invitation_closed.html", {"invitation": invited}, status=410)


def _sign_in_again(request: TokenRequest, invited: Invitation) -> HttpResponse:
    form = LoginForm({"login": invited.email, "password": request.POST["password"]}, request=request)
    if form.is_valid():
        response: HttpResponse = form.login(request, redirect_url=reverse("second_step"))
        return response
    too_many = form.has_error(NON_FIELD_ERRORS, "too_many_login_attempts")
    context = {"invitation": invited, "too_many": too_many}
    return render(request, "hubs/invitation_closed.html", context, status=429 if too_many else 410)

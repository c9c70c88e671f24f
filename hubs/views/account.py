"""What a signed-in person sees outside a hub: one's hubs, and the way to a second step."""

from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs.access import SignedInRequest, signed_in
from hubs.models import NationalRole
from hubs.pages import waiting_for
from hubs.queries import memberships_of


@signed_in
@require_safe
def my_hubs(request: SignedInRequest) -> HttpResponse:
    """Where signing in leads: straight into one's only hub or the national figures, else a page to choose from."""
    memberships = memberships_of(request.user, today=timezone.localdate())
    national = NationalRole.objects.filter(user=request.user).exists()
    if len(memberships) == 1 and not national:
        return redirect("console_home", memberships[0].hub.slug)
    if national and not memberships:
        return redirect("national_home")
    # What waits in a hub is the hub's business: nothing of it before the second step.
    may_see = is_mfa_enabled(request.user)
    hubs = [(membership, waiting_for(membership) if may_see else []) for membership in memberships]
    return render(request, "hubs/my_hubs.html", {"hubs": hubs, "national": national})


@signed_in
@require_safe
def second_step(request: SignedInRequest) -> HttpResponse:
    """Why signing in takes two steps, and the choice of the second one."""
    return render(request, "hubs/second_step.html", {"is_set_up": is_mfa_enabled(request.user)})

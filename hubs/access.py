"""Who may open a page. Every view declares exactly one of these; a test walks the URLs and holds it.

==========================  ======================================================================
`@public`                   anybody; with a `hub_slug` in the URL, inside that hub
`@token("purpose")`         whoever holds a genuine link made for this purpose, inside its hub
`@signed_in`                any person with an account: choosing a hub, one's own account
`@member("capability")`     a member of the hub in the URL whose role allows it, with second factor
`@national("capability")`   a national role that allows it, with second factor
==========================  ======================================================================

Another hub's page is a 404 to everybody who is not its member: it says nothing, not even "forbidden".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar, cast

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from hubs import kept, tenancy
from hubs.links import Link, LinkExpired, LinkInvalid, Purpose, read_token
from hubs.models import Hub, Membership, NationalRole, User
from hubs.permissions import NATIONAL_ALLOWED, Capability, NationalCapability, NotAllowed, may

P = ParamSpec("P")
Kind = Literal["public", "token", "signed_in", "member", "national"]


class HubRequest(HttpRequest):
    """A request for a page of a hub."""

    hub: Hub
    hub_id: int


class TokenRequest(HubRequest):
    """A request that came with a genuine, unexpired link; its hub is read when a page shows it."""

    link: Link


class SignedInRequest(HttpRequest):
    """A request by a person with an account."""

    user: User


class MemberRequest(HubRequest):
    """A request by a member of the hub."""

    user: User
    membership: Membership


R = TypeVar("R", bound=HttpRequest)
View = Callable[Concatenate[R, P], HttpResponse]
AnyView = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Access:
    """What a view declared."""

    kind: Kind
    needs: str = ""


def declare(view: AnyView, access: Access) -> AnyView:
    """Write the declaration on the view, where the resolver-walking test finds it."""
    view.access = access  # type: ignore[attr-defined]
    return view


def access_of(view: AnyView) -> Access | None:
    """What a view declared, if it did."""
    return getattr(view, "access", None)


def public(view: View[R, P]) -> AnyView:
    """Anybody. A `hub_slug` in the URL is taken out, and the view runs inside that hub."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        slug = kwargs.pop("hub_slug", None)
        if slug is None:
            return view(cast(R, request), *args, **kwargs)
        hub = Hub.objects.filter(slug=slug).first()
        if hub is None:
            raise Http404
        _enter(request, hub, hub.pk)
        with tenancy.use(hub):
            return view(cast(R, request), *args, **kwargs)

    return declare(guarded, Access("public"))


def token(purpose: Purpose) -> Callable[[View[R, P]], AnyView]:
    """Whoever holds a link made for this purpose. A forged one is a 404, an expired one says what to do."""

    def decorate(view: View[R, P]) -> AnyView:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, token: str, **kwargs: Any) -> HttpResponse:
            try:
                link = read_token(purpose, token)
            except LinkInvalid:
                raise Http404 from None
            opened = cast(TokenRequest, request)
            hub = SimpleLazyObject(Hub.objects.filter(pk=link.hub_id).first)
            opened.link = link
            _enter(opened, cast(Hub, hub), link.hub_id)
            try:
                if link.expired:
                    raise LinkExpired
                with tenancy.use(link.hub_id):
                    return view(cast(R, request), *args, **kwargs)
            except LinkExpired:
                if not hub:
                    raise Http404 from None
                return render(request, "hubs/link_expired.html", {"purpose": purpose}, status=410)

        return declare(guarded, Access("token", purpose))

    return decorate


def signed_in(view: View[R, P]) -> AnyView:
    """Any person with an account."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _sign_in_first(request)
        return view(cast(R, request), *args, **kwargs)

    return declare(guarded, Access("signed_in"))


def member(capability: Capability) -> Callable[[View[R, P]], AnyView]:
    """A member of the hub in the URL whose role allows `capability`."""

    def decorate(view: View[R, P]) -> AnyView:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, hub_slug: str, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _sign_in_first(request)
            entered = cast(MemberRequest, request)
            membership = _membership(entered.user, hub_slug)
            if membership is None:
                raise Http404
            entered.membership = membership
            _enter(entered, membership.hub, membership.hub_id)
            if not membership.has_second_factor:
                return redirect("second_step")
            permission = may(membership, capability)
            if not permission:
                raise PermissionDenied(permission.reason)
            kept.take_back(request)
            try:
                with tenancy.use(membership.hub):
                    response = view(cast(R, request), *args, **kwargs)
            except NotAllowed as refusal:
                raise PermissionDenied(str(refusal)) from refusal
            return kept.remember_person(request, response)

        return declare(guarded, Access("member", capability))

    return decorate


def national(capability: NationalCapability) -> Callable[[View[R, P]], AnyView]:
    """A person with a national role that allows `capability`; to everybody else the page does not exist."""

    def decorate(view: View[R, P]) -> AnyView:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _sign_in_first(request)
            role = NationalRole.objects.filter(user=request.user).first()
            if role is None or capability not in NATIONAL_ALLOWED[role.kind]:
                raise Http404
            if not is_mfa_enabled(request.user):
                return redirect("second_step")
            return view(cast(R, request), *args, **kwargs)

        return declare(guarded, Access("national", capability))

    return decorate


def _enter(request: HttpRequest, hub: Hub, hub_id: int) -> None:
    entered = cast(HubRequest, request)
    entered.hub, entered.hub_id = hub, hub_id


def _membership(user: User, hub_slug: str) -> Membership | None:
    today = timezone.localdate()
    active = Membership.objects.active_on(today).filter(user=user, hub__slug=hub_slug)
    return active.select_related("hub", "user").with_second_factor().first()


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    kept.put_away(request)
    return redirect_to_login(request.get_full_path())

"""How often one client may do something, counted in the cache."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme

_MINUTE, _HOUR = 60, 3600
# Of allauth's pages these two send mail: their limits are the hub's own, for an hour. No other lasts so long.
_MAILING_PAGES = ("account_reset_password", "account_request_login_code")
_OTHER_PAGES_SECONDS = 5 * _MINUTE


def allow(name: str, *, client: str, limit: int, per_seconds: int) -> bool:
    """Count one more and say whether `client` is within `limit` times in `per_seconds`, begun at its first.

    While the cache is down everybody is within it.
    """
    # Hashed, so that no address lies about in the cache.
    key = f"rate:{name}:{salted_hmac('hubs.ratelimit', client).hexdigest()}"
    cache.add(key, 0, timeout=per_seconds)
    try:
        return cache.incr(key) <= limit
    except ValueError:
        # It expired between the two lines: a new time begins.
        return True


def too_many(request: HttpRequest, *, per_seconds: int) -> HttpResponse:
    """The page that says so after a limit of so many times in `per_seconds`, and leads back to where one came from."""
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    context = {"wait": _in_words(per_seconds), "came_from": came_from if is_ours else ""}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(per_seconds)
    return response


def too_many_of_account(request: HttpRequest) -> HttpResponse:
    """The same for allauth, which does not say which of a page's limits was hit: the longest."""
    page = request.resolver_match.url_name if request.resolver_match else None
    return too_many(request, per_seconds=_HOUR if page in _MAILING_PAGES else _OTHER_PAGES_SECONDS)


def _in_words(seconds: int) -> str:
    minutes = -(-seconds // _MINUTE)
    return {1: "a minute", 60: "an hour"}.get(minutes, f"{minutes} minutes")


def client_of(request: HttpRequest) -> str:
    """Whom to count: the address the request came from or, for IPv6, its /64 network, which one client owns.

    `TRUSTED_PROXIES` says how many of our own proxies wrote into X-Forwarded-For: what stands further
    left is the client's own claim and is not believed.
    """
    remote = request.META.get("REMOTE_ADDR", "")
    named = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    proxies = settings.TRUSTED_PROXIES
    claimed = named[-proxies] if 0 < proxies <= len(named) else remote
    try:
        address = ipaddress.ip_address(claimed)
    except ValueError:
        return str(remote)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)

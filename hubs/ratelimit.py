"""How often one client may do something, counted in the cache."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


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

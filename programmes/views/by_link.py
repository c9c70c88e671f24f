"""What the pages share that a school opens by a link, without an account."""

from __future__ import annotations

from django.views.decorators.cache import cache_control

from hubs.access import TokenRequest

# Asked for anew each time, and yet there for "Back": a form in error is the answer to a POST.
for_this_browser = cache_control(private=True, no_cache=True)


def token_of(request: TokenRequest) -> str:
    """The token in the page's address."""
    assert request.resolver_match is not None
    return str(request.resolver_match.kwargs["token"])

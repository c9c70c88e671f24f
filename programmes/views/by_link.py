"""What the pages share that a school opens by a link, without an account."""

from __future__ import annotations

from django.views.decorators.cache import cache_control

from hubs.access import TokenRequest
from hubs.links import LinkExpired
from programmes import accepting
from programmes.models import ExpressionOfInterest

# Asked for anew each time, and yet there for "Back": a form in error is the answer to a POST.
for_this_browser = cache_control(private=True, no_cache=True)


def token_of(request: TokenRequest) -> str:
    """The token in the page's address."""
    assert request.resolver_match is not None
    return str(request.resolver_match.kwargs["token"])


def require_current_link(request: TokenRequest, expression: ExpressionOfInterest) -> None:
    """Raise `LinkExpired`, whose page says what to do, for a link that has ended with the head's former address."""
    try:
        accepting.require_current_link(expression, request.link.made_at)
    except accepting.LinkReplaced:
        raise LinkExpired from None

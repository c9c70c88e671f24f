"""Every address of the application."""

from __future__ import annotations

from collections.abc import Sequence

from allauth.urls import urlpatterns as account_urls
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from hubadmin import health
from hubs.access import Access, declare


def _declared_public(patterns: Sequence[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Mark a library's views as open to anybody: signing in comes first, and they guard themselves."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _declared_public(pattern.url_patterns)
        else:
            declare(pattern.callback, Access("public"))
    return list(patterns)


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("accounts/", include(_declared_public(account_urls))),
    path("", include("correspondence.urls")),
    path("", include("schools.urls")),
    path("", include("programmes.urls")),
    path("", include("workgroups.urls")),
    path("", include("funding.urls")),
    path("", include("reports.urls")),
    path("", include("hubs.urls")),
]
handler429 = "hubs.ratelimit.too_many_of_account"
if settings.DEMO:
    urlpatterns.append(path("demo/", include("hubadmin.demo.urls")))

"""What every request passes: an id and a line in the log, and the permissions policy."""

from __future__ import annotations

import re
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers, patch_cache_control

from hubadmin.logs import what_failed

Handler = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("hubadmin.request")
_REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")


def request_log(get_response: Handler) -> Handler:
    """Give each request an id (the proxy's, if it sent a sane one) and log route, status and time.

    The route, never the path: paths hold names, references and the tokens of links.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-ID", "")
        request_id = sent if _REQUEST_ID.match(sent) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = get_response(request)
        response["X-Request-ID"] = request_id
        match = request.resolver_match
        log.info(
            "request",
            method=request.method,
            route=match.route if match else None,
            status=response.status_code,
            ms=round((time.perf_counter() - started) * 1000),
            hub_id=getattr(request, "hub_id", None),
        )
        return response

    return handle


def forms_in_utf8(get_response: Handler) -> Handler:
    """Read what is sent as UTF-8, whatever the sender calls it: browsers send our forms in nothing else.

    Django refuses other names only when somebody reads the form, and then its error pages read it, too.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        if request.content_params and "charset" in request.content_params:
            request.encoding = "utf-8"
        return get_response(request)

    return handle


def permissions_policy(get_response: Handler) -> Handler:
    """Switch off the browser's features that no page of ours uses."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        return response

    return handle


def keep_out_of_caches(get_response: Handler) -> Handler:
    """What a signed-in person or the holder of a link sees is kept in no cache that others share.

    A signed-in person's pages are not kept by the browser either. Those of a link are: without an account
    there is no signing out, and "Back" to a form in error would show the browser's own error page.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        match = request.resolver_match
        has_token = match is not None and "token" in match.kwargs
        # A page that has not asked who reads it is the same for everybody, and must stay cacheable.
        is_persons = request.session.accessed and request.user.is_authenticated
        if response.has_header("Cache-Control"):
            return response
        if is_persons:
            add_never_cache_headers(response)
        elif has_token:
            patch_cache_control(response, private=True, no_cache=True)
        return response

    return handle


def log_exception(sender: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Log where a request failed, and with what kind of error."""
    log.error("exception", **what_failed(sys.exc_info()[1]))


got_request_exception.connect(log_exception, dispatch_uid="hubadmin.log_exception")

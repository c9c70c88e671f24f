"""Nothing typed is lost: not when the session ended meanwhile, not when the form's token is stale.

A form sent after the session ended is put away in the (anonymous) session that follows, and filled
in again after signing in. A form whose token is stale, because its person signed in again in
another tab, is shown once more on a page of its own, to be sent again with one click.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.forms import Field
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict

_KEY = "kept_form"
_PERSON_COOKIE = "person"
_KEPT_FOR = dt.timedelta(hours=12)
_signer = Signer(salt="hubs.kept")
# A form of ours is far smaller; a paste beyond this is not worth a row in the session table.
_MOST_CHARACTERS = 50_000
_SECRET_FIELDS = ("csrfmiddlewaretoken", "code", "credential")


def remember_person(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Leave a sign of who works in this browser, so that what she types is given back to her alone."""
    signed = _signer.sign(str(request.user.pk))
    if request.COOKIES.get(_PERSON_COOKIE) != signed:
        response.set_cookie(
            _PERSON_COOKIE, signed, secure=request.is_secure(), httponly=True, samesite="Lax", max_age=_KEPT_FOR
        )
    return response


def put_away(request: HttpRequest) -> None:
    """Keep a POST that arrived after its session had ended: for this address and for the person it was of."""
    if request.method != "POST":
        return
    fields, person = _typed(request), _person_of_this_browser(request)
    if fields and person:
        request.session[_KEY] = {"path": request.path, "fields": fields, "person": person, "at": time.time()}


def take_back(request: HttpRequest) -> None:
    """Hand a form that was put away back to its page, as `request.kept`, and say so."""
    kept = request.session.get(_KEY)
    if not kept:
        return
    is_hers = kept["person"] == str(request.user.pk) and time.time() - kept["at"] < _KEPT_FOR.total_seconds()
    if is_hers and (request.method != "GET" or kept["path"] != request.path):
        return
    del request.session[_KEY]
    if not is_hers:
        return
    cast(Any, request).kept = MultiValueDict(kept["fields"])
    messages.info(
        request, "You had been signed out, so nothing was sent. We kept what you typed: check it and send it again."
    )


def kept_fields(request: HttpRequest, fields: Mapping[str, Field] | None = None) -> dict[str, Any]:
    """Initial values for a form from what was put away for this page, or none.

    Give the form's `base_fields` where one of them is typed into several boxes or takes several answers.
    """
    kept: MultiValueDict[str, str] | None = getattr(request, "kept", None)
    if not kept:
        return {}
    return dict(kept.items()) if fields is None else values_as_typed(kept, fields)


def values_as_typed(typed: MultiValueDict[str, str], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Initial values for a form, mistakes included, from what was typed into the boxes of its fields."""
    return {name: field.widget.value_from_datadict(typed, MultiValueDict(), name) for name, field in fields.items()}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show a form with a stale token again, filled in; refuse one that came from another site."""
    context: dict[str, Any] = {}
    if _from_our_own_page(request):
        context["fields"] = [(name, value) for name, values in _typed(request).items() for value in values]
    return render(request, "hubs/stale_form.html", context, status=403)


def _from_our_own_page(request: HttpRequest) -> bool:
    origin = urlsplit(request.headers.get("Origin") or request.headers.get("Referer", ""))
    return (origin.scheme, origin.netloc) == (request.scheme, request.get_host())


def _person_of_this_browser(request: HttpRequest) -> str | None:
    try:
        return _signer.unsign(request.COOKIES.get(_PERSON_COOKIE, ""))
    except BadSignature:
        return None


def _typed(request: HttpRequest) -> dict[str, list[str]]:
    fields = {
        name: [str(value) for value in values]
        for name, values in request.POST.lists()
        if name not in _SECRET_FIELDS and "password" not in name
    }
    size = sum(len(value) for values in fields.values() for value in values)
    return fields if size <= _MOST_CHARACTERS else {}

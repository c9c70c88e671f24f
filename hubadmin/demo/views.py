"""The demo's own pages: be somebody with one click, and read every mail."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from correspondence import mailbox
from hubadmin.demo.people import PERSONAS, Persona
from hubs.access import public
from hubs.models import Hub, Role, User


@public
def people(request: HttpRequest) -> HttpResponse:
    """Whom a visitor can be."""
    groups = [(hub, _people_of(hub)) for hub in Hub.objects.all()]
    others = [
        (persona, "National viewer: figures of every hub" if persona.national else "Works in two hubs")
        for persona in PERSONAS
        if persona.national or len(persona.roles) > 1
    ]
    return render(request, "demo/people.html", {"groups": groups, "others": others})


@public
@require_POST
def become(request: HttpRequest, key: str) -> HttpResponse:
    """Sign in as one of the demo's people; the settings keep the demo off every public address."""
    if not settings.DEMO or key not in {persona.key for persona in PERSONAS}:
        raise Http404
    user = get_object_or_404(User, email=f"{key}@people.example")
    logout(request)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("my_hubs")


@public
def mails(request: HttpRequest) -> HttpResponse:
    """Every mail that was sent, newest first."""
    return render(request, "demo/mailbox.html", {"mails": mailbox.mails()})


@public
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail, its links working."""
    try:
        found = mailbox.mail(name)
    except mailbox.NoSuchMail as error:
        raise Http404 from error
    return render(request, "demo/mail.html", {"mail": found})


def _people_of(hub: Hub) -> list[tuple[Persona, str]]:
    """Those who work in this hub alone, with what they are there."""
    return [
        (persona, Role(role).label)
        for persona in PERSONAS
        for slug, role in persona.roles
        if slug == hub.slug and len(persona.roles) == 1
    ]

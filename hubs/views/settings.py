"""The hub's own details: an overview, and a page for each thing that can be changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs import colours, profile, timeline
from hubs.access import MemberRequest, member
from hubs.forms import AreasForm, ColourForm, LeadSchoolForm, ProfileForm
from hubs.kept import kept_fields
from hubs.methods import form_page
from hubs.models import Hub
from hubs.queries import lead_school_of
from hubs.summary import SummaryRow

_ENTRIES_ON_OVERVIEW = 5
_ENTRIES_ON_PAGE = 50


@member("manage_hub")
@require_safe
def hub_settings(request: MemberRequest) -> HttpResponse:
    """All of the hub's details, each with the way to change it, and what changed lately."""
    hub = request.hub
    return render(
        request,
        "hubs/settings.html",
        {
            "details": _details(hub),
            "privacy": _privacy(hub),
            "contrast": colours.contrast_in_words(hub.colour),
            "areas": hub.areas.all(),
            "lead_school": lead_school_of(hub, today=timezone.localdate()),
            "lead_schools": hub.lead_schools.all(),
            "entries": timeline.entries_of(hub)[:_ENTRIES_ON_OVERVIEW],
        },
    )


@member("manage_hub")
@require_safe
def hub_history(request: MemberRequest) -> HttpResponse:
    """Everything that happened to the hub's details and members."""
    entries = Paginator(timeline.entries_of(request.hub), _ENTRIES_ON_PAGE)
    page = entries.get_page(request.GET.get("page"))
    return render(request, "hubs/history.html", {"page": page, "back_url": _settings_url(request)})


@member("manage_hub")
@form_page
def hub_profile(request: MemberRequest) -> HttpResponse:
    """Change name, addresses and privacy."""
    hub = request.hub
    initial = {name: getattr(hub, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST or None, hub=hub, initial={**initial, **_kept(request, ProfileForm)})
    if request.method == "POST" and form.is_valid():
        try:
            profile.change_profile(profile=form.profile, actor=request.membership, now=timezone.now())
        except profile.NameTaken:
            form.add_error("name", "Enter another name: there is a hub with this one")
        else:
            return _saved(request, "The hub's details are saved.")
    return _form(request, "hubs/profile.html", form)


@member("manage_hub")
@form_page
def hub_colour(request: MemberRequest) -> HttpResponse:
    """Change the colour; one on which white text cannot be read is refused, and a darker shade offered."""
    form = ColourForm(request.POST or None, initial={"colour": request.hub.colour, **_kept(request, ColourForm)})
    if request.method == "POST" and form.is_valid():
        colour = form.cleaned_data["colour"]
        profile.change_colour(colour=colour, actor=request.membership, now=timezone.now())
        contrast = colours.contrast_in_words(colour)
        return _saved(request, f"The colour is {colour}. White text on it has a contrast of {contrast}.")
    return _form(request, "hubs/colour.html", form)


@member("manage_hub")
@form_page
def hub_areas(request: MemberRequest) -> HttpResponse:
    """Tick the local authorities that the hub serves."""
    present = list(request.hub.areas.values_list("code", flat=True))
    data = request.POST if request.method == "POST" else None
    form = AreasForm(data, initial={"codes": present, **_kept(request, AreasForm)})
    if request.method == "POST" and form.is_valid():
        profile.change_areas(codes=form.cleaned_data["codes"], actor=request.membership, now=timezone.now())
        return _saved(request, "The hub's area is saved.")
    return _form(request, "hubs/areas.html", form)


@member("manage_hub")
@form_page
def hub_lead_school(request: MemberRequest) -> HttpResponse:
    """Enter a new lead school; the former ones stay in the list."""
    form = LeadSchoolForm(request.POST or None, initial=_kept(request, LeadSchoolForm))
    if request.method == "POST" and form.is_valid():
        try:
            school = profile.begin_lead_school(**form.cleaned_data, actor=request.membership, now=timezone.now())
        except (profile.LeadSchoolTooEarly, profile.LeadSchoolTooLate) as refusal:
            form.add_error("starts_on", str(refusal))
        else:
            return _saved(request, f"{school.name} is entered as lead school.")
    return _form(request, "hubs/lead_school.html", form, lead_schools=request.hub.lead_schools.all())


def _form(request: MemberRequest, template: str, form: Form, **context: Any) -> HttpResponse:
    return render(request, template, {"form": form, "back_url": _settings_url(request), **context})


def _kept(request: MemberRequest, form_class: type[Form]) -> dict[str, Any]:
    return kept_fields(request, form_class.base_fields)


def _saved(request: MemberRequest, message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect(_settings_url(request))


def _settings_url(request: MemberRequest) -> str:
    return reverse("hub_settings", args=[request.hub.slug])


def _details(hub: Hub) -> list[SummaryRow]:
    url = reverse("hub_profile", args=[hub.slug])
    return [
        SummaryRow("Name", hub.name, f"{url}#id_name", "the hub's name"),
        SummaryRow("E-mail address", hub.contact_email, f"{url}#id_contact_email", "the hub's e-mail address"),
        SummaryRow("Telephone number", hub.contact_phone, f"{url}#id_contact_phone", "the hub's telephone number"),
        SummaryRow("Reply-to address", hub.reply_to, f"{url}#id_reply_to", "the reply-to address"),
    ]


def _privacy(hub: Hub) -> list[SummaryRow]:
    url = reverse("hub_profile", args=[hub.slug])
    role = hub.get_privacy_role_display()
    return [
        SummaryRow("Role in data protection", role, f"{url}#id_privacy_role_0", "the role in data protection"),
        SummaryRow(
            "Questions about privacy",
            hub.privacy_contact_email,
            f"{url}#id_privacy_contact_email",
            "the address for questions about privacy",
        ),
        SummaryRow("Version of the notice", str(hub.privacy_version)),
    ]

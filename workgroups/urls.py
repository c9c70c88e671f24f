"""Addresses of Work Groups and what they do."""

from __future__ import annotations

from django.urls import URLPattern, path

from workgroups.views import visits

VISIT = "console/<slug:hub_slug>/places/<int:pk>/visits/<int:term>/<int:number>"

urlpatterns: list[URLPattern] = [
    # Specialists.
    # Groups.
    # Places and participants.
    # Meetings.
    # Calendars.
    # Visits.
    path("console/<slug:hub_slug>/visits/", visits.visit_list, name="visit_list"),
    path(f"{VISIT}/", visits.visit, name="visit"),
    path(f"{VISIT}/arrange/", visits.arrange, name="visit_arrange"),
    path(f"{VISIT}/log/", visits.log, name="visit_log"),
    path(f"{VISIT}/draft/", visits.draft, name="visit_draft"),
    path(f"{VISIT}/missed/", visits.missed, name="visit_missed"),
    path(f"{VISIT}/put-right/", visits.put_right, name="visit_put_right"),
    path("console/<slug:hub_slug>/actions/<int:pk>/done/", visits.action_done, name="action_done"),
]

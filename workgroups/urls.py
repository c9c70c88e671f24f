"""Addresses of Work Groups and what they do."""

from __future__ import annotations

from django.urls import URLPattern, path

from workgroups.views import holding, meetings, visits

VISIT = "console/<slug:hub_slug>/places/<int:pk>/visits/<int:term>/<int:number>"

urlpatterns: list[URLPattern] = [
    # Specialists.
    # Groups.
    # Places and participants.
    # Meetings.
    path("console/<slug:hub_slug>/groups/meetings/", meetings.meeting_list, name="meeting_list"),
    path("console/<slug:hub_slug>/groups/<int:pk>/meetings/plan/", meetings.meeting_plan, name="meeting_plan"),
    path("console/<slug:hub_slug>/groups/meetings/<int:pk>/", meetings.meeting, name="meeting"),
    path("console/<slug:hub_slug>/groups/meetings/<int:pk>/change/", meetings.meeting_change, name="meeting_change"),
    path("console/<slug:hub_slug>/groups/meetings/<int:pk>/cancel/", meetings.meeting_cancel, name="meeting_cancel"),
    path("console/<slug:hub_slug>/groups/meetings/<int:pk>/hold/", holding.meeting_hold, name="meeting_hold"),
    path(
        "console/<slug:hub_slug>/groups/meetings/<int:pk>/attendance/",
        holding.meeting_attendance,
        name="meeting_attendance",
    ),
    path("console/<slug:hub_slug>/groups/meetings/<int:pk>/record/", holding.meeting_record, name="meeting_record"),
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

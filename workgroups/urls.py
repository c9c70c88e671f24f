"""Addresses of Work Groups and what they do."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    # Specialists.
    # Groups.
    # Places and participants.
    # Meetings.
    # Calendars.
    # Visits.
]

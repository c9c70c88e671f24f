"""Addresses of the pages about messages."""

from __future__ import annotations

from django.urls import path

from correspondence.views import acting, messages, several, upcoming

_MESSAGE = "console/<slug:hub_slug>/messages/<int:message_id>/"

urlpatterns = [
    path("console/<slug:hub_slug>/messages/", messages.message_list, name="message_list"),
    path("console/<slug:hub_slug>/messages/upcoming/", upcoming.upcoming, name="upcoming"),
    path("console/<slug:hub_slug>/messages/upcoming/hold/", several.upcoming_hold, name="upcoming_hold"),
    path("console/<slug:hub_slug>/messages/upcoming/release/", several.upcoming_release, name="upcoming_release"),
    path("console/<slug:hub_slug>/messages/upcoming/cancel/", several.upcoming_cancel, name="upcoming_cancel"),
    path(_MESSAGE, messages.message, name="message"),
    path(f"{_MESSAGE}record/", messages.message_record, name="message_record"),
    path(f"{_MESSAGE}retry/", acting.message_retry, name="message_retry"),
    path(f"{_MESSAGE}hold/", acting.message_hold, name="message_hold"),
    path(f"{_MESSAGE}release/", acting.message_release, name="message_release"),
    path(f"{_MESSAGE}send-now/", acting.message_send_now, name="message_send_now"),
    path(f"{_MESSAGE}cancel/", acting.message_cancel, name="message_cancel"),
]

"""Addresses of the pages about messages."""

from __future__ import annotations

from django.urls import path

from correspondence import views

urlpatterns = [
    path("console/<slug:hub_slug>/messages/", views.message_list, name="message_list"),
    path("console/<slug:hub_slug>/messages/<int:message_id>/", views.message, name="message"),
    path("console/<slug:hub_slug>/messages/<int:message_id>/retry/", views.message_retry, name="message_retry"),
    path("console/<slug:hub_slug>/messages/<int:message_id>/cancel/", views.message_cancel, name="message_cancel"),
]

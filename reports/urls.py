"""Addresses of the hub's home and of national figures."""

from __future__ import annotations

from django.urls import URLPattern, path

from reports import views

urlpatterns: list[URLPattern] = [
    path("console/<slug:hub_slug>/", views.console_home, name="console_home"),
    path("national/", views.national_home, name="national_home"),
]

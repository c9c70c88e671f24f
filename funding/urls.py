"""Addresses of grants, payments and release time."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    # Grants.
    # Payments.
    # Release time.
]

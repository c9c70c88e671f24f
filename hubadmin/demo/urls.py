"""Addresses that exist in the demo only."""

from __future__ import annotations

from django.urls import path

from hubadmin.demo import views

urlpatterns = [
    path("", views.people, name="demo_people"),
    path("be/<str:key>/", views.become, name="demo_become"),
    path("mailbox/", views.mails, name="demo_mailbox"),
    path("mailbox/<str:name>/", views.mail, name="demo_mail"),
]

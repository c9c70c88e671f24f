"""The addresses of the ground: public pages, one's own hubs, invitations, and managing a hub."""

from __future__ import annotations

from django.urls import path

from hubs.views import account, invitation, members, public, settings

_CONSOLE = "console/<slug:hub_slug>/"

urlpatterns = [
    path("", public.home, name="home"),
    path("accessibility/", public.accessibility, name="accessibility"),
    path("cookies/", public.cookies, name="cookies"),
    path("hub/<slug:hub_slug>/colour.css", public.hub_stylesheet, name="hub_stylesheet"),
    path("hub/<slug:hub_slug>/privacy/", public.hub_privacy, name="hub_privacy"),
    path("hubs/", account.my_hubs, name="my_hubs"),
    path("account/second-step/", account.second_step, name="second_step"),
    path("invitation/<str:token>/", invitation.invitation, name="invitation"),
    path(f"{_CONSOLE}settings/", settings.hub_settings, name="hub_settings"),
    path(f"{_CONSOLE}settings/history/", settings.hub_history, name="hub_history"),
    path(f"{_CONSOLE}settings/profile/", settings.hub_profile, name="hub_profile"),
    path(f"{_CONSOLE}settings/colour/", settings.hub_colour, name="hub_colour"),
    path(f"{_CONSOLE}settings/areas/", settings.hub_areas, name="hub_areas"),
    path(f"{_CONSOLE}settings/lead-school/", settings.hub_lead_school, name="hub_lead_school"),
    path(f"{_CONSOLE}members/", members.member_list, name="member_list"),
    path(f"{_CONSOLE}members/invite/", members.member_invite, name="member_invite"),
    path(f"{_CONSOLE}members/<int:pk>/role/", members.member_role, name="member_role"),
    path(f"{_CONSOLE}members/<int:pk>/end/", members.member_end, name="member_end"),
    path(f"{_CONSOLE}members/invitations/<int:pk>/resend/", members.invitation_resend, name="invitation_resend"),
    path(f"{_CONSOLE}members/invitations/<int:pk>/withdraw/", members.invitation_withdraw, name="invitation_withdraw"),
]

"""Addresses of Work Groups and what they do."""

from __future__ import annotations

from django.urls import URLPattern, path

from workgroups.views import calendars, groups, holding, meetings, participants, places, specialists, visits

_GROUPS = "console/<slug:hub_slug>/groups/"
_VISIT = f"{_GROUPS}places/<int:pk>/visits/<int:term>/<int:number>/"

urlpatterns: list[URLPattern] = [
    # Specialists.
    path(f"{_GROUPS}specialists/", specialists.specialist_list, name="specialist_list"),
    path(f"{_GROUPS}specialists/add/", specialists.specialist_add, name="specialist_add"),
    path(f"{_GROUPS}specialists/<int:pk>/", specialists.specialist, name="specialist"),
    path(f"{_GROUPS}specialists/<int:pk>/change/", specialists.specialist_change, name="specialist_change"),
    # Groups.
    path(_GROUPS, groups.group_list, name="group_list"),
    path(f"{_GROUPS}form/", groups.group_form, name="group_form"),
    path(f"{_GROUPS}<int:pk>/", groups.group, name="group"),
    path(f"{_GROUPS}<int:pk>/change/", groups.group_change, name="group_change"),
    path(f"{_GROUPS}<int:pk>/places/", groups.group_places, name="group_places"),
    # Places and participants.
    path(f"{_GROUPS}places/", places.place_list, name="place_list"),
    path(f"{_GROUPS}places/<int:pk>/", places.place, name="place"),
    path(f"{_GROUPS}places/<int:pk>/join/", places.place_join, name="place_join"),
    path(f"{_GROUPS}places/<int:pk>/move/", places.place_move, name="place_move"),
    path(f"{_GROUPS}places/<int:pk>/take-out/", places.place_take_out, name="place_take_out"),
    path(f"{_GROUPS}places/<int:pk>/leave/", places.place_leave, name="place_leave"),
    path(f"{_GROUPS}places/<int:pk>/come-back/", places.place_come_back, name="place_come_back"),
    path(f"{_GROUPS}places/<int:pk>/complete/", places.place_complete, name="place_complete"),
    path(f"{_GROUPS}places/<int:pk>/reopen/", places.place_reopen, name="place_reopen"),
    path(f"{_GROUPS}places/<int:pk>/headteacher/", participants.place_headteacher, name="place_headteacher"),
    path(f"{_GROUPS}participants/<int:pk>/replace/", participants.participant_replace, name="participant_replace"),
    path(f"{_GROUPS}participants/<int:pk>/change/", participants.participant_change, name="participant_change"),
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
    path("calendars/<str:token>/calendar.ics", calendars.calendar_feed, name="calendar_feed"),
    path("console/<slug:hub_slug>/groups/<int:pk>/calendar/", calendars.group_calendar, name="group_calendar"),
    path(
        "console/<slug:hub_slug>/specialists/<int:pk>/calendar/",
        calendars.specialist_calendar,
        name="specialist_calendar",
    ),
    # Visits.
    path(f"{_GROUPS}visits/", visits.visit_list, name="visit_list"),
    path(_VISIT, visits.visit, name="visit"),
    path(f"{_VISIT}arrange/", visits.arrange, name="visit_arrange"),
    path(f"{_VISIT}log/", visits.log, name="visit_log"),
    path(f"{_VISIT}draft/", visits.draft, name="visit_draft"),
    path(f"{_VISIT}missed/", visits.missed, name="visit_missed"),
    path(f"{_VISIT}put-right/", visits.put_right, name="visit_put_right"),
    path(f"{_GROUPS}actions/<int:pk>/done/", visits.action_done, name="action_done"),
]

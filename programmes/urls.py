"""Addresses of recruitment and expressions of interest."""

from __future__ import annotations

from django.urls import URLPattern, path

from programmes.views import answering, applying, deciding, participation, recruiting

urlpatterns: list[URLPattern] = [
    path("hub/<slug:hub_slug>/", applying.hub_public, name="hub_public"),
    path("hub/<slug:hub_slug>/express-interest/<slug:stage_slug>/", applying.begin, name="expression_begin"),
    path(
        "hub/<slug:hub_slug>/express-interest/<slug:stage_slug>/school/",
        applying.choose_school,
        name="expression_school",
    ),
    path("express-interest/<str:token>/", applying.resume, name="expression_continue"),
    path("express-interest/<str:token>/<slug:step_name>/", applying.step, name="expression_step"),
    path("expression-sent/<str:token>/", applying.sent, name="expression_sent"),
    path("offer/<str:token>/", answering.offer, name="offer"),
    path("offer/<str:token>/accept/", answering.accept, name="offer_accept"),
    path("offer/<str:token>/decline/", answering.decline, name="offer_decline"),
    path("offer/<str:token>/answered/", answering.answered, name="offer_answered"),
    path("console/<slug:hub_slug>/expressions/", deciding.expression_list, name="expression_list"),
    path("console/<slug:hub_slug>/expressions/<slug:reference>/", deciding.expression, name="expression"),
    path("console/<slug:hub_slug>/expressions/<slug:reference>/offer/", deciding.offer, name="expression_offer"),
    path("console/<slug:hub_slug>/expressions/<slug:reference>/decline/", deciding.decline, name="expression_decline"),
    path(
        "console/<slug:hub_slug>/expressions/<slug:reference>/withdraw/", deciding.withdraw, name="expression_withdraw"
    ),
    path(
        "console/<slug:hub_slug>/expressions/<slug:reference>/send-again/",
        deciding.offer_again,
        name="expression_offer_again",
    ),
    path("console/<slug:hub_slug>/expressions/<slug:reference>/school/", deciding.choose_part, name="expression_part"),
    path(
        "console/<slug:hub_slug>/expressions/<slug:reference>/school-change/<int:pk>/",
        deciding.change_seen,
        name="expression_change_seen",
    ),
    path("console/<slug:hub_slug>/schools/<int:urn>/participation/", participation.record, name="school_participation"),
    path(
        "console/<slug:hub_slug>/schools/<int:urn>/participation/<int:pk>/remove/",
        participation.remove,
        name="school_participation_remove",
    ),
    path("console/<slug:hub_slug>/recruitment/", recruiting.recruitment, name="recruitment"),
    path(
        "console/<slug:hub_slug>/recruitment/<int:stage_year_id>/",
        recruiting.recruitment_dates,
        name="recruitment_dates",
    ),
]

"""Addresses of grants, payments and release time."""

from __future__ import annotations

from django.urls import URLPattern, path

from funding.views import bulk, grants, payments, release

_MONEY = "console/<slug:hub_slug>/money/"
_RELEASE = "console/<slug:hub_slug>/release/"

urlpatterns: list[URLPattern] = [
    # Grants.
    path(_MONEY, grants.grant_list, name="grant_list"),
    path(f"{_MONEY}grants/approve/", bulk.grants_approve, name="grants_approve"),
    path(f"{_MONEY}grants/due/", bulk.grants_due, name="grants_due"),
    path(f"{_MONEY}grants/award/", grants.grant_award, name="grant_award"),
    path(f"{_MONEY}grants/<int:pk>/", grants.grant, name="grant"),
    path(f"{_MONEY}places/<int:pk>/", grants.grant_of_place, name="grant_of_place"),
    path(f"{_MONEY}grants/<int:pk>/amount/", grants.grant_amount, name="grant_amount"),
    path(f"{_MONEY}grants/<int:pk>/claim-day/", grants.grant_claim_day, name="grant_claim_day"),
    path(f"{_MONEY}grants/<int:pk>/not-due/", grants.grant_not_due, name="grant_not_due"),
    path(f"{_MONEY}grants/<int:pk>/withhold/", grants.grant_withhold, name="grant_withhold"),
    path(f"{_MONEY}grants/<int:pk>/no-longer-withhold/", grants.grant_reinstate, name="grant_reinstate"),
    # Payments.
    path(f"{_MONEY}payments/", payments.payment_lists, name="payment_lists"),
    path(f"{_MONEY}payments/make/", payments.payment_list_make, name="payment_list_make"),
    path(f"{_MONEY}payments/<int:pk>/", payments.payment_list, name="payment_list"),
    path(f"{_MONEY}payments/<int:pk>/file/<str:extension>/", payments.payment_list_file, name="payment_list_file"),
    path(f"{_MONEY}payments/<int:pk>/paid/", payments.payment_list_paid, name="payment_list_paid"),
    path(f"{_MONEY}payments/<int:pk>/take-back/", payments.payment_list_take_back, name="payment_list_take_back"),
    # Release time.
    path(f"{_MONEY}days/", release.money_release, name="money_release"),
    path(_RELEASE, release.release_list, name="release_list"),
    path(f"{_RELEASE}specialists/", release.release_specialists, name="release_specialists"),
    path(f"{_RELEASE}schools/<int:pk>/", release.release_of_place, name="release_of_place"),
    path(f"{_RELEASE}schools/<int:pk>/log/", release.release_log_place, name="release_log_place"),
    path(f"{_RELEASE}specialists/<int:pk>/", release.release_of_specialist, name="release_of_specialist"),
    path(f"{_RELEASE}specialists/<int:pk>/log/", release.release_log_specialist, name="release_log_specialist"),
    path(f"{_RELEASE}entries/<int:pk>/take-back/", release.release_correct, name="release_correct"),
    path("school/<str:token>/days/", release.release_log_school, name="release_log_school"),
    path(
        "school/<str:token>/days/<int:pk>/take-back/",
        release.release_take_back_school,
        name="release_take_back_school",
    ),
]

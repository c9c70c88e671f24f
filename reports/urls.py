"""Addresses of the hub's home, of its schools and of national figures."""

from __future__ import annotations

from django.urls import URLPattern, path

from reports.views import documents, home, national_schools, school_page, schools

urlpatterns: list[URLPattern] = [
    path("console/<slug:hub_slug>/", home.console_home, name="console_home"),
    path("console/<slug:hub_slug>/schools/", schools.school_list, name="school_list"),
    path("console/<slug:hub_slug>/schools/beyond/", schools.schools_beyond, name="schools_beyond"),
    path("console/<slug:hub_slug>/schools/<int:urn>/", schools.school, name="school"),
    # Reports.
    path("console/<slug:hub_slug>/reports/", documents.report_list, name="report_list"),
    path("console/<slug:hub_slug>/reports/new/", documents.report_new, name="report_new"),
    path("console/<slug:hub_slug>/reports/<int:pk>/", documents.report, name="report"),
    path("console/<slug:hub_slug>/reports/<int:pk>/page/", documents.report_html, name="report_html"),
    path(
        "console/<slug:hub_slug>/reports/<int:pk>/file/<slug:file_format>/", documents.report_file, name="report_file"
    ),
    path("console/<slug:hub_slug>/reports/<int:pk>/cancel/", documents.report_cancel, name="report_cancel"),
    path("console/<slug:hub_slug>/reports/<int:pk>/again/", documents.report_again, name="report_again"),
    path("school/<str:token>/", school_page.school_page, name="school_page"),
    path("national/", home.national_home, name="national_home"),
    path("national/schools/", national_schools.national_school_list, name="national_school_list"),
]

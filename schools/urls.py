from __future__ import annotations

from django.urls import URLPattern, path

from schools.views import adding, changes, search, terms

_SCHOOLS = "console/<slug:hub_slug>/schools/"
_TERM_DATES = f"{_SCHOOLS}term-dates/"
_OF_AUTHORITY = f"{_TERM_DATES}authority/<slug:code>/<int:year>/"
_OF_SCHOOL = f"{_TERM_DATES}school/<int:urn>/<int:year>/"

urlpatterns: list[URLPattern] = [
    path("schools/search.json", search.school_search, name="school_search"),
    path(f"{_SCHOOLS}changes/", changes.change_list, name="school_changes"),
    path(f"{_SCHOOLS}changes/<int:predecessor>-<int:successor>/", changes.change, name="school_change"),
    path(f"{_SCHOOLS}add/", adding.add_school, name="school_add"),
    path(f"{_SCHOOLS}<int:added_urn>/change/", adding.change_school, name="school_added_change"),
    path(f"{_SCHOOLS}<int:added_urn>/withdraw/", adding.withdraw_school, name="school_withdraw"),
    path(_TERM_DATES, terms.term_dates, name="term_dates"),
    path(_OF_AUTHORITY, terms.authority_term_dates, name="authority_term_dates"),
    path(f"{_OF_AUTHORITY}change/", terms.authority_term_dates_change, name="authority_term_dates_change"),
    path(f"{_OF_AUTHORITY}remove/", terms.authority_term_dates_remove, name="authority_term_dates_remove"),
    path(_OF_SCHOOL, terms.school_term_dates, name="school_term_dates"),
    path(f"{_OF_SCHOOL}change/", terms.school_term_dates_change, name="school_term_dates_change"),
    path(f"{_OF_SCHOOL}remove/", terms.school_term_dates_remove, name="school_term_dates_remove"),
]

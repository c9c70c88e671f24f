from __future__ import annotations

from django.urls import URLPattern, path

from schools import views

urlpatterns: list[URLPattern] = [
    path("schools/search.json", views.school_search, name="school_search"),
]

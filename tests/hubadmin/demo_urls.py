"""The addresses of the demo: the settings of the tests leave them out."""

from __future__ import annotations

from django.urls import include, path

from hubadmin.urls import urlpatterns as everywhere

urlpatterns = [*everywhere, path("demo/", include("hubadmin.demo.urls"))]

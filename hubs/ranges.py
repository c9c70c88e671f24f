"""Spans of days for constraints."""

from __future__ import annotations

from django.contrib.postgres.fields import DateRangeField
from django.db.models import Func


class DatesFromTo(Func):
    """From a first day to a last day, both included; no last day means for ever."""

    function = "daterange"
    template = "%(function)s(%(expressions)s, '[]')"
    output_field = DateRangeField()


class DatesUntil(Func):
    """From a first day until another, which is not included any more; none means for ever."""

    function = "daterange"
    template = "%(function)s(%(expressions)s, '[)')"
    output_field = DateRangeField()

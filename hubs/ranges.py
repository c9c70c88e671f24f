"""Spans of days for constraints."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField
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


class MomentsUntil(Func):
    """From a first moment until the latest of the others, which is not included any more."""

    function = "tstzrange"
    output_field = DateTimeRangeField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> Any:
        """`tstzrange(first, greatest(others), '[)')`; GREATEST ignores NULLs."""
        first, *others = (compiler.compile(expression) for expression in self.get_source_expressions())
        template = f"tstzrange({first[0]}, GREATEST({', '.join(sql for sql, _ in others)}), '[)')"
        return template, [*first[1], *(parameter for _, parameters in others for parameter in parameters)]

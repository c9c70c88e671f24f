"""When schools teach."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.expressions import Combinable

from hubs.models import Hub, LocalAuthority, User
from hubs.ranges import DatesFromTo
from schools.models.register import School


def _day_in(year: Combinable, *, month: int, day: int) -> Func:
    return Func(year, Value(month), Value(day), function="make_date", output_field=models.DateField())


class HalfTerm(models.Model):
    """One of the six half-terms of an academic year, of an authority's schools or of one school that sets its own.

    First and last day are days on which children come. Where nobody entered any, `schools.calendar` assumes them.
    """

    national_columns: ClassVar[tuple[str, ...]] = ()

    class Number(models.IntegerChoices):
        AUTUMN_1 = 1, "Autumn, first half"
        AUTUMN_2 = 2, "Autumn, second half"
        SPRING_1 = 3, "Spring, first half"
        SPRING_2 = 4, "Spring, second half"
        SUMMER_1 = 5, "Summer, first half"
        SUMMER_2 = 6, "Summer, second half"

    authority = models.ForeignKey(
        LocalAuthority, null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="half_terms"
    )
    school = models.ForeignKey(
        School, null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="half_terms"
    )
    # The year in which the academic year starts.
    year = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField(choices=Number)
    starts_on = models.DateField()
    ends_on = models.DateField()
    # Dates are a public fact and hold for every hub; who entered them last is kept.
    entered_for = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="+")
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["year", "number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(authority__isnull=False, school=None) | Q(authority=None, school__isnull=False),
                name="half_term_of_an_authority_or_a_school",
            ),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=6), name="half_term_is_one_of_six"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="half_term_ends_after_start"),
            models.CheckConstraint(condition=Q(year__gte=2014, year__lte=2100), name="half_term_year_sane"),
            models.CheckConstraint(
                condition=Q(starts_on__gte=_day_in(F("year"), month=8, day=1))
                & Q(ends_on__lte=_day_in(F("year") + 1, month=8, day=31)),
                name="half_term_within_its_year",
            ),
            models.UniqueConstraint(fields=["authority", "year", "number"], name="authority_half_term_once"),
            models.UniqueConstraint(fields=["school", "year", "number"], name="school_half_term_once"),
            ExclusionConstraint(
                name="authority_half_terms_apart",
                expressions=[
                    ("authority", RangeOperators.EQUAL),
                    (DatesFromTo("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
                condition=Q(authority__isnull=False),
            ),
            ExclusionConstraint(
                name="school_half_terms_apart",
                expressions=[
                    ("school", RangeOperators.EQUAL),
                    (DatesFromTo("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
                condition=Q(school__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_number_display()} {self.year}"

"""Mastery Specialists and the days that they have agreed with the hub."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from hubs.models import User
from hubs.tenancy import HubManager, HubOwned, HubQuerySet
from hubs.years import first_day_of, label_of
from programmes.models import Stage
from schools.models import School


class MasterySpecialistQuerySet(HubQuerySet["MasterySpecialist"]):
    """Specialists, as the hub asks for them."""

    def not_gone_on(self, day: dt.date) -> Self:
        """Those who work for the hub on a day or begin after it."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=day))

    def who_is(self, user: User) -> Self:
        """The Specialist that a member is: by the account or, until it is connected, by its verified address."""
        return self.filter(Q(user=user) | Q(user=None, email=user.email))


MasterySpecialistManager = HubManager.from_queryset(MasterySpecialistQuerySet)


class MasterySpecialist(HubOwned):
    """A teacher who leads Work Groups and visits their schools. The cohort is numbered by phase."""

    name = models.CharField(max_length=120)
    email = models.EmailField()
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    phase = models.CharField(max_length=10, choices=Stage.Phase)
    cohort = models.PositiveSmallIntegerField()
    # Her own school, which is in none of her groups and to which her days are paid.
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    # The first day on which she no longer works for the hub.
    ends_on = models.DateField(null=True, blank=True)

    objects: ClassVar[MasterySpecialistManager[Self]] = MasterySpecialistManager()

    class Meta(HubOwned.Meta):
        ordering = ["name", "pk"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(phase__in=["primary", "secondary"]), name="specialist_phase_known"),
            models.CheckConstraint(condition=Q(cohort__gte=1, cohort__lte=99), name="specialist_cohort_sane"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="specialist_email_in_lower_case"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="specialist_ends_after_start"),
            models.UniqueConstraint(fields=["hub", "email"], name="specialist_once_per_address"),
            models.UniqueConstraint(fields=["hub", "user"], name="specialist_once_per_person"),
            # What a group's copy of the school refers to: see `WorkGroup`.
            models.UniqueConstraint(fields=["id", "school", "hub"], name="specialist_with_school"),
            # And what meetings, money and days refer to.
            models.UniqueConstraint(fields=["id", "hub"], name="specialist_with_hub"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_of(self, user: User) -> bool:
        """Whether she is this member: see `MasterySpecialistQuerySet.who_is`."""
        return self.user_id == user.pk if self.user_id else self.email == user.email

    def works_in(self, year: int) -> bool:
        """Whether she works for the hub on some day of an academic year."""
        return self.starts_on < first_day_of(year + 1) and (self.ends_on is None or self.ends_on > first_day_of(year))

    @property
    def cohort_in_words(self) -> str:
        """ "Primary cohort 7"."""
        return f"{self.get_phase_display()} cohort {self.cohort}"


class DaysAgreed(HubOwned):
    """How much time a Specialist and the hub have agreed on for an academic year, in half-days."""

    specialist = models.ForeignKey(MasterySpecialist, on_delete=models.CASCADE, related_name="days_agreed")
    # The year in which the academic year starts.
    year = models.PositiveSmallIntegerField()
    half_days = models.PositiveSmallIntegerField()

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        ordering = ["-year"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["specialist", "year"], name="days_agreed_once_a_year"),
            models.CheckConstraint(condition=Q(half_days__lte=400), name="days_agreed_fit_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.specialist}, {self.year}: {self.half_days} half-days"

    @property
    def year_label(self) -> str:
        """The academic year as people write it: "2026/27"."""
        return label_of(self.year)

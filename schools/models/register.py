"""The national register of schools, as the register itself tells it."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from hubs.models import Hub, LocalAuthority
from schools import kinds


class SchoolQuerySet(models.QuerySet["School"]):
    """Schools of the register, by what a hub asks of them."""

    def open(self) -> Self:
        """Schools that teach today, those proposed to close among them."""
        return self.filter(status__in=[School.Status.OPEN, School.Status.CLOSING])

    def usable(self) -> Self:
        """Schools a hub may work with: open today or proposed to open."""
        return self.filter(status__in=School.USABLE)

    def state_funded(self) -> Self:
        """State-funded schools of England: `schools.kinds.state_funded` for lists."""
        return self.exclude(authority__gte=kinds.FIRST_WELSH, authority__lte=kinds.LAST_WELSH).filter(
            Q(type_group_code__in=kinds.STATE_FUNDED_GROUPS) | Q(type_code__in=kinds.STATE_FUNDED_TYPES)
        )

    def special(self) -> Self:
        """Special schools, whoever pays for them: `schools.kinds.special` for lists."""
        return self.filter(type_code__in=kinds.SPECIAL_TYPES)

    def serving(self, phase: kinds.Phase | str) -> Self:
        """Schools that serve a phase: `schools.kinds.phases` for lists. Raises `ValueError` for no phase."""
        phase = kinds.Phase(phase)
        oldest_start, youngest_end = kinds.AGES_OF_PHASE[phase]
        names = [name for name, served in kinds.PHASES_BY_NAME.items() if phase in served]
        return self.filter(
            Q(low_age__lte=oldest_start, high_age__gte=youngest_end)
            | (Q(low_age=None) | Q(high_age=None)) & Q(phase__in=names)
        )

    def known_to(self, hub: Hub | None) -> Self:
        """Schools of the register, and those that this hub has added because the register lacks them."""
        return self.filter(Q(added_by=None) | Q(added_by=hub)) if hub else self.filter(added_by=None)


class School(models.Model):
    """An establishment of the register. The URN is its identity there, and changes when the school does."""

    class Status(models.IntegerChoices):
        OPEN = 1, "Open"
        CLOSED = 2, "Closed"
        CLOSING = 3, "Open, but proposed to close"
        PROPOSED = 4, "Proposed to open"

    # Schools that a hub added count from here; the register is six digits today and far from it.
    FIRST_ADDED: ClassVar[int] = 900_000_000
    USABLE: ClassVar[tuple[Status, ...]] = (Status.OPEN, Status.CLOSING, Status.PROPOSED)
    national_columns: ClassVar[tuple[str, ...]] = (
        "urn",
        "name",
        "authority",
        "status",
        "type_code",
        "type_group_code",
        "phase",
        "low_age",
        "high_age",
        "town",
        "postcode",
        "trust_code",
        "trust_name",
        "pupils",
        "percent_fsm",
        "easting",
        "northing",
        "opened_on",
        "closed_on",
    )

    urn = models.PositiveIntegerField("URN", primary_key=True)
    name = models.CharField(max_length=200)
    # No constraint in the database: an import adds the authorities that it finds and would then look each of them up
    # 50,000 times over, which was measured to take a fifth of its time. It and `schools.adding` see to it.
    authority = models.ForeignKey(
        LocalAuthority, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="schools"
    )
    # Four digits that count within the authority; the two together are the LAESTAB.
    establishment_number = models.CharField(max_length=4, blank=True)
    status = models.PositiveSmallIntegerField(choices=Status)
    type_code = models.PositiveSmallIntegerField()
    type_name = models.CharField(max_length=100, blank=True)
    type_group_code = models.PositiveSmallIntegerField(null=True, blank=True)
    type_group_name = models.CharField(max_length=100, blank=True)
    phase = models.CharField(max_length=50, blank=True)
    low_age = models.PositiveSmallIntegerField(null=True, blank=True)
    high_age = models.PositiveSmallIntegerField(null=True, blank=True)
    street = models.CharField(max_length=120, blank=True)
    locality = models.CharField(max_length=120, blank=True)
    address3 = models.CharField("third address line", max_length=120, blank=True)
    town = models.CharField(max_length=80, blank=True)
    county = models.CharField(max_length=80, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    website = models.CharField(max_length=200, blank=True)
    telephone = models.CharField(max_length=30, blank=True)
    trust_code = models.CharField(max_length=10, blank=True)
    trust_name = models.CharField(max_length=150, blank=True)
    pupils = models.PositiveIntegerField(null=True, blank=True)
    percent_fsm = models.DecimalField(
        "percentage of pupils with free school meals", max_digits=4, decimal_places=1, null=True, blank=True
    )
    # Metres of the national grid (OSGB36); absent where the register has none or (0, 0).
    easting = models.PositiveIntegerField(null=True, blank=True)
    northing = models.PositiveIntegerField(null=True, blank=True)
    opened_on = models.DateField(null=True, blank=True)
    opened_why = models.CharField("reason opened", max_length=60, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    closed_why = models.CharField("reason closed", max_length=60, blank=True)
    # The head as the register names one: public, often out of date, and never whom we write to.
    head_title = models.CharField(max_length=30, blank=True)
    head_first_name = models.CharField(max_length=60, blank=True)
    head_last_name = models.CharField(max_length=60, blank=True)
    head_job_title = models.CharField(max_length=100, blank=True)
    # A school that the register does not know yet. Its hub's public form offers it; other hubs' forms and pages do not.
    added_by = models.ForeignKey(Hub, null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    added_at = models.DateTimeField(null=True, blank=True)
    # What a closed school is today: none, one or, after a split, several. See `schools.ancestry`.
    now = models.ManyToManyField(
        "self",
        through="CurrentSchool",
        through_fields=("former", "current"),
        symmetrical=False,
        related_name="formerly",
    )

    objects = SchoolQuerySet.as_manager()

    class Meta:
        ordering = ["name", "town", "urn"]
        constraints = [
            models.CheckConstraint(condition=Q(urn__gt=0), name="school_urn_positive"),
            models.CheckConstraint(
                condition=Q(urn__lt=900_000_000, added_by=None, added_at=None)
                | Q(urn__gte=900_000_000, added_by__isnull=False, added_at__isnull=False),
                name="school_added_by_a_hub_or_of_the_register",
            ),
            models.CheckConstraint(condition=Q(status__in=[1, 2, 3, 4]), name="school_status_known"),
            models.CheckConstraint(condition=Q(high_age__gte=F("low_age")), name="school_ages_in_order"),
            models.CheckConstraint(condition=Q(high_age__lte=120), name="school_ages_sane"),
            models.CheckConstraint(
                condition=Q(percent_fsm__gte=0, percent_fsm__lte=100), name="school_percent_fsm_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(easting=None, northing=None)
                # Said in full: a comparison with NULL is no violation.
                | Q(easting__isnull=False, easting__gt=0, northing__isnull=False, northing__gt=0),
                name="school_has_both_coordinates_or_none",
            ),
        ]
        indexes = [
            # A hub's list of the schools in its area. One that the import of the whole register fills quickly.
            models.Index(fields=["authority"], name="school_list"),
            # The few schools in that list that the hub itself has added.
            models.Index(fields=["added_by"], name="school_added_by_a_hub", condition=Q(added_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """Name, town and postcode: enough to tell schools of one name apart."""
        return ", ".join(part for part in (self.name, self.town, self.postcode) if part)

    @property
    def is_of_register(self) -> bool:
        """Whether the register knows it; otherwise a hub added it, and its URN is a stand-in not to be shown."""
        return self.urn < self.FIRST_ADDED

    @property
    def is_closed(self) -> bool:
        """Whether it teaches no more, under this URN."""
        return self.status == self.Status.CLOSED

    @property
    def urn_in_words(self) -> str:
        """The URN as pages and letters write it: "URN 136468" or, for a stand-in, "URN not known yet"."""
        return f"URN {self.urn}" if self.is_of_register else "URN not known yet"

    @property
    def named_now(self) -> School:
        """The school under its name of today: itself, or the one usable school it has become.

        A school that has split stays itself: nobody can say which of them is meant. Reads `now` of a closed
        school, so prefetch that where there are several.
        """
        if not self.is_closed:
            return self
        current = list(self.now.all())
        return current[0] if len(current) == 1 else self

"""The national register of schools, as the register itself tells it."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q

from hubs.models import LocalAuthority
from schools.wording import search_words


class SearchText(Func):
    """What a school is found by; the SQL function comes with the first migration.

    Its text is folded as `schools.wording.fold` folds what people type.
    """

    function = "schools_search_text"
    output_field = models.TextField()


class SchoolQuerySet(models.QuerySet["School"]):
    """Schools of the register, by what a hub asks of them."""

    def open(self) -> Self:
        """Schools that teach today, those proposed to close among them."""
        return self.filter(status__in=[School.Status.OPEN, School.Status.CLOSING])

    def usable(self) -> Self:
        """Schools a hub may work with: open today or proposed to open."""
        return self.filter(status__in=School.USABLE)

    def search(self, text: str) -> Self:
        """Schools in whose name, place, postcode or URN every word of the text begins a word.

        Any text is fine; one without letters or digits finds nothing.
        """
        words = search_words(text)
        return self.filter(*(Q(search_text__contains=f" {word}") for word in words)) if words else self.none()


class School(models.Model):
    """An establishment of the register. The URN is its identity there, and changes when the school does."""

    class Status(models.IntegerChoices):
        OPEN = 1, "Open"
        CLOSED = 2, "Closed"
        CLOSING = 3, "Open, but proposed to close"
        PROPOSED = 4, "Proposed to open"

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
    authority = models.ForeignKey(LocalAuthority, on_delete=models.PROTECT, related_name="schools")
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
    closed_on = models.DateField(null=True, blank=True)
    search_text = models.GeneratedField(
        expression=SearchText(F("name"), F("locality"), F("town"), F("postcode"), F("urn")),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = SchoolQuerySet.as_manager()

    class Meta:
        ordering = ["name", "town", "urn"]
        constraints = [
            models.CheckConstraint(condition=Q(urn__gt=0), name="school_urn_positive"),
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
            # The type-ahead and the "find your school" page.
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="school_search"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """Name, town and postcode: enough to tell schools of one name apart."""
        return ", ".join(part for part in (self.name, self.town, self.postcode) if part)


class RegisterWord(models.Model):
    """A word by which usable schools are found, and by how many: what a misspelt word is compared with.

    Comparing with each distinct word takes a hundredth of the time of comparing with each school.
    """

    word = models.CharField(primary_key=True, max_length=100)
    schools = models.PositiveIntegerField()

    class Meta:
        indexes = [GinIndex(OpClass("word", name="gin_trgm_ops"), name="register_word_likeness")]

    def __str__(self) -> str:
        return self.word

"""Which school went on as which: what the register says, what people ruled, and what follows from both.

`RegisterLink` mirrors the register's file and `SuccessionRuling` keeps what people decided. The other
three tables are derived from these two, by `schools.ancestry.rebuild`, and are never edited.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from hubs.models import Hub, User
from schools.models.register import School


class RegisterLink(models.Model):
    """A row of the register's links file, word for word. Either school may be unknown to the register."""

    urn = models.PositiveIntegerField("URN")
    other_urn = models.PositiveIntegerField("URN of the other school")
    kind = models.CharField(max_length=80)
    established_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["urn", "other_urn", "kind", "established_on"],
                nulls_distinct=False,
                name="register_link_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.urn} {self.kind} {self.other_urn}"


class Doubt(models.TextChoices):
    """Why the register's word on a succession is not enough."""

    UNDATED = "undated", "The register gives no date"
    SEVERAL_SUCCESSORS = "several", "The school has more than one successor"
    CYCLE = "cycle", "The register says that each came before the other"
    STILL_OPEN = "still_open", "The earlier school is still open"
    NO_DIRECTION = "direction", "The register does not say which came first"
    LIKELY = "likely", "The register says nothing, but the schools are alike"


class Succession(models.Model):
    """One school that went on as another, or may have; both directions of the register's links in one row."""

    class Kind(models.TextChoices):
        BECAME = "became", "Became"
        MERGED = "merged", "Merged into"
        AMALGAMATED = "amalgamated", "Amalgamated into"
        SPLIT = "split", "Split into"

    # The register's links name schools that the register does not list: no constraint in the database.
    predecessor = models.ForeignKey(
        School, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    successor = models.ForeignKey(School, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    happened_on = models.DateField(null=True, blank=True)
    doubts = ArrayField(models.CharField(max_length=12, choices=Doubt), default=list, blank=True)
    # Whether it passes identity on: what a person ruled or, without a ruling, what the register says.
    counts = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="succession_once"),
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="succession_of_two_schools"),
            models.CheckConstraint(
                condition=Q(kind__in=["became", "merged", "amalgamated", "split"]), name="succession_kind_known"
            ),
        ]
        indexes = [
            # "School changes to confirm".
            models.Index(fields=["predecessor"], name="succession_doubtful", condition=~Q(doubts=[])),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} {self.get_kind_display().lower()} {self.successor_id}"


class SuccessionRuling(models.Model):
    """What a person ruled on two schools: the same school under two URNs, or not. The latest ruling holds,
    whichever of the two it names first.

    It holds for every hub and survives every import. The reason is read by any hub that has one of the two
    in its area; the person's name by that person's own hub only.
    """

    append_only: ClassVar[bool] = True

    # A school that a hub added and withdrew leaves behind what was ruled on it.
    predecessor = models.ForeignKey(
        School, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    successor = models.ForeignKey(School, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    same_school = models.BooleanField()
    reason = models.TextField()
    ruled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ruled_for = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="+")
    ruled_at = models.DateTimeField()

    class Meta:
        # By number, not by time: numbers are given one at a time, and the clocks of two servers differ.
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="ruling_on_two_schools"),
            models.CheckConstraint(condition=~Q(reason=""), name="ruled_with_a_reason"),
        ]
        indexes = [models.Index(fields=["predecessor", "successor", "-id"], name="latest_ruling")]

    def __str__(self) -> str:
        return f"{self.predecessor_id} {'is' if self.same_school else 'is not'} {self.successor_id}"


class Ancestor(models.Model):
    """A school that another one was before, over however many steps: the closure of `Succession`."""

    national_columns: ClassVar[tuple[str, ...]] = ("id", "school", "ancestor")

    school = models.ForeignKey(
        School, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="ancestor_rows"
    )
    ancestor = models.ForeignKey(
        School, on_delete=models.DO_NOTHING, db_constraint=False, related_name="descendant_rows"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "ancestor"], name="ancestor_once"),
            models.CheckConstraint(condition=~Q(school=F("ancestor")), name="nobody_is_its_own_ancestor"),
        ]

    def __str__(self) -> str:
        return f"{self.ancestor_id} before {self.school_id}"


class CurrentSchool(models.Model):
    """A usable school that a closed one is today: the nearest ones along its successors."""

    national_columns: ClassVar[tuple[str, ...]] = ("id", "former", "current")

    former = models.ForeignKey(School, on_delete=models.CASCADE, db_index=False, related_name="current_rows")
    current = models.ForeignKey(School, on_delete=models.CASCADE, related_name="former_rows")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["former", "current"], name="current_school_once"),
            models.CheckConstraint(condition=~Q(former=F("current")), name="current_school_is_another"),
        ]

    def __str__(self) -> str:
        return f"{self.former_id} is now {self.current_id}"

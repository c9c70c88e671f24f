"""Work Groups, schools' places in them, and the lead teachers who take part.

Composite foreign keys, written in the migration, hold in the database what columns by themselves cannot: a place
and its group are of one hub and stage year, and a group's and its places' copies of the Specialist's school
follow the Specialist. With them a check constraint keeps her own school out of her groups.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Prefetch, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import cached_property

from hubs.models import User
from hubs.tenancy import HubManager, HubOwned, HubQuerySet
from hubs.wording import moment, plain_day
from programmes.models import ExpressionOfInterest, StageYear
from schools.models import School
from workgroups.models.people import MasterySpecialist


class PlaceState(models.TextChoices):
    """Where a school's place stands."""

    WAITING = "waiting", "Without a group"
    IN_GROUP = "in_group", "In a group"
    LEFT = "left", "Left"
    COMPLETED = "completed", "Completed"
    NOT_COMPLETED = "not_completed", "Not completed"


# Those that count as members of their group: it has met, or will meet, with them.
MEMBERS = (PlaceState.IN_GROUP, PlaceState.COMPLETED, PlaceState.NOT_COMPLETED)

# From → to. Each step is a `PlaceEvent`, and the state follows from them: see `workgroups.placing.state_after`.
PLACE_TRANSITIONS: dict[PlaceState, frozenset[PlaceState]] = {
    PlaceState.WAITING: frozenset({PlaceState.IN_GROUP, PlaceState.LEFT}),
    PlaceState.IN_GROUP: frozenset(
        {PlaceState.WAITING, PlaceState.LEFT, PlaceState.COMPLETED, PlaceState.NOT_COMPLETED}
    ),
    PlaceState.LEFT: frozenset({PlaceState.WAITING}),
    PlaceState.COMPLETED: frozenset({PlaceState.IN_GROUP}),
    PlaceState.NOT_COMPLETED: frozenset({PlaceState.IN_GROUP}),
}


class WorkGroupQuerySet(HubQuerySet["WorkGroup"]):
    """Work Groups, as the hub asks for them."""

    def led_by(self, user: User) -> Self:
        """Those that the Specialist who is this member leads."""
        return self.filter(specialist__in=MasterySpecialist.objects.who_is(user))

    def with_stage(self) -> Self:
        """With stage and Specialist, in the same query."""
        return self.select_related("stage_year__stage", "specialist")


WorkGroupManager = HubManager.from_queryset(WorkGroupQuerySet)


class WorkGroup(HubOwned):
    """Schools of one stage and year that meet with their Specialist."""

    stage_year = models.ForeignKey(StageYear, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    specialist = models.ForeignKey(MasterySpecialist, on_delete=models.PROTECT, related_name="groups")
    # The same as specialist.school: the database keeps it so.
    specialist_school = models.ForeignKey(
        School, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    # More schools than this are warned of, not refused.
    size_limit = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()

    objects: ClassVar[WorkGroupManager[Self]] = WorkGroupManager()

    class Meta(HubOwned.Meta):
        ordering = ["-stage_year__year", "stage_year__stage__order", "name", "pk"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(
                "hub",
                "stage_year",
                Lower("name"),
                name="group_name_once",
                violation_error_message="Choose another name",
            ),
            models.CheckConstraint(condition=Q(size_limit__gte=1, size_limit__lte=60), name="group_size_sane"),
            # What composite foreign keys refer to.
            models.UniqueConstraint(fields=["id", "hub", "stage_year"], name="group_with_stage_year"),
            models.UniqueConstraint(fields=["id", "specialist_school"], name="group_with_specialist_school"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page in the hub's console."""
        return reverse("group", args=[self.hub.slug, self.pk])


class FormerSpecialist(HubOwned):
    """That a Specialist led a group until a moment, when another one took over: the days until then are hers."""

    append_only = True

    group = models.ForeignKey(WorkGroup, on_delete=models.PROTECT, related_name="former_specialists")
    specialist = models.ForeignKey(MasterySpecialist, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        ordering = ["until", "pk"]
        indexes = [models.Index(fields=["group", "until"], name="former_specialist_until")]

    def __str__(self) -> str:
        return f"{self.specialist} until {moment(self.until)}"


class PlaceQuerySet(HubQuerySet["Place"]):
    """Places, as the hub asks for them."""

    def members(self) -> Self:
        """Those that count as members of their group."""
        return self.filter(state__in=MEMBERS)

    def led_by(self, user: User) -> Self:
        """Those in the groups that the Specialist who is this member leads."""
        return self.filter(group__in=WorkGroup.objects.led_by(user))

    def with_school_now(self) -> Self:
        """With what each school is today, in one more query: for `school_now` of several places."""
        today = School.objects.select_related("authority")
        return self.select_related("school__authority").prefetch_related(Prefetch("school__now", today))

    def with_stage(self) -> Self:
        """With stage and group, in the same query."""
        return self.select_related("stage_year__stage", "group")


PlaceManager = HubManager.from_queryset(PlaceQuerySet)


class Place(HubOwned):
    """A school's place in a stage of a year: it begins when the school accepts its offer, and without a group."""

    expression = models.OneToOneField(ExpressionOfInterest, on_delete=models.PROTECT, related_name="place")
    # The same as expression.window.stage_year.
    stage_year = models.ForeignKey(StageYear, on_delete=models.PROTECT, related_name="+")
    # The URN that accepted: what the school is called today is `school_now`.
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=13, choices=PlaceState, default=PlaceState.WAITING)
    group = models.ForeignKey(WorkGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="places")
    # The same as group.specialist_school: the database keeps it so.
    specialist_school = models.ForeignKey(
        School, null=True, blank=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    # The head who accepted, until another one is named: reads what the school is written.
    head_name = models.CharField(max_length=120)
    head_email = models.EmailField()
    accepted_at = models.DateTimeField()

    objects: ClassVar[PlaceManager[Self]] = PlaceManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(state__in=PlaceState.values), name="place_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=[PlaceState.WAITING, PlaceState.LEFT], group=None, specialist_school=None)
                | Q(
                    state__in=[PlaceState.IN_GROUP, PlaceState.COMPLETED, PlaceState.NOT_COMPLETED],
                    group__isnull=False,
                    specialist_school__isnull=False,
                ),
                name="place_has_group_unless_waiting_or_left",
            ),
            models.UniqueConstraint(fields=["hub", "stage_year", "school"], name="one_place_per_school_and_stage_year"),
            # What money and days refer to.
            models.UniqueConstraint(fields=["id", "hub"], name="place_with_hub"),
            models.CheckConstraint(
                # Of a year that has been decided on she may go over to a school that was in her group.
                condition=~Q(state=PlaceState.IN_GROUP) | ~Q(specialist_school=F("school")),
                name="no_specialist_leads_her_own_school",
            ),
        ]
        indexes = [
            # The list of places, and the schools that wait for a group.
            models.Index(fields=["hub", "stage_year", "state"], name="place_list"),
        ]

    def __str__(self) -> str:
        return f"{self.school}, {self.stage_year}"

    def get_absolute_url(self) -> str:
        """Its page in the hub's console."""
        return reverse("place", args=[self.hub.slug, self.pk])

    @cached_property
    def school_now(self) -> School:
        """The school of today: `school` is the one that accepted, under the URN it had then."""
        return self.school.named_now

    @property
    def school_in_full(self) -> str:
        """Today's name and the one it accepted under: "Birch Academy, formerly Ash Lane Primary School"."""
        name, name_then = self.school_now.name, self.school.name
        return name if name == name_then else f"{name}, formerly {name_then}"


class PlaceEvent(HubOwned):
    """One step of a place's history: what happened on which day, and why. Its state follows from all of them."""

    append_only = True

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        JOINED = "joined", "Joined a group"
        MOVED = "moved", "Moved to another group"
        TAKEN_OUT = "taken_out", "Taken out of its group"
        LEFT = "left", "Left"
        RETURNED = "returned", "Returned"
        COMPLETED = "completed", "Completed"
        NOT_COMPLETED = "not_completed", "Not completed"
        REOPENED = "reopened", "Completion taken back"

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=13, choices=Kind)
    # The group that it is in from then on or, for a step that ends that, was in until then.
    group = models.ForeignKey(WorkGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    happened_on = models.DateField()
    reason = models.TextField(blank=True)
    # What stood beside a decision on completion, in words.
    evidence = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        # As they were recorded: the day may lie further back.
        ordering = ["pk"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "accepted",
                        "joined",
                        "moved",
                        "taken_out",
                        "left",
                        "returned",
                        "completed",
                        "not_completed",
                        "reopened",
                    ]
                ),
                name="place_event_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["accepted", "joined"]) | ~Q(reason=""), name="place_event_has_reason"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["completed", "not_completed"]) | ~Q(evidence=""),
                name="completion_has_evidence",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {plain_day(self.happened_on)}"


class ParticipantQuerySet(HubQuerySet["Participant"]):
    """Lead teachers, as the hub asks for them."""

    def taking_part_on(self, day: dt.date) -> Self:
        """Those who take part on a day."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=day), starts_on__lte=day)


ParticipantManager = HubManager.from_queryset(ParticipantQuerySet)


class Participant(HubOwned):
    """One of the two lead teachers of a place, from `starts_on` until `ends_on`, when another one followed.

    What one who has left attended stays hers, and the school's.
    """

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="participants")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=120)
    year_group = models.CharField(max_length=60, blank=True)
    email = models.EmailField()
    trn = models.CharField("TRN", max_length=7, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects: ClassVar[ParticipantManager[Self]] = ParticipantManager()

    class Meta(HubOwned.Meta):
        ordering = ["position", "starts_on", "pk"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(position__in=[1, 2]), name="participant_is_one_of_two"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="participant_ends_after_start"),
            models.CheckConstraint(condition=Q(trn="") | Q(trn__regex=r"^\d{7}$"), name="participant_trn_seven_digits"),
            models.UniqueConstraint(
                fields=["place", "position"], condition=Q(ends_on=None), name="one_participant_in_each_position"
            ),
            models.UniqueConstraint(
                "place", Lower("email"), condition=Q(ends_on=None), name="participants_are_two_people"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SchoolLink(HubOwned):
    """The private way of one person of a school to its own page: sent by mail, and ended when she leaves."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="links")
    name = models.CharField(max_length=120)
    email = models.EmailField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(
                "place", Lower("email"), condition=Q(ended_at=None), name="one_school_link_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.place}"

"""TRG meetings of a Work Group, what changed about them, and who attended."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from hubs.models import User
from hubs.tenancy import HubManager, HubOwned, HubQuerySet
from hubs.wording import moment
from schools.lineage import of_today
from schools.models import School
from workgroups.models.groups import Participant, Place, WorkGroup
from workgroups.models.people import MasterySpecialist

# How long half a day is in a calendar.
HALF_DAY = dt.timedelta(hours=3)


class MeetingState(models.TextChoices):
    """Where a meeting stands."""

    PLANNED = "planned", "Planned"
    HELD = "held", "Held"
    CANCELLED = "cancelled", "Cancelled"


MEETING_TRANSITIONS: dict[MeetingState, frozenset[MeetingState]] = {
    MeetingState.PLANNED: frozenset({MeetingState.HELD, MeetingState.CANCELLED}),
    MeetingState.HELD: frozenset(),
    MeetingState.CANCELLED: frozenset(),
}


class MeetingQuerySet(HubQuerySet["Meeting"]):
    """Meetings, as the hub asks for them."""

    def led_by(self, user: User) -> Self:
        """Those of the groups that the Specialist who is this member leads."""
        return self.filter(group__in=WorkGroup.objects.led_by(user))

    def with_group(self) -> Self:
        """With group, stage, Specialists and host, in the same query."""
        return self.select_related("group__stage_year__stage", "group__specialist", "specialist", "host_school")

    def with_host_now(self) -> Self:
        """With what each host is today, in one more query: for `where` of several meetings."""
        return self.select_related("host_school").prefetch_related("host_school__now")

    def with_internal_note(self) -> Self:
        """With what the hub alone reads, in the same query: never for what a school sees."""
        return self.select_related("internal_note__written_by")

    def with_host_gone(self, *, now: dt.datetime) -> Self:
        """With `host_gone`: whether it is to come, and at a school that is in its group no more; in the same query."""
        return self.annotate(host_today=of_today("pk", "host_school"), host_gone=_host_is_gone(now))

    def whose_host_is_gone(self, *, now: dt.datetime) -> Self:
        """Those to come at a school that is in their group no more."""
        return self.annotate(host_today=of_today("pk", "host_school")).filter(_host_is_gone(now))


def _host_is_gone(now: dt.datetime) -> Q:
    """Of meetings with `host_today`, the URN of today: whether one is to come, and its host no member."""
    members = Place.objects.members().annotate(today=of_today("pk"))
    hosts = members.filter(group=OuterRef("group"), today=OuterRef("host_today"))
    return Q(~Exists(hosts), state=MeetingState.PLANNED, starts_at__gt=now, host_school__isnull=False)


MeetingManager = HubManager.from_queryset(MeetingQuerySet)


class Meeting(HubOwned):
    """A Teacher Research Group meeting: planned, then held or cancelled. `InternalNote` has what only the hub sees."""

    class Format(models.TextChoices):
        IN_PERSON = "in_person", "In person"
        ONLINE = "online", "Online"
        HYBRID = "hybrid", "In person and online"

    group = models.ForeignKey(WorkGroup, on_delete=models.PROTECT, related_name="meetings")
    # Who leads it or led it: the group's Specialist, until it has been.
    specialist = models.ForeignKey(MasterySpecialist, on_delete=models.PROTECT, related_name="meetings")
    state = models.CharField(max_length=9, choices=MeetingState, default=MeetingState.PLANNED)
    starts_at = models.DateTimeField()
    half_days = models.PositiveSmallIntegerField(default=1)
    format = models.CharField(max_length=9, choices=Format, default=Format.IN_PERSON)
    host_school = models.ForeignKey(School, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Where it is not a school, or where in the school.
    venue = models.CharField(max_length=200, blank=True)
    online_link = models.URLField(max_length=500, blank=True)
    to_be_confirmed = models.BooleanField(default=False)
    agenda = models.TextField(blank=True)
    # What the schools read afterwards.
    observed_lesson = models.TextField(blank=True)
    discussion = models.TextField(blank=True)
    agreed_actions = models.TextField(blank=True)
    cancelled_reason = models.TextField(blank=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    held_recorded_at = models.DateTimeField(null=True, blank=True)
    # For calendars: one event for good, whose number rises with each change that they show.
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.PositiveIntegerField(default=0)

    objects: ClassVar[MeetingManager[Self]] = MeetingManager()

    class Meta(HubOwned.Meta):
        ordering = ["starts_at", "pk"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(state__in=MeetingState.values), name="meeting_state_known"),
            models.CheckConstraint(
                condition=Q(format__in=["in_person", "online", "hybrid"]), name="meeting_format_known"
            ),
            models.CheckConstraint(condition=Q(half_days__gte=1, half_days__lte=4), name="meeting_half_days_sane"),
            models.CheckConstraint(
                condition=Q(state=MeetingState.CANCELLED) & ~Q(cancelled_reason="")
                | ~Q(state=MeetingState.CANCELLED) & Q(cancelled_reason=""),
                name="meeting_cancelled_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(state=MeetingState.HELD, held_recorded_at__isnull=False)
                | ~Q(state=MeetingState.HELD) & Q(held_recorded_at=None),
                name="meeting_held_has_time",
            ),
            models.UniqueConstraint(
                fields=["group", "starts_at"],
                condition=~Q(state=MeetingState.CANCELLED),
                name="one_meeting_of_a_group_at_a_time",
            ),
            # What days refer to.
            models.UniqueConstraint(fields=["id", "hub"], name="meeting_with_hub"),
        ]
        indexes = [
            # What comes next, on the hub's home and a Specialist's; and what the reminders are derived from.
            models.Index(fields=["hub", "starts_at"], name="meeting_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.group}, {moment(self.starts_at)}"

    def get_absolute_url(self) -> str:
        """Its page in the hub's console."""
        return reverse("meeting", args=[self.hub.slug, self.pk])

    @property
    def ends_at(self) -> dt.datetime:
        """When it ends, as calendars show it."""
        return self.starts_at + self.half_days * HALF_DAY

    @property
    def day(self) -> dt.date:
        """The day in London on which it begins."""
        return timezone.localdate(self.starts_at)

    @property
    def where(self) -> str:
        """Where it is, in words: "Ash Lane Primary School, hall", "Online"; nothing while nobody knows."""
        names = [self.host_school.named_now.name if self.host_school else "", self.venue]
        place = ", ".join(name for name in names if name)
        if self.format == self.Format.ONLINE:
            return "Online"
        return f"{place} and online" if self.format == self.Format.HYBRID and place else place

    @property
    def has_write_up(self) -> bool:
        """Whether anything is written for the schools to read afterwards."""
        return bool(self.observed_lesson or self.discussion or self.agreed_actions)


class MeetingChange(HubOwned):
    """That the people of a meeting have to be told of a change: another time or place, or that it is cancelled."""

    append_only = True

    class Kind(models.TextChoices):
        MOVED = "moved", "Moved"
        CANCELLED = "cancelled", "Cancelled"

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=9, choices=Kind)
    # The meeting's number after the change.
    sequence = models.PositiveIntegerField()
    # When and where it would have been, and by which link.
    starts_at_before = models.DateTimeField()
    where_before = models.TextField(blank=True)
    online_link_before = models.URLField(max_length=500, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        ordering = ["sequence"]
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(kind__in=["moved", "cancelled"]), name="meeting_change_known"),
            models.UniqueConstraint(fields=["meeting", "sequence"], name="meeting_change_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {moment(self.changed_at)}"


class Attendance(HubOwned):
    """Whether a lead teacher came to a meeting, or whom the school sent instead."""

    class Mark(models.TextChoices):
        PRESENT = "present", "Present"
        ABSENT = "absent", "Absent"
        SUBSTITUTE = "substitute", "Substitute came"

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="attendance")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="attendance")
    mark = models.CharField(max_length=10, choices=Mark)
    substitute_name = models.CharField(max_length=120, blank=True)
    recorded_at = models.DateTimeField()

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.UniqueConstraint(fields=["meeting", "participant"], name="attendance_once"),
            # What days refer to.
            models.UniqueConstraint(fields=["id", "hub"], name="attendance_with_hub"),
            models.CheckConstraint(condition=Q(mark__in=["present", "absent", "substitute"]), name="attendance_known"),
            models.CheckConstraint(
                condition=Q(mark="substitute") & ~Q(substitute_name="") | ~Q(mark="substitute") & Q(substitute_name=""),
                name="substitute_has_a_name",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant}: {self.get_mark_display().lower()}"

    @property
    def somebody_came(self) -> bool:
        """Whether the school released somebody: the teacher or the substitute."""
        return self.mark != self.Mark.ABSENT

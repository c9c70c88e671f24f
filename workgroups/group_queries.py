"""What the pages on Work Groups and their Specialists need, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery

from hubs.models import Membership, Role, User
from programmes.models import StageYear
from schools.evidence import distance
from schools.lineage import urns_of_school_today
from schools.models import School
from workgroups.models import (
    MEMBERS,
    DaysAgreed,
    MasterySpecialist,
    Meeting,
    MeetingState,
    Participant,
    Place,
    PlaceEvent,
    PlaceState,
    WorkGroup,
)
from workgroups.models.groups import WorkGroupQuerySet
from workgroups.models.people import MasterySpecialistQuerySet
from workgroups.permissions import groups_of
from workgroups.placing import own_urns, why_not

Kind = PlaceEvent.Kind


@dataclass(frozen=True)
class GroupFilter:
    """What somebody looks for in the list of groups; a year of None is every year."""

    stage: str = ""
    year: int | None = None
    specialist: int | None = None

    def fits(self, group: WorkGroup) -> bool:
        """Whether a group, read with its stage, is looked for."""
        return (
            self.stage in ("", group.stage_year.stage.slug)
            and self.year in (None, group.stage_year.year)
            and self.specialist in (None, group.specialist_id)
        )


@dataclass(frozen=True)
class Candidate:
    """A school that could join a group, and how far it lies from the school of the group's Specialist."""

    place: Place
    # In a straight line; none where the register does not place both schools.
    metres: int | None
    # Why it cannot join, or nothing.
    why_not: str = ""

    @property
    def kilometres(self) -> str:
        """The distance as the page shows it: "2.3 km"."""
        return "" if self.metres is None else f"{self.metres / 1000:,.1f} km"


def all_groups(membership: Membership, *, now: dt.datetime) -> list[WorkGroup]:
    """Every group that a member sees, with counts; one query. They are a few dozen a year: pages filter them."""
    return list(with_counts(groups_of(membership), now=now))


def with_counts(found: WorkGroupQuerySet, *, now: dt.datetime) -> WorkGroupQuerySet:
    """With stage, Specialist, `members` (how many schools) and `next_meeting` (when it begins), in the same query."""
    coming = Meeting.objects.filter(group=OuterRef("pk"), state=MeetingState.PLANNED, starts_at__gt=now)
    counted = found.with_stage().annotate(
        members=Count("places", filter=Q(places__state__in=MEMBERS)),
        next_meeting=Subquery(coming.order_by("starts_at").values("starts_at")[:1]),
    )
    # What counts drops the model's order.
    return counted.order_by("-stage_year__year", "stage_year__stage__order", "name", "pk")


def stages_waiting(chosen: GroupFilter) -> list[StageYear]:
    """The stages and years looked for in which schools wait for a group, with `waiting`, how many; one query."""
    places = Place.objects.filter(stage_year=OuterRef("pk"), state=PlaceState.WAITING)
    number = places.order_by().values("stage_year").annotate(number=Count("pk")).values("number")
    found = StageYear.objects.select_related("stage").annotate(waiting=Subquery(number)).filter(waiting__gt=0)
    if chosen.year is not None:
        found = found.filter(year=chosen.year)
    if chosen.stage:
        found = found.filter(stage__slug=chosen.stage)
    return list(found)


def members_of(group: WorkGroup) -> list[Place]:
    """The schools of a group by the name of today, each with its present `lead_teachers`; three queries."""
    now = Participant.objects.filter(ends_on=None)
    found = group.places.members().with_school_now().select_related("stage_year__stage")
    places = found.prefetch_related(Prefetch("participants", now, to_attr="lead_teachers"))
    return sorted(places, key=lambda place: (place.school_now.name.casefold(), place.pk))


def former_members_of(group: WorkGroup) -> list[PlaceEvent]:
    """How the schools that were in a group and are in it no more went: the step out of it of each, the latest first."""
    of_group = PlaceEvent.objects.filter(group=group, place=OuterRef("pk"))
    gone = Place.objects.filter(Exists(of_group)).exclude(Q(group=group))
    steps = PlaceEvent.objects.filter(place__in=gone, kind__in=[Kind.JOINED, Kind.MOVED, Kind.TAKEN_OUT, Kind.LEFT])
    steps = steps.select_related("place__school", "place__group").prefetch_related("place__school__now")
    out: dict[int, PlaceEvent] = {}
    for event in steps.order_by("pk"):
        if event.group_id == group.pk and event.kind in (Kind.JOINED, Kind.MOVED):
            out.pop(event.place_id, None)
        else:
            out.setdefault(event.place_id, event)
    return sorted(out.values(), key=lambda event: -event.pk)


def candidates(group: WorkGroup) -> tuple[list[Candidate], list[Candidate]]:
    """Who waits for a group of its stage and year, and who is in another one; the nearest first, who cannot join last.

    Reads the group's Specialist and her school.
    """
    found = Place.objects.filter(stage_year=group.stage_year_id, state__in=[PlaceState.WAITING, PlaceState.IN_GROUP])
    places = found.exclude(Q(group=group)).with_school_now().with_stage()
    own, hers = own_urns(group), group.specialist.school.named_now
    nearest = sorted(
        (Candidate(place, _metres(place, hers), why_not(place, group, own)) for place in places),
        key=lambda one: (
            bool(one.why_not),
            one.metres is None,
            one.metres or 0,
            one.place.school_now.name,
            one.place.pk,
        ),
    )
    waiting = [one for one in nearest if one.place.state == PlaceState.WAITING]
    return waiting, [one for one in nearest if one.place.state == PlaceState.IN_GROUP]


def groups_to_join(place: Place) -> list[tuple[WorkGroup, Candidate]]:
    """The groups of a place's stage and year but its own, with `members`, as the place sees them; the nearest first."""
    others = WorkGroup.objects.filter(stage_year=place.stage_year_id).exclude(places=place)
    counted = others.select_related("specialist__school", "stage_year__stage").annotate(
        members=Count("places", filter=Q(places__state__in=MEMBERS))
    )
    itself, urns = {place.school_id}, set(urns_of_school_today(place.school_id))
    pairs = [
        (
            group,
            Candidate(
                place,
                _metres(place, group.specialist.school.named_now),
                why_not(place, group, itself if group.specialist_school_id in urns else set()),
            ),
        )
        for group in counted.prefetch_related("specialist__school__now")
    ]
    return sorted(pairs, key=lambda pair: (pair[1].metres is None, pair[1].metres or 0, pair[0].name))


# --- Specialists ---------------------------------------------------------------------------------


def with_days(found: MasterySpecialistQuerySet, *, year: int) -> MasterySpecialistQuerySet:
    """With account, `half_days` agreed for a year, `groups_led` in it, and whether a member has the address.

    What her school is called now is one more query.
    """
    agreed = DaysAgreed.objects.filter(specialist=OuterRef("pk"), year=year)
    members = User.objects.filter(email=OuterRef("email"), memberships__hub=OuterRef("hub"))
    return (
        found.select_related("school", "user")
        .prefetch_related("school__now")
        .annotate(
            half_days=Subquery(agreed.values("half_days")[:1]),
            groups_led=Count("groups", filter=Q(groups__stage_year__year=year)),
            is_member=Exists(members),
        )
        # What counts drops the model's order.
        .order_by("name", "pk")
    )


def accounts_to_connect(membership: Membership, specialist: MasterySpecialist | None, *, today: dt.date) -> list[User]:
    """The members who are Specialists by their role and are connected to no other record, by name."""
    taken = MasterySpecialist.objects.filter(user=OuterRef("pk"))
    if specialist:
        taken = taken.exclude(pk=specialist.pk)
    members = membership.hub.memberships.active_on(today).filter(role=Role.MASTERY_SPECIALIST)
    free = User.objects.filter(pk__in=members.values("user")).exclude(Exists(taken))
    if specialist and specialist.user_id:
        # Also where the role has changed since.
        free |= User.objects.filter(pk=specialist.user_id)
    return list(free.order_by("name", "pk"))


def specialists_to_choose(*, today: dt.date, group: WorkGroup | None = None) -> Sequence[MasterySpecialist]:
    """Who works for the hub or is to begin, in the group's year if one is given, and whoever leads that; by name."""
    found = MasterySpecialist.objects.not_gone_on(today)
    if group is None:
        return list(found)
    found |= MasterySpecialist.objects.filter(pk=group.specialist_id)
    return [one for one in found if one.pk == group.specialist_id or one.works_in(group.stage_year.year)]


def years_of_stages(years: Iterable[int]) -> list[StageYear]:
    """The stages that run in some academic years, the latest year last."""
    found = StageYear.objects.select_related("stage").filter(year__in=list(years))
    return list(found.order_by("year", "stage__order"))


def _metres(place: Place, school: School) -> int | None:
    """How far a place's school lies, by the register's word on it under today's URN or the one it accepted under."""
    today = distance(place.school_now, school)
    return today if today is not None else distance(place.school, school)

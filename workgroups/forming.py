"""Forming Work Groups: schools of one stage and year with a Mastery Specialist. Which schools is in `placing`."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from correspondence import reminders
from hubs import timeline
from hubs.constraints import broken_constraint
from hubs.locking import locked
from hubs.models import Membership
from hubs.permissions import require
from hubs.tenancy import active_hub_id
from programmes.models import StageYear
from schools.lineage import urns_of_school_today
from workgroups import letters
from workgroups.handing_over import hand_over_group
from workgroups.locking import lock_led
from workgroups.models import MasterySpecialist, PlaceState, WorkGroup


class NameTaken(Exception):
    """Another group of the stage and year has the name; the message says what to do."""


class OwnSchool(Exception):
    """The Specialist's own school is in the group; the message is a sentence to show."""


def form_group(
    *,
    stage_year: StageYear,
    name: str,
    specialist: MasterySpecialist,
    size_limit: int,
    actor: Membership,
    now: dt.datetime,
) -> WorkGroup:
    """Form a group, without schools, in the active hub. Raises `NotAllowed` and `NameTaken`."""
    require(actor, "manage_groups")
    with transaction.atomic():
        leads = locked(MasterySpecialist.objects.all(), specialist.pk)
        group = WorkGroup(hub_id=active_hub_id(), stage_year=stage_year, made_at=now)
        _save(group, name, leads, size_limit)
        text = f"Formed for {stage_year}, with {leads.name} and at most {size_limit} schools."
        timeline.record(subject=group, actor=actor, now=now, text=text)
        timeline.record(subject=leads, actor=actor, now=now, text=f"Leads {name}, {stage_year}.")
        reminders.derive_soon()
        return group


def change_group(
    *,
    group: WorkGroup,
    name: str,
    specialist: MasterySpecialist,
    size_limit: int,
    actor: Membership,
    now: dt.datetime,
) -> bool:
    """Change a group's name, Specialist or limit; whether that was news.

    A new Specialist gets the meetings and visits to come, and the schools get a letter.

    Raises `NotAllowed`, `NameTaken`, and `OwnSchool` for a Specialist whose school is in the group under any URN.
    """
    require(actor, "manage_groups")
    with transaction.atomic():
        specialist = lock_led(WorkGroup.objects.filter(pk=group.pk), specialist)
        found = WorkGroup.objects.with_stage().get(pk=group.pk)
        before = found.specialist
        changes = _changes(found, name, specialist, size_limit)
        if not changes:
            return False
        if before != specialist:
            _require_another_school(found, specialist)
        _save(found, name, specialist, size_limit)
        timeline.record(subject=found, actor=actor, now=now, text=f"Changed: {', '.join(changes)}.")
        if before != specialist:
            hand_over_group(group=found, before=before, now=now)
            what = f"{found}, {found.stage_year}"
            timeline.record(subject=before, actor=actor, now=now, text=f"Leads {what} no more: {specialist} does.")
            timeline.record(subject=specialist, actor=actor, now=now, text=f"Leads {what}, after {before}.")
            _write_to_schools(found, before, now)
        reminders.derive_soon()
        return True


def _write_to_schools(group: WorkGroup, before: MasterySpecialist, now: dt.datetime) -> None:
    """Tell the schools that are in the group; whether they complete is decided on for the others."""
    members = group.places.filter(state=PlaceState.IN_GROUP).with_school_now().with_stage()
    for place in members.select_related("hub", "group__specialist"):
        letters.send_new_specialist(place=place, before=before, now=now)


def _save(group: WorkGroup, name: str, specialist: MasterySpecialist, size_limit: int) -> None:
    group.name, group.size_limit = name, size_limit
    group.specialist, group.specialist_school_id = specialist, specialist.school_id
    try:
        # The savepoint lets the caller go on when the database refuses.
        with transaction.atomic():
            group.save()
    except IntegrityError as error:
        if broken_constraint(error) != "group_name_once":
            raise
        raise NameTaken(f"Choose another name: there is a group of this name for {group.stage_year}") from error


def _require_another_school(group: WorkGroup, specialist: MasterySpecialist) -> None:
    own = group.places.filter(state=PlaceState.IN_GROUP, school__in=list(urns_of_school_today(specialist.school_id)))
    if found := own.with_school_now().first():
        raise OwnSchool(
            f"{specialist.name} teaches at {found.school_now.name}, which is in the group. "
            "Choose somebody else, or move the school first"
        )


def _changes(group: WorkGroup, name: str, specialist: MasterySpecialist, size_limit: int) -> list[str]:
    pairs = [
        ("name", group.name, name),
        ("Mastery Specialist", group.specialist, specialist),
        ("most schools", group.size_limit, size_limit),
    ]
    return [f"{what} from {before} to {after}" for what, before, after in pairs if before != after]

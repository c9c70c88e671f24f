"""Mastery Specialists of a hub: who they are, at which school they teach, how many days they have agreed on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from correspondence import reminders
from hubs import timeline
from hubs.constraints import broken_constraint
from hubs.models import Membership, User
from hubs.permissions import require
from hubs.tenancy import active_hub_id
from hubs.wording import days, plain_day
from hubs.years import academic_year_of, label_of
from programmes.models import Stage
from schools.lineage import urns_of_school_today
from schools.models import School
from workgroups.locking import lock_led
from workgroups.models import DaysAgreed, MasterySpecialist, Place, PlaceState, WorkGroup

_TAKEN = {
    "specialist_once_per_address": "email",
    "specialist_once_per_person": "user",
}


class CannotKeep(Exception):
    """The Specialist cannot be kept like this; the message is a sentence to show, `field` is what it is about."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class SpecialistDetails:
    """What a hub says of a Specialist. Without a `user` her pages are those of the member with her address."""

    name: str
    email: str
    phase: Stage.Phase
    cohort: int
    school: School
    starts_on: dt.date
    ends_on: dt.date | None = None
    user: User | None = None


_FIELDS = ("name", "email", "phase", "cohort", "school", "starts_on", "ends_on", "user")


def add_specialist(*, details: SpecialistDetails, actor: Membership, now: dt.datetime) -> MasterySpecialist:
    """Add a Specialist to the active hub. Raises `NotAllowed`, and `CannotKeep` for one who is there already."""
    require(actor, "manage_groups")
    specialist = MasterySpecialist(hub_id=active_hub_id())
    _save(specialist, details)
    text = f"Added: {specialist.cohort_in_words}, {specialist.school.name}."
    timeline.record(subject=specialist, actor=actor, now=now, text=text)
    return specialist


def change_specialist(
    *, specialist: MasterySpecialist, details: SpecialistDetails, actor: Membership, now: dt.datetime
) -> bool:
    """Change what the hub says of a Specialist; whether that was news.

    Raises `NotAllowed`, and `CannotKeep` for another one's address or account, and for a school that is in one of her
    groups.
    """
    require(actor, "manage_groups")
    with transaction.atomic():
        found = lock_led(WorkGroup.objects.filter(specialist=specialist), specialist)
        before = _details_of(found)
        if before == _tidy(details):
            return False
        if found.school_id != details.school.pk:
            _require_elsewhere(found, details.school, now)
        _save(found, details)
        text = f"Changed: {_changes(before, _details_of(found))}."
        timeline.record(subject=found, actor=actor, now=now, text=text)
        reminders.derive_soon()
        return True


def agree_days(
    *, specialist: MasterySpecialist, year: int, half_days: int, actor: Membership, now: dt.datetime
) -> bool:
    """Note how much time a Specialist and the hub have agreed on for an academic year, in half-days; whether news.

    Raises `NotAllowed`.
    """
    require(actor, "manage_groups")
    with transaction.atomic():
        found, is_new = DaysAgreed.objects.select_for_update(of=("self",)).get_or_create(
            specialist=specialist, year=year, defaults={"hub_id": specialist.hub_id, "half_days": half_days}
        )
        if found.half_days == half_days and not is_new:
            return False
        before = "" if is_new else f", before {days(found.half_days)}"
        found.half_days = half_days
        found.save(update_fields=["half_days"])
        text = f"Agreed for {label_of(year)}: {days(half_days)}{before}."
        timeline.record(subject=specialist, actor=actor, now=now, text=text)
        return True


def _tidy(details: SpecialistDetails) -> SpecialistDetails:
    """As it is kept: addresses are compared in small letters."""
    return replace(details, email=details.email.lower())


def _details_of(specialist: MasterySpecialist) -> SpecialistDetails:
    return SpecialistDetails(**{name: getattr(specialist, name) for name in _FIELDS})


def _save(specialist: MasterySpecialist, details: SpecialistDetails) -> None:
    tidy = _tidy(details)
    for name in _FIELDS:
        setattr(specialist, name, getattr(tidy, name))
    try:
        # The savepoint lets the caller go on when the database refuses.
        with transaction.atomic():
            specialist.save()
    except IntegrityError as error:
        field = _TAKEN.get(broken_constraint(error) or "")
        if field is None:
            raise
        whose = Q(email=tidy.email) if field == "email" else Q(user=tidy.user)
        other = MasterySpecialist.objects.exclude(pk=specialist.pk).get(whose)
        what = "has this e-mail address" if field == "email" else "is connected to this account"
        raise CannotKeep(f"{other.name} {what} already: change that record instead", field) from error


def _require_elsewhere(specialist: MasterySpecialist, school: School, now: dt.datetime) -> None:
    """Raise where the school, under any of its URNs, is in a group that she leads, its completion not decided on."""
    own = Place.objects.filter(
        state=PlaceState.IN_GROUP, group__specialist=specialist, school__in=list(urns_of_school_today(school.pk))
    )
    if found := own.select_related("group__stage_year__stage").first():
        assert found.group is not None
        is_over = found.group.stage_year.year < academic_year_of(timezone.localdate(now))
        way_out = (
            "Decide first whether it has completed" if is_over else "Give that group another Mastery Specialist first"
        )
        raise CannotKeep(
            f"{school.name} is in {found.group}, {found.group.stage_year}, which {specialist.name} leads. {way_out}",
            "school",
        )


def _changes(before: SpecialistDetails, after: SpecialistDetails) -> str:
    """ "cohort from 7 to 8, last day from none to 31 August 2026"."""
    labels = {
        "name": "name", "email": "e-mail address", "phase": "phase", "cohort": "cohort", "school": "school",
        "starts_on": "first day", "ends_on": "first day on which she no longer works for the hub", "user": "account",
    }  # fmt: skip
    return ", ".join(
        f"{label} from {_written(getattr(before, field))} to {_written(getattr(after, field))}"
        for field, label in labels.items()
        if getattr(before, field) != getattr(after, field)
    )


def _written(value: object) -> str:
    if isinstance(value, dt.date):
        return plain_day(value)
    return "none" if value is None else str(value)

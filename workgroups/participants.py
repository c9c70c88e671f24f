"""Who takes part for a school: its two lead teachers, one after the other, and its headteacher.

What a teacher attended stays hers when another one follows. Whoever leaves loses her way to the school's page.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from correspondence import reminders
from hubs import timeline
from hubs.models import Membership
from hubs.permissions import require
from hubs.wording import plain_day
from programmes.applying import Teacher
from workgroups import letters
from workgroups.models import Participant, Place, PlaceState
from workgroups.school_links import end_links_of
from workgroups.steps import locked

LEAD_TEACHER, HEADTEACHER = "lead teacher", "headteacher"


class CannotChange(Exception):
    """The people of a place cannot be changed like this; the message is a sentence to show."""


class SameTeacher(CannotChange):
    """The two lead teachers of a school are two people; `field` is what they would have in common."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class WrongDay(CannotChange):
    """Nobody can have followed on that day; the message says which days there are."""


def replace_participant(
    *, participant: Participant, teacher: Teacher, on: dt.date, actor: Membership, now: dt.datetime
) -> Participant:
    """Have another teacher follow from a day on, and return her; what the first one attended stays as it is.

    The new one gets a letter. Raises `NotAllowed`, `SameTeacher`, `WrongDay`, and `CannotChange` where another one
    has followed already.
    """
    require(actor, "manage_groups")
    with transaction.atomic():
        place, before = _locked(participant)
        if before.ends_on is not None:
            raise CannotChange(f"Another teacher has followed {before.name} already, on {plain_day(before.ends_on)}.")
        today = timezone.localdate(now)
        if not before.starts_on <= on <= today:
            raise WrongDay(f"Enter a day from {plain_day(before.starts_on)}, when {before.name} began, to today")
        _require_two_people(place, before, teacher)
        before.ends_on = on
        before.save(update_fields=["ends_on"])
        after = Participant.objects.create(
            hub_id=place.hub_id,
            place=place,
            position=before.position,
            name=teacher.name,
            role=teacher.role,
            year_group=teacher.year_group,
            email=teacher.email,
            trn=teacher.trn,
            starts_on=on,
        )
        text = f"{after.name} follows {before.name} as lead teacher from {plain_day(on)}."
        timeline.record(subject=place, actor=actor, now=now, text=text)
        _part_with(place, before.email, now)
        _welcome(place, after.name, after.email, LEAD_TEACHER, now)
        reminders.derive_soon()
        return after


def follower_of(participant: Participant) -> Participant | None:
    """Who followed a lead teacher who has left, if anybody is known."""
    if participant.ends_on is None:
        return None
    later = Participant.objects.filter(place=participant.place_id, position=participant.position)
    return later.filter(starts_on__gte=participant.ends_on).exclude(pk=participant.pk).first()


def change_participant(*, participant: Participant, teacher: Teacher, actor: Membership, now: dt.datetime) -> bool:
    """Put right what is known of a lead teacher; whether that was news. At another address she gets a letter.

    Raises `NotAllowed`, and `SameTeacher` for the address of the other one.
    """
    require(actor, "manage_groups")
    with transaction.atomic():
        place, found = _locked(participant)
        known = Teacher(found.name, found.role, found.year_group, found.email, found.trn)
        if known == teacher:
            return False
        if found.ends_on is None:
            _require_two_people(place, found, teacher)
        changes = _changes(known, teacher)
        for name in ("name", "role", "email", "year_group", "trn"):
            setattr(found, name, getattr(teacher, name))
        found.save(update_fields=["name", "role", "email", "year_group", "trn"])
        text = f"Changed for {teacher.name}, lead teacher: {changes}."
        timeline.record(subject=place, actor=actor, now=now, text=text)
        if found.ends_on is None and known.email.lower() != teacher.email.lower():
            _part_with(place, known.email, now)
            _welcome(place, found.name, found.email, LEAD_TEACHER, now)
        reminders.derive_soon()
        return True


def name_headteacher(*, place: Place, name: str, email: str, actor: Membership, now: dt.datetime) -> bool:
    """Name another headteacher, or put right how this one is written; whether that was news.

    Whoever reads at an address that is new gets a letter. Raises `NotAllowed`.
    """
    require(actor, "manage_groups")
    with transaction.atomic():
        found = locked(place)
        name_before, email_before = found.head_name, found.head_email
        if (name_before, email_before) == (name, email):
            return False
        found.head_name, found.head_email = name, email
        found.save(update_fields=["head_name", "head_email"])
        text = f"Headteacher: {name}, {email}. Before: {name_before}, {email_before}."
        timeline.record(subject=found, actor=actor, now=now, text=text)
        # A school's office may read for one head after the other: the link is the person's.
        if name_before != name or email_before.lower() != email.lower():
            _part_with(found, email_before, now)
            _welcome(found, name, email, HEADTEACHER, now)
        reminders.derive_soon()
        return True


def _locked(participant: Participant) -> tuple[Place, Participant]:
    """Both as they are now; whoever changes the people of a place waits for the place."""
    place = locked(Place(pk=participant.place_id))
    return place, place.participants.get(pk=participant.pk)


def _require_two_people(place: Place, one: Participant, teacher: Teacher) -> None:
    other = place.participants.filter(ends_on=None).exclude(position=one.position).first()
    if other is None:
        return
    if other.email.lower() == teacher.email.lower():
        raise SameTeacher(
            f"Enter a different e-mail address: this one is {other.name}'s, the other lead teacher", "email"
        )
    if other.name.casefold() == teacher.name.casefold():
        raise SameTeacher(f"Enter a different teacher: {other.name} is the other lead teacher", "name")


def _welcome(place: Place, name: str, email: str, part: str, now: dt.datetime) -> None:
    """Write to somebody who is new, unless the school has left."""
    if place.state != PlaceState.LEFT:
        letters.send_welcome(place=place, name=name, email=email, part=part, now=now)


def _part_with(place: Place, email: str, now: dt.datetime) -> None:
    """End somebody's way to the school's page, unless she still has a part in the school's work."""
    if email.lower() not in {address.lower() for _, address in letters.people_of(place, now=now)}:
        end_links_of(place=place, email=email, now=now)


def _changes(before: Teacher, after: Teacher) -> str:
    """ "role from Class teacher to Maths lead, TRN from nothing to 1234567"."""
    labels = {"name": "name", "role": "role", "email": "e-mail address", "year_group": "year group", "trn": "TRN"}
    return ", ".join(
        f"{label} from {getattr(before, field) or 'nothing'} to {getattr(after, field) or 'nothing'}"
        for field, label in labels.items()
        if getattr(before, field) != getattr(after, field)
    )

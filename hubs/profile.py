"""Changing what a hub says about itself: details, colour, areas, lead school. Each change is on its timeline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from hubs import colours, timeline
from hubs.constraints import broken_constraint
from hubs.members import locked
from hubs.models import Hub, HubArea, LeadSchool, LocalAuthority, Membership
from hubs.permissions import require
from hubs.wording import plain_day

# Further ahead than a hub changes hands; a day beyond it is a slip of the finger.
_LEAD_SCHOOL_AHEAD = dt.timedelta(days=2 * 365)
# What a person has read in the privacy notice: changing one of these makes a new version of it.
_OF_THE_PRIVACY_NOTICE = ("privacy_role", "privacy_contact_email")
_WORDS = {
    "name": "name",
    "contact_email": "contact e-mail address",
    "contact_phone": "telephone number",
    "reply_to": "reply-to address",
    "privacy_role": "role in data protection",
    "privacy_contact_email": "privacy contact",
}


class NameTaken(Exception):
    """Another hub has this name."""


class UnreadableColour(Exception):
    """White text could not be read on the colour."""


class LeadSchoolTooEarly(Exception):
    """A new lead school would begin before the present one did; the message is a sentence to show."""


class LeadSchoolTooLate(Exception):
    """A new lead school would begin more than two years ahead; the message is a sentence to show."""


@dataclass(frozen=True)
class Profile:
    """What a hub says about itself."""

    name: str
    contact_email: str
    contact_phone: str
    reply_to: str
    privacy_role: str
    privacy_contact_email: str


@transaction.atomic
def change_profile(*, profile: Profile, actor: Membership, now: dt.datetime) -> Hub:
    """Change the details of the actor's hub; a new version of its privacy notice where that is concerned.

    The same details again change nothing. Raises `NotAllowed` and `NameTaken`.
    """
    require(actor, "manage_hub")
    hub = locked(actor.hub)
    changed = [field for field, value in asdict(profile).items() if getattr(hub, field) != value]
    if not changed:
        return hub
    lines = []
    for field in changed:
        before = _shown(hub, field)
        setattr(hub, field, getattr(profile, field))
        lines.append(f"Changed the {_WORDS[field]} from {before} to {_shown(hub, field)}.")
    if not set(_OF_THE_PRIVACY_NOTICE).isdisjoint(changed):
        hub.privacy_version += 1
        lines.append(f"The privacy notice is now version {hub.privacy_version}.")
    try:
        with transaction.atomic():
            hub.save(update_fields=[*changed, "privacy_version"])
    except IntegrityError as error:
        if broken_constraint(error) != "hub_name_once":
            raise
        raise NameTaken from None
    timeline.record(subject=hub, actor=actor, now=now, text="\n".join(lines))
    return hub


@transaction.atomic
def change_colour(*, colour: str, actor: Membership, now: dt.datetime) -> Hub:
    """Change the colour of the actor's hub, `#rrggbb`. Raises `NotAllowed` and `UnreadableColour`."""
    require(actor, "manage_hub")
    if not colours.readable(colour):
        raise UnreadableColour
    hub = locked(actor.hub)
    if hub.colour != colour:
        before, hub.colour = hub.colour, colour
        hub.save(update_fields=["colour"])
        timeline.record(subject=hub, actor=actor, now=now, text=f"Changed the colour from {before} to {colour}.")
    return hub


@transaction.atomic
def change_areas(*, codes: Collection[str], actor: Membership, now: dt.datetime) -> Hub:
    """Make the local authorities with these codes, and no others, the area of the actor's hub.

    Raises `NotAllowed`, and `LocalAuthority.DoesNotExist` for a code that there is not.
    """
    require(actor, "manage_hub")
    hub = locked(actor.hub)
    wanted = set(LocalAuthority.objects.filter(code__in=codes))
    if len(wanted) != len(set(codes)):
        raise LocalAuthority.DoesNotExist
    present = set(hub.areas.all())
    added, removed = wanted - present, present - wanted
    HubArea.objects.bulk_create(HubArea(hub=hub, authority=authority) for authority in added)
    hub.hub_areas.filter(authority__in=removed).delete()
    lines = [
        f"{verb} {_in_words(authorities)}."
        for verb, authorities in (("Added to the area:", added), ("Taken out of the area:", removed))
        if authorities
    ]
    if lines:
        timeline.record(subject=hub, actor=actor, now=now, text="\n".join(lines))
    return hub


@transaction.atomic
def begin_lead_school(
    *, name: str, urn: int | None, starts_on: dt.date, actor: Membership, now: dt.datetime
) -> LeadSchool:
    """Let a school or trust lead the actor's hub from a day on; the one before leads until the day before.

    It takes the place of one that has not begun yet: a slip can be put right until its day comes. The same
    one from the same day again changes nothing. Raises `NotAllowed`, `LeadSchoolTooEarly`, `LeadSchoolTooLate`.
    """
    require(actor, "manage_hub")
    hub = locked(actor.hub)
    today = timezone.localdate(now)
    last = hub.lead_schools.first()
    if last and (last.name, last.urn, last.starts_on) == (name, urn, starts_on):
        return last
    present = hub.lead_schools.filter(starts_on__lte=today).first()
    _check_lead_school_day(starts_on, present, today)
    replaced = hub.lead_schools.filter(starts_on__gt=today).first()
    if replaced:
        replaced.delete()
    if present:
        present.ends_on = starts_on - dt.timedelta(days=1)
        present.save(update_fields=["ends_on"])
    school = LeadSchool.objects.create(hub=hub, name=name, urn=urn, starts_on=starts_on)
    instead = f", in place of {replaced.name} from {plain_day(replaced.starts_on)}" if replaced else ""
    text = f"Entered {name} as lead school from {plain_day(starts_on)}{instead}."
    timeline.record(subject=hub, actor=actor, now=now, text=text)
    return school


def _check_lead_school_day(starts_on: dt.date, present: LeadSchool | None, today: dt.date) -> None:
    if present and starts_on <= present.starts_on:
        raise LeadSchoolTooEarly(
            f"Enter a day after {plain_day(present.starts_on)}: {present.name} has been in the list since that day."
        )
    latest = today + _LEAD_SCHOOL_AHEAD
    if starts_on > latest:
        raise LeadSchoolTooLate(f"Enter a day up to {plain_day(latest)}: that is two years ahead.")


def _shown(hub: Hub, field: str) -> str:
    if field == "privacy_role":
        return f"“{hub.get_privacy_role_display()}”"
    return str(getattr(hub, field)) or "none"


def _in_words(authorities: Collection[LocalAuthority]) -> str:
    return ", ".join(sorted(authority.name for authority in authorities))

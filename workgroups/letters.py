"""What schools and Mastery Specialists are written about places, groups and visits: one function for each letter."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from correspondence.outbox import queue_message
from hubs.wording import day, moment, plain_day
from workgroups.models import MasterySpecialist, MeetingState, Place, PlaceEvent, Visit
from workgroups.school_links import link_for, url_of

_JOINED = """\
Dear {name},

{opening}

Mastery Specialist: {specialist}, {specialist_email}
Lead teachers: {teachers}

What happens next
{next}

Your own page shows the school's dates, notes, agreed actions, release days and grant. You need no password for it, so \
please keep this link to yourself:
{link}

If anything here is wrong, or you have a question, reply to this message.

{hub}
"""
_WELCOME = """\
Dear {name},

{school} takes part in {stage}, {year}, and you are named as its {part}.

{group}

Your own page shows the school's dates, notes, agreed actions, release days and grant. You need no password for it, so \
please keep this link to yourself:
{link}

If anything here is wrong, or you have a question, reply to this message.

{hub}
"""
_SPECIALIST = """\
Dear {name},

{specialist} is the Mastery Specialist of {school}'s Work Group {group}, {stage_year}, from now on, after {before}. \
Your school's meetings stay as they are, and {specialist} makes the visits that are arranged.

You reach {specialist} at {specialist_email}.

Your own page shows the school's dates:
{link}

If you have a question, reply to this message.

{hub}
"""
_VISIT_NOTE = """\
Dear {name},

{specialist} visited {school} on {day}. The note on our visit, and what we agreed to do next, is on your page. You \
need no password for it, so please keep this link to yourself:
{link}

If anything in the note is wrong, or you have a question, reply to this message.

{hub}
"""
# More dates than these are on the school's own page.
_MOST_DATES = 6


def send_joined(*, place: Place, event: PlaceEvent, now: dt.datetime) -> None:
    """Tell the head and the lead teachers which group the school is in from now on, each with a link of her own."""
    group, school, stage_year = place.group, place.school_now.name, place.stage_year
    assert group is not None
    since = plain_day(event.happened_on)
    if event.kind == PlaceEvent.Kind.MOVED:
        opening = f"{school} has moved to another Work Group for {stage_year}: {group.name}, from {since}."
    else:
        opening = f"{school} is in the Work Group {group.name} for {stage_year}, from {since}."
    teachers = [participant.name for participant in place.participants.taking_part_on(timezone.localdate(now))]
    for name, address in people_of(place, now=now):
        queue_message(
            kind="place-joined",
            key=f"place-joined:{event.pk}:{address.lower()}",
            recipients=[address],
            subject=f"Your Work Group: {group.name}, {stage_year}",
            text=_JOINED.format(
                name=name,
                opening=opening,
                specialist=group.specialist.name,
                specialist_email=group.specialist.email,
                teachers=" and ".join(teachers),
                next=_what_is_next(place, now),
                link=url_of(link_for(place=place, name=name, email=address, now=now)),
                hub=place.hub.name,
            ),
            subject_of=place,
            now=now,
        )


def send_new_specialist(*, place: Place, before: MasterySpecialist, now: dt.datetime) -> None:
    """Tell the head and the lead teachers who leads their group from now on, after whom."""
    group, school = place.group, place.school_now.name
    assert group is not None
    for name, address in people_of(place, now=now):
        queue_message(
            kind="group-specialist",
            # Who led the group once may do so again: each time is told of.
            key=f"group-specialist:{group.pk}:{group.specialist_id}:{now.isoformat()}:{place.pk}:{address.lower()}",
            recipients=[address],
            subject=f"A new Mastery Specialist for {group.name}, {place.stage_year}",
            text=_SPECIALIST.format(
                name=name,
                specialist=group.specialist.name,
                specialist_email=group.specialist.email,
                before=before.name,
                school=school,
                group=group.name,
                stage_year=place.stage_year,
                link=url_of(link_for(place=place, name=name, email=address, now=now)),
                hub=place.hub.name,
            ),
            subject_of=place,
            now=now,
        )


def send_welcome(*, place: Place, name: str, email: str, part: str, now: dt.datetime) -> None:
    """Tell somebody who is new to the school's work, as its `part` ("headteacher"), with a link of her own."""
    group, stage_year = place.group, place.stage_year
    if group:
        of_group = f"Work Group: {group.name}\nMastery Specialist: {group.specialist.name}, {group.specialist.email}"
    else:
        of_group = "We will write to you when the school has a Work Group."
    link = link_for(place=place, name=name, email=email, now=now)
    queue_message(
        kind="place-welcome",
        # She may leave and come back: by another link.
        key=f"place-welcome:{link.pk}:{part}",
        recipients=[email],
        subject=f"Your school's page: {stage_year}",
        text=_WELCOME.format(
            name=name,
            school=place.school_now.name,
            stage=stage_year.title,
            year=stage_year.year_label,
            part=part,
            group=of_group,
            link=url_of(link),
            hub=place.hub.name,
        ),
        subject_of=place,
        now=now,
    )


def send_visit_note(*, visit: Visit, place: Place, now: dt.datetime) -> None:
    """Tell the school that the note on a visit can be read, each person by a link of her own: once each."""
    school = place.school_now.name
    for name, address in people_of(place, now=now):
        link = link_for(place=place, name=name, email=address, now=now)
        queue_message(
            kind="visit-note",
            key=f"visit-note:{visit.pk}:{address.lower()}",
            recipients=[address],
            subject=f"The note on our visit is on your page: {school}",
            text=_VISIT_NOTE.format(
                name=name,
                specialist=visit.specialist.name,
                school=school,
                day=day(visit.starts_at),
                link=url_of(link),
                hub=place.hub.name,
            ),
            subject_of=visit,
            now=now,
        )


def people_of(place: Place, *, now: dt.datetime) -> list[tuple[str, str]]:
    """Who is written to about a place: the head and the lead teachers of today, by name and address, each address once.

    The first of those who share one is named.
    """
    people = {place.head_email.lower(): (place.head_name, place.head_email)}
    for participant in place.participants.taking_part_on(timezone.localdate(now)):
        people.setdefault(participant.email.lower(), (participant.name, participant.email))
    return list(people.values())


def _what_is_next(place: Place, now: dt.datetime) -> str:
    """The meetings that the group has planned or, before there are any, who writes about them."""
    assert place.group is not None
    planned = place.group.meetings.filter(state=MeetingState.PLANNED, starts_at__gt=now)
    dates = list(planned.values_list("starts_at", flat=True)[:_MOST_DATES])
    if not dates:
        return (
            f"{place.group.specialist.name} writes to you about the dates of the meetings, "
            "and arranges the first visit to your school."
        )
    listed = "\n".join(f"- {moment(date)}" for date in dates)
    return f"The group meets on:\n{listed}\n{place.group.specialist.name} arranges the visits to your school with you."

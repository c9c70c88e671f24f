"""What is planned about a group's TRG meetings. Each verb is one transaction.

A meeting's `sequence` rises with every change that calendars show.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields, replace

from correspondence import reminders
from hubs import timeline
from hubs.locking import locked
from hubs.models import Membership
from hubs.wording import days, moment
from schools.models import School
from workgroups.handing_over import specialist_at
from workgroups.models import MEETING_TRANSITIONS, Meeting, MeetingChange, MeetingState, Place, WorkGroup
from workgroups.permissions import require_lead

# A day further away than this is a slip of the year.
LONGEST_BACK = dt.timedelta(days=366)
LONGEST_AHEAD = dt.timedelta(days=2 * 366)


class CannotPlan(Exception):
    """The meeting cannot be planned or changed like this; the message is a sentence to show."""


class ChangedMeanwhile(Exception):
    """Somebody else has changed the meeting since it was shown; the message is a sentence to show."""

    def __init__(self, meeting: Meeting) -> None:
        super().__init__(
            f"Somebody has changed this meeting meanwhile. It is planned for {moment(meeting.starts_at)} now"
            f"{f', {meeting.where}' if meeting.where else ''}. Check what you typed and save it again."
        )
        self.meeting = meeting


class CannotCancel(Exception):
    """The meeting cannot be cancelled; the message is a sentence to show."""


@dataclass(frozen=True)
class MeetingDetails:
    """What is planned about a meeting."""

    starts_at: dt.datetime
    half_days: int = 1
    format: str = Meeting.Format.IN_PERSON
    # One of the group's members or, on a meeting that is changed, the one that hosts it already.
    host_school: School | None = None
    venue: str = ""
    online_link: str = ""
    to_be_confirmed: bool = False
    agenda: str = ""


_NAMES = {"format": "format", "host_school": "host", "venue": "venue", "online_link": "link", "agenda": "agenda"}


def details_of(meeting: Meeting) -> MeetingDetails:
    """What is planned about a meeting by now; its host is the school of today."""
    found = MeetingDetails(**{field.name: getattr(meeting, field.name) for field in fields(MeetingDetails)})
    return replace(found, host_school=found.host_school.named_now) if found.host_school else found


def hosts_of(group: WorkGroup) -> list[School]:
    """The schools of a group's members, as they are today, by name: those that may host."""
    places = Place.objects.filter(group=group).members().with_school_now()
    return sorted({place.school_now for place in places}, key=lambda school: (school.name.casefold(), school.pk))


def lock_meeting(meeting: Meeting, actor: Membership) -> Meeting:
    """The meeting, locked after its group: no two meetings of a group change at once. Raises `NotAllowed`."""
    require_lead(actor, meeting.group)
    locked(WorkGroup.objects.all(), meeting.group_id)
    return locked(Meeting.objects.select_related("group", "host_school"), meeting.pk)


def plan_meeting(*, group: WorkGroup, details: MeetingDetails, actor: Membership, now: dt.datetime) -> Meeting:
    """Plan a meeting, or enter one that has been held; planned alike at that time already, it is that one.

    Raises `NotAllowed` and `CannotPlan`.
    """
    require_lead(actor, group)
    found = locked(WorkGroup.objects.all(), group.pk)
    _check_time(details, now)
    if there := _meeting_at(found, details):
        if details_of(there) == details:
            return there
        raise CannotPlan(f"{found.name} has a meeting at this time already. Change that one, or enter another time.")
    _check_host(found, details)
    meeting = Meeting.objects.create(
        hub_id=found.hub_id,
        group=found,
        specialist=specialist_at(found, details.starts_at),
        made_at=now,
        changed_at=now,
        **_values_of(details),
    )
    verb = "Planned" if details.starts_at > now else "Entered"
    where = f", {meeting.where}" if meeting.where else ""
    text = f"{verb} for {moment(meeting.starts_at)}, {days(meeting.half_days)}{where}.{_unconfirmed(details)}"
    timeline.record(subject=meeting, actor=actor, now=now, text=text)
    reminders.derive_soon()
    return meeting


def change_meeting(
    *, meeting: Meeting, details: MeetingDetails, actor: Membership, now: dt.datetime, seen: int | None = None
) -> Meeting:
    """Change what is planned; as it was already, nothing happens. Another time or place is told to its people.

    `seen` is the meeting's number when the details were shown, where they were. Raises `NotAllowed`, `CannotPlan` and,
    where the number is another one by now, `ChangedMeanwhile`.
    """
    locked = lock_meeting(meeting, actor)
    before, where_before = details_of(locked), locked.where
    changed = [field.name for field in fields(details) if getattr(details, field.name) != getattr(before, field.name)]
    if not changed:
        return locked
    if locked.state != MeetingState.PLANNED:
        raise CannotPlan(f"This meeting is {locked.get_state_display().lower()}: its plan cannot be changed any more.")
    if seen is not None and seen != locked.sequence:
        raise ChangedMeanwhile(locked)
    if "starts_at" in changed:
        _check_time(details, now)
        if _meeting_at(locked.group, details):
            raise CannotPlan(
                f"{locked.group.name} has a meeting at this time already. Change that one, or enter another time."
            )
    if "host_school" in changed:
        _check_host(locked.group, details)
    for name, value in _values_of(details).items():
        setattr(locked, name, value)
    if "starts_at" in changed or locked.starts_at > now:
        locked.specialist = specialist_at(locked.group, locked.starts_at)
    locked.changed_at = now
    locked.sequence += 1
    locked.save()
    if "starts_at" in changed or locked.where != where_before or _link_replaced(before, details):
        _note_change(locked, MeetingChange.Kind.MOVED, before, where_before, actor, now)
    text = _in_words(locked, before, where_before, changed)
    timeline.record(subject=locked, actor=actor, now=now, text=text)
    reminders.derive_soon()
    return locked


def cancel_meeting(*, meeting: Meeting, reason: str, actor: Membership, now: dt.datetime) -> Meeting:
    """Cancel a meeting, with a reason that its people read; cancelled already, nothing happens.

    Raises `NotAllowed`, `CannotCancel`, and `ValueError` without a reason.
    """
    if not reason.strip():
        raise ValueError("Who was to come is told why a meeting is cancelled.")
    locked = lock_meeting(meeting, actor)
    if locked.state == MeetingState.CANCELLED:
        return locked
    if MeetingState.CANCELLED not in MEETING_TRANSITIONS[MeetingState(locked.state)]:
        raise CannotCancel("This meeting was held, so it cannot be cancelled. Put its attendance right instead.")
    locked.state = MeetingState.CANCELLED
    locked.cancelled_reason = reason.strip()
    locked.changed_at = now
    locked.sequence += 1
    locked.save()
    _note_change(locked, MeetingChange.Kind.CANCELLED, details_of(locked), locked.where, actor, now)
    timeline.record(subject=locked, actor=actor, now=now, text=f"Cancelled: {locked.cancelled_reason}")
    reminders.derive_soon()
    return locked


def _check_time(details: MeetingDetails, now: dt.datetime) -> None:
    if details.starts_at < now - LONGEST_BACK:
        raise CannotPlan("Enter a date that is not more than a year ago")
    if details.starts_at > now + LONGEST_AHEAD:
        raise CannotPlan("Enter a date that is not more than two years ahead")


def _check_host(group: WorkGroup, details: MeetingDetails) -> None:
    if details.host_school and details.host_school not in hosts_of(group):
        raise CannotPlan(f"{details.host_school.name} is not in {group.name}. Choose a school of the group")


def _meeting_at(group: WorkGroup, details: MeetingDetails) -> Meeting | None:
    live = Meeting.objects.filter(group=group, starts_at=details.starts_at).exclude(state=MeetingState.CANCELLED)
    return live.select_related("host_school").first()


def _values_of(details: MeetingDetails) -> dict[str, object]:
    return {field.name: getattr(details, field.name) for field in fields(details)}


def _link_replaced(before: MeetingDetails, details: MeetingDetails) -> bool:
    """Whether who kept the link would be in another room; to be given a first one is no news of that kind."""
    return bool(before.online_link) and before.online_link != details.online_link


def _note_change(
    meeting: Meeting,
    kind: MeetingChange.Kind,
    before: MeetingDetails,
    where_before: str,
    actor: Membership,
    now: dt.datetime,
) -> None:
    MeetingChange.objects.create(
        hub_id=meeting.hub_id,
        meeting=meeting,
        kind=kind,
        sequence=meeting.sequence,
        starts_at_before=before.starts_at,
        where_before=where_before,
        online_link_before=before.online_link,
        changed_at=now,
        changed_by=actor.user,
    )


def _in_words(meeting: Meeting, before: MeetingDetails, where_before: str, changed: list[str]) -> str:
    """What was changed, for the timeline: times and places in full, other things by name."""
    said = []
    if "starts_at" in changed:
        said.append(f"Moved from {moment(before.starts_at)} to {moment(meeting.starts_at)}.")
    if meeting.where != where_before:
        said.append(f"Where: {meeting.where or 'not known yet'}, before {where_before or 'not known yet'}.")
    if "to_be_confirmed" in changed:
        said.append("Still to be confirmed." if meeting.to_be_confirmed else "Confirmed.")
    if "half_days" in changed:
        said.append(f"Now {days(meeting.half_days)}, before {days(before.half_days)}.")
    told = {"format", "host_school", "venue"} if meeting.where != where_before else set()
    others = [name for field, name in _NAMES.items() if field in changed and field not in told]
    if others:
        said.append(f"Changed the {' and the '.join(others)}.")
    return " ".join(said)


def _unconfirmed(details: MeetingDetails) -> str:
    return " Still to be confirmed." if details.to_be_confirmed else ""

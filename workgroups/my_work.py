"""What a member has to do as the Mastery Specialist that she is: her next meeting, her visits, her notes to finish."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Q
from django.urls import reverse

from hubs.models import Membership
from workgroups.meeting_queries import is_to_record
from workgroups.models import Meeting, MeetingState, Place, VisitDraft
from workgroups.permissions import places_of
from workgroups.visit_plan import SlotState, name_of_slot
from workgroups.visit_queries import VisitRow, visits_of_this_term

# Of a meeting about which nothing is written for the schools to read: see `Meeting.has_write_up`.
NO_WRITE_UP = {"observed_lesson": "", "discussion": "", "agreed_actions": ""}
# Place, term and number.
Slot = tuple[int, int, int]


@dataclass(frozen=True)
class NoteToFinish:
    """A meeting or a visit that is over and not written up, or a note that is begun."""

    title: str
    # When the meeting or visit was or is to be, or when the note was saved.
    when: dt.datetime
    # Where to go on.
    url: str
    # Whether something is written already.
    is_begun: bool = False


@dataclass(frozen=True)
class MyWork:
    """What a Specialist's home shows of her work."""

    next_meeting: Meeting | None = None
    visits: list[VisitRow] = field(default_factory=list)
    # Arranged for a term to come, in the order of time.
    later_visits: list[VisitRow] = field(default_factory=list)
    # The longest waiting first.
    notes: list[NoteToFinish] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.next_meeting or self.visits or self.later_visits or self.notes)


def my_work(member: Membership, *, today: dt.date, now: dt.datetime) -> MyWork:
    """The work of the Specialist who is this member, in at most ten queries; nothing for who is none."""
    # Those to come, and those that somebody has to write something about.
    unfinished = Q(state=MeetingState.PLANNED) | Q(state=MeetingState.HELD, **NO_WRITE_UP)
    meetings = list(Meeting.objects.led_by(member.user).filter(unfinished).with_group().with_host_now())
    visits = visits_of_this_term(Place.objects.led_by(member.user), today=today)
    drafts = VisitDraft.objects.filter(author=member.user, place__in=places_of(member))
    begun = drafts.order_by("saved_at").select_related("place__school").prefetch_related("place__school__now")
    notes = [
        *_of_meetings(member, meetings, now),
        *_of_visits(member, visits, {(draft.place_id, draft.term, draft.number): draft for draft in begun}),
    ]
    return MyWork(
        next_meeting=next((one for one in meetings if one.state == MeetingState.PLANNED and one.ends_at > now), None),
        visits=[row for row in visits if not row.is_for_later],
        later_visits=[row for row in visits if row.is_for_later],
        notes=sorted(notes, key=lambda note: note.when),
    )


def _of_meetings(member: Membership, meetings: Iterable[Meeting], now: dt.datetime) -> Iterator[NoteToFinish]:
    """Meetings that are over and not recorded, and those that were held and not written up."""
    for meeting in meetings:
        if meeting.state == MeetingState.HELD or is_to_record(meeting, now=now):
            name = "meeting_record" if meeting.state == MeetingState.HELD else "meeting_hold"
            url = reverse(name, args=[member.hub.slug, meeting.pk])
            yield NoteToFinish(f"TRG meeting of {meeting.group.name}", meeting.starts_at, url)


def _of_visits(member: Membership, visits: Iterable[VisitRow], begun: dict[Slot, VisitDraft]) -> Iterator[NoteToFinish]:
    """Visits that were to be by now, and those that a draft is written about."""
    for row in visits:
        slot, name = row.slot, row.place.school_now.name
        draft = begun.pop((slot.place_id, int(slot.term), slot.number), None)
        if slot.state == SlotState.TO_LOG and row.when:
            yield _note(member, (slot.place_id, slot.term, slot.number), name, row.when, is_begun=draft is not None)
        elif draft:
            yield _note(member, (slot.place_id, slot.term, slot.number), name, draft.saved_at, is_begun=True)
    for key, draft in begun.items():
        yield _note(member, key, draft.place.school_now.name, draft.saved_at, is_begun=True)


def _note(member: Membership, slot: Slot, school: str, when: dt.datetime, *, is_begun: bool) -> NoteToFinish:
    place_id, term, number = slot
    title = f"{name_of_slot(term, number).capitalize()} to {school}"
    return NoteToFinish(title, when, reverse("visit", args=[member.hub.slug, place_id, int(term), number]), is_begun)

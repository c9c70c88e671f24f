"""Asking for the note on a visit: one that has been made and is not logged, or that somebody has begun to write."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils import timezone

from correspondence.mornings import morning_from
from correspondence.reminders import Wanted
from correspondence.writing import paragraphs
from hubs.models import Hub, Membership
from hubs.permissions import may
from hubs.queries import members_of
from hubs.wording import day, plain_day
from schools.models import School
from workgroups.models import MasterySpecialist, Place, Visit, VisitDraft, VisitState
from workgroups.reminders.people import Recipient, active_hub, console_url, hub_leads, specialist_on
from workgroups.visit_plan import name_of_slot

_AFTER_VISIT, _AFTER_DRAFT = dt.timedelta(days=2), dt.timedelta(days=3)
# Then it stands on her home and the hub's like everything else that waits, and no mail helps.
_OF_USE_FOR = dt.timedelta(days=28)
_SLACK = dt.timedelta(days=4)

# Place, term and number.
_Slot = tuple[int, int, int]


@dataclass(frozen=True)
class NoteToFinish:
    """Two days after a visit that is not logged, and three days after anything was written: whichever is later."""

    kind: str = "note-to-finish"
    label: str = "Note to finish"

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """To the visit's Specialist, and to other members who have begun a note, as far as they see the school.

        Where the Specialist does not any more, to the hub's leads.
        """
        hub = active_hub()
        for note in _notes(hub, now, until):
            due_at = morning_from(note.due_on)
            slot = ":".join(str(part) for part in note.slot)
            school = note.place.school_now.name
            yield Wanted(
                slot=f"{self.kind}:{slot}:{note.recipient.part}",
                occurrence=note.due_on.isoformat(),
                due_at=due_at,
                useless_at=due_at + _OF_USE_FOR,
                recipient=note.recipient.address,
                subject=f"Note to finish: {school}",
                text=_text(note, hub),
                because=_because(note),
                about=note.visit or note.place,
            )


NOTE_TO_FINISH = NoteToFinish()


@dataclass(frozen=True)
class _Note:
    """A note that somebody is to finish."""

    slot: _Slot
    place: Place
    visit: Visit | None
    recipient: Recipient
    due_on: dt.date
    begun: bool


def _notes(hub: Hub, now: dt.datetime, until: dt.datetime) -> Iterator[_Note]:
    since = now - _OF_USE_FOR - _AFTER_DRAFT - _SLACK
    visits = _visits(since, until)
    drafts = _drafts(since)
    today = timezone.localdate(now)
    members = {one.user_id: one for one in members_of(hub, today=today)}
    leads = hub_leads(hub, today)
    for slot, visit in visits.items():
        made_on = timezone.localdate(visit.ends_at)
        own = next((draft for draft in drafts[slot] if _is_hers(draft, visit)), None)
        due_on = max(made_on + _AFTER_VISIT, _due_on(own) if own else made_on)
        if _sees(members.get(visit.specialist.user_id or 0), visit.specialist, visit.place):
            recipients = specialist_on(visit.specialist, made_on)
        else:
            writing = {f"member-{draft.author_id}" for draft in drafts[slot]}
            recipients = [lead for lead in leads if lead.part not in writing]
        for recipient in recipients:
            yield _Note(slot, visit.place, visit, recipient, due_on, begun=own is not None)
    for slot, found in drafts.items():
        standing = visits.get(slot)
        for draft in found:
            member = members.get(draft.author_id)
            if member and _sees(member, None, draft.place) and not (standing and _is_hers(draft, standing)):
                due_on = _due_on(draft)
                if standing:
                    due_on = max(due_on, timezone.localdate(standing.ends_at) + _AFTER_VISIT)
                yield _Note(slot, draft.place, standing, _recipient(member), due_on, begun=True)


def _visits(since: dt.datetime, until: dt.datetime) -> dict[_Slot, Visit]:
    """The visits that are arranged, by their place in the plan; one of each."""
    arranged = Visit.objects.filter(state=VisitState.ARRANGED, starts_at__gt=since, starts_at__lte=until)
    today = Prefetch("place__school__now", School.objects.all())
    found = arranged.select_related("specialist", "place__school", "place__group__specialist").prefetch_related(today)
    return {(visit.place_id, visit.term, visit.number): visit for visit in found}


def _drafts(since: dt.datetime) -> dict[_Slot, list[VisitDraft]]:
    """What was begun and not logged, by its place in the plan."""
    today = Prefetch("place__school__now", School.objects.all())
    drafts = VisitDraft.objects.filter(saved_at__gt=since).prefetch_related(today)
    drafts = drafts.select_related("place__school", "place__group__specialist")
    found: dict[_Slot, list[VisitDraft]] = defaultdict(list)
    for draft in drafts.order_by("pk"):
        found[draft.place_id, draft.term, draft.number].append(draft)
    logged = Visit.objects.filter(state=VisitState.HELD, place__in={slot[0] for slot in found})
    for slot in logged.values_list("place", "term", "number"):
        found.pop(slot, None)
    return found


def _sees(member: Membership | None, specialist: MasterySpecialist | None, place: Place) -> bool:
    """Whether the page of a school's visit is there for somebody: a member, a Specialist, or both."""
    if member and may(member, "view_groups"):
        return True
    leads = place.group.specialist if place.group else None
    if leads is None:
        return False
    return leads == specialist or (member is not None and leads.is_of(member.user))


def _recipient(member: Membership) -> Recipient:
    return Recipient(f"member-{member.user_id}", member.user.name, member.user.email)


def _is_hers(draft: VisitDraft, visit: Visit) -> bool:
    return draft.author_id == visit.specialist.user_id


def _due_on(draft: VisitDraft) -> dt.date:
    return timezone.localdate(draft.saved_at) + _AFTER_DRAFT


def _because(note: _Note) -> str:
    school = note.place.school_now.name
    if note.visit:
        return f"The visit to {school} on {plain_day(note.visit.starts_at)} is to be logged."
    return f"A note on the {name_of_slot(*note.slot[1:])} to {school} is begun and not finished."


def _text(note: _Note, hub: Hub) -> str:
    school = note.place.school_now.name
    if note.visit:
        begun = " You have begun a note: it is kept." if note.begun else ""
        asked = (
            f"The visit to {school} was arranged for {day(note.visit.starts_at)}, and is not logged yet.{begun} "
            "The school reads your note as soon as it is."
        )
        missed = "If the visit did not take place, say so on the same page."
    else:
        asked = (
            f"You have begun a note on the {name_of_slot(*note.slot[1:])} to {school}. It is kept, and nobody else "
            "sees it until you finish it."
        )
        missed = "If it is not needed, throw it away on the same page."
    return paragraphs(
        f"Dear {note.recipient.name},",
        asked,
        f"Finish it:\n{console_url('visit', hub, *note.slot)}",
        missed,
        hub.name,
    )

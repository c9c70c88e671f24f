"""Reminders of support visits: to arrange, soon, overdue. Which visits a school is to have says `visit_plan`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils import timezone

from correspondence.mornings import morning_by, morning_from
from correspondence.reminders import Wanted
from correspondence.writing import paragraphs
from hubs.models import Hub
from hubs.wording import clock, day, moment, plain_day
from hubs.years import academic_year_of
from schools.models import School
from workgroups.models import Place, PlaceState, Visit, VisitState
from workgroups.reminders.meetings import way_to_page
from workgroups.reminders.people import (
    Recipient,
    SchoolPeople,
    active_hub,
    console_url,
    hub_leads,
    specialist_on,
)
from workgroups.visit_plan import VisitSlot, visit_slots, with_plans

_WEEK = dt.timedelta(weeks=1)
_SOON = dt.timedelta(days=5)
# A weekend, and a night.
_SLACK = dt.timedelta(days=3)
# The autumn of some schools begins in August, and their summer's reminders are of use for a while after it.
_AROUND = dt.timedelta(days=45)


@dataclass(frozen=True)
class OpenVisit:
    """From some day of the school's term on, for each visit that the school is to have and that is not arranged."""

    kind: str
    label: str
    due_at: Callable[[VisitSlot], dt.datetime]
    useless_at: Callable[[VisitSlot], dt.datetime]
    # With what is known of the visit: its name, the school, the term's last day, the Specialist and the group.
    asked: str
    to_leads: bool = False

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """To the group's Specialist or the hub's leads."""
        hub = active_hub()
        leads = hub_leads(hub, timezone.localdate(now)) if self.to_leads else []
        for place, slot in _open_slots(now, until):
            due_at, useless_at = self.due_at(slot), self.useless_at(slot)
            if due_at > until or useless_at <= now:
                continue
            assert place.group is not None
            specialist = place.group.specialist
            for recipient in leads if self.to_leads else specialist_on(specialist, timezone.localdate(due_at)):
                yield Wanted(
                    slot=f"{self.kind}:{place.pk}:{slot.term.value}:{slot.number}:{recipient.part}",
                    # Asked once in a term, wherever its weeks turn out to lie.
                    occurrence=str(place.stage_year.year),
                    due_at=due_at,
                    useless_at=useless_at,
                    recipient=recipient.address,
                    subject=f"{self.label}: {place.school_now.name}",
                    text=self._text(place, slot, recipient, hub),
                    because=f"The {slot.name} to {place.school_now.name} is not arranged.",
                    about=place,
                )

    def _text(self, place: Place, slot: VisitSlot, recipient: Recipient, hub: Hub) -> str:
        assert place.group is not None
        return paragraphs(
            f"Dear {recipient.name},",
            self.asked.format(
                visit=slot.name,
                school=place.school_now.name,
                last_day=day(slot.last_day),
                specialist=place.group.specialist.name,
                group=place.group.name,
            ),
            f"Arrange it, or log it:\n{console_url('visit', hub, place.pk, slot.term.value, slot.number)}",
            hub.name,
        )


def _third_week(slot: VisitSlot) -> dt.datetime:
    return morning_from(slot.arrange_from)


def _two_weeks_before_end(slot: VisitSlot) -> dt.datetime:
    return morning_by(slot.overdue_from)


def _one_week_before_end(slot: VisitSlot) -> dt.datetime:
    return morning_by(slot.last_day - _WEEK)


def _one_week_after_end(slot: VisitSlot) -> dt.datetime:
    return morning_by(slot.last_day + _WEEK)


VISIT_TO_ARRANGE = OpenVisit(
    "visit-to-arrange",
    "Visit to arrange",
    _third_week,
    _two_weeks_before_end,
    "The {visit} to {school} is not arranged yet. The school's term ends on {last_day}: please agree on a date with "
    "it now.",
)
VISIT_OVERDUE = OpenVisit(
    "visit-overdue",
    "Visit overdue",
    _two_weeks_before_end,
    _one_week_before_end,
    "The {visit} to {school} is overdue: the school's term ends on {last_day}, and no date is arranged. Please agree "
    "on one this week. If the visit has been made already, log it; if none can be made, say why on the same page.",
)
VISIT_STILL_OVERDUE = OpenVisit(
    "visit-still-overdue",
    "Visit still overdue",
    _one_week_before_end,
    _one_week_after_end,
    "The {visit} to {school} is overdue: the school's term ends on {last_day}, and no date is arranged. {specialist} "
    "leads {group} and has been reminded.",
    to_leads=True,
)


@dataclass(frozen=True)
class VisitSoon:
    """Five days before an arranged visit, until it begins: at once where it was arranged later than that."""

    kind: str = "visit-in-5-days"
    label: str = "Visit in 5 days"

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """To the Specialist, the head and the lead teachers of the day."""
        hub = active_hub()
        visits = list(_arranged_between(now, until + _SOON + _SLACK))
        people = SchoolPeople(visit.place for visit in visits)
        for visit in visits:
            on = timezone.localdate(visit.starts_at)
            school = visit.place.school_now.name
            for recipient in [*specialist_on(visit.specialist, on), *people.everybody(visit.place, on)]:
                yield Wanted(
                    slot=f"{self.kind}:{visit.pk}:{recipient.part}",
                    occurrence=on.isoformat(),
                    due_at=morning_by(on - _SOON),
                    useless_at=visit.starts_at,
                    recipient=recipient.address,
                    subject=f"Support visit on {day(visit.starts_at)}: {school}",
                    text=_soon(visit, recipient, hub),
                    because=f"The visit to {school} is on {plain_day(visit.starts_at)}.",
                    about=visit,
                )


VISIT_SOON = VisitSoon()


def _open_slots(now: dt.datetime, until: dt.datetime) -> Iterator[tuple[Place, VisitSlot]]:
    """The visits that do not stand in the calendar, of the schools in a group in the years that the time lies in."""
    first, last = academic_year_of((now - _AROUND).date()), academic_year_of((until + _AROUND).date())
    in_groups = Place.objects.filter(state=PlaceState.IN_GROUP, stage_year__year__range=(first, last))
    places = list(with_plans(in_groups).select_related("stage_year__stage", "group__specialist", "school__authority"))
    slots = visit_slots(places, today=timezone.localdate(now))
    for place in places:
        for slot in slots[place.pk]:
            # What was arranged beyond what the stage wants, and missed, is not asked for again.
            if slot.is_open and not slot.is_given_up and slot.number <= place.stage_year.visits_per_term[slot.term - 1]:
                yield place, slot


def _arranged_between(now: dt.datetime, end: dt.datetime) -> Iterable[Visit]:
    arranged = Visit.objects.filter(state=VisitState.ARRANGED, starts_at__gt=now, starts_at__lte=end)
    arranged = arranged.filter(place__state=PlaceState.IN_GROUP)
    today = Prefetch("place__school__now", School.objects.all())
    return arranged.select_related("specialist", "place__school").prefetch_related(today)


def _soon(visit: Visit, recipient: Recipient, hub: Hub) -> str:
    school = visit.place.school_now.name
    when = f"{moment(visit.starts_at)} to {clock(visit.ends_at)}"
    if recipient.part.startswith("specialist"):
        return paragraphs(
            f"Dear {recipient.name},",
            f"Your next visit to {school} is on {when}.",
            "What was agreed last time, and where you write your note:\n"
            f"{console_url('visit', hub, visit.place_id, visit.term, visit.number)}",
            hub.name,
        )
    return paragraphs(
        f"Dear {recipient.name},",
        f"{visit.specialist.name}, your Mastery Specialist, visits {school} on {when}.",
        way_to_page(recipient),
        "If this does not suit you, reply to this message as soon as you can.",
        hub.name,
    )

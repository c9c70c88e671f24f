"""The demo's Work Groups in the middle of their year: Specialists, meetings, visits, release time, grants, reports.

Everything goes through the real verbs, each with the moment at which somebody would have done it. Called inside a hub.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID
from zoneinfo import ZoneInfo

from funding import granting, ledger, paying
from funding.models import Grant, GrantState
from hubadmin.demo import words
from hubadmin.demo.people import FAMILY_NAMES, GIVEN_NAMES
from hubs.models import Hub, Membership, Role
from programmes import accepting
from programmes.applying import Teacher
from programmes.models import ExpressionOfInterest, Stage, State
from reports.report_makers import REPORTS
from reports.scopes import Asked, Period, Scope
from schools.calendar import SchoolCalendar, Term, calendar_of
from schools.models import School
from workgroups import forming, holding, participants, placing, planning, specialists, steps, visiting
from workgroups.models import Attendance, MasterySpecialist, Meeting, Place, PlaceState, Visit, WorkGroup
from workgroups.visit_plan import SlotState, VisitSlot, visit_slots

LONDON = ZoneInfo("Europe/London")
# Who leads which stages; the first of each hub is the one that a visitor can be.
LED_BY = (
    ("primary", 7, ("primary-developing",)),
    ("primary", 9, ("primary-developing", "primary-readiness")),
    ("primary", 8, ("primary-embedding",)),
    ("primary", 5, ("primary-sustaining",)),
    ("secondary", 6, ("secondary-developing", "secondary-embedding-sustaining")),
)
STAGES = tuple(dict.fromkeys(stage for _, _, stages in LED_BY for stage in stages))
LARGEST = 7
HALF_DAYS_AGREED = (52, 44, 36, 30, 48)
_DAY = dt.timedelta(days=1)


class WorkingYear:
    """The year of one hub's Work Groups, as far as it has gone by `now`."""

    def __init__(self, hub: Hub, *, year: int, now: dt.datetime) -> None:
        self.hub, self.year, self.now = hub, year, now
        self.today = now.astimezone(LONDON).date()
        # The same world every time, another for each hub.
        self.chance = random.Random(f"working year of {hub.slug}")  # noqa: S311
        members = list(Membership.objects.select_related("hub", "user").filter(hub=hub).order_by("pk"))
        alone = [one for one in members if one.user.memberships.count() == 1]
        self.administrator = next(one for one in alone if one.role == Role.ADMINISTRATOR)
        self.lead = next(one for one in alone if one.role == Role.HUB_LEAD)
        self.specialist = next(one for one in alone if one.role == Role.MASTERY_SPECIALIST)
        self.finance = next(one for one in alone if one.role == Role.FINANCE)

    def tell(self) -> None:
        """Everything, from the answers to the grants."""
        self.answer_offers()
        groups = self.form_groups(self.add_specialists())
        for group in groups:
            self.meet(group)
            self.visit(group)
        self.change_people()
        self.log_days()
        self.pay()
        self.ask_for_reports()

    # --- Offers and groups -------------------------------------------------------------------

    def answer_offers(self) -> None:
        """Most schools accept within a fortnight, a few turn their place down, some have not answered yet."""
        offered = ExpressionOfInterest.objects.filter(state=State.OFFERED).with_stage()
        for expression in offered.order_by("submitted_at", "pk"):
            decided_at = expression.decisions.latest("decided_at").decided_at
            moment = self._at(decided_at.astimezone(LONDON).date() + self.chance.randrange(1, 13) * _DAY, 8, 18)
            if moment >= self.now:
                continue
            is_to_come = expression.stage_year.year > self.year
            if is_to_come and self.chance.random() < 0.5:
                continue
            name, role = expression.headteacher_name, "Headteacher"
            if self.chance.random() < 0.93:
                accepting.accept_offer(expression=expression, name=name, role=role, now=moment)
            else:
                reason = self.chance.choice(words.TURNED_DOWN)
                accepting.turn_down_offer(expression=expression, name=name, role=role, reason=reason, now=moment)

    def add_specialists(self) -> list[MasterySpecialist]:
        """One is the member whom a visitor can be; the others have no account yet."""
        taken = set(Place.objects.values_list("school", flat=True))
        area = School.objects.open().filter(authority__hubs=self.hub, easting__isnull=False).exclude(pk__in=taken)
        by_phase = {
            "primary": list(area.filter(phase="Primary").order_by("urn")),
            "secondary": list(area.filter(phase="Secondary").order_by("urn")),
        }
        found = []
        last_summer = self._at(dt.date(self.year, 7, 6), 9, 16)
        for number, (phase, cohort, _) in enumerate(LED_BY):
            user = self.specialist.user if number == 0 else None
            name = user.name if user else self._name()
            school = by_phase[phase].pop(self.chance.randrange(len(by_phase[phase])))
            details = specialists.SpecialistDetails(
                name=name,
                email=user.email if user else f"specialist.{number}@{self.hub.slug}.example",
                user=user,
                phase=Stage.Phase(phase),
                cohort=cohort,
                school=school,
                starts_on=dt.date(self.year - 1, 9, 1),
            )
            specialist = specialists.add_specialist(
                details=details, actor=self.administrator, now=min(last_summer, self.now)
            )
            specialists.agree_days(
                specialist=specialist,
                year=self.year,
                half_days=HALF_DAYS_AGREED[number],
                actor=self.administrator,
                now=min(last_summer, self.now),
            )
            found.append(specialist)
        return found

    def form_groups(self, leading: Sequence[MasterySpecialist]) -> list[WorkGroup]:
        """Groups of up to seven schools; of the last stage a school or two wait for one."""
        waiting: dict[str, list[Place]] = defaultdict(list)
        places = Place.objects.with_stage().with_school_now().filter(stage_year__year=self.year)
        for place in places.filter(state=PlaceState.WAITING).order_by("accepted_at", "pk"):
            waiting[place.stage_year.stage.slug].append(place)
        formed_at = self._at(dt.date(self.year, 7, 14), 9, 16)
        groups: list[WorkGroup] = []
        for stage in STAGES:
            leaders = [one for one, (_, _, stages) in zip(leading, LED_BY, strict=True) if stage in stages]
            schools = waiting[stage]
            for number, leader in enumerate(leaders):
                share, schools = schools[:LARGEST], schools[LARGEST:]
                if not share:
                    continue
                group = forming.form_group(
                    stage_year=share[0].stage_year,
                    name=f"{words.PLACES[len(groups) % len(words.PLACES)]} {share[0].stage_year.name}"
                    + (f" {number + 1}" if len(leaders) > 1 else ""),
                    specialist=leader,
                    size_limit=share[0].stage_year.largest_group,
                    actor=self.administrator,
                    now=min(formed_at, self.now),
                )
                # One school still waits for its group, to be put into one by a visitor.
                for place in share[:-1] if stage == "primary-developing" and len(share) > 4 else share:
                    joined_at = min(max(formed_at, place.accepted_at + dt.timedelta(hours=3)), self.now)
                    day = steps.day_to_propose(place.stage_year, today=joined_at.astimezone(LONDON).date())
                    placing.join(place=place, group=group, on=day, actor=self.administrator, now=joined_at)
                groups.append(group)
        return groups

    # --- Meetings ----------------------------------------------------------------------------

    def meet(self, group: WorkGroup) -> None:
        """One meeting each half-term: those gone by were held, one is to be recorded, one was moved."""
        actor = self._who_leads(group)
        hosts = planning.hosts_of(group)
        calendar = calendar_of(group.specialist.school)
        planned_at = min(self._at(dt.date(self.year, 9, 8), 9, 16), self.now)
        meetings = []
        for number in range(1, 7):
            starts_at = self._afternoon(calendar, number, number + group.pk)
            if starts_at is None:
                continue
            details = planning.MeetingDetails(
                starts_at=starts_at,
                host_school=hosts[number % len(hosts)] if hosts else None,
                venue="" if hosts else "The hub’s training room",
                to_be_confirmed=number == 6,
                agenda=words.AGENDAS[number - 1],
            )
            meeting = planning.plan_meeting(group=group, details=details, actor=actor, now=planned_at)
            meetings.append(meeting)
        gone = [meeting for meeting in meetings if meeting.starts_at < self.now]
        # The last one of the group that a visitor leads is left for her to record.
        left = gone[-1:] if group.specialist.user_id else []
        for meeting in gone:
            if meeting not in left:
                self._hold(meeting, actor)
        coming = [meeting for meeting in meetings if meeting.starts_at > self.now + 8 * _DAY]
        if coming and self.chance.random() < 0.6:
            moved = coming[0]
            later = planning.details_of(moved)
            hour_later = planning.MeetingDetails(
                **{**vars(later), "starts_at": moved.starts_at + dt.timedelta(hours=1)}
            )
            planning.change_meeting(meeting=moved, details=hour_later, actor=actor, now=self.now - 2 * _DAY)

    def _hold(self, meeting: Meeting, actor: Membership) -> None:
        marks = []
        for participant in holding.who_is_marked(meeting):
            luck = self.chance.random()
            mark = Attendance.Mark.PRESENT
            if luck > 0.95:
                mark = Attendance.Mark.SUBSTITUTE
            elif luck > 0.87:
                mark = Attendance.Mark.ABSENT
            substitute = self._name() if mark == Attendance.Mark.SUBSTITUTE else ""
            marks.append(holding.Marked(participant, mark, substitute))
        if not marks:
            return
        lesson, discussion, actions = self.chance.choice(words.WRITE_UPS)
        holding.hold_meeting(
            meeting=meeting,
            marks=marks,
            record=holding.MeetingRecord(observed_lesson=lesson, discussion=discussion, agreed_actions=actions),
            internal_note=self.chance.choice(words.INTERNAL),
            actor=actor,
            now=min(self.now, meeting.starts_at + dt.timedelta(hours=5)),
        )

    def _afternoon(self, calendar: SchoolCalendar, half_term: int, number: int) -> dt.datetime | None:
        """Half past one on a school day in the middle of a half-term."""
        weeks = calendar.weeks_of_half_term(self.year, half_term)
        if not weeks:
            return None
        week = weeks[min(len(weeks) - 1, 2 + number % 3)]
        days = [day for day in week.days if day.weekday() in (1, 2, 3)] or list(week.days)
        return dt.datetime.combine(days[number % len(days)], dt.time(13, 30), LONDON)

    # --- Visits ------------------------------------------------------------------------------

    def visit(self, group: WorkGroup) -> None:
        """Of the visits that are due by now most are logged, some arranged, some are overdue or to be logged."""
        actor = self._who_leads(group)
        places = list(Place.objects.with_stage().with_school_now().filter(group=group).order_by("pk"))
        slots = visit_slots(places, today=self.today)
        for place in places:
            for slot in slots[place.pk]:
                if slot.state in (SlotState.TO_ARRANGE, SlotState.OVERDUE, SlotState.MISSED):
                    self._visit(place, slot, actor)

    def _visit(self, place: Place, slot: VisitSlot, actor: Membership) -> None:
        luck = self.chance.random()
        days = [day for day in self._days(place, slot) if day.weekday() < 5]
        gone = [day for day in days if day < self.today - 3 * _DAY]
        coming = [day for day in days if day > self.today + _DAY]
        if gone and luck < 0.7:
            starts_at = self._at(self.chance.choice(gone), 9, 14)
            visit = self._arrange(place, slot, starts_at, actor)
            self._log(visit, actor)
        elif coming and luck < 0.85:
            self._arrange(place, slot, self._at(self.chance.choice(coming), 9, 14), actor)
        elif gone and luck < 0.9:
            # It took place, and the note is still to be written.
            self._arrange(place, slot, self._at(gone[-1], 9, 14), actor)

    def _days(self, place: Place, slot: VisitSlot) -> list[dt.date]:
        """Days on which it can be: of two visits in a term, the second comes in its second half."""
        calendar = calendar_of(place.school_now)
        days = calendar.days_in_session(self.year, Term(slot.term).half_terms)
        days = [day for day in days if slot.dates.arrange_from <= day <= slot.overdue_from]
        wanted = max(1, place.stage_year.visits_per_term[slot.term - 1])
        share = len(days) // wanted
        return days[(slot.number - 1) * share : slot.number * share] if slot.number <= wanted else days

    def _arrange(self, place: Place, slot: VisitSlot, starts_at: dt.datetime, actor: Membership) -> Visit:
        return visiting.arrange_visit(
            place=place,
            term=slot.term,
            number=slot.number,
            starts_at=starts_at,
            half_days=1,
            actor=actor,
            now=min(self.now - dt.timedelta(hours=6), starts_at - 12 * _DAY),
        )

    def _log(self, visit: Visit, actor: Membership) -> None:
        place = visit.place
        teachers = [teacher.name for teacher in place.participants.filter(ends_on=None)]
        note, *agreed = self.chance.choice(words.VISITS)
        actions = tuple(
            visiting.ActionAgreed(
                text=text,
                who=self.chance.choice(teachers),
                due_on=visit.starts_at.date() + self.chance.randrange(20, 60) * _DAY,
            )
            for text in agreed
        )
        log = visiting.VisitLog(
            starts_at=visit.starts_at,
            half_days=1,
            teachers_half_days=self.chance.choice((0, 1, 2)),
            met=f"{' and '.join(teachers)}, then {place.head_name}",
            shared_note=note,
            internal_note=self.chance.choice(words.INTERNAL),
            actions=actions,
        )
        day = visit.starts_at.astimezone(LONDON).date() + self.chance.randrange(1, 3) * _DAY
        now = min(self.now, self._at(day, 15, 20))
        visiting.log_visit(place=place, term=visit.term, number=visit.number, log=log, actor=actor, now=now)

    # --- People, days, money -----------------------------------------------------------------

    def change_people(self) -> None:
        """One school leaves, and one of another's lead teachers is followed by a colleague."""
        in_groups = Place.objects.filter(state=PlaceState.IN_GROUP, stage_year__year=self.year)
        places = list(in_groups.with_stage().with_school_now().order_by("pk"))
        if len(places) < 6:
            return
        leaving, changing = places[2], places[5]
        moment = self.now - 9 * _DAY
        if leaving.accepted_at < moment:
            placing.leave(
                place=leaving,
                on=moment.astimezone(LONDON).date(),
                reason=words.LEFT,
                actor=self.administrator,
                now=moment,
            )
        teacher = changing.participants.filter(ends_on=None).order_by("position")[1]
        name = self._name()
        participants.replace_participant(
            participant=teacher,
            teacher=Teacher(
                name=name,
                role="Class teacher",
                year_group="Year 3",
                email=f"colleague@school{changing.school_id}.example",
                trn="",
            ),
            on=max(teacher.starts_on + _DAY, self.today - 20 * _DAY),
            actor=self.administrator,
            now=self.now - dt.timedelta(hours=30),
        )

    def log_days(self) -> None:
        """Schools' own release for planning together, and a Specialist's days in her own school."""
        first = dt.date(self.year, 9, 20)
        span = (self.today - first).days
        if span < 14:
            return
        places = Place.objects.filter(state=PlaceState.IN_GROUP, stage_year__year=self.year).select_related("group")
        for place in places.with_stage().order_by("pk"):
            for number in range(self.chance.randrange(0, 4)):
                day = self._weekday(first + self.chance.randrange(span) * _DAY)
                logged = ledger.InSchool(
                    on=day,
                    half_days=self.chance.choice((1, 2)),
                    words=self.chance.choice(words.IN_SCHOOL),
                    key=self._key(f"place {place.pk} {number}"),
                )
                moment = min(self.now, self._at(day, 15, 18))
                # A day may be full already.
                with suppress(ledger.CannotLog):
                    ledger.log_in_school(account=place, logged=logged, actor=self.administrator, now=moment)
        for specialist in MasterySpecialist.objects.order_by("pk"):
            for number in range(self.chance.randrange(1, 4)):
                day = self._weekday(first + self.chance.randrange(span) * _DAY)
                key = self._key(f"specialist {specialist.pk} {number}")
                logged = ledger.InSchool(on=day, half_days=2, words=words.SPECIALIST_DAY, key=key)
                moment = min(self.now, self._at(day, 15, 18))
                with suppress(ledger.CannotLog):
                    ledger.log_in_school(account=specialist, logged=logged, actor=self.administrator, now=moment)

    def pay(self) -> None:
        """Some grants are due, some approved by the lead, two are paid, one is withheld."""
        expected = Grant.objects.filter(state=GrantState.EXPECTED, place__state=PlaceState.IN_GROUP)
        grants = list(expected.with_place().filter(place__stage_year__year=self.year).order_by("pk"))[:8]
        three_weeks_ago = self.now - 21 * _DAY
        for grant in grants[:6]:
            granting.mark_due(grant=grant, actor=self.administrator, now=three_weeks_ago)
        for grant in grants[:4]:
            granting.approve(grant=grant, actor=self.lead, now=three_weeks_ago + 2 * _DAY)
        if grants[:2]:
            payment_list = paying.make_payment_list(
                grants=grants[:2], actor=self.finance, now=three_weeks_ago + 5 * _DAY
            )
            paying.mark_paid(
                payment_list=payment_list,
                paid_on=self.today - 10 * _DAY,
                reference="BACS 1042",
                actor=self.finance,
                now=self.now - 9 * _DAY,
            )
        for grant in grants[7:8]:
            granting.withhold(grant=grant, reason=words.WITHHELD, actor=self.administrator, now=self.now - 5 * _DAY)

    def ask_for_reports(self) -> None:
        """Both reports on the year, which a worker makes as soon as there is one."""
        year = Asked(Scope("hub"), Period.of_year(self.year))
        for report in REPORTS.values():
            report.ask(year, actor=self.administrator, now=self.now, request_key=self._key(report.kind))

    # --- Small things ------------------------------------------------------------------------

    def _who_leads(self, group: WorkGroup) -> Membership:
        """The Specialist herself where she is a member, else the administrator on her behalf."""
        return self.specialist if group.specialist.user_id == self.specialist.user_id else self.administrator

    def _name(self) -> str:
        return f"{self.chance.choice(GIVEN_NAMES)} {self.chance.choice(FAMILY_NAMES)}"

    def _at(self, day: dt.date, first_hour: int, last_hour: int) -> dt.datetime:
        hour, minute = self.chance.randrange(first_hour, last_hour), self.chance.choice((0, 15, 30, 45))
        return dt.datetime.combine(day, dt.time(hour, minute), LONDON)

    def _weekday(self, day: dt.date) -> dt.date:
        return day - max(0, day.weekday() - 4) * _DAY

    def _key(self, words: str) -> UUID:
        return UUID(int=random.Random(f"{self.hub.slug} {words}").getrandbits(128))  # noqa: S311

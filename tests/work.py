"""Plain functions that make what tests of Work Groups and money need, with as little as it takes.

They write rows, and no verb: histories, ledgers and letters are those of the verbs under test.
"""

from __future__ import annotations

import datetime as dt
import uuid
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from correspondence.models import Document
from funding.models import Grant, Payment, PaymentList, ReleaseEntry
from hubs import tenancy
from hubs.models import Hub, User
from hubs.years import academic_year_of
from programmes.models import (
    Decision,
    ExpressionOfInterest,
    OfferAnswer,
    RecruitmentWindow,
    StageYear,
    State,
)
from schools.models import School
from tests import factories
from workgroups.models import (
    AgreedAction,
    CalendarFeed,
    MasterySpecialist,
    Meeting,
    Participant,
    Place,
    PlaceEvent,
    PlaceState,
    SchoolLink,
    Visit,
    WorkGroup,
)

LONDON = ZoneInfo("Europe/London")
_numbers = count(1)


def this_year() -> int:
    """The academic year of today."""
    return academic_year_of(timezone.localdate())


def window_of(hub: Hub, *, stage: str = "primary-developing", year: int | None = None) -> RecruitmentWindow:
    """The hub's window of a stage and year, made where there is none."""
    year = this_year() if year is None else year
    with tenancy.use(hub):
        found = RecruitmentWindow.objects.filter(stage__slug=stage, stage_year__year=year)
        there = found.select_related("stage_year__stage", "stage", "hub").first()
    if there:
        return there
    start = timezone.now() - dt.timedelta(days=300)
    # An open window of another year of the stage may overlap: each has its own days.
    start += dt.timedelta(days=3 * (year - this_year()))
    return factories.make_window(
        hub, stage=stage, year=year, opens_at=start, closes_at=start + dt.timedelta(days=2), late_until=None
    )


def make_offered(
    hub: Hub,
    school: School | None = None,
    *,
    by: User | None = None,
    stage: str = "primary-developing",
    year: int | None = None,
    answer_by: dt.date | None = None,
    offered_at: dt.datetime | None = None,
    **fields: Any,
) -> ExpressionOfInterest:
    """An expression of interest whose offer waits for the school's answer."""
    window = window_of(hub, stage=stage, year=year)
    expression = factories.make_expression(window, school, state=State.OFFERED, **fields)
    with tenancy.use(hub):
        Decision.objects.create(
            hub=hub,
            expression=expression,
            outcome=State.OFFERED,
            answer_by=answer_by,
            decided_by=by or factories.make_user(f"Decider {next(_numbers)}"),
            decided_at=offered_at or timezone.now(),
        )
    return expression


def make_specialist(hub: Hub, name: str = "", *, user: User | None = None, **fields: Any) -> MasterySpecialist:
    """A primary Specialist of cohort 7 who works for the hub since 2020; hers is a school of her own."""
    number = next(_numbers)
    name = name or (user.name if user else f"Specialist {number}")
    values: dict[str, Any] = {
        "email": user.email if user else f"specialist{number}@people.example",
        "user": user,
        "phase": "primary",
        "cohort": 7,
        "starts_on": dt.date(2020, 9, 1),
    }
    if "school" not in fields:
        values["school"] = factories.make_school(f"School of {name}")
    with tenancy.use(hub):
        return MasterySpecialist.objects.create(hub=hub, name=name, **{**values, **fields})


def stage_year_of(*, stage: str = "primary-developing", year: int | None = None) -> StageYear:
    """A stage as it is run in a year, this one unless told otherwise."""
    year = this_year() if year is None else year
    return StageYear.objects.select_related("stage").get(stage__slug=stage, year=year)


def make_group(
    hub: Hub, name: str = "", *, specialist: MasterySpecialist | None = None, stage_year: StageYear | None = None
) -> WorkGroup:
    """A Work Group without schools."""
    specialist = specialist or make_specialist(hub)
    stage_year = stage_year or stage_year_of()
    with tenancy.use(hub):
        return WorkGroup.objects.create(
            hub=hub,
            stage_year=stage_year,
            name=name or f"Group {next(_numbers)}",
            specialist=specialist,
            specialist_school_id=specialist.school_id,
            size_limit=stage_year.largest_group,
            made_at=timezone.now(),
        )


def make_place(
    hub: Hub,
    school: School | None = None,
    *,
    group: WorkGroup | None = None,
    stage: str = "primary-developing",
    year: int | None = None,
    accepted_at: dt.datetime | None = None,
) -> Place:
    """A place as a school's acceptance makes it, with its two lead teachers; in a group where one is given."""
    if group:
        stage, year = group.stage_year.stage.slug, group.stage_year.year
    expression = make_offered(hub, school, stage=stage, year=year)
    accepted_at = accepted_at or timezone.now()
    stage_year = expression.window.stage_year
    with tenancy.use(hub):
        ExpressionOfInterest.objects.filter(pk=expression.pk).update(state=State.ACCEPTED)
        expression.state = State.ACCEPTED
        OfferAnswer.objects.create(
            hub=hub,
            expression=expression,
            offer=expression.decisions.get(),
            answer=OfferAnswer.Answer.ACCEPTED,
            name="Hana Head",
            role="Headteacher",
            agreement="We promise.",
            grant_pence=stage_year.grant_pence,
            grant_condition=stage_year.grant_condition,
            answered_at=accepted_at,
        )
        place = Place.objects.create(
            hub=hub,
            expression=expression,
            stage_year=stage_year,
            school=expression.school,
            head_name="Hana Head",
            head_email="head@school.example",
            accepted_at=accepted_at,
        )
        event = {"hub": hub, "place": place, "recorded_at": accepted_at}
        day = timezone.localdate(accepted_at)
        PlaceEvent.objects.create(**event, kind=PlaceEvent.Kind.ACCEPTED, happened_on=day)
        for teacher in expression.lead_teachers.all():
            Participant.objects.create(
                hub=hub,
                place=place,
                position=teacher.position,
                name=teacher.name,
                role=teacher.role,
                email=f"teacher{teacher.position}.{place.pk}@school.example",
                starts_on=day,
            )
        if group:
            PlaceEvent.objects.create(**event, kind=PlaceEvent.Kind.JOINED, group=group, happened_on=day)
            Place.objects.filter(pk=place.pk).update(
                state=PlaceState.IN_GROUP, group=group, specialist_school=group.specialist_school_id
            )
            place.refresh_from_db(fields=["state", "group", "specialist_school"])
    return place


def make_meeting(group: WorkGroup, *, starts_at: dt.datetime | None = None, **fields: Any) -> Meeting:
    """A planned meeting, in a fortnight at half past one unless told otherwise; planned long before."""
    now = timezone.now()
    if starts_at is None:
        day = timezone.localdate() + dt.timedelta(days=14)
        starts_at = dt.datetime.combine(day, dt.time(13, 30), LONDON)
    made_at = min(now, starts_at) - dt.timedelta(days=60)
    with tenancy.use(group.hub_id):
        return Meeting.objects.create(
            hub_id=group.hub_id,
            group=group,
            starts_at=starts_at,
            specialist_id=group.specialist_id,
            **{"venue": "Town hall", "made_at": made_at, "changed_at": now, **fields},
        )


def make_visit(place: Place, *, starts_at: dt.datetime | None = None, term: int = 1, **fields: Any) -> Visit:
    """An arranged visit, in a week at nine unless told otherwise."""
    now = timezone.now()
    if starts_at is None:
        day = timezone.localdate() + dt.timedelta(days=7)
        starts_at = dt.datetime.combine(day, dt.time(9), LONDON)
    with tenancy.use(place.hub_id):
        assert place.group is not None
        return Visit.objects.create(
            hub_id=place.hub_id,
            place=place,
            specialist=place.group.specialist,
            term=term,
            starts_at=starts_at,
            **{"made_at": now, "changed_at": now, **fields},
        )


def make_action(visit: Visit, text: str = "Try the number line in Year 2", **fields: Any) -> AgreedAction:
    """Something agreed at a visit, not done yet."""
    with tenancy.use(visit.hub_id):
        return AgreedAction.objects.create(
            hub_id=visit.hub_id,
            place=visit.place,
            visit=visit,
            position=next(_numbers),
            text=text,
            **{"agreed_at": timezone.now(), **fields},
        )


def make_grant(place: Place, **fields: Any) -> Grant:
    """A grant of a thousand pounds, expected."""
    values = {"amount_pence": 100_000, "condition": "Take part.", "claim_on": dt.date(place.stage_year.year + 1, 3, 1)}
    with tenancy.use(place.hub_id):
        return Grant.objects.create(hub_id=place.hub_id, place=place, **{**values, **fields})


def make_release(account: Place | MasterySpecialist, half_days: int = 1, **fields: Any) -> ReleaseEntry:
    """Days in school that the hub has logged for a school or a Specialist, today unless told otherwise."""
    kind = fields.get("kind", ReleaseEntry.Kind.IN_SCHOOL)
    values: dict[str, Any] = {
        "hub_id": account.hub_id,
        "kind": kind,
        "year": account.stage_year.year if isinstance(account, Place) else this_year(),
        "worked_on": timezone.localdate(),
        "words": "Planning together",
        "entry_key": uuid.uuid4() if kind == ReleaseEntry.Kind.IN_SCHOOL else None,
        "recorded_at": timezone.now(),
        "recorded_name": "Leo Lead",
        "place" if isinstance(account, Place) else "specialist": account,
    }
    values |= fields
    with tenancy.use(values["hub_id"]):
        return ReleaseEntry.objects.create(half_days=half_days, **values)


def make_payment_list(hub: Hub, by: User, **fields: Any) -> PaymentList:
    """An empty payment list that is to be paid."""
    values = {"number": next(_numbers), "made_at": timezone.now(), "made_by": by}
    with tenancy.use(hub):
        return PaymentList.objects.create(hub=hub, **{**values, **fields})


def make_payment(payment_list: PaymentList, grant: Grant, **fields: Any) -> Payment:
    """A grant on a payment list."""
    values: dict[str, Any] = {
        "hub_id": grant.hub_id,
        "amount_pence": grant.amount_pence,
        "payee": "Ash Lane Primary School",
        "school": "Ash Lane Primary School",
        "urn": 600_000,
        **fields,
    }
    with tenancy.use(values["hub_id"]):
        return Payment.objects.create(payment_list=payment_list, grant=grant, **values)


def make_document(hub: Hub, by: User, **fields: Any) -> Document:
    """A document that waits for a worker."""
    values = {
        "kind": "grant-report",
        "title": "Grant report",
        "capability": "view_money",
        "requested_at": timezone.now(),
        "requested_by": by,
    }
    with tenancy.use(hub):
        return Document.objects.create(hub=hub, **{**values, **fields})


def make_feed(group: WorkGroup, by: User) -> CalendarFeed:
    """A group's private calendar."""
    with tenancy.use(group.hub_id):
        return CalendarFeed.objects.create(hub_id=group.hub_id, group=group, made_at=timezone.now(), made_by=by)


def make_school_link(place: Place, name: str = "Hana Head", email: str = "head@school.example") -> SchoolLink:
    """A person's private way to her school's page."""
    with tenancy.use(place.hub_id):
        return SchoolLink.objects.create(
            hub_id=place.hub_id, place=place, name=name, email=email, made_at=timezone.now()
        )

"""Plain functions that make what tests need, with as little as it takes."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from allauth.account.models import EmailAddress
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, LocalAuthority, Membership, Role, User
from programmes import following
from programmes.models import AgreedPromise, ExpressionOfInterest, LeadTeacher, RecruitmentWindow, StageYear, State
from schools import search
from schools.models import Ancestor, CurrentSchool, School

_numbers = count(1)


def make_hub(slug: str, **fields: Any) -> Hub:
    """A hub with contact addresses."""
    values = {
        "name": f"{slug.title()} Maths Hub",
        "contact_email": f"hello@{slug}.example",
        "reply_to": f"hello@{slug}.example",
        "privacy_contact_email": f"privacy@{slug}.example",
    }
    return Hub.objects.create(slug=slug, **{**values, **fields})


def make_user(name: str, **fields: Any) -> User:
    """A person with a verified address."""
    email = fields.pop("email", f"{name.lower().replace(' ', '.')}.{next(_numbers)}@people.example")
    user = User.objects.create_user(email, fields.pop("password", None), name=name, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_member(hub: Hub, role: Role, name: str, **fields: Any) -> User:
    """A person with a role in a hub since 2020."""
    user = make_user(name, **fields)
    Membership.objects.create(hub=hub, user=user, role=role, starts_on=dt.date(2020, 9, 1))
    return user


def membership_of(user: User, hub: Hub) -> Membership:
    """A person's membership of a hub: the `actor` of a verb."""
    return Membership.objects.select_related("hub", "user").get(user=user, hub=hub)


def make_school(name: str = "Ash Lane Primary School", **fields: Any) -> School:
    """An open primary school, which the search finds."""
    authority, _ = LocalAuthority.objects.get_or_create(code="001", defaults={"name": "Northvale"})
    number = next(_numbers)
    values = {
        "urn": 600_000 + number,
        "authority": authority,
        "status": School.Status.OPEN,
        "type_code": 1,
        "type_group_code": 4,
        "phase": "Primary",
        "low_age": 3,
        "high_age": 11,
        "town": "Ashby Marsh",
        "postcode": "NV1 2AB",
    }
    school = School.objects.create(name=name, **{**values, **fields})
    search.refresh(urns=[school.urn])
    return school


def make_window(
    hub: Hub,
    *,
    stage: str = "primary-developing",
    year: int = 2027,
    opens_at: dt.datetime | None = None,
    closes_at: dt.datetime | None = None,
    late_until: dt.datetime | None = None,
) -> RecruitmentWindow:
    """A recruitment window, open now unless told otherwise."""
    stage_year = StageYear.objects.select_related("stage").get(stage__slug=stage, year=year)
    moment = timezone.now()
    with tenancy.use(hub):
        return RecruitmentWindow.objects.create(
            hub=hub,
            stage=stage_year.stage,
            stage_year=stage_year,
            opens_at=opens_at or moment - dt.timedelta(days=10),
            closes_at=closes_at or moment + dt.timedelta(days=30),
            late_until=late_until,
        )


def make_draft(window: RecruitmentWindow, school: School | None = None, **fields: Any) -> ExpressionOfInterest:
    """An expression of interest with every answer given, not sent yet."""
    moment = timezone.now()
    values = {
        "contact_name": "Cleo Contact",
        "contact_role": "Deputy headteacher",
        "contact_email": "cleo@school.example",
        "contact_phone": "01632 960001",
        "contact_is_head": False,
        "head_name": "Hana Head",
        "head_email": "head@school.example",
        "started_at": moment,
        "touched_at": moment,
    }
    with tenancy.use(window.hub):
        expression = ExpressionOfInterest.objects.create(
            hub=window.hub, window=window, school=school or make_school(), **{**values, **fields}
        )
        for position in (1, 2):
            LeadTeacher.objects.create(
                hub=window.hub,
                expression=expression,
                position=position,
                name=f"Teacher {position}",
                role="Class teacher",
                email=f"teacher{position}@school.example",
            )
        AgreedPromise.objects.bulk_create(
            AgreedPromise(
                hub=window.hub,
                expression=expression,
                position=promise.position,
                wording=promise.wording,
                agreed_at=moment,
            )
            for promise in window.stage_year.promises.all()
        )
    return expression


def make_expression(
    window: RecruitmentWindow, school: School | None = None, *, state: State = State.SUBMITTED, **fields: Any
) -> ExpressionOfInterest:
    """An expression of interest that was sent."""
    sent = {
        "state": state,
        "reference": f"EOI-{next(_numbers):05d}",
        "submitted_at": timezone.now(),
        "privacy_version": 1,
    }
    return make_draft(window, school, **{**sent, **fields})


def go_on_as(former: School, *schools: School, closed_on: dt.date = dt.date(2026, 8, 31)) -> None:
    """Close a school; with others given, it goes on as those, and so does all that it was before.

    The search finds them as it does after an import. What `schools.ancestry` derives is written by hand: it
    follows from links and dates that most tests need not know.
    """
    School.objects.filter(pk=former.pk).update(status=School.Status.CLOSED, closed_on=closed_on)
    before = [former.pk, *Ancestor.objects.filter(school=former).values_list("ancestor_id", flat=True)]
    for school in schools:
        Ancestor.objects.bulk_create(Ancestor(school=school, ancestor_id=urn) for urn in before)
    CurrentSchool.objects.filter(former__in=before).delete()
    CurrentSchool.objects.bulk_create(
        CurrentSchool(former_id=urn, current=school) for urn in before for school in schools
    )
    search.refresh(urns=[*before, *(school.pk for school in schools)])
    former.refresh_from_db()


def follow_register(*, now: dt.datetime) -> None:
    """Let every hub notice what has become of its schools, as the workers do after an import or a ruling."""
    for hub in Hub.objects.all():
        with tenancy.use(hub):
            following.notice_changes(now=now)

"""A hub in the middle of September, with some of everything, made by its verbs; and another one beside it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from correspondence import deriving
from funding import granting, ledger
from funding.models import Grant
from hubs import tenancy
from hubs.models import Hub, Membership, Role
from hubs.moments import LONDON
from programmes import accepting, applying, deciding
from programmes.models import Participation, RecruitmentWindow
from schools.models import School
from tests import factories, work
from workgroups import forming, holding, placing, planning, visiting
from workgroups.models import Attendance, MasterySpecialist, Place, WorkGroup

YEAR = 2026
JUNE = dt.datetime(2026, 6, 8, 9, 0, tzinfo=LONDON)
SEPTEMBER = dt.datetime(2026, 9, 18, 16, 0, tzinfo=LONDON)
DAY = dt.timedelta(days=1)
ROLES = {"ada": Role.ADMINISTRATOR, "leo": Role.HUB_LEAD, "mina": Role.MASTERY_SPECIALIST, "fola": Role.FINANCE}


@dataclass(frozen=True)
class Autumn:
    """The hub, its people by their first names, and the schools that may come to it."""

    hub: Hub
    people: dict[str, Membership]
    window: RecruitmentWindow
    schools: list[School]
    # What is known without asking the verbs: who led the group of each meeting when it began, and who has set the
    # amount of a grant.
    held_by: dict[int, MasterySpecialist] = field(default_factory=dict)
    amount_set_by: dict[int, set[int]] = field(default_factory=dict)


def make_autumn() -> Autumn:
    """Three schools have a place, two of them in a group; a fourth waits for the hub's decision."""
    hub = factories.make_hub("northvale")
    users = {name: factories.make_member(hub, role, name.title()) for name, role in ROLES.items()}
    schools = [factories.make_school(f"School {letter}") for letter in "ABCDEF"]
    work.make_specialist(hub, user=users["mina"])
    work.make_specialist(hub, "Nell")
    # Her own school is in no group of hers.
    work.make_specialist(hub, "Olga", school=schools[0])
    window = factories.make_window(hub, year=YEAR, opens_at=JUNE - 90 * DAY, closes_at=JUNE + 400 * DAY)
    people = {name: factories.membership_of(user, hub) for name, user in users.items()}
    autumn = Autumn(hub, people, window, schools)
    with tenancy.use(hub):
        _the_schools_come(autumn)
        group = _they_are_in_groups(autumn)
        _they_work(autumn, group)
    return autumn


def send_expression(autumn: Autumn, number: int) -> dict[str, Any]:
    """What `applying.submit` is given for one of the schools, whose every person has an address of her own."""
    address = f"school{number}.example"
    heads = {"contact_email": f"cleo@{address}", "head_email": f"head@{address}"}
    return {"draft": factories.make_draft(autumn.window, autumn.schools[number], **heads)}


def _the_schools_come(autumn: Autumn) -> None:
    sent = [applying.submit(**send_expression(autumn, number), now=JUNE) for number in range(4)]
    for expression in sent[:3]:
        deciding.offer(expression=expression, actor=autumn.people["leo"], now=JUNE, answer_by=JUNE.date() + 20 * DAY)
        accepting.accept_offer(expression=expression, name="Hana Head", role="Headteacher", now=JUNE + DAY)


def _they_are_in_groups(autumn: Autumn) -> WorkGroup:
    july, leo = JUNE + 30 * DAY, autumn.people["leo"]
    mina, nell, _ = MasterySpecialist.objects.order_by("pk")
    given: dict[str, Any] = {"stage_year": autumn.window.stage_year, "size_limit": 7, "actor": leo, "now": july}
    group = forming.form_group(name="Ash", specialist=mina, **given)
    forming.form_group(name="Birch", specialist=nell, **given)
    for place in Place.objects.order_by("pk")[:2]:
        placing.join(place=place, group=group, on=SEPTEMBER.date().replace(day=1), actor=leo, now=july)
    return group


def _they_work(autumn: Autumn, group: WorkGroup) -> None:
    """A meeting and a visit were held, others are to come, days in school are logged, and a grant is due."""
    place = Place.objects.order_by("pk")[0]
    given: dict[str, Any] = {"actor": autumn.people["mina"], "now": SEPTEMBER}
    held, _ = (
        planning.plan_meeting(group=group, details=planning.MeetingDetails(starts_at, venue="Town hall"), **given)
        for starts_at in (SEPTEMBER - 4 * DAY, SEPTEMBER + 25 * DAY)
    )
    marks = [holding.Marked(one, Attendance.Mark.PRESENT) for one in holding.who_is_marked(held)]
    record = holding.MeetingRecord(discussion="How long to stay with the concrete.")
    holding.hold_meeting(meeting=held, marks=marks, record=record, internal_note="", **given)
    autumn.held_by[held.pk] = group.specialist
    log = visiting.VisitLog(SEPTEMBER - 3 * DAY, 1, 2, met="The head", shared_note="We looked at bar models.")
    visiting.log_visit(place=place, term=1, number=1, log=log, **given)
    visiting.arrange_visit(place=place, term=2, number=1, starts_at=SEPTEMBER + 18 * DAY, half_days=1, **given)
    in_school = ledger.InSchool(SEPTEMBER.date() - DAY, 2, "Planning together", uuid.UUID(int=1, version=4))
    ledger.log_in_school(account=place, logged=in_school, **given)
    [grant, *_] = Grant.objects.order_by("pk")
    leo, why = autumn.people["leo"], "Only one teacher takes part."
    granting.change_amount(grant=grant, amount_pence=80_000, reason=why, actor=leo, now=SEPTEMBER)
    autumn.amount_set_by[grant.pk] = {leo.user_id}
    granting.mark_due(grant=grant, actor=autumn.people["ada"], now=SEPTEMBER)


def make_elsewhere(school: School) -> Hub:
    """Another hub with some of everything, at work with a school that may come to the first one as well."""
    hub = factories.make_hub("severnmoor")
    factories.make_member(hub, Role.HUB_LEAD, "Lea Lead")
    stranger = factories.make_member(hub, Role.ADMINISTRATOR, "Stan Stranger")
    group = work.make_group(hub, stage_year=work.stage_year_of(year=YEAR))
    place = work.make_place(hub, school, group=group, accepted_at=JUNE)
    work.make_meeting(group, starts_at=SEPTEMBER + 12 * DAY)
    work.make_visit(place, starts_at=SEPTEMBER + 5 * DAY)
    work.make_release(place)
    work.make_payment(work.make_payment_list(hub, stranger), work.make_grant(place))
    Participation.objects.create(
        school=school,
        stage=group.stage_year.stage,
        year=YEAR,
        outcome=Participation.Outcome.TAKING_PART,
        recorded_for=hub,
        recorded_at=SEPTEMBER,
    )
    with tenancy.use(hub):
        assert deriving.bring_up_to_date(now=SEPTEMBER)
    return hub

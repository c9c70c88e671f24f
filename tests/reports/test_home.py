from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from correspondence.models import Message
from correspondence.models import State as MessageState
from funding.models import GrantState, Payment
from hubs import tenancy
from hubs.models import Hub, User
from programmes.models import State
from reports import home
from tests import factories, work
from workgroups.models import MeetingState, Place, PlaceState, VisitState

LONDON = ZoneInfo("Europe/London")
DAY = dt.timedelta(days=1)
# Who has had a hand in nothing.
STRANGER = User(pk=-1)


def counts(hub: Hub, now: dt.datetime) -> home.Counts:
    with tenancy.use(hub):
        return home.counts(hub, reader=STRANGER, now=now)


def test_nothing_waits_in_an_empty_hub(hub: Hub, now: dt.datetime) -> None:
    found = counts(hub, now)

    assert {value for value in vars(found).values() if value is not None} == {0}
    assert {name for name, value in vars(found).items() if value is None} == {
        "to_decide_since",
        "answer_by",
        "attendance_since",
        "claim_on",
        "troubled_since",
    }


def test_everything_is_counted_in_one_query(hub: Hub, now: dt.datetime) -> None:
    work.make_grant(work.make_place(hub, group=work.make_group(hub)))

    with tenancy.use(hub), CaptureQueriesContext(connection) as captured:
        home.counts(hub, reader=STRANGER, now=now)

    assert len(captured) == 1


def test_what_is_not_decided_waits_since_the_oldest_of_it(hub: Hub, other_hub: Hub, now: dt.datetime) -> None:
    window = factories.make_window(hub)
    factories.make_expression(window, submitted_at=now - 2 * DAY)
    factories.make_expression(window, submitted_at=now - 5 * DAY)
    factories.make_expression(window, submitted_at=now - 9 * DAY, state=State.OFFERED)
    factories.make_expression(window, submitted_at=now - 9 * DAY, state=State.DECLINED)
    factories.make_draft(window)
    factories.make_expression(factories.make_window(other_hub), submitted_at=now - 20 * DAY)

    found = counts(hub, now)

    assert (found.to_decide, found.to_decide_since) == (2, now - 5 * DAY)


def test_offers_wait_for_their_answers_the_first_to_be_answered_named(
    hub: Hub, other_hub: Hub, now: dt.datetime
) -> None:
    for days in (9, 4):
        work.make_offered(hub, answer_by=now.date() + days * DAY)
    work.make_offered(hub)
    work.make_place(hub)
    work.make_offered(other_hub, answer_by=now.date())

    found = counts(hub, now)

    assert (found.unanswered, found.answer_by, found.without_group) == (3, now.date() + 4 * DAY, 1)


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        (MessageState.QUEUED, 0),
        (MessageState.HELD, 0),
        (MessageState.SENDING, 0),
        (MessageState.SENT, 0),
        (MessageState.CANCELLED, 0),
        (MessageState.FAILED, 1),
        (MessageState.UNCERTAIN, 1),
    ],
)
def test_messages_that_failed_or_are_uncertain_are_trouble(
    hub: Hub, now: dt.datetime, state: MessageState, counted: int
) -> None:
    waits = state in (MessageState.QUEUED, MessageState.HELD, MessageState.CANCELLED)
    with tenancy.use(hub):
        Message.objects.create(
            hub=hub,
            kind="test",
            key="test:1",
            from_name="Hub",
            from_address="no-reply@hub.example",
            recipients=["head@school.example"],
            subject="A subject",
            text="A text",
            queued_at=now,
            not_before=now,
            state=state,
            claimed_at=None if waits else now,
            attempts=0 if waits else 1,
            sent_at=now if state == MessageState.SENT else None,
            last_error="Refused" if counted else "",
        )

    found = counts(hub, now)

    assert (found.troubled, found.troubled_since) == (counted, now if counted else None)


def test_a_meeting_that_is_over_and_not_recorded_lacks_its_attendance(hub: Hub, now: dt.datetime) -> None:
    group = work.make_group(hub)
    work.make_meeting(group, starts_at=now - 3 * DAY)
    work.make_meeting(group, starts_at=now + 3 * DAY)
    work.make_meeting(group, starts_at=now - 9 * DAY, state=MeetingState.HELD, held_recorded_at=now)
    work.make_meeting(group, starts_at=now - 8 * DAY, state=MeetingState.CANCELLED, cancelled_reason="Snow")

    found = counts(hub, now)

    assert (found.attendance_missing, found.attendance_since, found.meetings) == (1, now - 3 * DAY, 1)


@pytest.mark.parametrize("went", ["taken out", "to another group"])
def test_meetings_to_come_at_a_school_that_has_left_need_another_host(
    hub: Hub, other_hub: Hub, now: dt.datetime, went: str
) -> None:
    group = work.make_group(hub)
    stays, goes = (work.make_place(hub, group=group) for _ in range(2))
    academy = factories.make_school("Academy")
    factories.go_on_as(stays.school, academy)
    for school in (stays.school, academy, None):
        work.make_meeting(
            group, starts_at=now + (school.pk if school else 1) * dt.timedelta(minutes=1), host_school=school
        )
    work.make_meeting(group, starts_at=now - DAY, host_school=goes.school)
    work.make_meeting(
        group, starts_at=now + 2 * DAY, host_school=goes.school, state="cancelled", cancelled_reason="Snow"
    )
    later, first = (work.make_meeting(group, starts_at=now + days * DAY, host_school=goes.school) for days in (9, 3))
    assert (counts(hub, now).host_gone, counts(hub, now).host_gone_meeting) == (0, 0)
    other = work.make_group(hub) if went == "to another group" else None
    with tenancy.use(hub):
        Place.objects.filter(pk=goes.pk).update(
            state=PlaceState.IN_GROUP if other else PlaceState.WAITING,
            group=other,
            specialist_school=other.specialist_school if other else None,
        )

    found = counts(hub, now)

    assert (found.host_gone, found.host_gone_meeting) == (2, first.pk)
    assert later.pk != first.pk
    assert counts(other_hub, now).host_gone == 0


def test_grants_are_to_claim_to_approve_and_to_pay(hub: Hub, administrator: User, lead: User, now: dt.datetime) -> None:
    group = work.make_group(hub)
    places = [work.make_place(hub, group=group) for _ in range(8)]
    approved = {"approved_by": lead, "approved_at": now}
    work.make_grant(places[0], claim_on=now.date() + 14 * DAY)
    work.make_grant(places[1], claim_on=now.date() + 15 * DAY)
    work.make_grant(places[2], state=GrantState.DUE, amount_pence=50_050)
    work.make_grant(places[3], state=GrantState.APPROVED, **approved)
    listed = work.make_grant(places[4], state=GrantState.APPROVED, amount_pence=70_000, **approved)
    taken_back = work.make_grant(places[5], state=GrantState.APPROVED, amount_pence=7, **approved)
    work.make_grant(places[6], state=GrantState.PAID, amount_pence=30_000, **approved)
    # A school that has left claims nothing.
    work.make_grant(places[7], claim_on=now.date(), amount_pence=1)
    payment_list = work.make_payment_list(hub, administrator)
    with tenancy.use(hub):
        Place.objects.filter(pk=places[7].pk).update(state=PlaceState.LEFT, group=None, specialist_school=None)
        for grant, moment in ((listed, None), (taken_back, now)):
            Payment.objects.create(
                hub=hub,
                payment_list=payment_list,
                grant=grant,
                amount_pence=grant.amount_pence,
                payee="Ash",
                school="Ash",
                urn=1,
                taken_back_at=moment,
            )

    found = counts(hub, now)

    assert (found.claims_due, found.claim_on) == (1, now.date() + 14 * DAY)
    assert (found.to_approve, found.to_approve_pence) == (1, 50_050)
    assert (found.to_pay, found.to_pay_pence, found.lists_to_pay) == (2, 100_007, 1)
    assert (found.awarded_pence, found.paid_pence) == (450_058, 30_000)


def test_the_years_figures_are_this_years_and_this_hubs(hub: Hub, other_hub: Hub, now: dt.datetime) -> None:
    group = work.make_group(hub)
    work.make_place(hub, group=group)
    work.make_place(hub)
    left = work.make_place(hub)
    with tenancy.use(hub):
        Place.objects.filter(pk=left.pk).update(state=PlaceState.LEFT)
    next_year = work.stage_year_of(year=work.this_year() + 1)
    work.make_place(hub, group=work.make_group(hub, stage_year=next_year))
    work.make_place(other_hub, group=work.make_group(other_hub))

    found = counts(hub, timezone.now())

    assert (found.places, found.groups, found.meetings, found.visits) == (1, 1, 0, 0)


def test_the_next_seven_days_are_todays_and_six_more_under_todays_names(hub: Hub, other_hub: Hub) -> None:
    # Midnight of the clock change lies within.
    now = dt.datetime(2026, 10, 21, 15, 0, tzinfo=LONDON)
    group = work.make_group(hub, "Castle Hill")
    place = work.make_place(hub, factories.make_school("Ash"), group=group)
    factories.go_on_as(place.school, factories.make_school("Birch Academy"))

    def at(day: int, hour: int) -> dt.datetime:
        return dt.datetime(2026, 10, day, hour, 0, tzinfo=LONDON)

    work.make_meeting(group, starts_at=at(21, 9), venue="", host_school=place.school)
    work.make_meeting(group, starts_at=at(27, 23))
    work.make_meeting(group, starts_at=at(28, 0))
    work.make_meeting(group, starts_at=at(22, 9), state=MeetingState.CANCELLED, cancelled_reason="Snow")
    work.make_visit(place, starts_at=at(27, 9), number=2)
    work.make_visit(place, starts_at=at(20, 23), number=3)
    work.make_visit(place, starts_at=at(23, 9), state=VisitState.MISSED, missed_reason="Ill")
    other = work.make_group(other_hub)
    work.make_meeting(other, starts_at=at(22, 9))

    with tenancy.use(hub), CaptureQueriesContext(connection) as captured:
        week = home.next_seven_days(now=now)

    assert len(captured) == 1
    assert [(day.day, [(one.kind, one.what, one.where) for one in events]) for day, events in week] == [
        (21, [("meeting", "Castle Hill", "Birch Academy")]),
        (
            27,
            [
                ("visit", "Birch Academy", group.specialist.name),
                ("meeting", "Castle Hill", "Town hall"),
            ],
        ),
    ]
    visit = week[1][1][0]
    assert (visit.pk, visit.term, visit.number) == (place.pk, 1, 2)


def test_visits_are_overdue_at_the_end_of_a_term_in_as_many_queries_for_three_schools_as_for_one(hub: Hub) -> None:
    group = work.make_group(hub)

    def joined_in_september() -> None:
        september = dt.datetime(work.this_year(), 9, 5, 9, tzinfo=LONDON)
        work.make_place(hub, group=group, accepted_at=september)

    def overdue(day: dt.date) -> tuple[home.Overdue, int]:
        with tenancy.use(hub), CaptureQueriesContext(connection) as captured:
            return home.visits_overdue(today=day), len(captured)

    joined_in_september()
    november, december = (dt.date(work.this_year(), month, 20) for month in (11, 12))
    assert overdue(november)[0] == home.Overdue(0, 0)
    one, queries = overdue(december)
    assert one == home.Overdue(1, 1)
    joined_in_september()
    joined_in_september()
    assert overdue(december) == (home.Overdue(3, 3), queries)


def test_those_who_go_from_hub_to_hub_are_told_how_much_is_to_decide(hub: Hub) -> None:
    with tenancy.use(hub):
        assert home.waiting_in_words() == ""
    factories.make_expression(factories.make_window(hub))
    with tenancy.use(hub):
        assert home.waiting_in_words() == "1 to decide"

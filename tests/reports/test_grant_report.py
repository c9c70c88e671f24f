from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from correspondence.makers import CannotBeMade
from funding.models import Grant, GrantState, PaymentList
from hubs import tenancy
from hubs.models import Hub, User
from reports import grant_report
from reports.grant_report import GrantLine, GrantReport
from reports.scopes import Asked, Period, Scope
from reports.snapshots import freeze, thaw
from tests import factories, work
from workgroups.models import Place, PlaceEvent, PlaceState, WorkGroup

pytestmark = pytest.mark.django_db
YEAR = 2026
IN_YEAR = dt.date(2026, 11, 20)


@pytest.fixture
def group(hub: Hub) -> WorkGroup:
    specialist = work.make_specialist(hub, "Mina Specialist")
    return work.make_group(hub, "Northvale 1", specialist=specialist, stage_year=work.stage_year_of(year=YEAR))


def take(hub: Hub, now: dt.datetime, *, scope: Scope | None = None, period: Period | None = None) -> GrantReport:
    asked = Asked(scope or Scope("hub"), period or Period.of_year(YEAR))
    with tenancy.use(hub):
        return grant_report.snapshot(asked.as_parameters(), now=now)


def grant_of(hub: Hub, name: str, group: WorkGroup | None = None, *, year: int = YEAR, pence: int = 100_000) -> Grant:
    place = work.make_place(hub, factories.make_school(name), group=group, year=year)
    return work.make_grant(place, amount_pence=pence)


def pay(grant: Grant, by: User, on: dt.date, **fields: object) -> None:
    """As the payment list's verbs leave it."""
    with tenancy.use(grant.hub_id):
        Grant.objects.filter(pk=grant.pk).update(
            state=GrantState.PAID, approved_by=by, approved_at=dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)
        )
    paid = work.make_payment_list(
        grant.hub, by, state=PaymentList.State.PAID, paid_on=on, paid_by=by, payment_reference="BACS 0417", **fields
    )
    work.make_payment(paid, grant)


def leave(place: Place) -> None:
    """As the verb leaves it."""
    with tenancy.use(place.hub_id):
        PlaceEvent.objects.create(
            hub_id=place.hub_id, place=place, kind=PlaceEvent.Kind.LEFT, group=place.group, happened_on=IN_YEAR,
            reason="It closed.", recorded_at=place.accepted_at,
        )  # fmt: skip
        Place.objects.filter(pk=place.pk).update(state=PlaceState.LEFT, group=None, specialist_school=None)


def schools(report: GrantReport) -> list[str]:
    return [line.school for line in report.lines]


def test_a_school_with_its_grant(hub: Hub, group: WorkGroup, administrator: User, now: dt.datetime) -> None:
    grant = grant_of(hub, "Ash Lane Primary School", group, pence=123_456)
    pay(grant, administrator, IN_YEAR, number=3)

    report = take(hub, now)

    (line,) = report.lines
    assert line == GrantLine(
        school="Ash Lane Primary School",
        formerly="",
        urn=grant.place.school.urn_in_words,
        stage="Developing (primary), 2026/27",
        state="paid",
        pence=123_456,
        accepted=timezone.localdate(grant.place.accepted_at),
        claim_on=dt.date(2027, 3, 1),
        approved=dt.date(2026, 11, 2),
        paid_on=IN_YEAR,
        paid_pence=123_456,
        paid_in_period_pence=123_456,
        payment="Payment list 3, BACS 0417",
        condition=1,
        withheld_reason="",
    )
    assert line.state_in_words == "Paid"
    assert report.conditions == ["Take part."]
    (section,) = report.sections
    assert (section.name, section.about) == ("Northvale 1", "Developing (primary), 2026/27, led by Mina Specialist")


def test_the_head_says_of_what_and_when(hub: Hub, group: WorkGroup, now: dt.datetime) -> None:
    between = Period(dt.date(2027, 1, 1), dt.date(2027, 3, 31))
    head = take(hub, now, scope=Scope("group", group.pk), period=between).head

    assert head.name == "Grant report: Work Group Northvale 1, 1 January 2027 to 31 March 2027"
    assert (head.hub, head.as_of, head.colour) == ("Northvale Maths Hub", now, hub.colour)
    assert take(hub, now).head.name == "Grant report: The whole hub, 2026/27"


def test_sums_are_those_of_the_rows(hub: Hub, group: WorkGroup, administrator: User, now: dt.datetime) -> None:
    for number in range(3):
        pay(grant_of(hub, f"Paid {number}", group, pence=10_001), administrator, IN_YEAR)
    grant_of(hub, "Expected", pence=50_050)

    report = take(hub, now)

    assert [(one.label, one.count, one.pence) for one in report.by_state] == [
        ("Expected", 1, 50_050), ("Due", 0, 0), ("Approved", 0, 0), ("Paid", 3, 30_003), ("Withheld", 0, 0),
    ]  # fmt: skip
    assert (report.total.count, report.total.pence) == (4, 80_053)
    assert (report.paid_in_period.count, report.paid_in_period.pence) == (3, 30_003)
    with tenancy.use(hub):
        assert report.total.pence == sum(Grant.objects.values_list("amount_pence", flat=True))


def test_schools_stand_by_group_and_name_and_those_without_a_group_after_them(
    hub: Hub, group: WorkGroup, now: dt.datetime
) -> None:
    second = work.make_group(hub, "Eastvale", stage_year=group.stage_year)
    for name, of in (("birch", group), ("Ash", group), ("Cedar", second), ("Dell", None)):
        grant_of(hub, name, of)
    left = grant_of(hub, "Elm", group)
    leave(left.place)

    assert [(section.name, [line.school for line in section.lines]) for section in take(hub, now).sections] == [
        ("Eastvale", ["Cedar"]),
        ("Northvale 1", ["Ash", "birch"]),
        ("Without a Work Group", ["Dell"]),
        ("Schools that left", ["Elm"]),
    ]


def test_a_school_without_a_group_stands_with_each_of_its_stages_the_latest_year_first(
    hub: Hub, now: dt.datetime
) -> None:
    ash = factories.make_school("Ash")
    for stage, year in (("primary-developing", YEAR - 1), ("primary-embedding", YEAR), ("primary-developing", YEAR)):
        work.make_grant(work.make_place(hub, ash, stage=stage, year=year))

    report = take(hub, now, period=Period(dt.date(YEAR - 1, 9, 1), dt.date(YEAR + 1, 8, 31)))

    assert [(line.school, line.stage) for line in report.lines] == [
        ("Ash", "Developing (primary), 2026/27"),
        ("Ash", "Embedding (primary), 2026/27"),
        ("Ash", "Developing (primary), 2025/26"),
    ]


def test_a_part_of_the_hub_and_those_that_left_it(hub: Hub, group: WorkGroup, now: dt.datetime) -> None:
    ash, elm = grant_of(hub, "Ash", group), grant_of(hub, "Elm", group)
    leave(elm.place)
    other = grant_of(hub, "Birch", work.make_group(hub, stage_year=group.stage_year))
    grant_of(hub, "Cedar")

    assert schools(take(hub, now, scope=Scope("group", group.pk))) == ["Ash", "Elm"]
    assert schools(take(hub, now, scope=Scope("specialist", group.specialist_id))) == ["Ash", "Elm"]
    assert schools(take(hub, now, scope=Scope("place", other.place_id))) == ["Birch"]
    assert ash.hub == hub


def test_payments_are_those_of_the_time_and_grants_those_of_its_years(
    hub: Hub, group: WorkGroup, administrator: User, now: dt.datetime
) -> None:
    pay(grant_of(hub, "November", group, pence=1_000), administrator, dt.date(2026, 11, 30))
    pay(grant_of(hub, "January", group, pence=2_000), administrator, dt.date(2027, 1, 1))
    pay(grant_of(hub, "Last year's, late", year=2025, pence=3_000), administrator, dt.date(2027, 3, 31))
    pay(grant_of(hub, "Last year's", year=2025, pence=4_000), administrator, dt.date(2026, 7, 1))

    year = take(hub, now)
    spring = take(hub, now, period=Period(dt.date(2027, 1, 1), dt.date(2027, 3, 31)))

    assert schools(year) == schools(spring) == ["January", "November", "Last year's, late"]
    assert year.paid_in_period.pence == 6_000
    assert spring.paid_in_period.pence == 5_000
    assert [line.paid_pence for line in spring.lines] == [2_000, 1_000, 3_000]


def test_a_payment_that_was_taken_back_or_is_still_to_make_is_no_payment(
    hub: Hub, group: WorkGroup, administrator: User, now: dt.datetime
) -> None:
    waiting, back = grant_of(hub, "Ash", group), grant_of(hub, "Birch", group)
    work.make_payment(work.make_payment_list(hub, administrator, number=7), waiting)
    cancelled = work.make_payment_list(hub, administrator, state=PaymentList.State.CANCELLED)
    work.make_payment(cancelled, back, taken_back_at=now)

    ash, birch = take(hub, now).lines

    assert (ash.payment, ash.paid_on, ash.paid_pence) == ("Payment list 7", None, 0)
    assert (birch.payment, birch.paid_on, birch.paid_pence) == ("", None, 0)


def test_a_school_that_became_an_academy_has_its_new_name_and_the_former_one(
    hub: Hub, group: WorkGroup, now: dt.datetime
) -> None:
    grant = grant_of(hub, "Ash Lane Primary School", group)
    factories.go_on_as(grant.place.school, factories.make_school("Birch Academy"))

    (line,) = take(hub, now).lines

    assert (line.school, line.formerly) == ("Birch Academy", "Ash Lane Primary School")


def test_each_condition_is_told_once_and_a_withheld_grant_says_why(hub: Hub, now: dt.datetime) -> None:
    for name, condition in (("A", "Take part."), ("B", "Report."), ("C", "Take part."), ("D", "")):
        grant = grant_of(hub, name)
        with tenancy.use(hub):
            Grant.objects.filter(pk=grant.pk).update(
                condition=condition, state=GrantState.WITHHELD, withheld_reason=f"Because of {name}."
            )
    report = take(hub, now)

    numbers = [line.condition for line in report.lines]
    assert [report.conditions[number - 1] if number else "" for number in numbers] == [
        "Take part.", "Report.", "Take part.", "",
    ]  # fmt: skip
    assert len(report.conditions) == 2
    assert report.lines[0].withheld_reason == "Because of A."


def test_what_is_another_hubs_is_not_there(hub: Hub, other_hub: Hub, group: WorkGroup, now: dt.datetime) -> None:
    grant_of(other_hub, "Elsewhere")

    assert take(hub, now).lines == []
    with pytest.raises(CannotBeMade, match="The Work Group that this report was to be about is no longer there"):
        take(other_hub, now, scope=Scope("group", group.pk))
    for gone in (Scope("specialist", 99_999_999), Scope("place", 99_999_999)):
        with pytest.raises(CannotBeMade):
            take(hub, now, scope=gone)


def test_a_place_without_a_grant_is_not_there(hub: Hub, now: dt.datetime) -> None:
    work.make_place(hub, year=YEAR)
    assert take(hub, now).lines == []


def test_as_many_queries_for_three_schools_as_for_one(hub: Hub, administrator: User, now: dt.datetime) -> None:
    counts = []
    for number in (1, 2, 3):
        made = work.make_group(hub, f"Group {number}", stage_year=work.stage_year_of(year=YEAR))
        grant = grant_of(hub, f"School {number}", made)
        pay(grant, administrator, IN_YEAR)
        factories.go_on_as(grant.place.school, factories.make_school(f"Academy {number}"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            take(hub, now)
        counts.append(len(queries))
    assert counts[0] == counts[2] <= 10


def test_it_comes_back_from_json_as_it_was(hub: Hub, group: WorkGroup, administrator: User, now: dt.datetime) -> None:
    pay(grant_of(hub, "Ash", group), administrator, IN_YEAR)
    report = take(hub, now)
    assert thaw(GrantReport, freeze(report)) == report

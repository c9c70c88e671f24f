from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubs import tenancy, timeline
from hubs.models import Hub, Membership, Role, User
from hubs.permissions import NotAllowed
from programmes import following
from programmes.models import ExpressionOfInterest, RecruitmentWindow, SchoolChange, State
from schools.models import CurrentSchool, School
from tests import factories
from tests.locks import begin_meanwhile

DAY = dt.timedelta(days=1)


@pytest.fixture
def ash(hub: Hub) -> School:
    """A school that will close."""
    return factories.make_school("Ash Lane Primary School", urn=100_001)


@pytest.fixture
def birch(hub: Hub) -> School:
    """What it will be."""
    return factories.make_school("Birch Academy", urn=100_002)


def notices(hub: Hub) -> list[SchoolChange]:
    with tenancy.use(hub):
        return list(SchoolChange.objects.unseen().select_related("expression"))


def said_of(expression: ExpressionOfInterest) -> list[tuple[str, str]]:
    with tenancy.use(expression.hub_id):
        return list(timeline.entries_of(expression).values_list("actor_name", "text"))


@pytest.mark.parametrize("state", [State.SUBMITTED, State.OFFERED])
def test_the_hub_is_told_that_a_school_with_work_in_progress_has_a_new_urn(
    window: RecruitmentWindow, ash: School, birch: School, now: dt.datetime, state: State
) -> None:
    expression = factories.make_expression(window, ash, state=state)
    factories.go_on_as(ash, birch)

    factories.follow_register(now=now)

    (notice,) = notices(window.hub)
    assert (notice.expression, notice.former, notice.current_urns) == (expression, ash, [100_002])
    assert notice.noticed_at == now
    assert notice.text == (
        "Ash Lane Primary School (URN 100001) closed on 31 August 2026 and is Birch Academy (URN 100002) now. "
        "It keeps its expression of interest. Our pages and letters show what it is called now."
    )
    assert said_of(expression) == [("School register", notice.text)]


def test_the_expression_stays_with_the_urn_that_sent_it(
    window: RecruitmentWindow, ash: School, birch: School, now: dt.datetime
) -> None:
    expression = factories.make_expression(window, ash)
    factories.go_on_as(ash, birch)

    factories.follow_register(now=now)

    with tenancy.use(window.hub):
        kept = ExpressionOfInterest.objects.get(pk=expression.pk)
    assert (kept.school, kept.school_now, kept.state) == (ash, birch, State.SUBMITTED)


def test_following_twice_says_it_once(window: RecruitmentWindow, ash: School, birch: School, now: dt.datetime) -> None:
    expression = factories.make_expression(window, ash)
    factories.go_on_as(ash, birch)

    for days in range(3):
        factories.follow_register(now=now + days * DAY)

    assert [notice.noticed_at for notice in notices(window.hub)] == [now]
    assert len(said_of(expression)) == 1


def test_a_school_without_a_successor_is_worth_a_notice_and_so_is_one_found_later(
    window: RecruitmentWindow, ash: School, birch: School, now: dt.datetime
) -> None:
    factories.make_expression(window, ash)
    factories.go_on_as(ash)

    factories.follow_register(now=now)
    (notice,) = notices(window.hub)
    assert notice.current_urns == []
    assert "no successor is known" in notice.text

    factories.go_on_as(ash, birch)
    factories.follow_register(now=now + DAY)
    # What does not hold any more is not asked to be looked at.
    (notice,) = notices(window.hub)
    assert notice.current_urns == [birch.pk]


def test_of_a_school_that_has_split_the_hub_is_asked_to_look(
    window: RecruitmentWindow, ash: School, birch: School, now: dt.datetime
) -> None:
    expression = factories.make_expression(window, ash)
    cedar = factories.make_school("Cedar Academy", urn=100_003)
    factories.go_on_as(ash, birch, cedar)

    factories.follow_register(now=now)

    (notice,) = notices(window.hub)
    assert notice.current_urns == [100_002, 100_003]
    assert "has become 2 schools: Birch Academy (URN 100002); Cedar Academy (URN 100003). Choose the one" in notice.text
    with tenancy.use(window.hub):
        # Nobody can say which of the two is meant.
        assert ExpressionOfInterest.objects.get(pk=expression.pk).school_now == ash


def test_a_second_change_of_urn_is_a_second_notice(
    window: RecruitmentWindow, ash: School, birch: School, now: dt.datetime, decider: Membership
) -> None:
    expression = factories.make_expression(window, ash)
    factories.go_on_as(ash, birch)
    factories.follow_register(now=now)
    with tenancy.use(window.hub):
        following.mark_seen(change=SchoolChange.objects.get(), actor=decider, now=now)
    cedar = factories.make_school("Cedar Academy", urn=100_003)
    factories.go_on_as(birch, cedar)

    factories.follow_register(now=now + DAY)

    (notice,) = notices(window.hub)
    assert notice.current_urns == [cedar.pk]
    assert len(said_of(expression)) == 3


def test_a_closing_that_the_register_takes_back_leaves_no_notice(
    window: RecruitmentWindow, ash: School, now: dt.datetime
) -> None:
    expression = factories.make_expression(window, ash)
    factories.go_on_as(ash)
    factories.follow_register(now=now)
    School.objects.filter(pk=ash.pk).update(status=School.Status.OPEN, closed_on=None)

    factories.follow_register(now=now + DAY)

    assert notices(window.hub) == []
    assert len(said_of(expression)) == 1


def test_drafts_what_was_declined_and_schools_that_are_open_are_no_work_in_progress(
    window: RecruitmentWindow, ash: School, birch: School, now: dt.datetime
) -> None:
    factories.make_draft(window, ash)
    factories.make_expression(window, ash, state=State.DECLINED)
    factories.make_expression(window, birch)
    factories.go_on_as(ash, birch)

    factories.follow_register(now=now)

    assert notices(window.hub) == []


def test_work_of_past_years_is_done_and_worth_no_notice(hub: Hub, ash: School, birch: School, now: dt.datetime) -> None:
    long_ago = now - 400 * DAY
    last_year = factories.make_window(hub, year=2025, opens_at=long_ago, closes_at=long_ago + DAY)
    past = factories.make_expression(last_year, ash, state=State.OFFERED)
    present = factories.make_expression(factories.make_window(hub, year=2026), ash, state=State.OFFERED)
    factories.go_on_as(ash, birch)

    factories.follow_register(now=now)

    assert [notice.expression for notice in notices(hub)] == [present]
    assert said_of(past) == []


def test_what_is_read_does_not_grow_with_the_notices_that_were_seen(
    window: RecruitmentWindow, ash: School, birch: School, decider: Membership, now: dt.datetime
) -> None:
    done = factories.make_expression(window, ash)
    factories.go_on_as(ash, birch)
    factories.follow_register(now=now)
    with tenancy.use(window.hub):
        following.mark_seen(change=SchoolChange.objects.get(), actor=decider, now=now)
        ExpressionOfInterest.objects.filter(pk=done.pk).update(state=State.DECLINED)
        with CaptureQueriesContext(connection) as captured:
            following.notice_changes(now=now)

    (notices_read,) = [
        one["sql"] for one in captured.captured_queries if 'FROM "programmes_schoolchange"' in one["sql"]
    ]
    with connection.cursor() as cursor, tenancy.use(window.hub):
        cursor.execute(notices_read)
        assert cursor.fetchall() == []


def test_every_hub_is_told_of_its_own(hub: Hub, other_hub: Hub, ash: School, birch: School, now: dt.datetime) -> None:
    expressions = [factories.make_expression(factories.make_window(each), ash) for each in (hub, other_hub)]
    factories.go_on_as(ash, birch)

    factories.follow_register(now=now)

    assert [[notice.expression for notice in notices(each)] for each in (hub, other_hub)] == [
        [expression] for expression in expressions
    ]


# --- Seen ------------------------------------------------------------------------------------


@pytest.fixture
def change(window: RecruitmentWindow, ash: School, birch: School, now: dt.datetime) -> SchoolChange:
    """A notice that nobody has seen."""
    factories.make_expression(window, ash)
    factories.go_on_as(ash, birch)
    factories.follow_register(now=now)
    return notices(window.hub)[0]


def test_a_notice_goes_away_when_somebody_has_seen_it_and_says_who(
    change: SchoolChange, decider: Membership, administrator: User, now: dt.datetime
) -> None:
    other = factories.membership_of(administrator, change.hub)
    with tenancy.use(change.hub):
        following.mark_seen(change=change, actor=decider, now=now + DAY)
        following.mark_seen(change=change, actor=other, now=now + 2 * DAY)
        change.refresh_from_db(fields=["seen_at", "seen_by"])

    assert notices(change.hub) == []
    assert (change.seen_at, change.seen_by) == (now + DAY, decider.user)
    assert said_of(change.expression)[0] == (
        decider.user.name,
        "Has seen the notice that the school has changed.",
    )
    assert len(said_of(change.expression)) == 2


def sent_two(hub: Hub, school: School) -> list[ExpressionOfInterest]:
    return [
        factories.make_expression(factories.make_window(hub, stage=stage), school)
        for stage in ("primary-developing", "primary-readiness")
    ]


def test_what_was_seen_of_a_school_is_seen_for_all_that_it_sent(
    hub: Hub, other_hub: Hub, ash: School, birch: School, decider: Membership, now: dt.datetime
) -> None:
    sent = sent_two(hub, ash)
    elsewhere = factories.make_expression(factories.make_window(other_hub), ash)
    oak = factories.make_expression(sent[0].window, factories.make_school("Oak"))
    for school in (ash, oak.school):
        factories.go_on_as(school, birch)
    factories.follow_register(now=now)
    change = next(notice for notice in notices(hub) if notice.expression == sent[0])

    with tenancy.use(hub):
        following.mark_seen(change=change, actor=decider, now=now)

    assert [notice.expression for notice in notices(hub)] == [oak]
    assert [notice.expression for notice in notices(other_hub)] == [elsewhere]
    for expression in sent:
        assert said_of(expression)[0][1] == "Has seen the notice that the school has changed."


def test_of_a_school_that_has_split_each_expression_asks_for_its_part(
    hub: Hub, ash: School, birch: School, decider: Membership, now: dt.datetime
) -> None:
    sent = sent_two(hub, ash)
    factories.go_on_as(ash, birch, factories.make_school("Cedar"))
    factories.follow_register(now=now)
    change = next(notice for notice in notices(hub) if notice.expression == sent[0])

    with tenancy.use(hub):
        following.mark_seen(change=change, actor=decider, now=now)

    assert [notice.expression for notice in notices(hub)] == [sent[1]]


def test_a_notice_that_was_seen_does_not_come_back(change: SchoolChange, decider: Membership, now: dt.datetime) -> None:
    with tenancy.use(change.hub):
        following.mark_seen(change=change, actor=decider, now=now)

    factories.follow_register(now=now + DAY)

    assert notices(change.hub) == []


@pytest.mark.django_db(transaction=True)
def test_what_is_seen_in_the_moment_in_which_it_holds_no_more_is_kept(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    actor = factories.membership_of(factories.make_member(hub, Role.ADMINISTRATOR, "Ann Able"), hub)
    ash, birch = factories.make_school("Ash"), factories.make_school("Birch")
    factories.make_expression(factories.make_window(hub), ash)
    factories.go_on_as(ash, birch)

    def follow() -> None:
        with tenancy.use(hub):
            following.notice_changes(now=now)

    follow()
    CurrentSchool.objects.all().delete()
    with tenancy.use(hub):
        change = SchoolChange.objects.get()
        following.mark_seen(change=change, actor=actor, now=now)
        other = begin_meanwhile(follow)
    other.join()

    with tenancy.use(hub):
        assert SchoolChange.objects.get(pk=change.pk).seen_by == actor.user


def test_who_does_not_decide_on_expressions_marks_nothing_as_seen(
    change: SchoolChange, specialist: User, now: dt.datetime
) -> None:
    actor = factories.membership_of(specialist, change.hub)

    with tenancy.use(change.hub), pytest.raises(NotAllowed):
        following.mark_seen(change=change, actor=actor, now=now)

    assert len(notices(change.hub)) == 1


def test_another_hubs_notice_cannot_be_marked(change: SchoolChange, other_hub: Hub, now: dt.datetime) -> None:
    person = factories.make_member(other_hub, Role.ADMINISTRATOR, "Olga Other")

    with tenancy.use(other_hub):
        following.mark_seen(change=change, actor=factories.membership_of(person, other_hub), now=now)

    assert len(notices(change.hub)) == 1

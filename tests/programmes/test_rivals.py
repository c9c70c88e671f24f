from __future__ import annotations

import datetime as dt

import pytest

from hubs import tenancy
from hubs.models import Hub, Membership, Role
from programmes import applying, deciding
from programmes.models import ExpressionOfInterest, RecruitmentWindow, State
from programmes.rivals import rival_of
from schools.models import School
from tests import factories
from tests.locks import begin_meanwhile
from tests.programmes.conftest import reload


@pytest.fixture
def ash(hub: Hub) -> School:
    """What the school was."""
    return factories.make_school("Ash Lane Primary School", urn=100_001)


@pytest.fixture
def birch(ash: School) -> School:
    """What it is now."""
    birch = factories.make_school("Birch Academy", urn=100_002)
    factories.go_on_as(ash, birch)
    return birch


def submit(draft: ExpressionOfInterest, now: dt.datetime) -> ExpressionOfInterest:
    with tenancy.use(draft.hub_id):
        return applying.submit(draft=draft, now=now)


def rival(expression: ExpressionOfInterest) -> ExpressionOfInterest | None:
    with tenancy.use(expression.hub_id):
        return rival_of(expression)


@pytest.mark.parametrize("state", State)
def test_what_the_school_sent_under_its_former_urn_is_its_own_while_it_is_live(
    window: RecruitmentWindow, ash: School, birch: School, state: State
) -> None:
    former = (
        factories.make_draft(window, ash)
        if state == State.DRAFT
        else factories.make_expression(window, ash, state=state)
    )
    today = factories.make_draft(window, birch)

    assert rival(today) == (former if state in (State.SUBMITTED, State.OFFERED, State.ACCEPTED) else None)


def test_the_line_is_looked_through_over_all_its_steps_and_both_ways(
    window: RecruitmentWindow, ash: School, birch: School
) -> None:
    cedar = factories.make_school("Cedar Academy")
    factories.go_on_as(birch, cedar)
    first = factories.make_expression(window, ash)
    last = factories.make_expression(window, cedar)

    assert (rival(first), rival(last)) == (last, first)


def test_two_schools_that_merged_are_one_school_from_then_on(window: RecruitmentWindow, ash: School) -> None:
    oak, elm = factories.make_school("Oak"), factories.make_school("Elm")
    under_ash, under_oak = factories.make_expression(window, ash), factories.make_expression(window, oak)
    assert (rival(under_ash), rival(under_oak)) == (None, None)

    factories.go_on_as(ash, elm)
    factories.go_on_as(oak, elm)

    assert (rival(under_ash), rival(under_oak)) == (under_oak, under_ash)


def test_the_parts_of_a_school_that_split_are_not_each_others_rivals(window: RecruitmentWindow, ash: School) -> None:
    oak, elm = factories.make_school("Oak"), factories.make_school("Elm")
    factories.go_on_as(ash, oak, elm)
    factories.make_expression(window, oak)

    assert rival(factories.make_expression(window, elm)) is None


def test_another_stage_and_another_hub_are_no_rivals(
    hub: Hub, other_hub: Hub, window: RecruitmentWindow, ash: School, birch: School
) -> None:
    factories.make_expression(factories.make_window(hub, stage="primary-readiness"), ash)
    factories.make_expression(factories.make_window(other_hub), ash)

    assert rival(factories.make_expression(window, birch)) is None


# --- Sending ---------------------------------------------------------------------------------


def test_a_school_does_not_apply_again_under_its_new_urn(
    window: RecruitmentWindow, ash: School, birch: School, now: dt.datetime
) -> None:
    former = factories.make_expression(window, ash)
    draft = factories.make_draft(window, birch)

    with pytest.raises(applying.SchoolHasOne) as refusal:
        submit(draft, now)

    assert refusal.value.existing == former
    assert reload(draft).state == State.DRAFT


def test_a_draft_of_a_school_that_has_closed_is_sent_under_the_urn_of_today(
    window: RecruitmentWindow, ash: School, now: dt.datetime
) -> None:
    draft = factories.make_draft(window, ash)
    birch = factories.make_school("Birch Academy")
    factories.go_on_as(ash, birch)

    sent = submit(draft, now)

    assert (sent.state, reload(draft).school) == (State.SUBMITTED, birch)


@pytest.mark.parametrize("successors", [0, 2])
def test_a_draft_of_a_school_without_one_clear_successor_is_sent_as_it_is_and_the_hub_told(
    window: RecruitmentWindow, ash: School, now: dt.datetime, successors: int
) -> None:
    draft = factories.make_draft(window, ash)
    factories.go_on_as(ash, *(factories.make_school(f"Part {number}") for number in range(successors)))

    submit(draft, now)

    with tenancy.use(window.hub):
        sent = ExpressionOfInterest.objects.get(pk=draft.pk)
        assert (sent.state, sent.school) == (State.SUBMITTED, ash)
        assert [len(change.current_urns) for change in sent.school_changes.all()] == [successors]


def test_a_draft_begun_under_the_former_urn_does_not_slip_past_one_sent_under_the_new(
    window: RecruitmentWindow, ash: School, birch: School, now: dt.datetime
) -> None:
    draft = factories.make_draft(window, ash)
    sent = submit(factories.make_draft(window, birch), now)

    with pytest.raises(applying.SchoolHasOne) as refusal:
        submit(draft, now)
    assert refusal.value.existing == sent


@pytest.mark.django_db(transaction=True)
def test_of_two_sent_at_the_same_moment_under_two_urns_one_arrives(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    window = factories.make_window(hub, opens_at=now)
    ash, birch, cedar = (factories.make_school(name) for name in ("Ash", "Birch", "Cedar"))
    # Split: neither stands for the other, and each of them is what Ash was.
    factories.go_on_as(ash, birch, cedar)
    first, second = factories.make_draft(window, ash), factories.make_draft(window, birch)
    refused: list[ExpressionOfInterest] = []

    def meanwhile() -> None:
        try:
            submit(second, now)
        except applying.SchoolHasOne as refusal:
            refused.append(refusal.existing)

    with tenancy.use(hub):
        applying.submit(draft=first, now=now)
        other = begin_meanwhile(meanwhile)
        assert other.is_alive()
    other.join()

    assert refused == [first]
    assert (reload(first).state, reload(second).state) == (State.SUBMITTED, State.DRAFT)


# --- Deciding --------------------------------------------------------------------------------


def offer(expression: ExpressionOfInterest, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(expression.hub_id):
        deciding.offer(expression=expression, actor=actor, now=now)


def test_a_declined_school_that_applied_again_under_its_new_urn_is_not_offered_twice(
    window: RecruitmentWindow, ash: School, birch: School, decider: Membership, now: dt.datetime
) -> None:
    declined = factories.make_expression(window, ash, state=State.DECLINED)
    again = factories.make_expression(window, birch)

    with pytest.raises(deciding.CannotDecide) as refusal:
        offer(declined, decider, now)

    assert str(refusal.value) == (
        f"Birch Academy has sent {again.reference}, as Birch Academy (URN 100002) since then. Decide that one instead."
    )


def test_of_two_that_turn_out_to_be_one_school_one_is_offered_and_the_other_declined(
    window: RecruitmentWindow, ash: School, decider: Membership, now: dt.datetime
) -> None:
    birch = factories.make_school("Birch Academy", urn=100_002)
    under_old, under_new = factories.make_expression(window, ash), factories.make_expression(window, birch)
    factories.go_on_as(ash, birch)

    offer(under_old, decider, now)

    with pytest.raises(deciding.CannotDecide) as refusal:
        offer(under_new, decider, now)
    assert str(refusal.value) == (
        f"Birch Academy has been offered a place already: {under_old.reference}, "
        "as Ash Lane Primary School (URN 100001). Decline this one."
    )
    with tenancy.use(window.hub):
        deciding.decline(expression=under_new, actor=decider, now=now, reason="You sent two.")


@pytest.mark.parametrize(
    ("state", "advice"), [(State.SUBMITTED, " Decline this one."), (State.DECLINED, ""), (State.TURNED_DOWN, "")]
)
def test_a_school_that_has_accepted_a_place_is_not_offered_a_second_one(
    window: RecruitmentWindow,
    ash: School,
    birch: School,
    decider: Membership,
    now: dt.datetime,
    state: State,
    advice: str,
) -> None:
    accepted = factories.make_expression(window, birch, state=State.ACCEPTED)
    other = factories.make_expression(window, ash, state=state)

    with pytest.raises(deciding.CannotDecide) as refusal:
        offer(other, decider, now)

    assert str(refusal.value) == (
        f"Birch Academy has accepted a place already: {accepted.reference}, as Birch Academy (URN 100002).{advice}"
    )


def test_what_was_turned_down_is_not_offered_again_where_the_school_has_sent_another_since(
    window: RecruitmentWindow, ash: School, decider: Membership, now: dt.datetime
) -> None:
    turned_down = factories.make_expression(window, ash, state=State.TURNED_DOWN)
    again = factories.make_expression(window, ash)

    with pytest.raises(deciding.CannotDecide, match=f"has sent {again.reference} since then. Decide that one instead"):
        offer(turned_down, decider, now)


def test_of_several_rivals_a_place_comes_before_an_offer_and_that_before_what_waits(
    window: RecruitmentWindow, ash: School
) -> None:
    schools = [factories.make_school(name) for name in ("Oak", "Elm", "Yew")]
    states = (State.SUBMITTED, State.OFFERED, State.ACCEPTED)
    rivals = {
        state: factories.make_expression(window, school, state=state)
        for state, school in zip(states, schools, strict=True)
    }
    one = factories.make_expression(window, ash)
    merged = factories.make_school("Merged")
    for school in (ash, *schools):
        factories.go_on_as(school, merged)

    with tenancy.use(window.hub):
        for state in reversed(states):
            assert rival_of(one) == rivals[state]
            ExpressionOfInterest.objects.filter(pk=rivals[state].pk).update(state=State.DECLINED)


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_that_merged_after_both_had_sent_one_is_offered_a_place(
    window: RecruitmentWindow, ash: School, decider: Membership, now: dt.datetime, first: int
) -> None:
    oak, elm = factories.make_school("Oak"), factories.make_school("Elm", urn=100_003)
    both = [factories.make_expression(window, ash), factories.make_expression(window, oak)]
    factories.go_on_as(ash, elm)
    factories.go_on_as(oak, elm)

    offer(both[first], decider, now)

    with pytest.raises(deciding.CannotDecide, match=f"Elm has been offered a place already: {both[first].reference}"):
        offer(both[1 - first], decider, now)
    with tenancy.use(window.hub):
        deciding.decline(expression=both[1 - first], actor=decider, now=now, reason="You are one school now.")


@pytest.mark.django_db(transaction=True)
def test_two_urns_of_one_school_are_not_offered_a_place_at_the_same_moment(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    window = factories.make_window(hub)
    ash, birch = factories.make_school("Ash"), factories.make_school("Birch")
    first, second = factories.make_expression(window, ash), factories.make_expression(window, birch)
    factories.go_on_as(ash, birch)
    actor = factories.membership_of(factories.make_member(hub, Role.HUB_LEAD, "Ann Able"), hub)
    refused: list[str] = []

    def meanwhile() -> None:
        try:
            offer(second, actor, now)
        except deciding.CannotDecide as refusal:
            refused.append(str(refusal))

    with tenancy.use(hub):
        deciding.offer(expression=first, actor=actor, now=now)
        other = begin_meanwhile(meanwhile)
        assert other.is_alive()
    other.join()

    assert len(refused) == 1
    assert (reload(first).state, reload(second).state) == (State.OFFERED, State.SUBMITTED)

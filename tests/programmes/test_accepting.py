from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from itertools import product

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correspondence import reminders
from correspondence.models import Message
from hubs import tenancy, timeline
from hubs.models import Hub, Membership, Role
from programmes import accepting, deciding
from programmes.agreement import agreement_of
from programmes.happenings import OfferAccepted, offer_accepted
from programmes.models import (
    AgreedPromise,
    ExpressionOfInterest,
    OfferAnswer,
    RecruitmentWindow,
    StageYear,
    State,
)
from programmes.queries import latest_offer
from tests import factories
from tests.locks import begin_meanwhile
from tests.programmes.conftest import reload

Told = list[OfferAccepted]
Verb = Callable[[ExpressionOfInterest, dt.datetime], OfferAnswer]
REASON = "Our maths lead leaves at Easter."


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the rooms above are told, which here do nothing by it."""
    told: Told = []
    monkeypatch.setattr(offer_accepted, "_listeners", [told.append])
    return told


@pytest.fixture
def offered(sent: ExpressionOfInterest, decider: Membership, now: dt.datetime) -> ExpressionOfInterest:
    """Has been offered a place a week ago."""
    return offer(sent, decider, now - dt.timedelta(days=7))


def offer(expression: ExpressionOfInterest, actor: Membership, now: dt.datetime) -> ExpressionOfInterest:
    with tenancy.use(expression.hub_id):
        deciding.offer(expression=expression, actor=actor, now=now)
    return expression


def accept(
    expression: ExpressionOfInterest, now: dt.datetime, name: str = "Hana Head", role: str = "Headteacher"
) -> OfferAnswer:
    with tenancy.use(expression.hub_id):
        return accepting.accept_offer(expression=expression, name=name, role=role, now=now)


def turn_down(
    expression: ExpressionOfInterest, now: dt.datetime, name: str = "Hana Head", role: str = "Headteacher"
) -> OfferAnswer:
    with tenancy.use(expression.hub_id):
        return accepting.turn_down_offer(expression=expression, name=name, role=role, reason=REASON, now=now)


VERBS: dict[State, Verb] = {State.ACCEPTED: accept, State.TURNED_DOWN: turn_down}


def written(expression: ExpressionOfInterest) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Its answers, the kinds of the letters about them, and who did what by its timeline, oldest first."""
    with tenancy.use(expression.hub_id):
        answers = expression.answers.order_by("pk").values_list("answer", flat=True)
        letters = Message.objects.about(expression).filter(kind__startswith="offer-").order_by("pk")
        entries = timeline.entries_of(expression).order_by("pk").values_list("actor_name", "text")
        return list(answers), list(letters.values_list("kind", flat=True)), list(entries)


# --- Accepting ---------------------------------------------------------------------------------


def test_accepting_keeps_the_agreement_word_for_word(
    offered: ExpressionOfInterest, now: dt.datetime, told: Told
) -> None:
    with tenancy.use(offered.hub):
        AgreedPromise.objects.filter(expression=offered, position__gt=2).delete()
        AgreedPromise.objects.filter(expression=offered, position=1).update(wording="As it was worded in spring.")
        AgreedPromise.objects.filter(expression=offered, position=2).update(wording="We will {come} & <stay>.")

    answer = accept(offered, now)

    assert answer.agreement == (
        "Ash Lane Primary School takes part in Developing (primary), 2027/28.\n"
        "\n"
        "The school promises:\n"
        "1. As it was worded in spring.\n"
        "2. We will {come} & <stay>.\n"
        "\n"
        "Grant: £1,000 towards release\n" + offered.window.stage_year.grant_condition
    )
    assert answer.grant_pence == 100_000
    assert answer.grant_condition == offered.window.stage_year.grant_condition != ""
    assert (answer.name, answer.role, answer.answered_at) == ("Hana Head", "Headteacher", now)
    assert reload(offered).state == State.ACCEPTED
    assert [(each.expression, each.answer, each.now) for each in told] == [(offered, answer, now)]


def test_what_changes_later_does_not_change_what_was_agreed(offered: ExpressionOfInterest, now: dt.datetime) -> None:
    before = accept(offered, now).agreement
    StageYear.objects.filter(pk=offered.window.stage_year_id).update(grant="£5", grant_condition="None", grant_pence=5)
    factories.go_on_as(offered.school, factories.make_school("Birch Academy"))

    again = accept(offered, now)

    assert (again.agreement, again.grant_pence) == (before, 100_000)


def test_a_stage_whose_grant_is_not_known_in_pounds_is_accepted_with_what_is_said_of_it(
    hub: Hub, decider: Membership, now: dt.datetime
) -> None:
    sent = factories.make_expression(factories.make_window(hub, stage="primary-sustaining"))

    answer = accept(offer(sent, decider, now), now)

    assert answer.grant_pence is None
    assert answer.agreement.endswith("Grant: A smaller grant than for Developing; your hub will tell you the amount")


def test_accepting_tells_head_and_contact_what_was_agreed_and_the_timeline_who_did_it(
    offered: ExpressionOfInterest, now: dt.datetime
) -> None:
    answer = accept(offered, now, "Dee Deputy", "Deputy headteacher")

    answers, letters, entries = written(offered)
    assert (answers, letters) == (["accepted"], ["offer-accepted"] * 2)
    assert entries[-1] == ("Dee Deputy, Deputy headteacher", "Accepted the place.")
    with tenancy.use(offered.hub):
        copies = Message.objects.filter(kind="offer-accepted")
        assert {copy.recipients[0] for copy in copies} == {"head@school.example", "cleo@school.example"}
        assert all(answer.agreement in copy.text for copy in copies)


def test_names_too_long_for_the_timeline_do_not_stand_in_the_way(
    offered: ExpressionOfInterest, now: dt.datetime
) -> None:
    answer = accept(offered, now, "N" * 120, "R" * 120)

    assert answer.name + answer.role == "N" * 120 + "R" * 120


# --- Turning down ------------------------------------------------------------------------------


def test_turning_down_keeps_the_reason_and_promises_nothing(
    offered: ExpressionOfInterest, now: dt.datetime, told: Told
) -> None:
    answer = turn_down(offered, now, "Dee Deputy", "Deputy headteacher")

    assert (answer.reason, answer.agreement, answer.grant_pence, answer.grant_condition) == (REASON, "", None, "")
    assert reload(offered).state == State.TURNED_DOWN
    answers, letters, entries = written(offered)
    assert (answers, letters) == (["turned_down"], ["offer-turned-down"] * 2)
    assert entries[-1] == ("Dee Deputy, Deputy headteacher", f"Turned the place down. {REASON}")
    assert told == []


@pytest.mark.parametrize("reason", ["", "  ", "\r\n"])
def test_a_place_is_not_turned_down_without_a_reason(
    offered: ExpressionOfInterest, now: dt.datetime, reason: str
) -> None:
    with tenancy.use(offered.hub), pytest.raises(ValueError, match="says why"):
        accepting.turn_down_offer(expression=offered, name="Hana", role="Head", reason=reason, now=now)
    assert reload(offered).state == State.OFFERED


def test_a_place_turned_down_can_be_offered_again_and_is_then_answered_anew(
    offered: ExpressionOfInterest, decider: Membership, now: dt.datetime, told: Told
) -> None:
    first = turn_down(offered, now - dt.timedelta(days=2))
    offer(offered, decider, now - dt.timedelta(days=1))
    assert reload(offered).state == State.OFFERED

    second = accept(offered, now)

    assert first.offer != second.offer
    assert written(offered)[0] == ["turned_down", "accepted"]
    assert reload(offered).state == State.ACCEPTED
    assert len(told) == 1


# --- Answered once -----------------------------------------------------------------------------


@pytest.mark.parametrize("answered", VERBS)
def test_the_second_of_two_same_answers_changes_nothing_whoever_gives_it(
    offered: ExpressionOfInterest, now: dt.datetime, told: Told, answered: State
) -> None:
    first = VERBS[answered](offered, now)
    before, listened = written(offered), len(told)

    with tenancy.use(offered.hub):
        again = VERBS[answered](offered, now + dt.timedelta(seconds=1))

    assert again == first
    assert (again.name, again.answered_at) == (first.name, now)
    assert (written(offered), len(told)) == (before, listened)


@pytest.mark.parametrize("answered", VERBS)
def test_the_other_answer_is_refused_with_the_one_that_stands(
    offered: ExpressionOfInterest, now: dt.datetime, answered: State
) -> None:
    first = VERBS[answered](offered, now)
    before = written(offered)
    (other,) = set(VERBS) - {answered}

    with pytest.raises(accepting.AnsweredOtherwise) as refusal:
        VERBS[other](offered, now)

    assert refusal.value.answer == first
    assert (written(offered), reload(offered).state) == (before, answered)


@pytest.mark.parametrize(("state", "answered"), list(product(State, VERBS)))
def test_where_nothing_was_offered_there_is_nothing_to_answer(
    window: RecruitmentWindow, now: dt.datetime, state: State, answered: State
) -> None:
    # Whatever its state says: there is no decision.
    is_draft = state == State.DRAFT
    expression = factories.make_draft(window) if is_draft else factories.make_expression(window, state=state)

    with pytest.raises(accepting.CannotAnswer, match="No place has been offered for"):
        VERBS[answered](expression, now)

    assert (written(expression), reload(expression).state) == (([], [], []), state)


def test_an_offer_that_does_not_wait_any_more_is_not_answered(offered: ExpressionOfInterest, now: dt.datetime) -> None:
    with tenancy.use(offered.hub):
        ExpressionOfInterest.objects.filter(pk=offered.pk).update(state=State.DECLINED, reference="EOI-34679")

    with pytest.raises(accepting.CannotAnswer, match="EOI-34679 is declined: no offer waits for an answer"):
        accept(offered, now)


@pytest.mark.parametrize(("quicker", "slower"), list(product(VERBS, VERBS)))
@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_answer_at_the_same_moment_the_quicker_one_answers(
    now: dt.datetime, told: Told, quicker: State, slower: State
) -> None:
    hub = factories.make_hub("northvale")
    lead = factories.membership_of(factories.make_member(hub, Role.HUB_LEAD, "Leo Lead"), hub)
    offered = offer(factories.make_expression(factories.make_window(hub)), lead, now)
    seen: list[OfferAnswer] = []

    def meanwhile() -> None:
        try:
            seen.append(VERBS[slower](offered, now))
        except accepting.AnsweredOtherwise as refusal:
            seen.append(refusal.answer)

    with tenancy.use(hub):
        first = VERBS[quicker](offered, now)
        other = begin_meanwhile(meanwhile)
        assert other.is_alive()
    other.join()

    assert seen == [first]
    answers, letters, _ = written(offered)
    assert (answers, len(letters), len(told)) == ([quicker], 2, int(quicker == State.ACCEPTED))


def test_what_a_room_above_raises_leaves_the_offer_unanswered(
    offered: ExpressionOfInterest, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(facts: OfferAccepted) -> None:
        raise RuntimeError("No room.")

    monkeypatch.setattr(offer_accepted, "_listeners", [refuse])
    with pytest.raises(RuntimeError), tenancy.use(offered.hub):
        accepting.accept_offer(expression=offered, name="Hana", role="Head", now=now)

    assert (reload(offered).state, written(offered)[:2]) == (State.OFFERED, ([], []))


# --- What the person has seen --------------------------------------------------------------------


def seal_of(expression: ExpressionOfInterest) -> str:
    with tenancy.use(expression.hub_id):
        found = latest_offer(expression.pk)
        assert found
        return agreement_of(found.expression).seal(found)


def answer_having_seen(expression: ExpressionOfInterest, answered: State, seen: str, now: dt.datetime) -> OfferAnswer:
    reason = {"reason": REASON} if answered == State.TURNED_DOWN else {}
    verb: Callable[..., OfferAnswer] = accepting.turn_down_offer if reason else accepting.accept_offer
    with tenancy.use(expression.hub_id):
        return verb(expression=expression, name="Hana", role="Head", now=now, seen=seen, **reason)


@pytest.mark.parametrize("answered", VERBS)
def test_who_has_seen_what_is_offered_answers_it(
    offered: ExpressionOfInterest, now: dt.datetime, answered: State
) -> None:
    assert answer_having_seen(offered, answered, seal_of(offered), now).answer == answered


def with_another_grant(expression: ExpressionOfInterest, actor: Membership, now: dt.datetime) -> None:
    StageYear.objects.filter(pk=expression.window.stage_year_id).update(grant_condition="Something else.")


def with_another_sum(expression: ExpressionOfInterest, actor: Membership, now: dt.datetime) -> None:
    StageYear.objects.filter(pk=expression.window.stage_year_id).update(grant_pence=50_000)


def with_another_promise(expression: ExpressionOfInterest, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(expression.hub_id):
        AgreedPromise.objects.filter(expression=expression, position=1).update(wording="Something else.")


def offered_again(expression: ExpressionOfInterest, actor: Membership, now: dt.datetime) -> None:
    turn_down(expression, now)
    offer(expression, actor, now + dt.timedelta(minutes=1))


@pytest.mark.parametrize("change", [with_another_grant, with_another_sum, with_another_promise, offered_again])
@pytest.mark.parametrize("answered", VERBS)
def test_who_has_seen_something_else_is_not_taken_at_her_word(
    offered: ExpressionOfInterest,
    decider: Membership,
    now: dt.datetime,
    answered: State,
    change: Callable[[ExpressionOfInterest, Membership, dt.datetime], None],
) -> None:
    seen = seal_of(offered)
    change(offered, decider, now)
    before = written(offered)

    for seal in (seen, ""):
        with pytest.raises(accepting.OfferChanged):
            answer_having_seen(offered, answered, seal, now)

    assert (written(offered), reload(offered).state) == (before, State.OFFERED)
    assert answer_having_seen(offered, answered, seal_of(offered), now).answer == answered


# --- One place a school ------------------------------------------------------------------------


def test_of_two_offers_that_turn_out_to_be_one_schools_one_is_accepted(
    window: RecruitmentWindow, decider: Membership, now: dt.datetime
) -> None:
    ash, birch = factories.make_school("Ash"), factories.make_school("Birch")
    both = [offer(factories.make_expression(window, school), decider, now) for school in (ash, birch)]
    factories.go_on_as(ash, birch)
    accept(both[1], now)

    with pytest.raises(accepting.SchoolHasPlace) as refusal:
        accept(both[0], now)

    assert refusal.value.existing == both[1]
    assert turn_down(both[0], now).answer == State.TURNED_DOWN


def test_a_school_accepts_under_the_name_it_has_by_now(offered: ExpressionOfInterest, now: dt.datetime) -> None:
    factories.go_on_as(offered.school, factories.make_school("Birch Academy"))

    assert accept(offered, now).agreement.startswith("Birch Academy takes part in Developing (primary)")


# --- The reminders ------------------------------------------------------------------------------


@pytest.mark.parametrize("answered", VERBS)
def test_every_answer_has_the_reminders_brought_up_to_date(
    offered: ExpressionOfInterest, now: dt.datetime, monkeypatch: pytest.MonkeyPatch, answered: State
) -> None:
    derived: list[bool] = []

    def note() -> None:
        # In the verb's transaction, so that it is done only if that is.
        derived.append(connection.in_atomic_block)

    monkeypatch.setattr(reminders, "derive_soon", note)
    VERBS[answered](offered, now)

    assert derived == [True]


# --- Whatever happens ---------------------------------------------------------------------------


def steps() -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(["offer", "accept", "turn down", "decline"]), max_size=8)


@pytest.fixture
def fresh(window: RecruitmentWindow) -> Callable[[], ExpressionOfInterest]:
    return partial(factories.make_expression, window)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=steps())
def test_in_any_order_each_offer_has_one_answer_at_most_and_the_state_follows_from_the_last(
    fresh: Callable[[], ExpressionOfInterest], decider: Membership, now: dt.datetime, told: Told, story: list[str]
) -> None:
    expression = fresh()
    told.clear()
    for number, step in enumerate(story, start=1):
        moment = now + dt.timedelta(minutes=number)
        try:
            match step:
                case "offer":
                    offer(expression, decider, moment)
                case "accept":
                    accept(expression, moment)
                case "turn down":
                    turn_down(expression, moment)
                case _:
                    with tenancy.use(expression.hub_id):
                        deciding.decline(expression=expression, actor=decider, now=moment, reason="Full.")
        except (deciding.CannotDecide, accepting.CannotAnswer, accepting.AnsweredOtherwise):
            pass

    with tenancy.use(expression.hub_id):
        decisions = list(expression.decisions.select_related("answer").order_by("pk"))
    said = [answer.answer if (answer := accepting.answer_to(decision)) else decision.outcome for decision in decisions]
    assert reload(expression).state == (said[-1] if said else State.SUBMITTED)
    # Only an offer that was turned down, or a refusal, is followed by anything.
    assert set(said[:-1]) <= {State.TURNED_DOWN, State.DECLINED}
    assert len(told) == said.count(State.ACCEPTED) <= 1
    assert len(written(expression)[1]) == 2 * sum(each in VERBS for each in said)

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import product

import pytest
from django.db import connection
from django.utils import timezone

from correspondence import reminders
from correspondence.models import Message
from hubs import tenancy, timeline
from hubs.models import Hub, Membership, Role, User
from hubs.permissions import NotAllowed
from programmes import accepting, applying, deciding
from programmes.happenings import SchoolChosen, school_chosen
from programmes.models import (
    TRANSITIONS,
    Decision,
    ExpressionOfInterest,
    RecruitmentWindow,
    SchoolChange,
    State,
)
from schools.models import School
from tests import factories
from tests.locks import begin_meanwhile
from tests.programmes.conftest import reload

Verb = Callable[[ExpressionOfInterest, Membership, dt.datetime], None]


def offer(expression: ExpressionOfInterest, actor: Membership, now: dt.datetime, words: str = "") -> None:
    with tenancy.use(expression.hub_id):
        deciding.offer(expression=expression, actor=actor, now=now, words=words)


def decline(
    expression: ExpressionOfInterest, actor: Membership, now: dt.datetime, reason: str = "All places are taken."
) -> None:
    with tenancy.use(expression.hub_id):
        deciding.decline(expression=expression, actor=actor, now=now, reason=reason)


def in_days(now: dt.datetime, days: int) -> dt.date:
    return timezone.localdate(now) + dt.timedelta(days=days)


VERBS: dict[State, Verb] = {State.OFFERED: offer, State.DECLINED: decline}


def written(expression: ExpressionOfInterest) -> tuple[list[str], list[str], list[str]]:
    """Its decisions, the kinds of its letters and its timeline, oldest first."""
    with tenancy.use(expression.hub_id):
        decisions = Decision.objects.filter(expression=expression).order_by("pk").values_list("outcome", flat=True)
        letters = Message.objects.about(expression).order_by("pk").values_list("kind", flat=True)
        entries = timeline.entries_of(expression).order_by("pk").values_list("text", flat=True)
        return list(decisions), list(letters), list(entries)


def in_state(window: RecruitmentWindow, state: State) -> ExpressionOfInterest:
    return factories.make_draft(window) if state == State.DRAFT else factories.make_expression(window, state=state)


@pytest.mark.parametrize(("state", "outcome"), list(product(State, VERBS)))
def test_a_decision_is_made_where_the_table_of_transitions_allows_it(
    window: RecruitmentWindow, decider: Membership, now: dt.datetime, state: State, outcome: State
) -> None:
    expression = in_state(window, state)

    if outcome == state:
        VERBS[outcome](expression, decider, now)
        assert written(expression) == ([], [], [])
    elif outcome in TRANSITIONS[state]:
        VERBS[outcome](expression, decider, now)
        assert reload(expression).state == outcome
        decisions, letters, entries = written(expression)
        assert (decisions, len(letters), len(entries)) == ([outcome], 2, 1)
    else:
        with pytest.raises(deciding.CannotDecide, match=f"cannot be {outcome.label.lower()}"):
            VERBS[outcome](expression, decider, now)
        assert reload(expression).state == state
        assert written(expression) == ([], [], [])


def test_an_offer_is_never_taken_back(window: RecruitmentWindow, decider: Membership, now: dt.datetime) -> None:
    expression = factories.make_expression(window, state=State.OFFERED, reference="EOI-34679")

    with pytest.raises(deciding.CannotDecide) as refusal:
        decline(expression, decider, now)

    assert str(refusal.value) == "EOI-34679 is offered, so it cannot be declined."


def test_a_declined_school_may_be_offered_a_place_after_all(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    decline(sent, decider, now, "All places are taken.")
    offer(sent, decider, now, "A place has become free.")

    decisions, letters, entries = written(sent)
    assert decisions == ["declined", "offered"]
    assert sorted(set(letters)) == ["eoi-declined", "eoi-offered"]
    assert len(letters) == 4
    assert entries == ["Declined. All places are taken.", "Offered a place. A place has become free."]


@pytest.mark.parametrize("outcome", VERBS)
def test_a_double_click_makes_one_decision_and_one_letter_to_each(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime, outcome: State
) -> None:
    VERBS[outcome](sent, decider, now)
    once = written(sent)
    VERBS[outcome](sent, decider, now + dt.timedelta(seconds=1))

    assert written(sent) == once
    assert (len(once[0]), len(once[1]), len(once[2])) == (1, 2, 1)


def test_a_decision_says_who_made_it_when_and_in_what_words(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    offer(sent, decider, now, "  See you in September.\n")

    with tenancy.use(sent.hub):
        decision = Decision.objects.get(expression=sent)
    assert (decision.decided_by, decision.decided_at, decision.words) == (decider.user, now, "See you in September.")


def test_an_offer_keeps_the_day_by_which_it_is_to_be_answered(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    with tenancy.use(sent.hub):
        deciding.offer(expression=sent, actor=decider, now=now, words="Welcome.", answer_by=in_days(now, 1))
        assert Decision.objects.get(expression=sent).answer_by == dt.date(2026, 11, 22)

    assert written(sent)[2] == ["Offered a place. To be answered by 22 November 2026. Welcome."]


@pytest.mark.parametrize("days", [0, -1])
def test_an_answer_is_asked_for_by_a_day_to_come(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime, days: int
) -> None:
    with tenancy.use(sent.hub), pytest.raises(deciding.CannotDecide, match="Choose a day that is still to come"):
        deciding.offer(expression=sent, actor=decider, now=now, answer_by=in_days(now, days))

    assert (reload(sent).state, written(sent)) == (State.SUBMITTED, ([], [], []))


def test_a_place_that_was_turned_down_is_offered_again_with_a_decision_of_its_own(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    offer(sent, decider, now)
    with tenancy.use(sent.hub):
        accepting.turn_down_offer(expression=sent, name="Hana", role="Head", reason="No time.", now=now)
    with pytest.raises(deciding.CannotDecide, match="is turned down, so it cannot be declined"):
        decline(sent, decider, now)

    offer(sent, decider, now + dt.timedelta(days=1))

    assert reload(sent).state == State.OFFERED
    assert written(sent)[0] == ["offered", "offered"]


@pytest.mark.parametrize("outcome", VERBS)
def test_every_decision_has_the_reminders_brought_up_to_date(
    sent: ExpressionOfInterest,
    decider: Membership,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
    outcome: State,
) -> None:
    derived: list[bool] = []
    monkeypatch.setattr(reminders, "derive_soon", lambda: derived.append(connection.in_atomic_block))

    VERBS[outcome](sent, decider, now)

    assert derived == [True]


@pytest.mark.parametrize("reason", ["", "   ", "\r\n\t"])
def test_declining_needs_a_reason(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime, reason: str
) -> None:
    with pytest.raises(ValueError, match="is told why"):
        decline(sent, decider, now, reason)

    assert reload(sent).state == State.SUBMITTED


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.ADMINISTRATOR, True),
        (Role.HUB_LEAD, True),
        (Role.ASSISTANT_LEAD, True),
        (Role.MASTERY_SPECIALIST, False),
    ],
)
@pytest.mark.parametrize("outcome", VERBS)
def test_who_may_decide_depends_on_the_role(
    sent: ExpressionOfInterest, hub: Hub, now: dt.datetime, outcome: State, role: Role, allowed: bool
) -> None:
    actor = factories.membership_of(factories.make_member(hub, role, "Avery Actor"), hub)

    if allowed:
        VERBS[outcome](sent, actor, now)
        assert reload(sent).state == outcome
    else:
        with pytest.raises(NotAllowed, match="cannot decide expressions of interest"):
            VERBS[outcome](sent, actor, now)
        assert reload(sent).state == State.SUBMITTED
        assert written(sent) == ([], [], [])


@pytest.mark.parametrize(("quicker", "slower"), [(State.OFFERED, State.DECLINED), (State.OFFERED, State.OFFERED)])
@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_decide_at_the_same_moment_the_quicker_one_decides(
    now: dt.datetime, quicker: State, slower: State
) -> None:
    hub = factories.make_hub("northvale")
    sent = factories.make_expression(factories.make_window(hub))
    ann = factories.membership_of(factories.make_member(hub, Role.HUB_LEAD, "Ann Able"), hub)
    ben = factories.membership_of(factories.make_member(hub, Role.ADMINISTRATOR, "Ben Both"), hub)
    refused: list[str] = []

    def meanwhile() -> None:
        try:
            VERBS[slower](sent, ben, now)
        except deciding.CannotDecide as refusal:
            refused.append(str(refusal))

    with tenancy.use(hub):
        VERBS[quicker](sent, ann, now)
        other = begin_meanwhile(meanwhile)
        assert other.is_alive()
    other.join()

    decisions, letters, _ = written(sent)
    assert (decisions, len(letters)) == ([quicker], 2)
    assert refused == ([] if slower == quicker else [f"{sent.reference} is offered, so it cannot be declined."])


def test_a_declined_school_that_has_applied_again_is_not_offered_a_place_twice(
    hub: Hub, administrator: User, now: dt.datetime
) -> None:
    window = factories.make_window(hub)
    declined = factories.make_expression(window, state=State.DECLINED)
    again = factories.make_expression(window, declined.school)
    actor = factories.membership_of(administrator, hub)
    with tenancy.use(hub):
        with pytest.raises(deciding.CannotDecide, match=f"has sent {again.reference} since then"):
            deciding.offer(expression=declined, actor=actor, now=now)
        assert ExpressionOfInterest.objects.get(pk=declined.pk).state == State.DECLINED


# --- A school that has split -----------------------------------------------------------------------


@pytest.fixture
def parts(sent: ExpressionOfInterest) -> list[School]:
    """What the school has become since it sent its expression."""
    parts = [factories.make_school(f"Ash {where}", urn=100_001 + number) for number, where in enumerate("NS")]
    factories.go_on_as(sent.school, *parts)
    factories.follow_register(now=timezone.now())
    return parts


def choose(expression: ExpressionOfInterest, part: School, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(expression.hub_id):
        deciding.choose_part(expression=expression, part=part, actor=actor, now=now)


def send(expression: ExpressionOfInterest, now: dt.datetime) -> None:
    with tenancy.use(expression.hub_id):
        applying.submit(draft=expression, now=now)


def test_the_other_part_of_a_school_that_split_applies_once_the_hub_has_said_which_is_meant(
    sent: ExpressionOfInterest, parts: list[School], decider: Membership, now: dt.datetime
) -> None:
    north, south = parts
    draft, again = factories.make_draft(sent.window, south), factories.make_draft(sent.window, north)
    with pytest.raises(applying.SchoolHasOne):
        send(draft, now)

    for _ in range(2):
        choose(sent, north, decider, now)

    assert reload(sent).school == north
    with tenancy.use(sent.hub):
        assert not SchoolChange.objects.unseen().exists()
        said = timeline.entries_of(sent).order_by("-pk").values_list("actor_name", "text")
        assert said[0] == (
            decider.user.name,
            f"It is for Ash N (URN 100001), one of the schools that {sent.school.name} has become.",
        )
        assert len(said) == 2
    send(draft, now)
    with pytest.raises(applying.SchoolHasOne):
        send(again, now)
    factories.follow_register(now=now)
    with tenancy.use(sent.hub):
        assert not SchoolChange.objects.unseen().exists()


def test_the_rooms_above_are_told_once_which_school_is_meant(
    sent: ExpressionOfInterest,
    parts: list[School],
    decider: Membership,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[SchoolChosen] = []
    derived: list[bool] = []
    monkeypatch.setattr(school_chosen, "_listeners", [told.append])
    monkeypatch.setattr(reminders, "derive_soon", lambda: derived.append(True))
    former = sent.school

    for _ in range(2):
        choose(sent, parts[1], decider, now)

    assert [(each.expression.school, each.former, each.actor, each.now) for each in told] == [
        (parts[1], former, decider, now)
    ]
    assert derived == [True]


def test_a_part_that_a_room_above_refuses_is_not_chosen(
    sent: ExpressionOfInterest,
    parts: list[School],
    decider: Membership,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(facts: SchoolChosen) -> None:
        raise deciding.CannotDecide("It has a place in a group.")

    monkeypatch.setattr(school_chosen, "_listeners", [refuse])
    before = written(sent)

    with tenancy.use(sent.hub):
        with pytest.raises(deciding.CannotDecide, match="It has a place"):
            deciding.choose_part(expression=sent, part=parts[0], actor=decider, now=now)
        # The page goes on in the same transaction, and shows the sentence.
        assert SchoolChange.objects.unseen().exists()

    assert (reload(sent).school, written(sent)) == (sent.school, before)


@pytest.mark.parametrize(
    ("own", "others", "way_out"),
    [
        (State.SUBMITTED, State.SUBMITTED, "Decline one of the two first."),
        (State.OFFERED, State.SUBMITTED, "Decline {other} first."),
        (State.SUBMITTED, State.ACCEPTED, "Decline {own} first."),
        (State.OFFERED, State.ACCEPTED, "Ask the school to turn one of the two places down first."),
        (State.ACCEPTED, State.ACCEPTED, "Both have accepted a place: one of them has to choose another part."),
    ],
)
def test_who_cannot_choose_a_part_is_told_the_way_out(
    window: RecruitmentWindow, decider: Membership, now: dt.datetime, own: State, others: State, way_out: str
) -> None:
    north, south = factories.make_school("Ash N"), factories.make_school("Ash S")
    other = factories.make_expression(window, north, state=others)
    split = factories.make_expression(window, state=own)
    factories.go_on_as(split.school, north, south)

    with pytest.raises(deciding.CannotDecide) as refusal:
        choose(split, north, decider, now)

    assert str(refusal.value) == (
        f"Ash N has sent {other.reference} as well. {way_out.format(own=split.reference, other=other.reference)}"
    )


def test_only_a_part_can_be_chosen_and_only_once(
    sent: ExpressionOfInterest, parts: list[School], decider: Membership, now: dt.datetime
) -> None:
    with pytest.raises(deciding.CannotDecide, match="is not known to have split into Oak"):
        choose(sent, factories.make_school("Oak"), decider, now)
    choose(sent, parts[0], decider, now)
    with pytest.raises(deciding.CannotDecide, match="Ash N is not known to have split into Ash S"):
        choose(sent, parts[1], decider, now)

    assert reload(sent).school == parts[0]


def test_a_part_that_sent_its_own_before_the_split_was_known_is_not_given_a_second_one(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    north, south = factories.make_school("Ash N"), factories.make_school("Ash S")
    own = factories.make_expression(sent.window, north)
    factories.go_on_as(sent.school, north, south)

    with pytest.raises(deciding.CannotDecide, match=f"Ash N has sent {own.reference} as well. Decline one"):
        choose(sent, north, decider, now)
    choose(sent, south, decider, now)

    assert reload(sent).school == south


def test_who_does_not_decide_does_not_choose_a_part(
    sent: ExpressionOfInterest, parts: list[School], specialist: User, now: dt.datetime
) -> None:
    with pytest.raises(NotAllowed):
        choose(sent, parts[0], factories.membership_of(specialist, sent.hub), now)

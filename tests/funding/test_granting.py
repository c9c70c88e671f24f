from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funding import granting, paying
from funding.models import Grant, GrantEvent, GrantState, Payment, PaymentList
from hubs import tenancy, timeline
from hubs.models import Hub, Membership, Role
from hubs.permissions import NotAllowed
from programmes.models import OfferAnswer
from tests import factories, work
from tests.locks import begin_meanwhile
from workgroups import happenings
from workgroups.models import Place

Kind = GrantEvent.Kind
REASON = "Half a year only."
# The verbs with what they need beside grant, actor and now.
VERBS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "change amount": (granting.change_amount, {"amount_pence": 50_000, "reason": REASON}),
    "change claim day": (granting.change_claim_day, {"claim_on": dt.date(2027, 5, 1)}),
    "mark due": (granting.mark_due, {}),
    "not due": (granting.not_due, {"reason": REASON}),
    "approve": (granting.approve, {}),
    "withhold": (granting.withhold, {"reason": REASON}),
    "reinstate": (granting.reinstate, {"reason": REASON}),
}


def act(grant: Grant, verb: str, actor: Membership, now: dt.datetime, **values: Any) -> Grant:
    """Do one of the verbs, and read the grant anew."""
    function, usual = VERBS[verb]
    with tenancy.use(grant.hub_id):
        function(grant=grant, actor=actor, now=now, **{**usual, **values})
    return reload(grant)


def reload(grant: Grant) -> Grant:
    with tenancy.use(grant.hub_id):
        return Grant.objects.select_related("place__stage_year").get(pk=grant.pk)


def steps(grant: Grant) -> list[str]:
    with tenancy.use(grant.hub_id):
        return [event.kind for event in grant.events.all()]


def lines(grant: Grant) -> list[str]:
    """The grant's timeline, oldest first."""
    with tenancy.use(grant.hub_id):
        return [entry.text for entry in timeline.entries_of(grant)][::-1]


def stands(grant: Grant) -> tuple[str, int, str, int | None, int | None]:
    grant = reload(grant)
    return grant.state, grant.amount_pence, grant.withheld_reason, grant.approved_by_id, grant.amount_changed_by_id


# --- Awarded ---------------------------------------------------------------------------------------


def test_a_place_brings_the_grant_that_its_school_accepted_word_for_word(place: Place, now: dt.datetime) -> None:
    with tenancy.use(place.hub_id):
        answer = place.expression.answers.get()
        happenings.place_made.tell(happenings.PlaceMade(place, answer, now))
        grant = Grant.objects.get()
        assert grant.place == place
    assert (grant.amount_pence, grant.condition) == (answer.grant_pence, answer.grant_condition)
    assert (grant.state, grant.claim_on) == (GrantState.EXPECTED, dt.date(2027, 3, 1))
    assert steps(grant) == [Kind.AWARDED]
    assert lines(grant) == ["£1,000 awarded: the school accepted its place."]


def test_a_place_is_made_once_and_so_brings_no_second_grant(place: Place, grant: Grant, now: dt.datetime) -> None:
    with tenancy.use(place.hub_id):
        answer = place.expression.answers.get()
        with pytest.raises(IntegrityError, match="place"), transaction.atomic():
            happenings.place_made.tell(happenings.PlaceMade(place, answer, now))
        assert Grant.objects.get() == grant
    assert steps(grant) == [Kind.AWARDED]


def test_a_stage_without_a_grant_brings_none(place: Place, now: dt.datetime) -> None:
    with tenancy.use(place.hub_id):
        answer = place.expression.answers.get()
        for pence in (None, 0):
            unpaid = OfferAnswer(name="Hana Head", grant_pence=pence)
            happenings.place_made.tell(happenings.PlaceMade(place, unpaid, now))
        assert answer.grant_pence and not Grant.objects.exists()


def test_a_hub_awards_a_grant_by_hand_where_there_is_none(place: Place, leo: Membership, now: dt.datetime) -> None:
    def award() -> Grant:
        with tenancy.use(place.hub_id):
            return granting.award_by_hand(
                place=place, amount_pence=75_050, condition=" Send a report. ", reason=REASON, actor=leo, now=now
            )

    grant = award()

    assert (grant.amount_pence, grant.condition, grant.amount_changed_by) == (75_050, "Send a report.", leo.user)
    assert lines(grant) == [f"£750.50 awarded by hand: {REASON}"]
    with pytest.raises(granting.HasGrant, match=r"Ash Lane Primary School has a grant of £750\.50 already"):
        award()
    due = act(grant, "mark due", leo, now)
    with pytest.raises(NotAllowed, match="somebody else has to approve it"):
        act(due, "approve", leo, now)


# --- Step by step ----------------------------------------------------------------------------------


def test_a_grant_becomes_due_and_is_approved(grant: Grant, leo: Membership, fola: Membership, now: dt.datetime) -> None:
    grant = act(grant, "mark due", leo, now)
    assert grant.state == GrantState.DUE
    grant = act(grant, "approve", fola, now)

    assert (grant.state, grant.approved_by, grant.approved_at) == (GrantState.APPROVED, fola.user, now)
    assert steps(grant) == [Kind.AWARDED, Kind.DUE, Kind.APPROVED]
    assert lines(grant)[1:] == ["Marked as due.", "£1,000 approved."]


@pytest.mark.parametrize("verb", ["mark due", "approve", "withhold", "change amount", "change claim day"])
def test_the_same_again_changes_nothing(
    grant: Grant, leo: Membership, fola: Membership, now: dt.datetime, verb: str
) -> None:
    if verb == "approve":
        act(grant, "mark due", leo, now)
    actor = fola if verb == "approve" else leo
    grant = act(grant, verb, actor, now)
    before = (stands(grant), steps(grant), lines(grant))

    act(grant, verb, actor, now + dt.timedelta(days=1))

    assert (stands(grant), steps(grant), lines(grant)) == before


def test_a_grant_that_was_due_by_mistake_is_expected_again(grant: Grant, leo: Membership, now: dt.datetime) -> None:
    act(grant, "mark due", leo, now)
    assert act(grant, "not due", leo, now).state == GrantState.EXPECTED
    assert lines(grant)[-1] == f"Not due after all: {REASON}"


def test_what_is_withheld_says_why_and_comes_back_as_expected(
    grant: Grant, leo: Membership, fola: Membership, now: dt.datetime
) -> None:
    act(grant, "mark due", leo, now)
    act(grant, "approve", fola, now)
    grant = act(grant, "withhold", leo, now)
    assert (grant.state, grant.withheld_reason, grant.approved_by) == (GrantState.WITHHELD, REASON, None)

    grant = act(grant, "reinstate", leo, now)
    assert (grant.state, grant.withheld_reason) == (GrantState.EXPECTED, "")
    assert lines(grant)[-2:] == [f"Withheld: {REASON}", f"No longer withheld, and expected again: {REASON}"]


def test_a_claim_day_is_moved_while_the_grant_is_expected(grant: Grant, leo: Membership, now: dt.datetime) -> None:
    assert act(grant, "change claim day", leo, now).claim_on == dt.date(2027, 5, 1)
    assert lines(grant)[-1] == "To be claimed by 1 May 2027, not 1 March 2027."
    act(grant, "mark due", leo, now)
    with pytest.raises(granting.CannotDecide, match="due already"):
        act(grant, "change claim day", leo, now, claim_on=dt.date(2027, 6, 1))


@pytest.mark.parametrize(
    ("state", "verb", "said"),
    [
        ("expected", "approve", "Mark it as due first"),
        ("withheld", "approve", "withheld, so it cannot be approved"),
        ("withheld", "mark due", "withheld, so it cannot be marked as due"),
        ("withheld", "not due", "only one that is due"),
        ("withheld", "change amount", "Take that back before"),
        ("due", "reinstate", "it is not withheld"),
        ("approved", "mark due", "approved, so it cannot be marked as due"),
        ("approved", "not due", "only one that is due"),
        ("paid", "withhold", "cannot be withheld any more"),
        ("paid", "change amount", "its amount stays as it is"),
        ("paid", "approve", "paid, so it cannot be approved"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(
    place: Place, leo: Membership, fola: Membership, now: dt.datetime, state: str, verb: str, said: str
) -> None:
    values: dict[str, Any] = {"state": state}
    if state in ("approved", "paid"):
        values |= {"approved_by": fola.user, "approved_at": now}
    if state == "withheld":
        values["withheld_reason"] = REASON
    grant = work.make_grant(place, **values)

    with pytest.raises(granting.CannotDecide, match=said):
        act(grant, verb, leo, now)
    assert (stands(grant)[0], steps(grant)) == (state, [])


# --- Two people ------------------------------------------------------------------------------------


def test_a_changed_amount_takes_the_approval_back(
    grant: Grant, leo: Membership, fola: Membership, now: dt.datetime
) -> None:
    act(grant, "mark due", leo, now)
    act(grant, "approve", fola, now)
    grant = act(grant, "change amount", leo, now)

    assert stands(grant) == (GrantState.DUE, 50_000, "", None, leo.user_id)
    assert lines(grant)[-1] == f"Amount changed from £1,000 to £500: {REASON}\nThe approval is taken back with it."


def test_nobody_who_ever_changed_the_amount_approves_it(
    grant: Grant, ada: Membership, leo: Membership, fola: Membership, now: dt.datetime
) -> None:
    act(grant, "mark due", leo, now)
    act(grant, "change amount", leo, now)
    # The latest change is another person's, and to what it had been.
    act(grant, "change amount", ada, now, amount_pence=100_000)

    for changer in (leo, ada):
        with pytest.raises(NotAllowed, match="You set its amount on 21 November 2026, so somebody else has to"):
            act(grant, "approve", changer, now)
    assert stands(grant)[0] == GrantState.DUE
    assert act(grant, "approve", fola, now).approved_by == fola.user


def test_whoever_marked_it_as_due_the_last_time_does_not_approve_it(
    grant: Grant, ada: Membership, leo: Membership, now: dt.datetime
) -> None:
    act(grant, "mark due", ada, now)
    act(grant, "not due", ada, now)
    act(grant, "mark due", leo, now)

    with pytest.raises(NotAllowed, match="You marked it as due on 21 November 2026, so somebody else has to"):
        act(grant, "approve", leo, now)
    assert stands(grant)[0] == GrantState.DUE
    # Ada had it due once; by now it is another's word.
    assert act(grant, "approve", ada, now).approved_by == ada.user


def test_the_database_lets_nobody_approve_the_amount_that_she_set_last(
    grant: Grant, leo: Membership, now: dt.datetime
) -> None:
    approved = {"state": GrantState.APPROVED, "approved_by": leo.user, "approved_at": now}
    with pytest.raises(IntegrityError, match="grant_approved_by_a_second_person"), tenancy.use(grant.hub_id):
        Grant.objects.filter(pk=grant.pk).update(amount_changed_by=leo.user, **approved)


def test_an_amount_that_nobody_has_seen_is_not_approved(
    grant: Grant, leo: Membership, fola: Membership, now: dt.datetime
) -> None:
    act(grant, "mark due", leo, now)
    act(grant, "change amount", leo, now)

    with pytest.raises(granting.CannotDecide, match=r"just been changed to £500\. Look at it again"):
        act(grant, "approve", fola, now, seen_pence=100_000)
    assert act(grant, "approve", fola, now, seen_pence=50_000).state == GrantState.APPROVED


@pytest.mark.django_db(transaction=True)
def test_an_amount_changed_at_the_moment_of_its_approval_is_not_approved(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    leo = factories.membership_of(factories.make_member(hub, Role.HUB_LEAD, "Leo Lead"), hub)
    fola = factories.membership_of(factories.make_member(hub, Role.FINANCE, "Fola Finance"), hub)
    grant = work.make_grant(work.make_place(hub), state=GrantState.DUE)
    refused: list[str] = []

    def approve() -> None:
        try:
            act(grant, "approve", fola, now, seen_pence=100_000)
        except granting.CannotDecide as refusal:
            refused.append(str(refusal))

    with tenancy.use(hub):
        act(grant, "change amount", leo, now)
        other = begin_meanwhile(approve)
        assert other.is_alive()
    other.join()

    assert len(refused) == 1
    assert stands(grant)[:2] == (GrantState.DUE, 50_000)


# --- Who may ---------------------------------------------------------------------------------------

MAY_CHANGE = {Role.ADMINISTRATOR, Role.HUB_LEAD, Role.ASSISTANT_LEAD}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("verb", [*VERBS, "award by hand"])
def test_each_role_does_with_money_what_it_may(
    hub: Hub, place: Place, leo: Membership, now: dt.datetime, role: Role, verb: str
) -> None:
    somebody = factories.membership_of(factories.make_member(hub, role, "Somebody"), hub)
    state = {"not due": "due", "approve": "due", "reinstate": "withheld"}.get(verb, "expected")
    allowed = MAY_CHANGE | {Role.FINANCE} if verb == "approve" else MAY_CHANGE

    def do() -> None:
        if verb == "award by hand":
            with tenancy.use(hub):
                granting.award_by_hand(
                    place=place, amount_pence=1, condition="", reason=REASON, actor=somebody, now=now
                )
        else:
            reason = REASON if state == "withheld" else ""
            act(work.make_grant(place, state=state, withheld_reason=reason), verb, somebody, now)

    if role in allowed:
        do()
    else:
        with pytest.raises(NotAllowed, match=r"cannot (change|approve) grants"):
            do()
        with tenancy.use(hub):
            assert not GrantEvent.objects.exists()


@pytest.mark.parametrize("verb", list(VERBS))
def test_a_member_of_another_hub_does_nothing(grant: Grant, other_hub: Hub, now: dt.datetime, verb: str) -> None:
    stranger = factories.membership_of(factories.make_member(other_hub, Role.ADMINISTRATOR, "Stan"), other_hub)
    before = stands(grant)
    with pytest.raises(tenancy.AnotherHubActive):
        act(grant, verb, stranger, now)
    assert stands(grant) == before


@pytest.mark.parametrize("verb", ["change amount", "not due", "withhold", "reinstate"])
def test_a_decision_says_why(grant: Grant, leo: Membership, now: dt.datetime, verb: str) -> None:
    with pytest.raises(ValueError, match="says why"):
        act(grant, verb, leo, now, reason="  ")


@pytest.mark.parametrize("pence", [0, -1, granting.MOST + 1])
def test_an_odd_amount_is_refused(grant: Grant, leo: Membership, now: dt.datetime, pence: int) -> None:
    with pytest.raises(ValueError, match="up to £10,000"):
        act(grant, "change amount", leo, now, amount_pence=pence)


@pytest.mark.parametrize("statement", ["UPDATE funding_grantevent SET reason = 'x'", "DELETE FROM funding_grantevent"])
def test_the_application_can_neither_change_nor_remove_a_step(grant: Grant, statement: str) -> None:
    refused = pytest.raises(ProgrammingError, match="permission denied")
    with refused, tenancy.use(grant.hub_id), connection.cursor() as cursor:
        cursor.execute(statement)


# --- Whatever is done ------------------------------------------------------------------------------

PEOPLE = ["ada", "leo", "fola"]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from([*VERBS, "list", "take back", "pay"]), st.just(0)),
        # The way to a payment, so that it is reached often enough.
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from(["mark due", "approve", "list", "pay"]), st.just(0)),
        st.tuples(st.sampled_from(PEOPLE), st.just("change amount"), st.integers(1, 200_000)),
    ),
    max_size=16,
)
FOLLOWS = {
    Kind.AWARDED: GrantState.EXPECTED,
    Kind.DUE: GrantState.DUE,
    Kind.NOT_DUE: GrantState.EXPECTED,
    Kind.APPROVED: GrantState.APPROVED,
    Kind.WITHHELD: GrantState.WITHHELD,
    Kind.REINSTATED: GrantState.EXPECTED,
    Kind.PAID: GrantState.PAID,
}


@given(taken=STEPS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_what_is_paid_was_approved_by_a_second_person_and_once(
    taken: list[tuple[str, str, int]],
    grant: Grant,
    ada: Membership,
    leo: Membership,
    fola: Membership,
    now: dt.datetime,
) -> None:
    people = {"ada": ada, "leo": leo, "fola": fola}
    with tenancy.use(grant.hub_id), transaction.atomic():
        for number, (who, verb, pence) in enumerate(taken):
            values = {"amount_pence": pence} if pence else {}
            try:
                with transaction.atomic():
                    _take(grant, verb, people[who], now + dt.timedelta(minutes=number), values)
            except (NotAllowed, granting.CannotDecide, paying.CannotPay):
                pass
            _what_holds(reload(grant))
        transaction.set_rollback(True)


def _take(grant: Grant, verb: str, actor: Membership, now: dt.datetime, values: dict[str, Any]) -> None:
    latest = PaymentList.objects.first()
    match verb:
        case "list":
            paying.make_payment_list(grants=[grant], actor=actor, now=now)
        case "take back" if latest:
            paying.take_back(payment_list=latest, actor=actor, now=now)
        case "pay" if latest:
            paying.mark_paid(payment_list=latest, paid_on=now.date(), reference="BACS 7", actor=actor, now=now)
        case "take back" | "pay":
            pass
        case _:
            act(grant, verb, actor, now, **values)


def _what_holds(grant: Grant) -> None:
    events = list(grant.events.all())
    state, changers, marker = GrantState.EXPECTED, set(), None
    for event in events:
        if event.kind == Kind.AMOUNT_CHANGED:
            changers.add(event.actor_id)
            state = GrantState.DUE if state == GrantState.APPROVED else state
        if event.kind == Kind.DUE:
            marker = event.actor_id
        state = FOLLOWS.get(Kind(event.kind), state)
        if event.kind == Kind.APPROVED:
            assert event.actor_id not in {*changers, marker}
    assert grant.state == state
    assert grant.amount_pence == events[-1].amount_pence
    approved = [event for event in events if event.kind == Kind.APPROVED]
    paid = Payment.objects.filter(grant=grant, payment_list__state=PaymentList.State.PAID)
    if grant.state == GrantState.PAID:
        assert [payment.amount_pence for payment in paid] == [approved[-1].amount_pence] == [grant.amount_pence]
        assert [event.kind for event in events].count(Kind.PAID) == 1
    else:
        assert not paid
    assert Payment.objects.filter(grant=grant, taken_back_at=None).count() <= 1


@pytest.mark.parametrize(
    "steps",
    [
        "",
        "ada due",
        "ada due, ada back, leo due",
        "leo due, leo back, ada due",
        "ada amount, leo due",
        "ada amount, leo amount, leo due, leo back, ada due",
    ],
)
def test_a_query_tells_of_the_same_hands(
    grant: Grant, ada: Membership, leo: Membership, now: dt.datetime, steps: str
) -> None:
    with tenancy.use(grant.hub_id):
        for number, step in enumerate(filter(None, steps.split(", ")), start=1):
            who, did = step.split()
            actor = {"ada": ada, "leo": leo}[who]
            if did == "due":
                granting.mark_due(grant=grant, actor=actor, now=now)
            elif did == "back":
                granting.not_due(grant=grant, reason="Not yet.", actor=actor, now=now)
            else:
                granting.change_amount(grant=grant, amount_pence=number * 100, reason="So.", actor=actor, now=now)

        for one in (ada, leo):
            may_approve = bool(granting.may_approve(one, granting.had_a_hand([grant])[grant.pk]))
            assert Grant.objects.with_hand_of(one.user).filter(Q(had_a_hand=False)).exists() == may_approve

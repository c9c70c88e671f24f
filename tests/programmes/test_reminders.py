from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from correspondence.reminders import Rule, Wanted
from hubs import tenancy
from hubs.links import make_token, without_tokens
from hubs.models import Hub, User
from programmes.models import Decision, ExpressionOfInterest, State
from programmes.reminders import OFFER_TO_ANSWER, OFFER_UNANSWERED
from tests import factories, work
from tests.work import LONDON

# A Wednesday.
OFFERED = dt.datetime(2026, 10, 7, 12, 0, tzinfo=LONDON)
BY = dt.date(2026, 10, 30)


def at(day: int, hour: int = 7, minute: int = 30, month: int = 10) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=LONDON)


def offered(hub: Hub, answer_by: dt.date | None = BY, **fields: Any) -> ExpressionOfInterest:
    return work.make_offered(hub, answer_by=answer_by, offered_at=OFFERED, **fields)


def wishes(rule: Rule, hub: Hub, now: dt.datetime = OFFERED) -> list[Wanted]:
    """What a rule wants that is still of use."""
    with tenancy.use(hub):
        return [one for one in rule(now=now, until=now + dt.timedelta(days=400)) if one.useless_at > now]


@pytest.mark.parametrize(
    ("answer_by", "before", "after"),
    [
        (BY, "Tue 27 Oct 07:30", "Mon 02 Nov 07:30"),
        # Three days before is a Saturday or Sunday.
        (dt.date(2026, 10, 20), "Fri 16 Oct 07:30", "Wed 21 Oct 07:30"),
        (dt.date(2026, 10, 21), "Fri 16 Oct 07:30", "Thu 22 Oct 07:30"),
        # The clocks change in between.
        (dt.date(2026, 10, 26), "Fri 23 Oct 07:30", "Tue 27 Oct 07:30"),
    ],
)
def test_when_they_go_out(hub: Hub, answer_by: dt.date, before: str, after: str) -> None:
    offered(hub, answer_by)

    assert {f"{one.due_at:%a %d %b %H:%M}" for one in wishes(OFFER_TO_ANSWER, hub)} == {before}
    assert {f"{one.due_at:%a %d %b %H:%M}" for one in wishes(OFFER_UNANSWERED, hub)} == {after}


@pytest.mark.parametrize(
    ("now", "to_answer", "unanswered"),
    [
        (at(30, 23, 59), True, True),
        (at(31, 0, 0), False, True),
        (at(16, 7, 29, month=11), False, True),
        (at(16, 7, 30, month=11), False, False),
    ],
)
def test_until_when_they_are_of_use(hub: Hub, now: dt.datetime, to_answer: bool, unanswered: bool) -> None:
    offered(hub)

    assert bool(wishes(OFFER_TO_ANSWER, hub, now)) == to_answer
    assert bool(wishes(OFFER_UNANSWERED, hub, now)) == unanswered


@pytest.mark.parametrize("state", [State.ACCEPTED, State.TURNED_DOWN])
def test_they_go_when_the_offer_is_answered(hub: Hub, state: State) -> None:
    expression = offered(hub)
    with tenancy.use(hub):
        ExpressionOfInterest.objects.filter(pk=expression.pk).update(state=state)

    assert wishes(OFFER_TO_ANSWER, hub) == wishes(OFFER_UNANSWERED, hub) == []


def test_an_offer_without_a_day_to_answer_by_is_not_reminded_of(hub: Hub) -> None:
    offered(hub, answer_by=None)

    assert wishes(OFFER_TO_ANSWER, hub) == wishes(OFFER_UNANSWERED, hub) == []


def test_of_a_school_that_was_offered_a_place_again_the_last_offer_counts(hub: Hub, administrator: User) -> None:
    expression = offered(hub)
    with tenancy.use(hub):
        again = Decision.objects.create(
            hub=hub,
            expression=expression,
            outcome=State.OFFERED,
            answer_by=dt.date(2026, 11, 20),
            decided_by=administrator,
            decided_at=OFFERED + dt.timedelta(days=5),
        )

    assert {one.slot for one in wishes(OFFER_TO_ANSWER, hub)} == {
        f"offer-to-answer:{again.pk}:head",
        f"offer-to-answer:{again.pk}:contact",
    }
    assert {one.occurrence for one in wishes(OFFER_TO_ANSWER, hub)} == {"2026-11-20"}


@pytest.mark.parametrize(("answer_by", "reminded"), [(dt.date(2026, 10, 10), False), (dt.date(2026, 10, 12), True)])
def test_who_was_offered_a_place_a_moment_before_is_not_reminded_of_it(
    hub: Hub, answer_by: dt.date, reminded: bool
) -> None:
    offered(hub, answer_by)

    assert bool(wishes(OFFER_TO_ANSWER, hub)) == reminded
    assert wishes(OFFER_UNANSWERED, hub)


# --- To whom, and what they read --------------------------------------------------------------


def test_the_head_has_the_way_to_answer_and_the_contact_is_asked_to_see_to_it(hub: Hub) -> None:
    expression = offered(hub)
    school, reference = expression.school.name, expression.reference

    head, contact = wishes(OFFER_TO_ANSWER, hub)

    assert (head.recipient, contact.recipient) == ("head@school.example", "cleo@school.example")
    assert head.subject == contact.subject == f"Please answer by Friday 30 October 2026: a place for {school}"
    assert head.because == f"{school} is asked to answer by 30 October 2026."
    assert head.about == expression
    link = make_token("offer-answer", hub_id=hub.pk, subject_id=expression.pk).partition("~")[0]
    assert f"/{link}~" in head.text
    assert without_tokens(contact.text) == contact.text
    assert "We have asked Hana Head to answer for the school by Friday 30 October 2026" in contact.text
    for letter in (head, contact):
        assert f"We have offered {school} a place in Developing" in letter.text
        assert f"Your reference: {reference}" in letter.text


def test_once_the_day_has_passed_the_head_alone_is_asked(hub: Hub) -> None:
    expression = offered(hub)

    [letter] = wishes(OFFER_UNANSWERED, hub)

    assert letter.recipient == "head@school.example"
    assert letter.subject == f"We are waiting for your answer: a place for {expression.school.name}"
    assert "/offer" in letter.text
    assert "say until when" in letter.text


@pytest.mark.parametrize(
    "fields",
    [{"contact_is_head": True, "head_name": "", "head_email": ""}, {"head_email": "CLEO@school.example"}],
    ids=["the head alone", "one address"],
)
def test_who_share_an_address_get_one_letter_with_the_way_to_answer(hub: Hub, fields: dict[str, Any]) -> None:
    offered(hub, **fields)

    for rule in (OFFER_TO_ANSWER, OFFER_UNANSWERED):
        [letter] = wishes(rule, hub)
        assert letter.recipient == "cleo@school.example"
        assert without_tokens(letter.text) != letter.text


def test_the_school_is_named_as_it_is_today(hub: Hub) -> None:
    expression = offered(hub)
    factories.go_on_as(expression.school, factories.make_school("Birch Academy"))

    for rule in (OFFER_TO_ANSWER, OFFER_UNANSWERED):
        for letter in wishes(rule, hub):
            assert "Birch Academy" in letter.subject
            assert expression.school.name not in letter.text


@pytest.mark.parametrize("rule", [OFFER_TO_ANSWER, OFFER_UNANSWERED])
def test_as_many_queries_for_three_offers_as_for_one(hub: Hub, rule: Rule) -> None:
    numbers = count(1)

    def queries() -> int:
        offered(hub, school=factories.make_school(f"School {next(numbers)}"))
        with tenancy.use(hub), CaptureQueriesContext(connection) as captured:
            list(rule(now=OFFERED, until=OFFERED + dt.timedelta(days=400)))
        return len(captured)

    assert queries() == queries() == queries()

from __future__ import annotations

import pytest

from hubs.models import Membership
from programmes import onward
from programmes.models import ExpressionOfInterest, RecruitmentWindow, State
from programmes.onward import Way
from tests import factories

PLACE = Way("The school's place", "/place/1/")


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[ExpressionOfInterest, Membership]]:
    """Two rooms above: what they are asked; one knows a way, the other none."""
    asked: list[tuple[ExpressionOfInterest, Membership]] = []
    monkeypatch.setattr(onward, "_finders", [])

    def finds(expression: ExpressionOfInterest, membership: Membership) -> Way | None:
        asked.append((expression, membership))
        return PLACE

    onward.register(finds)
    onward.register(lambda expression, membership: None)
    return asked


@pytest.mark.parametrize("state", [state for state in State if state != State.DRAFT])
def test_the_record_of_an_accepted_place_leads_on_and_that_of_no_other(
    window: RecruitmentWindow,
    decider: Membership,
    asked: list[tuple[ExpressionOfInterest, Membership]],
    state: State,
) -> None:
    expression = factories.make_expression(window, state=state)

    ways = onward.ways_from(expression, decider)

    accepted = state == State.ACCEPTED
    assert ways == ([PLACE] if accepted else [])
    assert asked == ([(expression, decider)] if accepted else [])

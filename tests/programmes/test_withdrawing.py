from __future__ import annotations

import datetime as dt

import pytest

from hubs import tenancy
from hubs.models import Hub
from programmes import withdrawing
from programmes.models import ExpressionOfInterest, Participation, Stage
from tests import factories

pytestmark = pytest.mark.django_db


def test_what_was_sent_and_what_was_done_hold_a_school(hub: Hub, now: dt.datetime) -> None:
    school, another = factories.make_school(), factories.make_school()
    first, second = factories.make_window(hub), factories.make_window(hub, stage="primary-embedding")
    factories.make_expression(first, another)

    def held() -> list[str]:
        with tenancy.use(hub):
            return withdrawing.holds(school)

    factories.make_draft(first, school)
    assert held() == []
    factories.make_expression(first, school)
    assert held() == ["an expression of interest"]
    factories.make_expression(second, school)
    Participation.objects.create(
        school=school, stage=Stage.objects.all()[0], year=2025, outcome="completed", recorded_for=hub, recorded_at=now
    )
    assert held() == ["2 expressions of interest", "a record of what it took part in"]


def test_drafts_alone_go_with_a_school(hub: Hub) -> None:
    school, window = factories.make_school(), factories.make_window(hub)
    factories.make_draft(window, school)
    kept = {factories.make_expression(window, school), factories.make_draft(window, factories.make_school())}

    with tenancy.use(hub):
        withdrawing.let_go(school)
        assert set(ExpressionOfInterest.objects.all()) == kept
